"""InitiateAuth and RespondToAuthChallenge: passwords, SRP, refresh tokens, SECRET_HASH, and what is not told."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from test_ladder import refusal

from halfday.protocol import srp
from world import PASSWORD, Pool, World

WRONG = ("NotAuthorizedException", "Incorrect username or password.")


def password_auth(world: World, client: dict[str, Any], **parameters: str) -> dict[str, Any]:
    return {"ClientId": client["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}


def test_a_password_yields_tokens_and_an_empty_challenge(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    answer = world.idp.initiate_auth(**password_auth(world, client, USERNAME="ada", PASSWORD=PASSWORD))
    assert answer["ChallengeParameters"] == {}
    result = answer["AuthenticationResult"]
    assert set(result) == {"AccessToken", "ExpiresIn", "TokenType", "RefreshToken", "IdToken"}
    access = jwt.decode(result["AccessToken"], options={"verify_signature": False})
    assert access["scope"] == "aws.cognito.signin.user.admin"
    assert "version" not in access


@pytest.mark.parametrize("hidden", [True, False])
def test_an_unknown_user_is_told_apart_only_where_the_client_allows(world: World, pool: Pool, hidden: bool) -> None:
    pool.user()
    client = pool.client(PreventUserExistenceErrors="ENABLED" if hidden else "LEGACY")
    asked = password_auth(world, client, USERNAME="nobody", PASSWORD=PASSWORD)
    unknown = ("UserNotFoundException", "User does not exist.")
    assert refusal(world.idp.initiate_auth, **asked) == (WRONG if hidden else unknown)
    asked["AuthParameters"] = {"USERNAME": "ada", "PASSWORD": "wrong-1815"}
    assert refusal(world.idp.initiate_auth, **asked) == WRONG


@pytest.mark.parametrize(
    ("flow", "parameters", "message"),
    [
        ("USER_PASSWORD_AUTH", {"PASSWORD": "x"}, "Missing required parameter USERNAME"),
        ("USER_PASSWORD_AUTH", {"USERNAME": "ada"}, "Missing required parameter PASSWORD"),
        ("USER_SRP_AUTH", {"USERNAME": "ada"}, "Missing required parameter SRP_A"),
        ("REFRESH_TOKEN_AUTH", {}, "Missing required parameter REFRESH_TOKEN"),
        ("ADMIN_USER_PASSWORD_AUTH", {}, "Initiate Auth method not supported."),
        ("USER_AUTH", {}, "Halfday does not answer AuthFlow USER_AUTH yet, and so refuses it."),
    ],
)
def test_what_a_flow_lacks_is_named(
    world: World, pool: Pool, flow: str, parameters: dict[str, str], message: str
) -> None:
    asked = {"ClientId": pool.client()["ClientId"], "AuthFlow": flow, "AuthParameters": parameters}
    assert refusal(world.idp.initiate_auth, **asked) == ("InvalidParameterException", message)


def test_a_flow_that_is_not_enabled_is_refused(world: World, pool: Pool) -> None:
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    told = refusal(world.idp.initiate_auth, **password_auth(world, client, USERNAME="ada", PASSWORD=PASSWORD))
    assert told == ("InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client")


def test_secret_hash_is_asked_for_and_checked(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client(GenerateSecret=True)
    name = client["ClientId"]
    asked = password_auth(world, client, USERNAME="ada", PASSWORD=PASSWORD)
    missing = f"Client {name} is configured with secret but SECRET_HASH was not received"
    assert refusal(world.idp.initiate_auth, **asked) == ("NotAuthorizedException", missing)
    asked["AuthParameters"]["SECRET_HASH"] = "bm90IGl0"
    wrong = f"Unable to verify secret hash for client {name}"
    assert refusal(world.idp.initiate_auth, **asked) == ("NotAuthorizedException", wrong)
    asked["AuthParameters"]["SECRET_HASH"] = srp.secret_hash("ada", name, client["ClientSecret"])
    assert "AuthenticationResult" in world.idp.initiate_auth(**asked)
    public = pool.client(ClientName="public")
    asked["ClientId"] = public["ClientId"]
    extra = f"Client {public['ClientId']} is not configured for secret but secret was received"
    assert refusal(world.idp.initiate_auth, **asked) == ("NotAuthorizedException", extra)


def test_disabled_and_unknown_clients_and_users(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    asked = password_auth(world, client, USERNAME="ada", PASSWORD=PASSWORD)
    assert refusal(world.idp.initiate_auth, **asked) == ("NotAuthorizedException", "User is disabled.")
    asked["ClientId"] = "nobody"
    gone = ("ResourceNotFoundException", "User pool client nobody does not exist.")
    assert refusal(world.idp.initiate_auth, **asked) == gone


def test_a_temporary_password_has_to_be_changed(world: World, pool: Pool) -> None:
    client = pool.client()
    world.idp.admin_create_user(
        UserPoolId=pool.pool_id, Username="ada", TemporaryPassword="Temporary-1", MessageAction="SUPPRESS"
    )
    asked = password_auth(world, client, USERNAME="ada", PASSWORD="Temporary-1")
    challenge = world.idp.initiate_auth(**asked)
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert challenge["ChallengeParameters"]["requiredAttributes"] == "[]"
    answer: dict[str, Any] = {
        "ClientId": client["ClientId"],
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": challenge["Session"],
        "ChallengeResponses": {"USERNAME": "ada", "NEW_PASSWORD": "weak-1"},
    }
    weak = ("InvalidPasswordException", "Password does not conform to policy: Password not long enough")
    assert refusal(world.idp.respond_to_auth_challenge, **answer) == weak
    other = pool.client(ClientName="other")
    good = {"USERNAME": "ada", "NEW_PASSWORD": PASSWORD}
    stolen = {**answer, "ClientId": other["ClientId"], "ChallengeResponses": good}
    invalid = ("NotAuthorizedException", "Invalid session for the user.")
    assert refusal(world.idp.respond_to_auth_challenge, **stolen) == invalid
    challenge = world.idp.initiate_auth(**asked)
    answer |= {"Session": challenge["Session"], "ChallengeResponses": good}
    assert "AuthenticationResult" in world.idp.respond_to_auth_challenge(**answer)
    assert refusal(world.idp.respond_to_auth_challenge, **answer) == invalid, "a session works once"
    assert pool.tokens(client)["IdToken"]
    user = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")
    assert user["UserStatus"] == "CONFIRMED"


def test_a_temporary_password_and_a_session_end_by_time(world: World, pool: Pool) -> None:
    client = pool.client()
    for name in ("ada", "grace"):
        world.idp.admin_create_user(
            UserPoolId=pool.pool_id, Username=name, TemporaryPassword="Temporary-1", MessageAction="SUPPRESS"
        )
    asked = password_auth(world, client, USERNAME="ada", PASSWORD="Temporary-1")
    session = world.idp.initiate_auth(**asked)["Session"]
    world.clock.advance(181)
    answer = {
        "ClientId": client["ClientId"],
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": session,
        "ChallengeResponses": {"USERNAME": "ada", "NEW_PASSWORD": PASSWORD},
    }
    expired = ("NotAuthorizedException", "Invalid session for the user, session is expired.")
    assert refusal(world.idp.respond_to_auth_challenge, **answer) == expired
    world.clock.advance(7 * 86400)
    asked["AuthParameters"]["USERNAME"] = "grace"
    sentence = "Temporary password has expired and must be reset by an administrator."
    assert refusal(world.idp.initiate_auth, **asked) == ("NotAuthorizedException", sentence)


def srp_challenge(world: World, client: dict[str, Any], name: str, start: srp.ClientStart) -> dict[str, Any]:
    asked = {"USERNAME": name, "SRP_A": start.public}
    given = {"ClientId": client["ClientId"], "AuthFlow": "USER_SRP_AUTH", "AuthParameters": asked}
    challenge: dict[str, Any] = world.idp.initiate_auth(**given)
    return challenge


def srp_answer(pool: Pool, client: dict[str, Any], challenge: Any, start: srp.ClientStart, password: str) -> Any:
    told = challenge["ChallengeParameters"]
    timestamp = srp.format_timestamp(time.time())
    signature = start.claim(
        pool_name=pool.pool_id.partition("_")[2],
        user_id=told["USER_ID_FOR_SRP"],
        password=password,
        salt_hex=told["SALT"],
        srp_b_hex=told["SRP_B"],
        secret_block_b64=told["SECRET_BLOCK"],
        timestamp=timestamp,
    )
    responses = {
        "USERNAME": told["USERNAME"],
        "PASSWORD_CLAIM_SIGNATURE": signature,
        "PASSWORD_CLAIM_SECRET_BLOCK": told["SECRET_BLOCK"],
        "TIMESTAMP": timestamp,
    }
    return {"ClientId": client["ClientId"], "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": responses}


def test_srp_takes_the_right_password_once_and_no_other(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    start = srp.ClientStart(b"a" * 128)
    answer = srp_answer(pool, client, srp_challenge(world, client, "ada", start), start, PASSWORD)
    assert "AuthenticationResult" in world.idp.respond_to_auth_challenge(**answer)
    again = refusal(world.idp.respond_to_auth_challenge, **answer)
    assert again == ("NotAuthorizedException", "Invalid session for the user.")
    wrong = srp_answer(pool, client, srp_challenge(world, client, "ada", start), start, "wrong-1815")
    assert refusal(world.idp.respond_to_auth_challenge, **wrong) == WRONG


def test_srp_pretends_for_users_that_are_to_stay_unknown(world: World, pool: Pool) -> None:
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    start = srp.ClientStart(b"b" * 128)
    first, second = (srp_challenge(world, client, "nobody", start)["ChallengeParameters"] for _ in range(2))
    assert first["SALT"] == second["SALT"], "a real salt stays the same too"
    assert first["USER_ID_FOR_SRP"] == second["USER_ID_FOR_SRP"]
    assert first["SRP_B"] != second["SRP_B"]
    answer = srp_answer(pool, client, {"ChallengeParameters": second}, start, PASSWORD)
    assert refusal(world.idp.respond_to_auth_challenge, **answer) == WRONG
    open_client = pool.client(PreventUserExistenceErrors="LEGACY")
    asked = {"USERNAME": "nobody", "SRP_A": start.public}
    given = {"ClientId": open_client["ClientId"], "AuthFlow": "USER_SRP_AUTH", "AuthParameters": asked}
    assert refusal(world.idp.initiate_auth, **given) == ("UserNotFoundException", "User does not exist.")


def test_srp_refuses_numbers_that_no_honest_client_sends(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    for number in ("0", f"{srp.N:x}", "not hexadecimal"):
        asked = {"USERNAME": "ada", "SRP_A": number}
        given = {"ClientId": client["ClientId"], "AuthFlow": "USER_SRP_AUTH", "AuthParameters": asked}
        assert refusal(world.idp.initiate_auth, **given)[0] == "InvalidParameterException"


def test_refresh_tokens_over_the_api(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client(GenerateSecret=True)
    name, secret = client["ClientId"], client["ClientSecret"]
    hashed = srp.secret_hash("ada", name, secret)
    asked = password_auth(world, client, USERNAME="ada", PASSWORD=PASSWORD, SECRET_HASH=hashed)
    tokens = world.idp.initiate_auth(**asked)["AuthenticationResult"]
    refresh = {"REFRESH_TOKEN": tokens["RefreshToken"], "SECRET_HASH": hashed}
    given = {"ClientId": name, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": refresh}
    renewed = world.idp.initiate_auth(**given)["AuthenticationResult"]
    assert "RefreshToken" not in renewed
    by_alias = {**refresh, "SECRET_HASH": srp.secret_hash("ada@example.com", name, secret)}
    told = refusal(world.idp.initiate_auth, **{**given, "AuthParameters": by_alias})
    assert told == ("NotAuthorizedException", f"SecretHash does not match for the client: {name}")
    plain = {"ClientId": name, "ClientSecret": secret, "RefreshToken": tokens["RefreshToken"]}
    assert "IdToken" in world.idp.get_tokens_from_refresh_token(**plain)["AuthenticationResult"]
    revoke = {"ClientId": name, "ClientSecret": secret, "Token": tokens["RefreshToken"]}
    assert refusal(world.idp.revoke_token, **{**revoke, "ClientSecret": "x" * 30})[0] == "UnauthorizedException"
    for _ in range(2):
        world.idp.revoke_token(**revoke)
    assert refusal(world.idp.initiate_auth, **given)[0] == "NotAuthorizedException"
    gone = ("NotAuthorizedException", "Access Token has been revoked")
    assert refusal(world.idp.get_user, AccessToken=renewed["AccessToken"]) == gone


def test_an_administrator_signs_somebody_in(world: World, pool: Pool) -> None:
    pool.user()
    given = {
        "UserPoolId": pool.pool_id,
        "ClientId": pool.client()["ClientId"],
        "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": "ada", "PASSWORD": PASSWORD},
    }
    assert "AuthenticationResult" in world.idp.admin_initiate_auth(**given)
    world.idp.admin_user_global_sign_out(UserPoolId=pool.pool_id, Username="ada")
