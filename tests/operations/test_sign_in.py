"""InitiateAuth and RespondToAuthChallenge, and their Admin twins. Source: facts/api.md §3, §4, §5, §6."""

from __future__ import annotations

import json
import os
from typing import Any

import jwt
import pytest

from asking import invalid, missing, not_authorized, refusal, unchecked
from halfday.protocol.srp import ClientStart, secret_hash
from proof_of_password import proof_of_password
from world import PASSWORD, Pool, World

WRONG = not_authorized("Incorrect username or password.")
INVALID_SESSION = not_authorized("Invalid session for the user.")
UNKNOWN_USER = ("UserNotFoundException", "User does not exist.")
Client = dict[str, Any]


def initiate(world: World, client: Client, flow: str = "USER_PASSWORD_AUTH", **parameters: str) -> dict[str, Any]:
    return world.idp.initiate_auth(ClientId=client["ClientId"], AuthFlow=flow, AuthParameters=parameters)


def respond(world: World, client: Client, challenge: str, session: str | None = None, **responses: str) -> Any:
    given = {} if session is None else {"Session": session}
    return world.idp.respond_to_auth_challenge(
        ClientId=client["ClientId"], ChallengeName=challenge, ChallengeResponses=responses, **given
    )


def answer_srp(
    pool: Pool, start: ClientStart, asked: dict[str, Any], password: str, *, name: str | None = None
) -> dict[str, str]:
    """The answer to a PASSWORD_VERIFIER challenge."""
    return proof_of_password(start, asked["ChallengeParameters"], pool.pool_id, password, username=name)


def srp(world: World, pool: Pool, client: Client, name: str = "ada", password: str = PASSWORD) -> dict[str, Any]:
    start = ClientStart(os.urandom(32))
    asked = initiate(world, client, "USER_SRP_AUTH", USERNAME=name, SRP_A=start.public)
    return respond(world, client, "PASSWORD_VERIFIER", **answer_srp(pool, start, asked, password))


def new_password_session(world: World, pool: Pool, client: Client, username: str = "ada") -> str:
    pool.user(username, password=None)
    world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username=username, Password="Temporary-1")
    return initiate(world, client, USERNAME=username, PASSWORD="Temporary-1")["Session"]


@pytest.fixture
def client(pool: Pool) -> Client:
    return pool.client()


def test_a_password_yields_tokens_and_empty_challenge_parameters(world: World, pool: Pool, client: Client) -> None:
    pool.user()
    answer = initiate(world, client, USERNAME="ada", PASSWORD=PASSWORD)
    assert answer["ChallengeParameters"] == {}
    result = answer["AuthenticationResult"]
    assert set(result) == {"AccessToken", "ExpiresIn", "IdToken", "RefreshToken", "TokenType"}
    assert (result["ExpiresIn"], result["TokenType"]) == (3600, "Bearer")
    access = jwt.decode(result["AccessToken"], options={"verify_signature": False})
    assert access["scope"] == "aws.cognito.signin.user.admin"
    assert "version" not in access
    assert "email" not in access


def test_admins_sign_users_in_by_password_too(world: World, pool: Pool, client: Client) -> None:
    pool.user()
    given = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    parameters = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    for flow in ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"):
        answer = world.idp.admin_initiate_auth(**given, AuthFlow=flow, AuthParameters=parameters)
        assert answer["AuthenticationResult"]["IdToken"]
    elsewhere = {**given, "UserPoolId": world.pool().pool_id}
    refused = refusal(world.idp.admin_initiate_auth, **elsewhere, AuthFlow=flow, AuthParameters=parameters)
    assert refused == missing(f"User pool client {client['ClientId']} does not exist.")


def test_a_wrong_password_is_refused_by_both_ways(world: World, pool: Pool, client: Client) -> None:
    pool.user()
    assert refusal(initiate, world=world, client=client, USERNAME="ada", PASSWORD="Wrong-1815") == WRONG
    assert refusal(srp, world=world, pool=pool, client=client, password="Wrong-1815") == WRONG


def test_srp_yields_tokens_without_the_password_on_the_wire(world: World, pool: Pool, client: Client) -> None:
    pool.user()
    assert srp(world, pool, client)["AuthenticationResult"]["RefreshToken"]


