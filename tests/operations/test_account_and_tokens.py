"""What an access token opens, and what ends tokens. Source: facts/api.md §5 (any class B), facts/tokens.md §5, §6."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from asking import invalid, missing, not_authorized, refusal
from world import CALLBACK, PASSWORD, Browser, Pool, World

REVOKED = not_authorized("Access Token has been revoked")
NO_TOKEN = not_authorized("Invalid Access Token")


def oauth_tokens(world: World, client: dict[str, Any], browser: Browser, scope: str) -> dict[str, str]:
    form = {
        "grant_type": "authorization_code",
        "client_id": client["ClientId"],
        "code": browser.code(client, scope=scope),
        "redirect_uri": CALLBACK,
    }
    tokens: dict[str, str] = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    return tokens


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user(name="Ada")
    return pool.client()


@pytest.fixture
def tokens(pool: Pool, client: dict[str, Any]) -> dict[str, Any]:
    return pool.tokens(client)


def refresh(world: World, client: dict[str, Any], tokens: dict[str, Any]) -> Any:
    parameters = {"REFRESH_TOKEN": tokens["RefreshToken"]}
    return world.idp.initiate_auth(
        ClientId=client["ClientId"], AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters
    )


def test_get_user_shows_one_s_own_attributes_as_strings(world: World, tokens: dict[str, Any]) -> None:
    shown = world.idp.get_user(AccessToken=tokens["AccessToken"])
    assert shown["Username"] == "ada"
    attributes = {a["Name"]: a["Value"] for a in shown["UserAttributes"]}
    assert attributes.pop("sub")
    assert attributes == {"email": "ada@example.com", "email_verified": "true", "name": "Ada"}


def test_get_user_shows_what_the_client_may_read(world: World, pool: Pool, client: dict[str, Any]) -> None:
    narrow = pool.client(ClientName="narrow", ReadAttributes=["email"])
    shown = world.idp.get_user(AccessToken=pool.tokens(narrow)["AccessToken"])
    assert {a["Name"] for a in shown["UserAttributes"]} == {"sub", "email"}


def test_what_is_not_an_access_token_is_refused(world: World, tokens: dict[str, Any]) -> None:
    assert refusal(world.idp.get_user, AccessToken="garbage") == NO_TOKEN
    assert refusal(world.idp.get_user, AccessToken="a.b.c") == NO_TOKEN
    assert refusal(world.idp.get_user, AccessToken=tokens["IdToken"]) == NO_TOKEN
    assert refusal(world.idp.get_user, AccessToken=tokens["RefreshToken"]) == NO_TOKEN


def test_a_tampered_token_is_refused(world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]) -> None:
    header, payload, signature = tokens["AccessToken"].split(".")
    unverifiable = not_authorized("Could not verify signature for Access Token")
    other = pool.tokens(client)["AccessToken"].split(".")[1]
    assert refusal(world.idp.get_user, AccessToken=f"{header}.{other}.{signature}") == unverifiable
    flipped = signature[:50] + ("A" if signature[50] != "A" else "B") + signature[51:]
    assert refusal(world.idp.get_user, AccessToken=f"{header}.{payload}.{flipped}") == unverifiable
    of_the_id_key = tokens["IdToken"].split(".")[0]
    assert refusal(world.idp.get_user, AccessToken=f"{of_the_id_key}.{payload}.{signature}") == unverifiable


def test_a_token_of_other_scopes_is_refused(world: World, client: dict[str, Any], browser: Browser) -> None:
    tokens = oauth_tokens(world, client, browser, "openid email")
    sentence = "Access Token does not have required scopes"
    assert refusal(world.idp.get_user, AccessToken=tokens["access_token"]) == not_authorized(sentence)
    assert refusal(world.idp.global_sign_out, AccessToken=tokens["access_token"]) == not_authorized(sentence)
    wide = oauth_tokens(world, client, browser, "openid aws.cognito.signin.user.admin")
    assert world.idp.get_user(AccessToken=wide["access_token"])["Username"] == "ada"


def test_global_sign_out_ends_every_sign_in_of_this_user_and_no_other_s(
    world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]
) -> None:
    pool.user("eve")
    theirs, second = pool.tokens(client, "eve"), pool.tokens(client)
    assert world.idp.global_sign_out(AccessToken=tokens["AccessToken"])
    for ended in (tokens, second):
        assert refusal(world.idp.get_user, AccessToken=ended["AccessToken"]) == REVOKED
        assert refusal(refresh, world=world, client=client, tokens=ended)[0] == "NotAuthorizedException"
    assert world.idp.get_user(AccessToken=theirs["AccessToken"])
    assert world.idp.get_user(AccessToken=pool.tokens(client)["AccessToken"]), "a new sign-in is a new one"


def test_an_administrator_s_sign_out_does_the_same(
    world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]
) -> None:
    world.idp.admin_user_global_sign_out(UserPoolId=pool.pool_id, Username="ada")
    assert refusal(world.idp.get_user, AccessToken=tokens["AccessToken"]) == REVOKED


def test_a_disabled_or_deleted_user_s_token_opens_nothing(
    world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]
) -> None:
    named = {"UserPoolId": pool.pool_id, "Username": "ada"}
    world.idp.admin_disable_user(**named)
    world.idp.admin_enable_user(**named)
    assert refusal(world.idp.get_user, AccessToken=tokens["AccessToken"]) == REVOKED
    again = pool.tokens(client)["AccessToken"]
    world.idp.admin_delete_user(**named)
    assert refusal(world.idp.get_user, AccessToken=again)[0] == "NotAuthorizedException"


def test_revoking_a_refresh_token_ends_its_own_sign_in_only(
    world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]
) -> None:
    other = pool.tokens(client)
    world.idp.revoke_token(Token=tokens["RefreshToken"], ClientId=client["ClientId"])
    assert refusal(world.idp.get_user, AccessToken=tokens["AccessToken"]) == REVOKED
    assert refusal(refresh, world=world, client=client, tokens=tokens)[0] == "NotAuthorizedException"
    assert refresh(world, client, other)["AuthenticationResult"]
    world.idp.revoke_token(Token=tokens["RefreshToken"], ClientId=client["ClientId"])
    world.idp.revoke_token(Token="unknown", ClientId=client["ClientId"])


def test_a_client_revokes_its_own_tokens_with_its_own_secret_only(
    world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]
) -> None:
    secret = pool.client(ClientName="secret", GenerateSecret=True)
    revoke = world.idp.revoke_token
    given = {"Token": tokens["RefreshToken"], "ClientId": secret["ClientId"]}
    assert refusal(revoke, **given)[0] == "UnauthorizedException"
    assert refusal(revoke, **given, ClientSecret="w" * 30)[0] == "UnauthorizedException"
    revoke(**given, ClientSecret=secret["ClientSecret"])
    assert refresh(world, client, tokens)["AuthenticationResult"], "it was another client's token"
    assert refusal(revoke, Token="x", ClientId="nobody") == invalid("User pool client nobody does not exist.")


def test_a_client_without_revocation_says_so(world: World, pool: Pool, client: dict[str, Any]) -> None:
    without = pool.client(ClientName="without", EnableTokenRevocation=False)
    given = {"Token": pool.tokens(without)["RefreshToken"], "ClientId": without["ClientId"]}
    assert refusal(world.idp.revoke_token, **given)[0] == "UnsupportedOperationException"


@pytest.mark.parametrize("how", ["GlobalSignOut", "AdminUserGlobalSignOut", "AdminDisableUser"])
def test_tokens_without_origin_jti_end_with_their_sign_in_all_the_same(world: World, pool: Pool, how: str) -> None:
    pool.user()
    without = pool.client(EnableTokenRevocation=False)
    ended, named = pool.tokens(without), {"UserPoolId": pool.pool_id, "Username": "ada"}
    if how == "GlobalSignOut":
        world.idp.global_sign_out(AccessToken=ended["AccessToken"])
    elif how == "AdminUserGlobalSignOut":
        world.idp.admin_user_global_sign_out(**named)
    else:
        world.idp.admin_disable_user(**named)
        world.idp.admin_enable_user(**named)
    assert refusal(world.idp.get_user, AccessToken=ended["AccessToken"]) == REVOKED
    again = refresh(world, without, pool.tokens(without))["AuthenticationResult"]
    assert world.idp.get_user(AccessToken=again["AccessToken"]), "who signs in anew is not signed out"


def test_get_tokens_from_refresh_token_answers_as_a_refresh(
    world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]
) -> None:
    renew = world.idp.get_tokens_from_refresh_token
    given = {"RefreshToken": tokens["RefreshToken"], "ClientId": client["ClientId"]}
    result = renew(**given)["AuthenticationResult"]
    assert set(result) == {"AccessToken", "ExpiresIn", "IdToken", "TokenType"}
    assert world.idp.get_user(AccessToken=result["AccessToken"])
    bad = not_authorized("Invalid Refresh Token")
    assert refusal(renew, **{**given, "RefreshToken": "made-up"}) == bad
    other = pool.client(ClientName="other", GenerateSecret=True)
    given = {"RefreshToken": tokens["RefreshToken"], "ClientId": other["ClientId"]}
    assert refusal(renew, **given)[0] == "NotAuthorizedException"
    assert refusal(renew, **given, ClientSecret=other["ClientSecret"]) == bad
    gone = missing("User pool client nobody does not exist.")
    assert refusal(renew, RefreshToken="x", ClientId="nobody") == gone


def test_an_access_token_ends_after_the_client_s_minutes(world: World, pool: Pool) -> None:
    pool.user()
    world.clock.hold()
    client = pool.client(AccessTokenValidity=5, TokenValidityUnits={"AccessToken": "minutes"})
    tokens = pool.tokens(client)
    assert tokens["ExpiresIn"] == 300
    world.clock.advance(299)
    assert world.idp.get_user(AccessToken=tokens["AccessToken"])
    world.clock.advance(2)
    expired = not_authorized("Access Token has expired")
    assert refusal(world.idp.get_user, AccessToken=tokens["AccessToken"]) == expired
    renewed = refresh(world, client, tokens)["AuthenticationResult"]["AccessToken"]
    assert world.idp.get_user(AccessToken=renewed)


def test_a_password_is_changed_by_who_knows_the_old_one(
    world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]
) -> None:
    given = {"AccessToken": tokens["AccessToken"], "ProposedPassword": "Mechanism-1831"}
    wrong = not_authorized("Incorrect username or password.")
    assert refusal(world.idp.change_password, **given, PreviousPassword="Wrong-1815") == wrong
    weak = {**given, "ProposedPassword": "mechanism-1831", "PreviousPassword": PASSWORD}
    sentence = "Password does not conform to policy: Password must have uppercase characters"
    assert refusal(world.idp.change_password, **weak) == ("InvalidPasswordException", sentence)
    world.idp.change_password(**given, PreviousPassword=PASSWORD)
    assert pool.tokens(client, password="Mechanism-1831")["IdToken"]
    assert refusal(pool.tokens, client=client) == wrong
    assert world.idp.get_user(AccessToken=tokens["AccessToken"])["Username"] == "ada", "the session goes on"


def test_somebody_deletes_themselves(world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]) -> None:
    world.idp.delete_user(AccessToken=tokens["AccessToken"])
    gone = ("UserNotFoundException", "User does not exist.")
    assert refusal(world.idp.admin_get_user, UserPoolId=pool.pool_id, Username="ada") == gone
    assert refusal(world.idp.get_user, AccessToken=tokens["AccessToken"])[0] == "NotAuthorizedException"
    assert refusal(refresh, world=world, client=client, tokens=tokens)[0] == "NotAuthorizedException"
