"""Triggers of who signs in by a provider: first, again, linked. Source: facts/triggers.md §7."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from federation.test_google import POOL, username_of
from functions import InProcess, set_triggers
from triggers.test_sign_up import refusing
from world import CALLBACK, Pool, World, query_in

ORDER_OF_FIRST = ["PreSignUp_ExternalProvider", "PostConfirmation_ConfirmSignUp"]
ORDER_OF_LATER = ["PreAuthentication_Authentication", "PostAuthentication_Authentication"]
TRIGGERS = ("PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication")


@pytest.fixture
def pool(world: World) -> Iterator[Pool]:
    pool = Pool(world, POOL)
    yield pool
    set_triggers(pool)


def noting(pool: Pool) -> list[str]:
    order: list[str] = []

    def note(event: dict[str, Any]) -> dict[str, Any]:
        order.append(event["triggerSource"])
        return event

    set_triggers(pool, **dict.fromkeys(TRIGGERS, note))
    return order


def test_the_first_time_and_later(pool: Pool, person: Any) -> None:
    order = noting(pool)
    person.with_google("trigger-order@example.com", "Ada")
    assert order == ORDER_OF_FIRST
    order.clear()
    person.session.cookies.clear()
    person.with_google("trigger-order@example.com", "Ada")
    assert order == ORDER_OF_LATER


def test_what_is_asked_at_a_first_sign_in(pool: Pool, person: Any) -> None:
    told: dict[str, InProcess] = set_triggers(pool, PreSignUp=lambda event: event)
    person.with_google("trigger-asked@example.com", "Ada")
    (event,) = told["PreSignUp"].events
    assert event["userName"] == username_of("trigger-asked@example.com")
    assert event["request"]["userAttributes"]["email"] == "trigger-asked@example.com"


@pytest.mark.parametrize("trigger", ["PreSignUp", "PreAuthentication", "PostAuthentication"])
def test_a_refusal_reaches_the_app_in_the_function_s_words(pool: Pool, person: Any, trigger: str) -> None:
    email = f"trigger-{trigger.lower()}@example.com"
    if trigger != "PreSignUp":
        person.with_google(email, "Ada")
        person.session.cookies.clear()
    set_triggers(pool, **{trigger: refusing("members only")})
    answer = person.with_google(email, "Ada")
    assert answer.headers["Location"].startswith(CALLBACK)
    told = query_in(answer)
    assert told["error_description"] == f"{trigger} failed with error members only."
    assert told["error"] == "invalid_request"
    assert "code" not in told


def test_who_is_linked_by_the_function_is_told_once_and_signs_in_then(world: World, pool: Pool, person: Any) -> None:
    email = "trigger-linked@example.com"
    world.idp.admin_create_user(UserPoolId=POOL, Username="native-ada", MessageAction="SUPPRESS")

    def links(event: dict[str, Any]) -> dict[str, Any]:
        subject = event["userName"].removeprefix("Google_")
        world.idp.admin_link_provider_for_user(
            UserPoolId=POOL,
            DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "native-ada"},
            SourceUser={
                "ProviderName": "Google",
                "ProviderAttributeName": "Cognito_Subject",
                "ProviderAttributeValue": subject,
            },
        )
        return event

    set_triggers(pool, PreSignUp=links)
    told = query_in(person.with_google(email, "Ada"))
    assert told["error_description"] == f"Already found an entry for username {username_of(email)}"
    assert "code" in query_in(person.with_google(email, "Ada"))