def test_srp_goes_by_the_internal_name_where_people_sign_in_with_an_address(world: World) -> None:
    pool = world.pool(UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    pool.user("ada@example.com")
    token = srp(world, pool, pool.client(), "Ada@Example.com")["AuthenticationResult"]["IdToken"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["cognito:username"] == claims["sub"]


def test_a_secret_block_is_answered_once(world: World, pool: Pool, client: Client) -> None:
    pool.user()
    start = ClientStart(os.urandom(32))
    asked = initiate(world, client, "USER_SRP_AUTH", USERNAME="ada", SRP_A=start.public)
    answer = answer_srp(pool, start, asked, PASSWORD)
    assert respond(world, client, "PASSWORD_VERIFIER", **answer)["AuthenticationResult"]
    assert refusal(respond, world=world, client=client, challenge="PASSWORD_VERIFIER", **answer) == INVALID_SESSION


@pytest.mark.parametrize("srp_a", ["0", "xyz", "00" * 384])
def test_an_srp_a_that_would_open_every_door_is_refused(world: World, pool: Pool, client: Client, srp_a: str) -> None:
    pool.user()
    refused = refusal(initiate, world=world, client=client, flow="USER_SRP_AUTH", USERNAME="ada", SRP_A=srp_a)
    assert refused[0] == "InvalidParameterException"


@pytest.mark.parametrize(
    ("flow", "parameters", "missing_one"),
    [
        ("USER_PASSWORD_AUTH", {}, "USERNAME"),
        ("USER_PASSWORD_AUTH", {"USERNAME": "ada"}, "PASSWORD"),
        ("USER_SRP_AUTH", {"USERNAME": "ada"}, "SRP_A"),
        ("REFRESH_TOKEN_AUTH", {}, "REFRESH_TOKEN"),
    ],
)
def test_a_missing_parameter_is_named(
    world: World, client: Client, flow: str, parameters: dict[str, str], missing_one: str
) -> None:
    refused = refusal(initiate, world=world, client=client, flow=flow, **parameters)
    assert refused == invalid(f"Missing required parameter {missing_one}")


def test_flows_are_for_those_clients_and_apis_that_have_them(world: World, pool: Pool) -> None:
    srp_only = pool.client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    given = {"world": world, "client": srp_only, "USERNAME": "ada"}
    assert refusal(initiate, **given) == invalid("USER_PASSWORD_AUTH flow not enabled for this client")
    unsupported = invalid("Initiate Auth method not supported.")
    assert refusal(initiate, **given, flow="ADMIN_USER_PASSWORD_AUTH") == unsupported
    admin = {"UserPoolId": pool.pool_id, "ClientId": srp_only["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH"}
    assert refusal(world.idp.admin_initiate_auth, **admin) == unsupported
    for flow in ("USER_AUTH", "CUSTOM_AUTH"):
        assert refusal(initiate, **given, flow=flow) == invalid(f"{flow} flow not enabled for this client")
    by_default = world.idp.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="d")["UserPoolClient"]
    refused = refusal(initiate, world=world, client=by_default, USERNAME="ada", PASSWORD="x")
    assert refused == invalid("USER_PASSWORD_AUTH flow not enabled for this client")


def test_an_unknown_client_is_not_found(world: World) -> None:
    sentence = "User pool client nobody does not exist."
    assert refusal(initiate, world=world, client={"ClientId": "nobody"}, USERNAME="ada") == missing(sentence)


@pytest.mark.parametrize("mode", ["LEGACY", "ENABLED", None])
def test_an_unknown_user_is_told_of_or_hidden(world: World, pool: Pool, mode: str | None) -> None:
    client = pool.client(**({"PreventUserExistenceErrors": mode} if mode else {}))
    hidden = mode == "ENABLED"
    refused = refusal(initiate, world=world, client=client, USERNAME="nobody", PASSWORD="x")
    assert refused == (WRONG if hidden else UNKNOWN_USER)
    given = {"world": world, "pool": pool, "client": client, "name": "nobody"}
    assert refusal(srp, **given) == (WRONG if hidden else UNKNOWN_USER)


def test_the_pretence_of_a_user_is_stable_and_looks_like_one(world: World, pool: Pool) -> None:
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    start = ClientStart(os.urandom(32))
    one, two, other = (
        initiate(world, client, "USER_SRP_AUTH", USERNAME=name, SRP_A=start.public)["ChallengeParameters"]
        for name in ("nobody", "nobody", "no-one")
    )
    assert (one["SALT"], one["USER_ID_FOR_SRP"]) == (two["SALT"], two["USER_ID_FOR_SRP"])
    assert one["SALT"] != other["SALT"]
    assert one["SECRET_BLOCK"] != two["SECRET_BLOCK"]
    assert set(one) == {"SALT", "SECRET_BLOCK", "SRP_B", "USERNAME", "USER_ID_FOR_SRP"}


def test_the_secret_hash_is_asked_for_checked_and_never_ignored(world: World, pool: Pool, client: Client) -> None:
    pool.user()
    secret = pool.client(ClientName="secret", GenerateSecret=True)
    client_id = secret["ClientId"]
    good = secret_hash("ada", client_id, secret["ClientSecret"])
    given = {"world": world, "client": secret, "USERNAME": "ada", "PASSWORD": PASSWORD}
    sentence = f"Client {client_id} is configured with secret but SECRET_HASH was not received"
    assert refusal(initiate, **given) == not_authorized(sentence)
    wrong = not_authorized(f"Unable to verify secret hash for client {client_id}")
    assert refusal(initiate, **given, SECRET_HASH="bm90IGl0") == wrong
    assert refusal(initiate, **given, SECRET_HASH=secret_hash("eve", client_id, secret["ClientSecret"])) == wrong
    result = initiate(**given, SECRET_HASH=good)["AuthenticationResult"]
    sentence = f"Client {client['ClientId']} is not configured for secret but secret was received"
    assert refusal(initiate, **{**given, "client": client}, SECRET_HASH=good) == not_authorized(sentence)
    refresh = {"world": world, "client": secret, "flow": "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN": result["RefreshToken"]}
    assert initiate(**refresh, SECRET_HASH=good)["AuthenticationResult"]["IdToken"]
    for parameters in ({}, {"SECRET_HASH": "bm90IGl0"}):
        refused = refusal(initiate, **refresh, **parameters)
        assert refused == not_authorized(f"SecretHash does not match for the client: {client_id}")


def test_a_temporary_password_leads_to_a_new_one_and_then_to_tokens(world: World, pool: Pool, client: Client) -> None:
    pool.user(password=None)
    world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="ada", Password="Temporary-1")
    asked = initiate(world, client, USERNAME="ada", PASSWORD="Temporary-1")
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert json.loads(asked["ChallengeParameters"]["userAttributes"])["email"] == "ada@example.com"
    assert asked["ChallengeParameters"]["requiredAttributes"] == "[]"
    answer = respond(world, client, "NEW_PASSWORD_REQUIRED", asked["Session"], USERNAME="ada", NEW_PASSWORD=PASSWORD)
    assert answer["AuthenticationResult"]["IdToken"]
    assert world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")["UserStatus"] == "CONFIRMED"
    assert refusal(initiate, world=world, client=client, USERNAME="ada", PASSWORD="Temporary-1") == WRONG
    assert srp(world, pool, client)["AuthenticationResult"]


def test_srp_with_a_temporary_password_asks_for_a_new_one_too(world: World, pool: Pool, client: Client) -> None:
    pool.user(password=None)
    world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="ada", Password="Temporary-1")
    asked = srp(world, pool, client, password="Temporary-1")
    responses = {"USERNAME": "ada", "NEW_PASSWORD": PASSWORD}
    answer = respond(world, client, asked["ChallengeName"], asked["Session"], **responses)
    assert answer["AuthenticationResult"]["AccessToken"]


