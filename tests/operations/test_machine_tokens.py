"""GetClientToken and GetDerivedToken. Source: the model's documentation of both; RFC 8693; RFC 6749 §4.4."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
import requests

from asking import invalid, missing, not_authorized, not_honoured, refusal
from world import CALLBACK, Browser, Pool, World

IMPERSONATION, DELEGATION = "ALLOW_TOKEN_EXCHANGE_IMPERSONATION", "ALLOW_TOKEN_EXCHANGE_DELEGATION"
READ, TURN = "engine/read", "engine/turn"


@pytest.fixture
def pool(world: World) -> Pool:
    """A pool with ada and a resource server."""
    pool = world.pool()
    pool.user(name="Ada")
    world.idp.create_resource_server(
        UserPoolId=pool.pool_id,
        Identifier="engine",
        Name="Engine",
        Scopes=[{"ScopeName": name, "ScopeDescription": name} for name in ("read", "turn")],
    )
    return pool


@pytest.fixture
def machine(pool: Pool) -> dict[str, Any]:
    return machine_of(pool)


def machine_of(pool: Pool, **given: Any) -> dict[str, Any]:
    settings = {
        "ClientName": "machine",
        "GenerateSecret": True,
        "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"],
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": [READ, TURN],
    }
    return pool.client(**{**settings, **given})


def claims_of(world: World, pool: Pool, token: str, **options: Any) -> dict[str, Any]:
    """By the pool's published keys."""
    keys = jwt.PyJWKClient(f"{world.origin}/{pool.pool_id}/.well-known/jwks.json")
    key = keys.get_signing_key_from_jwt(token).key
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], **options)
    return claims


def machine_token(world: World, client: dict[str, Any], **given: Any) -> dict[str, Any]:
    asked = {"ClientId": client["ClientId"], "Secret": client["ClientSecret"], **given}
    result: dict[str, Any] = world.idp.get_client_token(**asked)["ClientAuthenticationResult"]
    return result


def test_a_machine_gets_the_access_token_of_client_credentials(
    world: World, pool: Pool, machine: dict[str, Any]
) -> None:
    result = machine_token(world, machine)
    assert {name: result[name] for name in ("ExpiresIn", "TokenType")} == {"ExpiresIn": 3600, "TokenType": "Bearer"}
    claims = claims_of(world, pool, result["AccessToken"])
    auth = (machine["ClientId"], machine["ClientSecret"])
    form = {"grant_type": "client_credentials"}
    answer = requests.post(f"{world.origin}/oauth2/token", data=form, auth=auth, timeout=10).json()
    same = claims_of(world, pool, answer["access_token"])
    assert claims.keys() == same.keys()
    own = {"jti", "iat", "exp", "auth_time"}
    assert {k: v for k, v in claims.items() if k not in own} == {k: v for k, v in same.items() if k not in own}
    assert claims["scope"] == f"{READ} {TURN}"
    assert claims["sub"] == claims["client_id"] == machine["ClientId"]


def test_a_machine_gets_the_scopes_it_asks_for_of_its_own(world: World, pool: Pool, machine: dict[str, Any]) -> None:
    result = machine_token(world, machine, Scopes=[READ, READ], ClientMetadata={"a": "b"})
    assert claims_of(world, pool, result["AccessToken"])["scope"] == READ
    strange = refusal(machine_token, world=world, client=machine, Scopes=[READ, "engine/break"])
    assert strange == invalid("Invalid scope requested: engine/break")
    narrow = machine_of(pool, AllowedOAuthScopes=[READ])
    assert refusal(machine_token, world=world, client=narrow, Scopes=[TURN]) == invalid(
        f"Invalid scope requested: {TURN}"
    )


