"""Triggers of who signs in by a provider: first, again, linked. Source: facts/triggers.md §7."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from federation.test_google import POOL, username_of
from functions import InProcess, answering, set_triggers
from halfday.doctor.diagnosis import Evidence, diagnose
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
    explained = diagnose(Evidence(answer.headers["Location"]), now=0.0).findings[0]
    assert f"Lambda trigger {trigger} refused this" in explained.sentence


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


def claims_as(change: Any) -> Any:
    """A function that answers the provider's claims as `change` leaves them."""

    def function(event: dict[str, Any]) -> dict[str, Any]:
        said = event["request"]["attributes"]
        event["response"]["userAttributesToMap"] = change({**said["userInfo"], **said["idToken"]})
        return event

    return function


def attributes(world: World, username: str) -> dict[str, str]:
    found = world.idp.admin_get_user(UserPoolId=POOL, Username=username)["UserAttributes"]
    return {one["Name"]: one["Value"] for one in found}


def test_what_a_provider_said_is_told_before_anything_else(pool: Pool, person: Any) -> None:
    order: list[str] = []

    def note(event: dict[str, Any]) -> dict[str, Any]:
        order.append(event["triggerSource"])
        return event

    told = set_triggers(pool, **dict.fromkeys(("InboundFederation", *TRIGGERS), note))["InboundFederation"]
    person.with_google("inbound-order@example.com", "Ada")
    person.session.cookies.clear()
    person.with_google("inbound-order@example.com", "Ada")
    inbound = "InboundFederation_ExternalProvider"
    assert order == [inbound, *ORDER_OF_FIRST, inbound, *ORDER_OF_LATER]
    event = told.events[0]
    assert username_of("inbound-order@example.com") == f"Google_{event['userName']}"
    asked = event["request"]
    assert (asked["providerName"], asked["providerType"]) == ("Google", "Google")
    assert asked["attributes"]["idToken"]["email"] == "inbound-order@example.com"
    assert asked["attributes"]["idToken"]["email_verified"] == "true"
    assert asked["attributes"]["tokenResponse"]["access_token"]
    assert all(isinstance(value, str) for part in asked["attributes"].values() for value in part.values())


def test_its_claims_replace_the_provider_s_at_the_first_sign_in_and_later(
    world: World, pool: Pool, person: Any
) -> None:
    email = "inbound-change@example.com"
    set_triggers(pool, InboundFederation=claims_as(lambda claims: {"email": claims["email"], "name": "First"}))
    person.with_google(email, "Ada")
    known = attributes(world, username_of(email))
    assert (known["email"], known["name"]) == (email, "First")
    assert "email_verified" not in known or known["email_verified"] == "false"
    person.session.cookies.clear()
    set_triggers(pool, InboundFederation=claims_as(lambda claims: {**claims, "name": "Later", "sub": "somebody-else"}))
    person.with_google(email, "Ada")
    known = attributes(world, username_of(email))
    assert (known["name"], known["email_verified"]) == ("Later", "true")


@pytest.mark.parametrize("response", [{}, {"userAttributesToMap": {}}, {"userAttributesToMap": None}])
def test_without_claims_of_its_own_the_provider_s_stay(
    world: World, pool: Pool, person: Any, response: dict[str, Any]
) -> None:
    set_triggers(pool, InboundFederation=answering(response))
    email = f"inbound-{len(str(response))}@example.com"
    person.with_google(email, "Ada")
    assert attributes(world, username_of(email))["name"] == "Ada"


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (refusing("not from there"), "InboundFederation failed with error not from there."),
        (answering({"userAttributesToMap": ["email"]}), "Unrecognizable lambda output"),
    ],
)
def test_where_it_fails_nobody_is_made(world: World, pool: Pool, person: Any, function: Any, told: str) -> None:
    set_triggers(pool, InboundFederation=function)
    answer = query_in(person.with_google("inbound-refused@example.com", "Ada"))
    assert (answer["error"], answer["error_description"]) == ("invalid_request", told)
    with pytest.raises(world.idp.exceptions.UserNotFoundException):
        attributes(world, username_of("inbound-refused@example.com"))


def test_the_record_of_it_holds_no_token(pool: Pool, person: Any) -> None:
    told = set_triggers(pool, InboundFederation=claims_as(lambda claims: claims))["InboundFederation"]
    person.with_google("inbound-record@example.com", "Ada")
    token = told.events[0]["request"]["attributes"]["tokenResponse"]["access_token"]
    record = pool.world.running.services.functions.records[-1]
    assert record.trigger_source == "InboundFederation_ExternalProvider"
    assert token not in f"{record.event}{record.answer}"
