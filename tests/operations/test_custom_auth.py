"""CUSTOM_AUTH, decided by triggers of the pool. Source: facts/triggers.md §5."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from asking import invalid, not_authorized, refusal
from halfday.protocol.srp import ClientStart
from halfday.server.domain.user_pools import pools
from halfday.server.outside.custom_auth import Asked, ChallengeResult, Created, CustomAuth, Defined
from halfday.server.outside.triggers import PoolTriggers, TriggersByPool
from operations.test_sign_in import UNKNOWN_USER, WRONG, answer_srp, initiate, respond
from world import PASSWORD, Pool, World

CUSTOM = ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
ONCE = Defined(challenge_name="CUSTOM_CHALLENGE")


class Riddle:
    """Asks until the answer is right, three times at most; a password first if the sign-in begins with SRP_A."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    async def define(self, asked: Asked) -> Defined:
        self.asked.append(asked)
        names = [result.name for result in asked.session]
        if names == ["SRP_A"]:
            return Defined(challenge_name="PASSWORD_VERIFIER")
        riddles = [result for result in asked.session if result.name == "CUSTOM_CHALLENGE"]
        if any(result.passed for result in riddles):
            return Defined(issue_tokens=True)
        return Defined(fail_authentication=True) if len(riddles) == 3 else ONCE

    async def create(self, asked: Asked, challenge_name: str) -> Created:
        return Created({"question": "6 x 9"}, {"answer": "42"}, metadata=f"riddle-{len(asked.session)}")

    async def verify(self, asked: Asked, private: Mapping[str, str], answer: str) -> bool:
        return answer == private["answer"]


class InEveryPool:
    """These functions, whichever pool is asked for: a test has one pool, and makes it later."""

    def __init__(self, custom_auth: CustomAuth) -> None:
        self._triggers = PoolTriggers(custom_auth=custom_auth)

    def of(self, pool: pools.Pool) -> PoolTriggers:
        return self._triggers


@pytest.fixture
def riddle(world: World) -> Iterator[Riddle]:
    riddle = Riddle()
    world.running.services.triggers = InEveryPool(riddle)
    yield riddle
    world.running.services.triggers = TriggersByPool()


@pytest.fixture
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    return pool


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client(ExplicitAuthFlows=CUSTOM)


def answer(world: World, client: dict[str, Any], asked: dict[str, Any], text: str, name: str = "ada") -> Any:
    return respond(world, client, "CUSTOM_CHALLENGE", asked["Session"], USERNAME=name, ANSWER=text)


def test_the_right_answer_signs_in(world: World, client: dict[str, Any], riddle: Riddle) -> None:
    asked = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada")
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert asked["ChallengeParameters"] == {"question": "6 x 9", "USERNAME": "ada"}
    assert "AccessToken" in answer(world, client, asked, "42")["AuthenticationResult"]


def test_what_the_triggers_are_told(world: World, pool: Pool, client: dict[str, Any], riddle: Riddle) -> None:
    asked = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada")
    again = answer(world, client, asked, "54")
    answer(world, client, again, "42")
    first, second, third = riddle.asked
    assert (first.pool_id, first.client_id, first.username) == (pool.pool_id, client["ClientId"], "ada")
    assert first.user_attributes["email"] == "ada@example.com"
    assert first.user_attributes["cognito:user_status"] == "CONFIRMED"
    assert (first.session, first.user_not_found) == ((), False)
    assert list(second.session) == [ChallengeResult("CUSTOM_CHALLENGE", False, "riddle-0")]
    assert [result.passed for result in third.session] == [False, True]


def test_triggers_may_end_it(world: World, client: dict[str, Any], riddle: Riddle) -> None:
    asked = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada")
    for _ in range(2):
        asked = answer(world, client, asked, "54")
    assert refusal(answer, world=world, client=client, asked=asked, text="54") == WRONG


def test_each_session_is_answered_once(world: World, client: dict[str, Any], riddle: Riddle) -> None:
    asked = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada")
    answer(world, client, asked, "54")
    spent = not_authorized("Invalid session for the user.")
    assert refusal(answer, world=world, client=client, asked=asked, text="42") == spent


