"""PreAuthentication and PostAuthentication on every way to sign in. Source: facts/triggers.md §2, §4, §7."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from functions import set_triggers
from operations.test_sign_in import UNKNOWN_USER, WRONG, initiate, respond, srp
from page_forms import open_page, press, shown
from triggers.test_sign_up import refusing
from world import CALLBACK, PASSWORD, Browser, Pool, World

FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@pytest.fixture
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    return pool


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client(ExplicitAuthFlows=FLOWS)


def by_password(world: World, pool: Pool, client: dict[str, Any]) -> Any:
    return initiate(world, client, USERNAME="ada", PASSWORD=PASSWORD)


def by_srp(world: World, pool: Pool, client: dict[str, Any]) -> Any:
    return srp(world, pool, client)


def by_choice(world: World, pool: Pool, client: dict[str, Any]) -> Any:
    given = {"USERNAME": "ada", "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}
    return initiate(world, client, "USER_AUTH", **given)


def by_choice_in_two_steps(world: World, pool: Pool, client: dict[str, Any]) -> Any:
    asked = initiate(world, client, "USER_AUTH", USERNAME="ada")
    given = {"USERNAME": "ada", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
    return respond(world, client, "SELECT_CHALLENGE", asked["Session"], **given)


def on_the_pages(world: World, pool: Pool, client: dict[str, Any]) -> Any:
    return Browser(world.origin).code(client)


@pytest.mark.parametrize("way", [by_password, by_srp, by_choice, by_choice_in_two_steps, on_the_pages])
def test_both_are_called_once_in_this_order(world: World, pool: Pool, client: dict[str, Any], way: Any) -> None:
    order: list[str] = []

    def noted(event: dict[str, Any]) -> dict[str, Any]:
        order.append(event["triggerSource"])
        return event

    told = set_triggers(pool, PreAuthentication=noted, PostAuthentication=noted)
    way(world, pool, client)
    assert order == ["PreAuthentication_Authentication", "PostAuthentication_Authentication"]
    before, after = told["PreAuthentication"].events[0], told["PostAuthentication"].events[0]
    assert before["userName"] == after["userName"] == "ada"
    assert before["request"]["userAttributes"]["email"] == "ada@example.com"
    assert before["request"]["validationData"] is None
    assert "userNotFound" not in before["request"]
    assert after["request"]["newDeviceUsed"] is False
    assert after["callerContext"]["clientId"] == client["ClientId"]


@pytest.mark.parametrize("trigger", ["PreAuthentication", "PostAuthentication"])
@pytest.mark.parametrize("way", [by_password, by_srp, by_choice])
def test_either_may_refuse_and_there_are_no_tokens(
    world: World, pool: Pool, client: dict[str, Any], way: Any, trigger: str
) -> None:
    set_triggers(pool, **{trigger: refusing("not today")})
    refused = refusal(way, world=world, pool=pool, client=client)
    assert refused == ("UserLambdaValidationException", f"{trigger} failed with error not today.")


@pytest.mark.parametrize("trigger", ["PreAuthentication", "PostAuthentication"])
def test_on_the_pages_the_function_s_words_are_shown(
    world: World, pool: Pool, client: dict[str, Any], trigger: str
) -> None:
    set_triggers(pool, **{trigger: refusing("not today")})
    browser = Browser(world.origin)
    page = open_page(browser, "/login", client)
    answer = press(browser, page, username="ada", password=PASSWORD)
    assert not answer.headers.get("Location", "").startswith(CALLBACK)
    assert f"{trigger} failed with error not today." in shown(answer)


def test_a_wrong_password_is_told_of_before_and_not_after(world: World, pool: Pool, client: dict[str, Any]) -> None:
    told = set_triggers(pool, PreAuthentication=lambda event: event, PostAuthentication=lambda event: event)
    assert refusal(initiate, world=world, client=client, USERNAME="ada", PASSWORD="Wrong-1815") == WRONG
    assert (len(told["PreAuthentication"].events), len(told["PostAuthentication"].events)) == (1, 0)


def test_nobody_is_told_of_where_the_client_may_not_learn_it(world: World, pool: Pool) -> None:
    hiding = pool.client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")
    told = set_triggers(pool, PreAuthentication=lambda event: event)["PreAuthentication"]
    assert refusal(initiate, world=world, client=hiding, USERNAME="nobody", PASSWORD=PASSWORD) == WRONG
    (event,) = told.events
    assert event["userName"] == "nobody"
    assert event["request"] == {"userAttributes": {}, "validationData": None, "userNotFound": True}


def test_nobody_is_not_told_of_otherwise(world: World, pool: Pool, client: dict[str, Any]) -> None:
    told = set_triggers(pool, PreAuthentication=lambda event: event)["PreAuthentication"]
    assert refusal(initiate, world=world, client=client, USERNAME="nobody", PASSWORD=PASSWORD) == UNKNOWN_USER
    assert told.events == []


def test_metadata_of_the_beginning_is_validation_data(world: World, pool: Pool, client: dict[str, Any]) -> None:
    told = set_triggers(pool, PreAuthentication=lambda event: event, PostAuthentication=lambda event: event)
    asked = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    world.idp.initiate_auth(
        ClientId=client["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=asked, ClientMetadata={"a": "b"}
    )
    assert told["PreAuthentication"].events[0]["request"]["validationData"] == {"a": "b"}
    assert "clientMetadata" not in told["PostAuthentication"].events[0]["request"]


def test_a_refresh_tells_neither(world: World, pool: Pool, client: dict[str, Any]) -> None:
    tokens = pool.tokens(client)
    told = set_triggers(pool, PreAuthentication=lambda event: event, PostAuthentication=lambda event: event)
    initiate(world, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])
    assert [target.events for target in told.values()] == [[], []]


def test_a_new_device_is_told_of(world: World) -> None:
    pool = world.pool(DeviceConfiguration={"ChallengeRequiredOnNewDevice": False})
    pool.user()
    told = set_triggers(pool, PostAuthentication=lambda event: event)["PostAuthentication"]
    initiate(world, pool.client(), USERNAME="ada", PASSWORD=PASSWORD)
    assert told.events[0]["request"]["newDeviceUsed"] is True