def test_a_new_password_that_is_too_weak_can_be_bettered_in_the_same_session(
    world: World, pool: Pool, client: Client
) -> None:
    session = new_password_session(world, pool, client)
    given = {
        "world": world,
        "client": client,
        "challenge": "NEW_PASSWORD_REQUIRED",
        "session": session,
        "USERNAME": "ada",
    }
    refused = refusal(respond, **given, NEW_PASSWORD="short")
    assert refused == ("InvalidPasswordException", "Password does not conform to policy: Password not long enough")
    assert respond(**given, NEW_PASSWORD=PASSWORD)["AuthenticationResult"]


def test_a_session_is_good_once_for_its_client_its_user_and_its_challenge(
    world: World, pool: Pool, client: Client
) -> None:
    responses = {"challenge": "NEW_PASSWORD_REQUIRED", "NEW_PASSWORD": PASSWORD}
    used = new_password_session(world, pool, client, "used")
    respond(world, client, session=used, USERNAME="used", **responses)
    assert refusal(respond, world=world, client=client, session=used, USERNAME="used", **responses) == INVALID_SESSION
    other_client = pool.client(ClientName="other")
    session = new_password_session(world, pool, client, "bob")
    given = {"world": world, "session": session, "USERNAME": "bob", **responses}
    assert refusal(respond, client=other_client, **given) == INVALID_SESSION
    session = new_password_session(world, pool, client, "cid")
    given = {"world": world, "client": client, "session": session, **responses}
    assert refusal(respond, **given, USERNAME="bob") == INVALID_SESSION
    assert refusal(respond, **{**given, "session": "x" * 40}, USERNAME="cid") == INVALID_SESSION
    assert world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="cid")["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_an_srp_answer_in_another_user_s_name_is_refused(world: World, pool: Pool, client: Client) -> None:
    pool.user()
    pool.user("eve")
    start = ClientStart(os.urandom(32))
    asked = initiate(world, client, "USER_SRP_AUTH", USERNAME="ada", SRP_A=start.public)
    answer = answer_srp(pool, start, asked, PASSWORD, name="eve")
    assert refusal(respond, world=world, client=client, challenge="PASSWORD_VERIFIER", **answer) == INVALID_SESSION


def test_attributes_may_come_with_a_new_password(world: World, pool: Pool, client: Client) -> None:
    session = new_password_session(world, pool, client)
    responses = {"USERNAME": "ada", "NEW_PASSWORD": PASSWORD, "userAttributes.name": "Ada"}
    respond(world, client, "NEW_PASSWORD_REQUIRED", session, **responses)
    user = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")
    assert {"Name": "name", "Value": "Ada"} in user["UserAttributes"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("email_verified", not_authorized("Cannot modify the non-mutable attribute email_verified")),
        ("sub", not_authorized("Cannot modify the non-mutable attribute sub")),
        ("custom:x", invalid("custom:x: Attribute does not exist in the schema.")),
    ],
)
def test_attributes_that_are_nobodys_to_give_leave_the_session(
    world: World, pool: Pool, client: Client, name: str, expected: tuple[str, str]
) -> None:
    session = new_password_session(world, pool, client)
    given = {"challenge": "NEW_PASSWORD_REQUIRED", "session": session, "USERNAME": "ada", "NEW_PASSWORD": PASSWORD}
    assert refusal(respond, world=world, client=client, **given, **{f"userAttributes.{name}": "true"}) == expected
    assert "AuthenticationResult" in respond(world, client, **given)


