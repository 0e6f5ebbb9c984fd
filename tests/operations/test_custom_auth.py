"""CUSTOM_AUTH, decided by triggers of the pool. Source: facts/triggers.md §5."""

from __future__ import annotations

import os
from typing import Any

import pytest

from asking import invalid, not_authorized, refusal
from functions import Function, answering, set_triggers
from halfday.protocol.srp import ClientStart
from operations.test_sign_in import UNKNOWN_USER, WRONG, answer_srp, initiate, respond
from world import PASSWORD, Pool, World

CUSTOM = ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
ONCE = {"challengeName": "CUSTOM_CHALLENGE"}


class Riddle:
    """Asks until the answer is right, three times at most; a password first if the sign-in begins with SRP_A."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def define(self, event: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(event)
        return {**event, "response": self.next_of(event["request"]["session"])}

    def next_of(self, session: list[dict[str, Any]]) -> dict[str, Any]:
        if [result["challengeName"] for result in session] == ["SRP_A"]:
            return {"challengeName": "PASSWORD_VERIFIER"}
        riddles = [result for result in session if result["challengeName"] == "CUSTOM_CHALLENGE"]
        if any(result["challengeResult"] for result in riddles):
            return {"issueTokens": True}
        return {"failAuthentication": True} if len(riddles) == 3 else ONCE

    def create(self, event: dict[str, Any]) -> dict[str, Any]:
        metadata = f"riddle-{len(event['request']['session'])}"
        public, private = {"question": "6 x 9"}, {"answer": "42"}
        named = {"publicChallengeParameters": public, "privateChallengeParameters": private}
        return {**event, "response": {**named, "challengeMetadata": metadata}}

    def verify(self, event: dict[str, Any]) -> dict[str, Any]:
        asked = event["request"]
        right = asked["challengeAnswer"] == asked["privateChallengeParameters"]["answer"]
        return {**event, "response": {"answerCorrect": right}}

    @property
    def functions(self) -> dict[str, Function]:
        return {
            "DefineAuthChallenge": self.define,
            "CreateAuthChallenge": self.create,
            "VerifyAuthChallengeResponse": self.verify,
        }


@pytest.fixture
def riddle(pool: Pool) -> Riddle:
    riddle = Riddle()
    set_triggers(pool, **riddle.functions)
    return riddle


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
    assert (first["userPoolId"], first["userName"]) == (pool.pool_id, "ada")
    assert first["callerContext"]["clientId"] == client["ClientId"]
    assert first["request"]["userAttributes"]["email"] == "ada@example.com"
    assert first["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"
    assert first["request"]["session"] == []
    assert "userNotFound" not in first["request"]
    wrong = {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": False, "challengeMetadata": "riddle-0"}
    assert second["request"]["session"] == [wrong]
    assert [result["challengeResult"] for result in third["request"]["session"]] == [False, True]


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
    assert [r["challengeName"] for r in riddle.asked[-1]["request"]["session"]] == ["SRP_A", "PASSWORD_VERIFIER"]
    assert "AccessToken" in answer(world, client, asked, "42")["AuthenticationResult"]


def test_nobody_is_asked_too_when_unknown_users_are_hidden(world: World, pool: Pool, riddle: Riddle) -> None:
    hiding = pool.client(ExplicitAuthFlows=CUSTOM, PreventUserExistenceErrors="ENABLED")
    asked = initiate(world, hiding, "CUSTOM_AUTH", USERNAME="nobody")
    assert riddle.asked[0]["request"]["userNotFound"] is True
    assert riddle.asked[0]["request"]["userAttributes"] == {}
    assert refusal(answer, world=world, client=hiding, asked=asked, text="42", name="nobody") == WRONG


def test_nobody_is_told_so_otherwise(world: World, client: dict[str, Any], riddle: Riddle) -> None:
    given = {"world": world, "client": client, "flow": "CUSTOM_AUTH"}
    assert refusal(initiate, **given, USERNAME="nobody") == UNKNOWN_USER


def test_without_triggers_there_is_no_custom_sign_in(world: World, client: dict[str, Any]) -> None:
    sentence = "Custom auth lambda trigger is not configured for the user pool."
    assert refusal(initiate, world=world, client=client, flow="CUSTOM_AUTH", USERNAME="ada") == invalid(sentence)


def test_a_trigger_that_asks_for_what_there_is_not_is_told(world: World, pool: Pool, client: dict[str, Any]) -> None:
    set_triggers(pool, DefineAuthChallenge=answering({"challengeName": "PASSWORD_VERIFIER"}))
    refused = refusal(initiate, world=world, client=client, flow="CUSTOM_AUTH", USERNAME="ada")
    assert refused == ("InvalidLambdaResponseException", "Unrecognizable lambda output")


def test_a_pool_is_decided_by_its_own_functions_only(world: World, pool: Pool, riddle: Riddle) -> None:
    others = world.pool()
    others.user()
    ours = pool.client(ExplicitAuthFlows=CUSTOM)
    assert initiate(world, ours, "CUSTOM_AUTH", USERNAME="ada")["ChallengeName"] == "CUSTOM_CHALLENGE"
    theirs = others.client(ExplicitAuthFlows=CUSTOM)
    sentence = "Custom auth lambda trigger is not configured for the user pool."
    assert refusal(initiate, world=world, client=theirs, flow="CUSTOM_AUTH", USERNAME="ada") == invalid(sentence)
    assert [event["userPoolId"] for event in riddle.asked] == [pool.pool_id]


def test_metadata_of_the_beginning_is_not_what_triggers_are_told_later(
    world: World, client: dict[str, Any], riddle: Riddle
) -> None:
    """Of InitiateAuth's ClientMetadata define, create and verify hear nothing (facts/triggers.md §2)."""
    begun = {"AuthFlow": "CUSTOM_AUTH", "ClientId": client["ClientId"], "AuthParameters": {"USERNAME": "ada"}}
    asked = world.idp.initiate_auth(**begun, ClientMetadata={"said": "at first"})
    answered = {"ClientId": client["ClientId"], "ChallengeName": "CUSTOM_CHALLENGE", "Session": asked["Session"]}
    given = {"USERNAME": "ada", "ANSWER": "54"}
    world.idp.respond_to_auth_challenge(**answered, ChallengeResponses=given, ClientMetadata={"said": "later"})
    first, second = (event["request"] for event in riddle.asked)
    assert "clientMetadata" not in first
    assert second["clientMetadata"] == {"said": "later"}
