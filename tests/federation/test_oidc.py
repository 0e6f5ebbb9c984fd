"""A pool before a provider that lies, breaks, or is not there: nobody is signed in, and the app hears why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from starlette.responses import JSONResponse, PlainTextResponse

from halfday.protocol.encoding import b64url_encode
from world import CALLBACK, PASSWORD, World, query_in

POOL = "us-east-1_Federated"
OTHER_KEY = generate_private_key(65537, 2048)


def test_an_honest_provider_signs_its_people_in(world: World, person: Any, acme: Any) -> None:
    assert "code" in query_in(person.with_acme(acme))
    user = world.idp.admin_get_user(UserPoolId=POOL, Username="Acme_42")
    assert user["UserStatus"] == "EXTERNAL_PROVIDER"


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"iss": "https://evil.example"}, "Bad id_token issuer https://evil.example"),
        ({"aud": "another-client"}, "Bad id_token aud"),
        ({"aud": None}, "Bad id_token aud"),
        ({"aud": None, "token_use": "access", "client_id": "acme-client"}, "Bad id_token aud"),
        ({"aud": ["acme-client", "another-client"]}, "Bad id_token azp"),
        ({"azp": "another-client"}, "Bad id_token azp"),
        ({"nonce": "another"}, "Invalid nonce in id_token"),
        ({"nonce": None}, "Invalid nonce in id_token"),
        ({"exp": int(time.time()) - 120}, "Bad id_token exp"),
        ({"exp": None}, "Bad id_token exp"),
        ({"sub": None}, "Bad id_token sub"),
        ({"sub": ""}, "Bad id_token sub"),
        ({"sub": 42}, "Bad id_token sub"),
        ({"email": "not an address"}, "Invalid user attributes: Invalid email address format."),
    ],
)
def test_an_id_token_that_is_not_right_signs_nobody_in(
    person: Any, acme: Any, claims: dict[str, Any], sentence: str
) -> None:
    acme.claims = claims
    answer = person.with_acme(acme)
    assert query_in(answer) == {"error_description": sentence, "state": "st4te", "error": "invalid_request"}
    assert answer.headers["Location"].startswith(f"{CALLBACK}?error_description=")
    assert "cognito" not in person.session.cookies


def test_two_audiences_are_fine_where_we_are_the_authorized_party(person: Any, acme: Any) -> None:
    acme.claims = {"aud": ["acme-client", "another-client"], "azp": "acme-client"}
    assert "code" in query_in(person.with_acme(acme))


def test_another_s_signature_signs_nobody_in(person: Any, acme: Any) -> None:
    acme.key = OTHER_KEY
    assert query_in(person.with_acme(acme))["error_description"] == "Bad id_token signature"


@pytest.mark.parametrize("header", ['{"alg":"none"}', '{"alg":"none","kid":"x"}', "{}", "[" * 20_000])
def test_a_token_that_is_not_signed_at_all_signs_nobody_in(person: Any, acme: Any, header: str) -> None:
    payload = acme.id_token().split(".")[1]
    forged = f"{b64url_encode(header.encode())}.{payload}."
    acme.answers["/token"] = JSONResponse({"id_token": forged, "access_token": "at"})
    assert query_in(person.with_acme(acme))["error"] == "invalid_request"
    assert "cognito" not in person.session.cookies


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (PlainTextResponse("<oops>", 500), "Acme Error - 500 error getting token"),
        (PlainTextResponse("<oops>"), "Invalid response from IdP"),
        (JSONResponse({}), "Bad id_token token"),
    ],
)
def test_a_provider_that_breaks_is_an_error_for_the_app(person: Any, acme: Any, answer: Any, sentence: str) -> None:
    acme.answers["/token"] = answer
    assert query_in(person.with_acme(acme))["error_description"] == sentence


def test_a_provider_that_is_not_there_is_an_error_for_the_app(person: Any) -> None:
    answer = person.authorize({"ClientId": "federatedclient"}, identity_provider="Down")
    assert query_in(answer) == {
        "error_description": "Timeout in calling discovery endpoint",
        "state": "st4te",
        "error": "invalid_request",
    }


def test_a_provider_that_went_down_meanwhile_is_an_error_for_the_app(person: Any, acme: Any) -> None:
    state = person.leave("HalfDown").partition("state=")[2].partition("&")[0]
    answer = person.come_back(f"{person.origin}/oauth2/idpresponse?code=c&state={state}")
    assert query_in(answer)["error_description"] == "Connection reset"


def test_a_native_user_of_the_same_name_is_somebody_else(world: World, person: Any, acme: Any) -> None:
    """Who knows the password of `lowly_42` must not share a profile with subject 42 of lowly."""
    world.idp.admin_create_user(UserPoolId=POOL, Username="lowly_42", MessageAction="SUPPRESS")
    world.idp.admin_set_user_password(UserPoolId=POOL, Username="lowly_42", Password=PASSWORD, Permanent=True)
    answer = person.with_acme(acme, "lowly")
    assert query_in(answer)["error_description"] == "Already found an entry for username lowly_42"
    user = world.idp.admin_get_user(UserPoolId=POOL, Username="lowly_42")
    assert user["UserStatus"] == "CONFIRMED"
    assert "wile@example.com" not in str(user["UserAttributes"])


def test_what_a_provider_sets_as_cookie_for_one_person_is_not_sent_for_another(
    person: Any, another: Any, acme: Any
) -> None:
    acme.answers["/token"] = JSONResponse({}, headers={"Set-Cookie": "session=one-person-s; Path=/"})
    person.with_acme(acme)
    another.with_acme(acme)
    assert acme.cookies == []


def test_no_provider_writes_what_the_app_client_may_not(world: World, person: Any, acme: Any) -> None:
    """facts/federation.md §3: what is mapped has to be in WriteAttributes; that an address is verified cannot be."""
    given = {
        "UserPoolId": POOL,
        "CallbackURLs": [CALLBACK],
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthScopes": ["openid"],
        "SupportedIdentityProviders": ["Acme"],
    }

    def answer_to(client: dict[str, str]) -> dict[str, str]:
        asked = query_in(person.authorize(client, identity_provider="Acme"))
        acme.nonce, acme.claims = asked["nonce"], {"sub": "written"}
        return query_in(person.come_back(f"{asked['redirect_uri']}?code=c&state={asked['state']}"))

    narrow = world.idp.create_user_pool_client(**given, ClientName="narrow", WriteAttributes=["name"])
    refused = answer_to(narrow["UserPoolClient"])
    assert refused["error_description"] == "A client attempted to write unauthorized attribute"
    nobody = world.idp.list_users(UserPoolId=POOL, Filter='username = "Acme_written"')["Users"]
    assert nobody == []
    wide = world.idp.create_user_pool_client(**given, ClientName="wide", WriteAttributes=["email"])
    assert "code" in answer_to(wide["UserPoolClient"])


def test_a_claim_of_several_values_is_kept_as_aws_keeps_it(world: World, person: Any, acme: Any) -> None:
    """facts/federation.md §3: in brackets, each value form-encoded."""
    acme.claims = {"sub": "several", "given_name": ["Road Runner", "a~b", "c.d-e*f_g", "h,i", 7]}
    mapping = {"given_name": "given_name", "email": "email"}
    with mapped(world, mapping):
        assert "code" in query_in(person.with_acme(acme))
    user = world.idp.admin_get_user(UserPoolId=POOL, Username="Acme_several")
    attributes = {pair["Name"]: pair["Value"] for pair in user["UserAttributes"]}
    assert attributes["given_name"] == "[Road+Runner, a%7Eb, c.d-e*f_g, h%2Ci, 7]"


def test_the_provider_s_tokens_can_be_mapped_like_claims(world: World, person: Any, acme: Any) -> None:
    """Developer guide, Mapping IdP attributes: of an OIDC provider access and ID token, up to 2,048 characters."""
    acme.claims = {"sub": "tokens"}
    with mapped(world, {"given_name": "access_token", "family_name": "id_token"}):
        assert "code" in query_in(person.with_acme(acme))
        user = world.idp.admin_get_user(UserPoolId=POOL, Username="Acme_tokens")
        attributes = {pair["Name"]: pair["Value"] for pair in user["UserAttributes"]}
        assert attributes["given_name"] == "at"
        assert attributes["family_name"].count(".") == 2
        acme.claims = {"sub": "tokens", "much": "x" * 2048}
        told = "Invalid user attributes: family_name: String length must not be greater than 2048"
        assert query_in(person.with_acme(acme))["error_description"] == told


@contextmanager
def mapped(world: World, mapping: dict[str, str]) -> Iterator[None]:
    named = {"UserPoolId": POOL, "ProviderName": "Acme"}
    before = world.idp.describe_identity_provider(**named)["IdentityProvider"]["AttributeMapping"]
    world.idp.update_identity_provider(**named, AttributeMapping=mapping)
    try:
        yield
    finally:
        world.idp.update_identity_provider(**named, AttributeMapping=before)


def test_no_more_of_a_provider_s_answer_is_read_than_it_can_be_for(person: Any, acme: Any) -> None:
    long = {"id_token": acme.id_token(), "access_token": "at", "padding": "x" * 1024 * 1024}
    acme.answers["/token"] = JSONResponse(long)
    assert query_in(person.with_acme(acme))["error_description"] == "Invalid response from IdP"
