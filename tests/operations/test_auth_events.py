"""Events of sign-ins: who is remembered, shown and judged. Source: API reference, AdminListUserAuthEvents."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import jwt
import pytest

from asking import invalid, missing, not_authorized, refusal
from halfday.server.compose import make_services
from halfday.server.domain.users.auth_events import EventChallenge, EventContext
from halfday.server.flows.protection import auth_events
from halfday.server.flows.protection.auth_events import Recorded
from halfday.server.settings import Settings
from stored import stored
from world import Pool, World

OFF = ("UserPoolAddOnNotEnabledException", "User pool add-ons are not enabled.")
NO_EVENT = missing("Event does not exist.")
NOBODY = ("UserNotFoundException", "User does not exist.")


@pytest.fixture
def pool(world: World) -> Pool:
    """A pool with threat protection, with ada in it."""
    pool = world.pool(UserPoolTier="PLUS")
    pool.user()
    protect(pool, "AUDIT")
    return pool


def protect(pool: Pool, mode: str) -> None:
    pool.world.idp.update_user_pool(UserPoolId=pool.pool_id, UserPoolAddOns={"AdvancedSecurityMode": mode})


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client()


def record(pool: Pool, client: dict[str, Any], *what: Any, username: str = "ada", **given: Any) -> Recorded | None:
    """By the flow that sign-ins call, beside the server and over its database."""
    world = pool.world

    async def do() -> Recorded | None:
        services = make_services(Settings(data=world.data), origin=world.origin, clock=world.clock)
        try:
            found = await services.store.pools.get(pool.pool_id)
            by = await services.store.app_clients.get(pool.pool_id, client["ClientId"])
            return await auth_events.record(
                services, found, username, *(what or ("SignIn", "Pass")), client=by, **given
            )
        finally:
            await services.http.aclose()
            await services.store.close()

    return asyncio.run(do())


def recorded(pool: Pool, client: dict[str, Any], *what: Any, **given: Any) -> Recorded:
    answer = record(pool, client, *what, **given)
    assert answer is not None
    return answer


def events(pool: Pool, username: str = "ada", **given: Any) -> list[dict[str, Any]]:
    asked = {"UserPoolId": pool.pool_id, "Username": username, **given}
    listed: list[dict[str, Any]] = pool.world.idp.admin_list_user_auth_events(**asked)["AuthEvents"]
    return listed


def test_an_event_is_shown_as_it_was(pool: Pool, client: dict[str, Any]) -> None:
    known = recorded(
        pool,
        client,
        "SignIn",
        "Fail",
        challenges=[EventChallenge("Password", "Success"), EventChallenge("Mfa", "Failure")],
        context=EventContext(ip_address="192.0.2.1", device_name="Firefox 140"),
    )
    (event,) = events(pool)
    assert event.pop("CreationDate").timestamp() == pytest.approx(known.event.created_at, abs=0.01)
    assert event == {
        "EventId": known.event.event_id,
        "EventType": "SignIn",
        "EventResponse": "Fail",
        "EventRisk": {"RiskDecision": "NoRisk", "CompromisedCredentialsDetected": False},
        "ChallengeResponses": [
            {"ChallengeName": "Password", "ChallengeResponse": "Success"},
            {"ChallengeName": "Mfa", "ChallengeResponse": "Failure"},
        ],
        "EventContextData": {"IpAddress": "192.0.2.1", "DeviceName": "Firefox 140"},
    }


def test_a_sign_in_is_remembered_under_the_event_id_of_its_tokens_and_a_failed_one_too(
    pool: Pool, client: dict[str, Any]
) -> None:
    refusal(pool.tokens, client=client, password="Wrong-1815")
    pool.world.clock.advance(1)
    claims = jwt.decode(pool.tokens(client)["AccessToken"], options={"verify_signature": False})
    passed, failed = events(pool)
    assert (passed["EventId"], passed["EventType"], passed["EventResponse"]) == (claims["event_id"], "SignIn", "Pass")
    assert (failed["EventType"], failed["EventResponse"]) == ("SignIn", "Fail")
    assert {"ChallengeName": "Password", "ChallengeResponse": "Failure"} in failed["ChallengeResponses"]


def test_a_pool_without_threat_protection_remembers_nothing_and_says_so(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    recorded(pool, client)
    protect(pool, "OFF")
    assert record(pool, client) is None
    named = {"UserPoolId": pool.pool_id, "Username": "ada"}
    judged = {**named, "EventId": "x", "FeedbackValue": "Valid"}
    assert refusal(world.idp.admin_list_user_auth_events, **named) == OFF
    assert refusal(world.idp.admin_update_auth_event_feedback, **judged) == OFF
    assert refusal(world.idp.update_auth_event_feedback, **judged, FeedbackToken="t") == OFF
    protect(pool, "ENFORCED")
    assert len(events(pool)) == 1


def test_events_come_newest_first_page_by_page_while_more_arrive(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    made = []
    for _ in range(5):
        made.append(recorded(pool, client).event.event_id)
        world.clock.advance(1)
    named = {"UserPoolId": pool.pool_id, "Username": "ada"}
    first = world.idp.admin_list_user_auth_events(**named, MaxResults=2)
    recorded(pool, client)
    rest = world.idp.admin_list_user_auth_events(**named, MaxResults=60, NextToken=first["NextToken"])
    shown = [event["EventId"] for event in first["AuthEvents"] + rest["AuthEvents"]]
    assert shown == made[::-1]
    assert "NextToken" not in rest
    assert len(events(pool, MaxResults=0)) == 6
    made_up = invalid("Invalid pagination token")
    for token in ("bm90IGEgdG9rZW4", "%%%"):
        assert refusal(world.idp.admin_list_user_auth_events, **named, NextToken=token) == made_up


def test_of_events_at_the_same_moment_none_is_lost_between_pages(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    event, made = recorded(pool, client).event, {"one", "two", "three"}
    for event_id in made:
        stored(world, lambda store, name=event_id: store.auth_events.insert(replace(event, event_id=name)))
    made.add(event.event_id)
    shown, token = set(), None
    while True:
        given = {"UserPoolId": pool.pool_id, "Username": "ada", "MaxResults": 1}
        page = world.idp.admin_list_user_auth_events(**given, **({"NextToken": token} if token else {}))
        shown |= {event["EventId"] for event in page["AuthEvents"]}
        if (token := page.get("NextToken")) is None:
            break
    assert shown == made


def test_events_are_their_user_s_and_go_with_them_or_after_two_years(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    pool.user("eve")
    recorded(pool, client)
    recorded(pool, client, "SignUp", "InProgress", username="eve")
    assert [event["EventType"] for event in events(pool)] == ["SignIn"]
    assert [event["EventType"] for event in events(pool, "eve")] == ["SignUp"]
    named = {"UserPoolId": pool.pool_id, "Username": "ada"}
    world.idp.admin_delete_user(**named)
    assert refusal(world.idp.admin_list_user_auth_events, **named) == NOBODY
    pool.user()
    assert events(pool) == []
    world.clock.advance(2 * 365 * 86400 - 10)
    assert len(events(pool, "eve")) == 1
    world.clock.advance(11)
    assert events(pool, "eve") == []


def test_an_administrator_s_feedback_stands_in_the_event_and_the_latest_counts(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    event_id = recorded(pool, client).event.event_id
    given = {"UserPoolId": pool.pool_id, "Username": "ada", "EventId": event_id}
    for value in ("Invalid", "Valid"):
        world.idp.admin_update_auth_event_feedback(**given, FeedbackValue=value)
        feedback = events(pool)[0]["EventFeedback"]
        assert feedback.pop("FeedbackDate")
        assert feedback == {"FeedbackValue": value, "Provider": "Admin"}


def test_a_user_s_feedback_takes_the_token_of_that_very_event(world: World, pool: Pool, client: dict[str, Any]) -> None:
    known, other = recorded(pool, client), recorded(pool, client)
    given = {"UserPoolId": pool.pool_id, "Username": "ada", "EventId": known.event.event_id, "FeedbackValue": "Invalid"}
    update = world.idp.update_auth_event_feedback
    for wrong in ("made-up", other.feedback_token, known.event.feedback_hash):
        assert refusal(update, **given, FeedbackToken=wrong) == not_authorized("Invalid feedback token.")
    assert not any("EventFeedback" in event for event in events(pool))
    update(**given, FeedbackToken=known.feedback_token)
    (judged,) = (event for event in events(pool) if "EventFeedback" in event)
    assert judged["EventId"] == known.event.event_id
    assert judged["EventFeedback"]["Provider"] == "User"


def test_feedback_on_what_never_was_or_was_another_s_is_refused(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    pool.user("eve")
    event_id = recorded(pool, client).event.event_id
    give, named = world.idp.admin_update_auth_event_feedback, {"UserPoolId": pool.pool_id, "FeedbackValue": "Valid"}
    assert refusal(give, **named, Username="ada", EventId="never") == NO_EVENT
    assert refusal(give, **named, Username="eve", EventId=event_id) == NO_EVENT
    assert refusal(give, **named, Username="nobody", EventId=event_id) == NOBODY
    enumeration = "Member must satisfy enum value set: [Valid, Invalid]"
    wrong = {**named, "FeedbackValue": "Maybe"}
    assert enumeration in refusal(give, **wrong, Username="ada", EventId=event_id)[1]
