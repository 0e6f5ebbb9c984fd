"""GetTokensFromRefreshToken and RevokeToken, with refresh tokens that rotate.

Source: Developer guide, Refresh tokens; API reference, RefreshTokenRotationType, RefreshTokenReuseException.
"""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from asking import invalid, not_authorized, refusal
from halfday.protocol.srp import secret_hash
from world import PASSWORD, Pool, World

REUSED = ("RefreshTokenReuseException", "Refresh token has been invalidated by rotation")
UNKNOWN = not_authorized("Invalid Refresh Token")
REVOKED = not_authorized("Refresh Token has been revoked")
GRACE_S = 30
PASSWORD_FLOW = ["ALLOW_USER_PASSWORD_AUTH"]
REFRESH_FLOW = "ALLOW_REFRESH_TOKEN_AUTH"


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user()
    return rotating(pool, GRACE_S)


def rotating(pool: Pool, grace_s: int, **given: Any) -> dict[str, Any]:
    return pool.client(**{"ExplicitAuthFlows": PASSWORD_FLOW, "RefreshTokenRotation": rotation(grace_s), **given})


def rotation(grace_s: int) -> dict[str, Any]:
    return {"Feature": "ENABLED", "RetryGracePeriodSeconds": grace_s}


def set_rotation(world: World, client: dict[str, Any], rotation: dict[str, Any], *flows: str) -> None:
    named = {"UserPoolId": client["UserPoolId"], "ClientId": client["ClientId"]}
    world.idp.update_user_pool_client(
        **named, ExplicitAuthFlows=[*PASSWORD_FLOW, *flows], RefreshTokenRotation=rotation
    )


def renew(world: World, client: dict[str, Any], token: str, **given: str) -> dict[str, Any]:
    asked = {"RefreshToken": token, "ClientId": client["ClientId"], **given}
    result: dict[str, Any] = world.idp.get_tokens_from_refresh_token(**asked)["AuthenticationResult"]
    return result