def test_too_long_a_password_parameter_is_refused_without_showing_it(world: World, client: Client) -> None:
    idp = unchecked(world, "cognito-idp")
    parameters = {"USERNAME": "ada", "PASSWORD": "s3cret" * 30_000}
    given = {"ClientId": client["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
    code, sentence = refusal(idp.initiate_auth, **given)
    assert (code, "s3cret" in sentence) == ("InvalidParameterException", False)


def test_a_refresh_yields_new_tokens_of_the_same_sign_in(world: World, pool: Pool, client: Client) -> None:
    pool.user(name="Ada")
    first = pool.tokens(client)
    changed = [{"Name": "name", "Value": "Ada Lovelace"}]
    world.idp.admin_update_user_attributes(UserPoolId=pool.pool_id, Username="ada", UserAttributes=changed)
    for flow in ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"):
        second = initiate(world, client, flow, REFRESH_TOKEN=first["RefreshToken"])["AuthenticationResult"]
        assert "RefreshToken" not in second
        old, new = (jwt.decode(t["IdToken"], options={"verify_signature": False}) for t in (first, second))
        assert (old["origin_jti"], old["auth_time"]) == (new["origin_jti"], new["auth_time"])
        assert old["jti"] != new["jti"]
        assert new["name"] == "Ada Lovelace", "claims are those of today"


def test_a_refresh_token_is_refused_made_up_of_another_client_and_of_somebody_signed_out(
    world: World, pool: Pool, client: Client
) -> None:
    pool.user()
    token = pool.tokens(client)["RefreshToken"]
    given = {"world": world, "client": client, "flow": "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN": token}
    bad = not_authorized("Invalid Refresh Token")
    assert refusal(initiate, **{**given, "REFRESH_TOKEN": "made-up"}) == bad
    assert refusal(initiate, **{**given, "client": pool.client(ClientName="other")}) == bad
    world.idp.admin_user_global_sign_out(UserPoolId=pool.pool_id, Username="ada")
    assert refusal(initiate, **given)[0] == "NotAuthorizedException"


# Time is turned from here on; nothing below depends on what the signatures of AWS calls say of it.


def test_a_temporary_password_ends_after_its_days(world: World, pool: Pool, client: Client) -> None:
    pool.user(password=None)
    world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="ada", Password="Temporary-1")
    world.clock.advance(7 * 86400 + 1)
    sentence = "Temporary password has expired and must be reset by an administrator."
    refused = refusal(initiate, world=world, client=client, USERNAME="ada", PASSWORD="Temporary-1")
    assert refused == not_authorized(sentence)
    assert refusal(initiate, world=world, client=client, USERNAME="ada", PASSWORD="Wrong-1815") == WRONG


def test_a_session_ends_after_the_client_s_minutes(world: World, pool: Pool, client: Client) -> None:
    session = new_password_session(world, pool, client)
    world.clock.advance(181)
    given = {"world": world, "client": client, "challenge": "NEW_PASSWORD_REQUIRED", "session": session}
    refused = refusal(respond, **given, USERNAME="ada", NEW_PASSWORD=PASSWORD)
    assert refused == not_authorized("Invalid session for the user, session is expired.")


def test_a_refresh_token_ends_after_its_days(world: World, pool: Pool) -> None:
    client = pool.client(RefreshTokenValidity=1)
    pool.user()
    token = pool.tokens(client)["RefreshToken"]
    world.clock.advance(86_401)
    refused = refusal(initiate, world=world, client=client, flow="REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)
    assert refused == not_authorized("Refresh Token has expired")


def test_an_address_of_somebody_else_leaves_the_new_password_s_session_as_it_is(world: World) -> None:
    pool = world.pool(UsernameAttributes=["phone_number"])
    pool.user("+15555550100")
    client = pool.client()
    pool.user("+15555550101", password=None)
    world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="+15555550101", Password="Temporary-1")
    asked = initiate(world, client, USERNAME="+15555550101", PASSWORD="Temporary-1")
    name = asked["ChallengeParameters"]["USER_ID_FOR_SRP"]
    given: dict[str, Any] = {
        "ClientId": client["ClientId"],
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": asked["Session"],
    }
    answers = {"USERNAME": name, "NEW_PASSWORD": "Countess-1815"}
    taken = {**answers, "userAttributes.phone_number": "+15555550100"}
    code, _ = refusal(world.idp.respond_to_auth_challenge, **given, ChallengeResponses=taken)
    assert code == "AliasExistsException"
    assert world.idp.respond_to_auth_challenge(**given, ChallengeResponses=answers)["AuthenticationResult"]


def test_nobody_signs_in_by_their_sub_in_a_pool_of_user_names(world: World, pool: Pool) -> None:
    """Source: ministack#1758, measured by its author."""
    pool.user()
    sub = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")["UserAttributes"][0]["Value"]
    client = pool.client(PreventUserExistenceErrors="LEGACY")
    assert refusal(pool.tokens, client=client, username=sub)[0] == "UserNotFoundException"


def test_in_a_pool_of_addresses_the_sub_is_the_username_and_signs_in(world: World) -> None:
    pool = world.pool(UsernameAttributes=["email"])
    pool.user("ada@example.com")
    sub = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada@example.com")["Username"]
    assert pool.tokens(pool.client(), sub)["IdToken"]