def test_a_password_may_come_first(world: World, pool: Pool, client: dict[str, Any], riddle: Riddle) -> None:
    start = ClientStart(os.urandom(32))
    began = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada", CHALLENGE_NAME="SRP_A", SRP_A=start.public)
    assert began["ChallengeName"] == "PASSWORD_VERIFIER"
    wrong = answer_srp(pool, start, began, "wrong")
    given = {"world": world, "client": client, "challenge": "PASSWORD_VERIFIER"}
    assert refusal(respond, **given, session=began["Session"], **wrong) == WRONG
    began = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada", CHALLENGE_NAME="SRP_A", SRP_A=start.public)
    right = answer_srp(pool, start, began, PASSWORD)
    stranger = not_authorized("Invalid session for the user.")
    assert refusal(respond, **given, session="x" * 30, **right) == stranger
    asked = respond(world, client, "PASSWORD_VERIFIER", began["Session"], **right)
    assert [r.name for r in riddle.asked[-1].session] == ["SRP_A", "PASSWORD_VERIFIER"]
    assert "AccessToken" in answer(world, client, asked, "42")["AuthenticationResult"]


def test_nobody_is_asked_too_when_unknown_users_are_hidden(world: World, pool: Pool, riddle: Riddle) -> None:
    hiding = pool.client(ExplicitAuthFlows=CUSTOM, PreventUserExistenceErrors="ENABLED")
    asked = initiate(world, hiding, "CUSTOM_AUTH", USERNAME="nobody")
    assert (riddle.asked[0].user_not_found, dict(riddle.asked[0].user_attributes)) == (True, {})
    assert refusal(answer, world=world, client=hiding, asked=asked, text="42", name="nobody") == WRONG


def test_nobody_is_told_so_otherwise(world: World, client: dict[str, Any], riddle: Riddle) -> None:
    given = {"world": world, "client": client, "flow": "CUSTOM_AUTH"}
    assert refusal(initiate, **given, USERNAME="nobody") == UNKNOWN_USER


def test_without_triggers_there_is_no_custom_sign_in(world: World, client: dict[str, Any]) -> None:
    sentence = "Custom auth lambda trigger is not configured for the user pool."
    assert refusal(initiate, world=world, client=client, flow="CUSTOM_AUTH", USERNAME="ada") == invalid(sentence)


def test_a_trigger_that_asks_for_what_there_is_not_is_told(
    world: World, client: dict[str, Any], riddle: Riddle, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def define(asked: Asked) -> Defined:
        return Defined(challenge_name="PASSWORD_VERIFIER")

    monkeypatch.setattr(riddle, "define", define)
    refused = refusal(initiate, world=world, client=client, flow="CUSTOM_AUTH", USERNAME="ada")
    assert refused == ("InvalidLambdaResponseException", "Unrecognizable lambda output")


def test_a_pool_is_decided_by_its_own_functions_only(world: World, pool: Pool) -> None:
    mine, others = Riddle(), world.pool()
    others.user()
    named = {pool.pool_id: PoolTriggers(custom_auth=mine)}
    world.running.services.triggers = TriggersByPool(named)
    try:
        ours = pool.client(ExplicitAuthFlows=CUSTOM)
        assert initiate(world, ours, "CUSTOM_AUTH", USERNAME="ada")["ChallengeName"] == "CUSTOM_CHALLENGE"
        theirs = others.client(ExplicitAuthFlows=CUSTOM)
        sentence = "Custom auth lambda trigger is not configured for the user pool."
        assert refusal(initiate, world=world, client=theirs, flow="CUSTOM_AUTH", USERNAME="ada") == invalid(sentence)
        assert [asked.pool_id for asked in mine.asked] == [pool.pool_id]
    finally:
        world.running.services.triggers = TriggersByPool()


def test_metadata_of_the_beginning_is_not_what_triggers_are_told_later(
    world: World, client: dict[str, Any], riddle: Riddle
) -> None:
    """Of InitiateAuth's ClientMetadata define, create and verify hear nothing (facts/triggers.md §2)."""
    begun = {"AuthFlow": "CUSTOM_AUTH", "ClientId": client["ClientId"], "AuthParameters": {"USERNAME": "ada"}}
    asked = world.idp.initiate_auth(**begun, ClientMetadata={"said": "at first"})
    answered = {"ClientId": client["ClientId"], "ChallengeName": "CUSTOM_CHALLENGE", "Session": asked["Session"]}
    given = {"USERNAME": "ada", "ANSWER": "54"}
    world.idp.respond_to_auth_challenge(**answered, ChallengeResponses=given, ClientMetadata={"said": "later"})
    first, second = (each.context for each in riddle.asked)
    assert (first.client_metadata, first.validation_data) == ({}, {"said": "at first"})
    assert (second.client_metadata, second.validation_data) == ({"said": "later"}, {})
    assert first.client_id == second.client_id == client["ClientId"]
    assert first.source_address == "127.0.0.1"