def refused(world: World, client: dict[str, Any], token: str) -> tuple[str, str]:
    return refusal(renew, world=world, client=client, token=token)


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_each_refresh_yields_a_new_refresh_token_of_the_same_sign_in(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    first = pool.tokens(client)
    second = renew(world, client, first["RefreshToken"])
    assert set(second) == {"AccessToken", "ExpiresIn", "IdToken", "TokenType", "RefreshToken"}
    third = renew(world, client, second["RefreshToken"])
    assert len({tokens["RefreshToken"] for tokens in (first, second, third)}) == 3
    assert len({claims_of(tokens["AccessToken"])["origin_jti"] for tokens in (first, second, third)}) == 1
    assert len({claims_of(tokens["AccessToken"])["jti"] for tokens in (first, second, third)}) == 3
    assert world.idp.get_user(AccessToken=third["AccessToken"])["Username"] == "ada"


def test_within_the_grace_the_old_token_still_serves_and_afterwards_it_is_reuse(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    old = pool.tokens(client)["RefreshToken"]
    lost = renew(world, client, old)["RefreshToken"]
    world.clock.advance(GRACE_S - 5)
    again = renew(world, client, old)["RefreshToken"]
    assert again not in (old, lost)
    world.clock.advance(6)
    assert refused(world, client, old) == REUSED, "the grace counts from the rotation, not from the last use"
    for handed_out in (lost, again):
        assert renew(world, client, handed_out)["RefreshToken"], (
            "reuse ends nothing, and all that was handed out is good"
        )


def test_without_a_grace_a_token_serves_once(world: World, pool: Pool) -> None:
    pool.user()
    client = rotating(pool, 0)
    old = pool.tokens(client)["RefreshToken"]
    new = renew(world, client, old)["RefreshToken"]
    assert refused(world, client, old) == REUSED
    assert refused(world, client, old) == REUSED
    assert renew(world, client, new)


def test_a_new_refresh_token_lives_no_longer_than_the_first_would(world: World, pool: Pool) -> None:
    pool.user()
    client = rotating(pool, 0, RefreshTokenValidity=1)
    token = pool.tokens(client)["RefreshToken"]
    world.clock.advance(80000)
    token = renew(world, client, token)["RefreshToken"]
    world.clock.advance(86400 - 80000 - 10)
    token = renew(world, client, token)["RefreshToken"]
    world.clock.advance(11)
    assert refused(world, client, token) == not_authorized("Refresh Token has expired")


@pytest.mark.parametrize("flow", ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"])
def test_a_client_that_rotates_cannot_refresh_by_initiate_auth(
    world: World, pool: Pool, client: dict[str, Any], flow: str
) -> None:
    token = pool.tokens(client)["RefreshToken"]
    given = {"ClientId": client["ClientId"], "AuthFlow": flow, "AuthParameters": {"REFRESH_TOKEN": token}}
    not_enabled = invalid(f"{flow} flow not enabled for this client")
    assert refusal(world.idp.initiate_auth, **given) == not_enabled
    assert refusal(world.idp.admin_initiate_auth, **given, UserPoolId=pool.pool_id) == not_enabled
    assert renew(world, client, token), "the token has not been touched"
    named = {"UserPoolId": pool.pool_id, "ClientName": "usual", "RefreshTokenRotation": rotation(0)}
    usual = world.idp.create_user_pool_client(**named)["UserPoolClient"]
    sentence = "REFRESH_TOKEN_AUTH flow not enabled for this client"
    refused = refusal(world.idp.initiate_auth, **{**given, "ClientId": usual["ClientId"]})
    assert refused[1] == sentence, "a client that names no flows has the usual ones, but rotation excludes this one"


def test_switching_rotation_on_and_off_keeps_what_is_good_and_what_is_not(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    old = pool.tokens(client)["RefreshToken"]
    new = renew(world, client, old)["RefreshToken"]
    set_rotation(world, client, {"Feature": "DISABLED"}, REFRESH_FLOW)
    world.clock.advance(GRACE_S + 1)
    assert "RefreshToken" not in renew(world, client, new)
    assert refused(world, client, old) == REUSED
    given = {"ClientId": client["ClientId"], "AuthFlow": "REFRESH_TOKEN_AUTH"}
    answer = world.idp.initiate_auth(**given, AuthParameters={"REFRESH_TOKEN": new})["AuthenticationResult"]
    assert "RefreshToken" not in answer
    spent = refusal(world.idp.initiate_auth, **given, AuthParameters={"REFRESH_TOKEN": old})
    assert spent == not_authorized(REUSED[1]), "InitiateAuth has no code for reuse"
    set_rotation(world, client, rotation(0))
    assert renew(world, client, new)["RefreshToken"]


@pytest.mark.parametrize("which", [0, 1])
def test_revoking_any_token_of_a_sign_in_ends_them_all(
    world: World, pool: Pool, client: dict[str, Any], which: int
) -> None:
    other = pool.tokens(client)["RefreshToken"]
    first = pool.tokens(client)
    second = renew(world, client, first["RefreshToken"])
    ended = (first, second)
    world.idp.revoke_token(Token=ended[which]["RefreshToken"], ClientId=client["ClientId"])
    for tokens in ended:
        assert refused(world, client, tokens["RefreshToken"]) == REVOKED
        seen = refusal(world.idp.get_user, AccessToken=tokens["AccessToken"])
        assert seen == not_authorized("Access Token has been revoked")
    assert renew(world, client, other), "another sign-in goes on"


@pytest.mark.parametrize("how", ["GlobalSignOut", "AdminUserGlobalSignOut", "AdminDisableUser", "AdminDeleteUser"])
def test_what_signs_somebody_out_ends_tokens_that_were_rotated_too(
    world: World, pool: Pool, client: dict[str, Any], how: str
) -> None:
    first = pool.tokens(client)
    second = renew(world, client, first["RefreshToken"])
    named = {"UserPoolId": pool.pool_id, "Username": "ada"}
    if how == "GlobalSignOut":
        world.idp.global_sign_out(AccessToken=second["AccessToken"])
    elif how == "AdminUserGlobalSignOut":
        world.idp.admin_user_global_sign_out(**named)
    elif how == "AdminDisableUser":
        world.idp.admin_disable_user(**named)
        world.idp.admin_enable_user(**named)
    else:
        world.idp.admin_delete_user(**named)
    for tokens in (first, second):
        assert refused(world, client, tokens["RefreshToken"]) == (UNKNOWN if how == "AdminDeleteUser" else REVOKED)
        assert refusal(world.idp.get_user, AccessToken=tokens["AccessToken"])[0] == "NotAuthorizedException"


def test_a_client_that_rotates_marks_its_tokens_even_without_revocation(world: World, pool: Pool) -> None:
    pool.user()
    plain = pool.client(EnableTokenRevocation=False)
    assert "origin_jti" not in claims_of(pool.tokens(plain)["AccessToken"])
    rotates = rotating(pool, 0, EnableTokenRevocation=False)
    assert {"origin_jti", "jti"} <= claims_of(pool.tokens(rotates)["IdToken"]).keys()


def test_a_refresh_token_is_its_client_s_rotated_or_not(world: World, pool: Pool, client: dict[str, Any]) -> None:
    old = pool.tokens(client)["RefreshToken"]
    new = renew(world, client, old)["RefreshToken"]
    thief = rotating(pool, 0, ClientName="thief")
    for token in (old, new):
        assert refused(world, thief, token) == UNKNOWN
        world.idp.revoke_token(Token=token, ClientId=thief["ClientId"])
    assert renew(world, client, new)


def test_a_secret_client_proves_itself_with_its_secret(world: World, pool: Pool) -> None:
    pool.user()
    client = rotating(pool, 0, GenerateSecret=True, AllowedOAuthScopes=["openid"])
    proof = secret_hash("ada", client["ClientId"], client["ClientSecret"])
    given = {"USERNAME": "ada", "PASSWORD": PASSWORD, "SECRET_HASH": proof}
    answer = world.idp.initiate_auth(ClientId=client["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)[
        "AuthenticationResult"
    ]
    token = answer["RefreshToken"]
    wrong = not_authorized(f"Unable to verify secret for client {client['ClientId']}")
    assert refused(world, client, token) == wrong
    assert refusal(renew, world=world, client=client, token=token, ClientSecret="w" * 30) == wrong
    assert renew(world, client, token, ClientSecret=client["ClientSecret"])["RefreshToken"]


@pytest.mark.parametrize("kind", ["AccessToken", "IdToken"])
def test_only_refresh_tokens_can_be_revoked(world: World, pool: Pool, client: dict[str, Any], kind: str) -> None:
    tokens = pool.tokens(client)
    answer = refusal(world.idp.revoke_token, Token=tokens[kind], ClientId=client["ClientId"])
    assert answer == ("UnsupportedTokenTypeException", "Only refresh tokens can be revoked.")
    assert world.idp.get_user(AccessToken=tokens["AccessToken"])


def test_a_malformed_refresh_token_is_refused_by_its_pattern(world: World, client: dict[str, Any]) -> None:
    clause = "Value at 'refreshToken' failed to satisfy constraint: Member must satisfy regular expression pattern: "
    assert refused(world, client, "not a token") == invalid(f"1 validation error detected: {clause}[A-Za-z0-9-_=.]+")