def test_a_machine_proves_itself_and_is_of_the_flow(world: World, pool: Pool, machine: dict[str, Any]) -> None:
    wrong = not_authorized(f"Unable to verify secret for client {machine['ClientId']}")
    assert refusal(machine_token, world=world, client=machine, Secret="w" * 30) == wrong
    other = machine_of(pool, ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"])
    assert refusal(machine_token, world=world, client=other) == invalid(
        "CLIENT_TOKEN_AUTH flow not enabled for this client"
    )
    public = pool.client(ClientName="public")
    nothing = refusal(machine_token, world=world, client={**public, "ClientSecret": "w" * 30})
    assert nothing == not_authorized(f"Unable to verify secret for client {public['ClientId']}")
    gone = {"ClientId": "nobody", "ClientSecret": "w" * 30}
    assert refusal(machine_token, world=world, client=gone) == missing("User pool client nobody does not exist.")


@pytest.fixture
def web(pool: Pool) -> dict[str, Any]:
    """Where ada signs in, with all scopes."""
    scopes = ["openid", "email", "profile", READ, TURN, "aws.cognito.signin.user.admin"]
    return pool.client(AllowedOAuthScopes=scopes)


@pytest.fixture
def subject(world: World, web: dict[str, Any], browser: Browser) -> dict[str, str]:
    """Ada's tokens: `access_token`, `id_token`, `refresh_token`."""
    form = {
        "grant_type": "authorization_code",
        "client_id": web["ClientId"],
        "code": browser.code(web, scope=f"openid email {READ} {TURN} aws.cognito.signin.user.admin"),
        "redirect_uri": CALLBACK,
    }
    tokens: dict[str, str] = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    return tokens


@pytest.fixture
def service(pool: Pool) -> dict[str, Any]:
    return service_of(pool, IMPERSONATION, DELEGATION)


def service_of(pool: Pool, *flows: str, **given: Any) -> dict[str, Any]:
    """Who exchanges tokens: allowed engine/read and openid."""
    settings = {"ClientName": "service", "GenerateSecret": True, "AllowedOAuthScopes": ["openid", READ]}
    return pool.client(**{**settings, "ExplicitAuthFlows": [*flows, "ALLOW_REFRESH_TOKEN_AUTH"], **given})


def derive(world: World, client: dict[str, Any], token: str, **given: Any) -> dict[str, Any]:
    asked = {"ClientId": client["ClientId"], "SubjectToken": token, "SubjectTokenType": "ACCESS_TOKEN", **given}
    answer: dict[str, Any] = world.idp.get_derived_token(**asked)
    answer.pop("ResponseMetadata")
    return answer


def test_an_access_token_becomes_one_for_another_client_with_the_same_scopes(
    world: World, pool: Pool, service: dict[str, Any], subject: dict[str, str]
) -> None:
    answer = derive(world, service, subject["access_token"], ClientSecret=service["ClientSecret"])
    assert answer["IssuedTokenType"] == "ACCESS_TOKEN"
    assert (answer["TokenType"], answer["ExpiresIn"]) == ("Bearer", 3600)
    before = claims_of(world, pool, subject["access_token"])
    after = claims_of(world, pool, answer["IssuedToken"])
    assert answer["Scopes"] == after["scope"].split() == before["scope"].split()
    for kept in ("sub", "username", "origin_jti", "auth_time", "iss", "token_use", "version"):
        assert after[kept] == before[kept], kept
    assert after["client_id"] == service["ClientId"]
    assert after["jti"] != before["jti"]
    assert not {"act", "aud"} & after.keys()
    assert world.idp.get_user(AccessToken=answer["IssuedToken"])["Username"] == "ada"


def test_the_scopes_are_those_asked_for_and_held_and_allowed(
    world: World, service: dict[str, Any], subject: dict[str, str]
) -> None:
    answer = derive(world, service, subject["access_token"], Scopes=[TURN, READ, "profile", "openid"])
    assert answer["Scopes"] == [READ, "openid"], "turn is not the client's, profile was never granted"
    none = refusal(derive, world=world, client=service, token=subject["access_token"], Scopes=[TURN])
    assert none == invalid("None of the requested scopes can be granted.")
    narrowed = derive(world, service, subject["access_token"], Scopes=[READ])["IssuedToken"]
    assert derive(world, service, narrowed)["Scopes"] == [READ], "what was narrowed does not widen again"


@pytest.mark.parametrize("target", [{"Audiences": ["https://ledger"]}, {"Resources": ["engine"]}])
def test_the_new_token_is_for_the_audience_asked_for(
    world: World, pool: Pool, service: dict[str, Any], subject: dict[str, str], target: dict[str, list[str]]
) -> None:
    ((expected,),) = target.values()
    token = derive(world, service, subject["access_token"], **target)["IssuedToken"]
    assert claims_of(world, pool, token, audience=expected)["aud"] == expected


def test_an_audience_is_one_and_a_resource_is_known(
    world: World, service: dict[str, Any], subject: dict[str, str]
) -> None:
    asked = {"world": world, "client": service, "token": subject["access_token"]}
    both = refusal(derive, **asked, Audiences=["a"], Resources=["engine"])
    assert both == invalid("You can't request both Audiences and Resources in the same request.")
    unknown = missing("Resource server engines does not exist.")
    assert refusal(derive, **asked, Resources=["engines"]) == unknown
    assert "less than or equal to 1" in refusal(derive, **asked, Audiences=["a", "b"])[1]


def test_an_id_token_is_exchanged_and_issued_too(
    world: World, pool: Pool, service: dict[str, Any], subject: dict[str, str]
) -> None:
    from_id = derive(world, service, subject["id_token"], SubjectTokenType="ID_TOKEN")
    assert claims_of(world, pool, from_id["IssuedToken"])["username"] == "ada"
    issued = derive(world, service, subject["access_token"], RequestedTokenType="ID_TOKEN")
    assert (issued["IssuedTokenType"], issued["TokenType"]) == ("ID_TOKEN", "N_A")
    assert "Scopes" not in issued
    claims = claims_of(world, pool, issued["IssuedToken"], audience=service["ClientId"])
    assert (claims["token_use"], claims["email"]) == ("id", "ada@example.com")
    assert "name" not in claims, "profile was never granted"


def test_who_acts_on_somebody_s_behalf_stands_in_the_token_and_whoever_did_before(
    world: World, pool: Pool, machine: dict[str, Any], service: dict[str, Any], subject: dict[str, str]
) -> None:
    actor = {"ActorToken": machine_token(world, machine)["AccessToken"], "ActorTokenType": "ACCESS_TOKEN"}
    once = derive(world, service, subject["access_token"], **actor)["IssuedToken"]
    claims = claims_of(world, pool, once)
    assert claims["act"] == {"sub": machine["ClientId"]}
    assert claims["username"] == "ada"
    second = machine_of(pool, ClientName="second")
    actor["ActorToken"] = machine_token(world, second)["AccessToken"]
    twice = claims_of(world, pool, derive(world, service, once, **actor)["IssuedToken"])
    assert twice["act"] == {"sub": second["ClientId"], "act": {"sub": machine["ClientId"]}}
    assert "act" not in claims_of(world, pool, derive(world, service, once)["IssuedToken"]), "as if acting directly"


def test_each_kind_of_exchange_is_of_its_flow(
    world: World, pool: Pool, machine: dict[str, Any], subject: dict[str, str]
) -> None:
    alone, with_actor = service_of(pool, IMPERSONATION), service_of(pool, DELEGATION)
    actor = {"ActorToken": machine_token(world, machine)["AccessToken"], "ActorTokenType": "ACCESS_TOKEN"}
    token = subject["access_token"]
    assert derive(world, alone, token)
    assert derive(world, with_actor, token, **actor)
    not_alone = invalid("TOKEN_EXCHANGE_IMPERSONATION flow not enabled for this client")
    assert refusal(derive, world=world, client=with_actor, token=token) == not_alone
    no_actor = invalid("TOKEN_EXCHANGE_DELEGATION flow not enabled for this client")
    assert refusal(derive, world=world, client=alone, token=token, **actor) == no_actor
    half = refusal(derive, world=world, client=with_actor, token=token, ActorToken=actor["ActorToken"])
    assert half == invalid("Missing required parameter ActorTokenType")


def test_a_secret_that_is_sent_must_be_right(world: World, service: dict[str, Any], subject: dict[str, str]) -> None:
    wrong = refusal(derive, world=world, client=service, token=subject["access_token"], ClientSecret="w" * 30)
    assert wrong == not_authorized(f"Unable to verify secret for client {service['ClientId']}")
    gone = refusal(derive, world=world, client={"ClientId": "nobody"}, token=subject["access_token"])
    assert gone == missing("User pool client nobody does not exist.")


def test_what_is_not_such_a_token_of_this_pool_is_refused(
    world: World, pool: Pool, machine: dict[str, Any], service: dict[str, Any], subject: dict[str, str]
) -> None:
    other = world.pool()
    other.user()
    foreign = other.tokens(other.client())["AccessToken"]
    of_a_machine = machine_token(world, machine)["AccessToken"]
    for token in (foreign, subject["id_token"], "garbage", of_a_machine, subject["refresh_token"]):
        refused = refusal(derive, world=world, client=service, token=token)
        assert refused == not_authorized("Invalid Subject Token")
    actor = {"ActorToken": foreign, "ActorTokenType": "ACCESS_TOKEN"}
    refused = refusal(derive, world=world, client=service, token=subject["access_token"], **actor)
    assert refused == not_authorized("Invalid Actor Token")


def test_a_subject_token_that_expired_or_was_revoked_yields_nothing_and_takes_its_derived_along(
    world: World, pool: Pool, service: dict[str, Any], web: dict[str, Any], subject: dict[str, str]
) -> None:
    derived = derive(world, service, subject["access_token"])["IssuedToken"]
    world.idp.revoke_token(Token=subject["refresh_token"], ClientId=web["ClientId"])
    revoked = not_authorized("Access Token has been revoked")
    assert refusal(world.idp.get_user, AccessToken=derived) == revoked
    again = refusal(derive, world=world, client=service, token=subject["access_token"])
    assert again == not_authorized("Subject Token has been revoked")
    fresh = pool.tokens(web)["AccessToken"]
    world.clock.advance(3601)
    late = refusal(derive, world=world, client=service, token=fresh)
    assert late == not_authorized("Subject Token has expired")


def test_tokens_of_other_providers_are_refused_by_name(
    world: World, service: dict[str, Any], subject: dict[str, str]
) -> None:
    asked = {"world": world, "client": service, "token": subject["access_token"]}
    for member in ("SubjectTokenProviderName", "ActorTokenProviderName"):
        assert refusal(derive, **asked, **{member: "Google"}) == not_honoured(member, "GetDerivedToken")
    saml = refusal(derive, **asked, SubjectTokenType="SAML2")
    assert saml == not_honoured("SubjectTokenType SAML2", "GetDerivedToken")
