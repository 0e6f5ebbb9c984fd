"""A name that is longer than any can be is refused before it is looked up, counted or kept: at every entrance."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
import regex
import requests

from asking import UNCHECKED, invalid, refusal
from halfday.server.domain.users.usernames import LONGEST, can_be_named
from halfday.server.operations.framework.model import service_model
from stored import stored
from world import Browser, Pool, World

LONG = "n" * (LONGEST + 1)
TOO_LONG = invalid(
    "1 validation error detected: Value at 'username' failed to satisfy constraint: "
    f"Member must have length less than or equal to {LONGEST}"
)
TABLES = ("attempts", "auth_events", "pending_challenges", "confirmations", "outgoing_messages")


def rows(world: World) -> int:
    """So many are kept of what people have tried."""

    async def counted(store: Any) -> int:
        return sum([(await store._database.fetch(f"SELECT count(*) FROM {table}"))[0][0] for table in TABLES])

    return stored(world, counted)


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    flows = ("USER_PASSWORD_AUTH", "USER_SRP_AUTH", "USER_AUTH", "CUSTOM_AUTH", "ADMIN_USER_PASSWORD_AUTH")
    return pool.client(ExplicitAuthFlows=[f"ALLOW_{flow}" for flow in flows], PreventUserExistenceErrors="ENABLED")


@pytest.mark.parametrize("name", [LONG, "n" * 100_000])
@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "USER_SRP_AUTH", "USER_AUTH", "CUSTOM_AUTH"])
def test_a_name_too_long_begins_no_sign_in(world: World, client: dict[str, Any], flow: str, name: str) -> None:
    before = rows(world)
    given = {"USERNAME": name, "PASSWORD": "x", "SRP_A": "ab" * 300}
    assert (
        refusal(world.idp.initiate_auth, ClientId=client["ClientId"], AuthFlow=flow, AuthParameters=given) == TOO_LONG
    )
    assert rows(world) == before


def test_a_name_too_long_is_refused_of_administrators_and_in_answers_to_challenges(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    before, of = rows(world), {"ClientId": client["ClientId"]}
    given = {"USERNAME": LONG, "PASSWORD": "x"}
    flow = {"AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": given}
    assert refusal(world.idp.admin_initiate_auth, UserPoolId=pool.pool_id, **of, **flow) == TOO_LONG
    answer = {"ChallengeName": "PASSWORD_VERIFIER", "Session": "s" * 20, "ChallengeResponses": given}
    assert refusal(world.idp.respond_to_auth_challenge, **of, **answer) == TOO_LONG
    assert rows(world) == before


@pytest.mark.parametrize("operation", ["sign_up", "forgot_password", "confirm_sign_up", "resend_confirmation_code"])
def test_a_name_too_long_is_refused_where_the_model_bounds_it(
    world: World, client: dict[str, Any], operation: str
) -> None:
    before = rows(world)
    further = {"sign_up": {"Password": "Lovelace-1815"}, "confirm_sign_up": {"ConfirmationCode": "123456"}}
    call = getattr(world.boto3("cognito-idp", config=UNCHECKED), operation)
    code, sentence = refusal(call, ClientId=client["ClientId"], Username=LONG, **further.get(operation, {}))
    assert (code, "at 'username' failed to satisfy constraint: Member must have length" in sentence) == (
        "InvalidParameterException",
        True,
    )
    assert rows(world) == before


def test_a_name_too_long_at_the_page_is_wrong_and_neither_counted_nor_shown_again(
    world: World, browser: Browser, client: dict[str, Any]
) -> None:
    before = rows(world)
    page = browser.sign_in(client, username=LONG, password="wrong")
    assert "Incorrect username or password" in page.text
    assert LONG not in page.text
    assert rows(world) == before


def test_a_name_too_long_in_a_link_confirms_nobody_and_is_not_counted(world: World, client: dict[str, Any]) -> None:
    before = rows(world)
    query = {"client_id": client["ClientId"], "user_name": LONG, "confirmation_code": "123456"}
    assert requests.get(f"{world.origin}/confirmUser", params=query, timeout=10).status_code == 400
    assert rows(world) == before


@pytest.mark.parametrize(
    "fields", [{"username": "n" * 250_000}, {"n" * 20_000: "x"}, {f"field-{number}": "" for number in range(500)}]
)
def test_a_form_with_more_than_any_has_a_use_for_is_refused_unread(
    world: World, browser: Browser, client: dict[str, Any], fields: dict[str, str]
) -> None:
    before = rows(world)
    login = browser.authorize(client).headers["Location"]
    for path in (login, "/oauth2/token", "/oauth2/revoke"):
        answer = browser.session.post(world.origin + path, data=fields, allow_redirects=False)
        refused = answer.headers.get("Location", "") + answer.text
        assert "invalid_request" in refused, (path, answer.status_code)
        assert len(refused) < 1_000
    assert rows(world) == before


def test_the_names_that_are_made_are_those_that_the_model_lets_calls_name() -> None:
    model = service_model("cognito-idp").shape_for("UsernameType").metadata
    assert model["max"] == LONGEST
    allowed = regex.compile(model["pattern"])
    for number in range(0x3000):
        if unicodedata.category(chr(number)) != "Cn":  # not given to any character yet, in the year of this Python
            assert can_be_named(chr(number)) == bool(allowed.fullmatch(chr(number))), hex(number)
    assert not can_be_named("")
    assert can_be_named("n" * LONGEST)
    assert not can_be_named(LONG)
