"""UserMigration: people of another directory come over with their password. Source: facts/triggers.md §2, §4, §7."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from functions import answering, arn_of, configure, set_triggers
from operations.test_sign_in import UNKNOWN_USER, WRONG, initiate, srp
from triggers.test_sign_up import refusing
from world import PASSWORD, Browser, Pool, World

WEAK = "old"
KNOWN = {
    "userAttributes": {"email": "eve@example.com", "email_verified": "true", "name": "Eve"},
    "finalUserStatus": "CONFIRMED",
    "messageAction": "SUPPRESS",
}


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool()


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client()


def test_somebody_unknown_comes_over_with_their_password_and_is_asked_for_once(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    asked = set_triggers(pool, UserMigration=answering(KNOWN))["UserMigration"]
    for _ in range(2):
        assert "AccessToken" in initiate(world, client, USERNAME="eve", PASSWORD=WEAK)["AuthenticationResult"]
    (event,) = asked.events
    assert (event["triggerSource"], event["userName"]) == ("UserMigration_Authentication", "eve")
    assert event["request"] == {"password": WEAK, "validationData": None}
    found = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="eve")
    assert found["UserStatus"] == "CONFIRMED"
    assert {"Name": "name", "Value": "Eve"} in found["UserAttributes"]


def test_the_wrong_password_of_who_is_here_asks_nobody(world: World, pool: Pool, client: dict[str, Any]) -> None:
    pool.user("eve")
    asked = set_triggers(pool, UserMigration=answering(KNOWN))["UserMigration"]
    assert refusal(initiate, world=world, client=client, USERNAME="eve", PASSWORD="Wrong-1815") == WRONG
    assert asked.events == []


def test_on_the_pages_too(world: World, pool: Pool, client: dict[str, Any]) -> None:
    set_triggers(pool, UserMigration=answering(KNOWN))
    browser = Browser(world.origin)
    page = browser.authorize(client)
    assert browser.sign_in(client, username="eve", password=WEAK).headers["Location"].find("code=") > 0
    assert page.status_code


def test_by_srp_nobody_can_come_over(world: World, pool: Pool, client: dict[str, Any]) -> None:
    asked = set_triggers(pool, UserMigration=answering(KNOWN))["UserMigration"]
    assert refusal(srp, world=world, pool=pool, client=client, name="eve") == UNKNOWN_USER
    assert asked.events == []


def test_who_has_to_reset_a_password_gets_no_tokens(world: World, pool: Pool, client: dict[str, Any]) -> None:
    set_triggers(pool, UserMigration=answering({**KNOWN, "finalUserStatus": "RESET_REQUIRED"}))
    refused = refusal(initiate, world=world, client=client, USERNAME="eve", PASSWORD=WEAK)
    assert refused[0] in ("PasswordResetRequiredException", "NotAuthorizedException")
    found = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="eve")
    assert found["UserStatus"] == "RESET_REQUIRED"


def test_who_has_forgotten_the_password_is_asked_for_too(world: World, pool: Pool, client: dict[str, Any]) -> None:
    asked = set_triggers(pool, UserMigration=answering(KNOWN))["UserMigration"]
    world.idp.forgot_password(ClientId=client["ClientId"], Username="eve")
    (event,) = asked.events
    assert event["triggerSource"] == "UserMigration_ForgotPassword"
    assert event["request"]["password"] is None
    given = {"ClientId": client["ClientId"], "Username": "eve", "Password": PASSWORD}
    world.idp.confirm_forgot_password(**given, ConfirmationCode=pool.code_for("eve"))
    assert pool.tokens(client, "eve")["AccessToken"]


def test_a_refusal_makes_nobody_and_is_told(world: World, pool: Pool, client: dict[str, Any]) -> None:
    set_triggers(pool, UserMigration=refusing("Bad password"))
    refused = refusal(initiate, world=world, client=client, USERNAME="eve", PASSWORD=WEAK)
    assert refused == ("UserLambdaValidationException", "UserMigration failed with error Bad password.")
    assert refusal(world.idp.admin_get_user, UserPoolId=pool.pool_id, Username="eve")[0] == "UserNotFoundException"


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"userAttributes": {}},
        {"userAttributes": {"email": "e@example.com"}, "finalUserStatus": "UNKNOWN"},
        {"userAttributes": {"email": "e@example.com", "sub": "5"}},
        {"userAttributes": {"no-such-attribute": "x"}, "finalUserStatus": "CONFIRMED"},
        {"userAttributes": {"email": "e@example.com"}, "desiredDeliveryMediums": ["PIGEON"]},
    ],
)
def test_an_answer_of_which_nobody_can_be_made(
    world: World, pool: Pool, client: dict[str, Any], response: dict[str, Any]
) -> None:
    set_triggers(pool, UserMigration=answering(response))
    refused = refusal(initiate, world=world, client=client, USERNAME="eve", PASSWORD=WEAK)
    sentence = f"Exception migrating user in app client {client['ClientId']}"
    assert refused == ("UserNotFoundException", sentence)
    assert refusal(world.idp.admin_get_user, UserPoolId=pool.pool_id, Username="eve")[0] == "UserNotFoundException"


def test_a_function_that_cannot_be_invoked_makes_nobody(world: World, pool: Pool, client: dict[str, Any]) -> None:
    configure(pool, {"UserMigration": arn_of("nowhere-at-all")})
    refused = refusal(initiate, world=world, client=client, USERNAME="eve", PASSWORD=WEAK)
    assert refused == ("UserNotFoundException", f"Exception migrating user in app client {client['ClientId']}")
