"""USER_AUTH: the person chooses how to begin. Source: facts/api.md §4 (USER_AUTH extras), §6."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from asking import invalid, not_authorized, refusal
from halfday.protocol.srp import ClientStart
from operations.test_mfa import FROM, RECOVERY, SMS_CONFIGURATION, WRONG_CODE, with_mfa, wrong
from operations.test_sign_in import UNKNOWN_USER, WRONG, answer_srp, initiate, respond
from world import PASSWORD, Pool, World

SPENT = not_authorized("Invalid session for the user.")
FLOWS = ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"]
Client = dict[str, Any]


def passwordless(world: World, *factors: str) -> Pool:
    allowed = ["PASSWORD", *(factors or ("EMAIL_OTP", "SMS_OTP"))]
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": allowed}}
    return world.pool(Policies=policies, EmailConfiguration=FROM, SmsConfiguration=SMS_CONFIGURATION)


@pytest.fixture
def pool(world: World) -> Pool:
    pool = passwordless(world)
    pool.user(phone_number="+15555550839")
    return pool


@pytest.fixture
def client(pool: Pool) -> Client:
    return pool.client(ExplicitAuthFlows=FLOWS)


def begin(world: World, client: Client, name: str = "ada", **parameters: str) -> dict[str, Any]:
    return initiate(world, client, "USER_AUTH", USERNAME=name, **parameters)


def test_without_a_preference_there_is_a_choice(world: World, client: Client) -> None:
    asked = begin(world, client)
    assert (asked["ChallengeName"], asked["ChallengeParameters"]) == ("SELECT_CHALLENGE", {})
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP"]


def test_a_preference_that_the_person_has_not_leads_to_the_choice(world: World, client: Client) -> None:
    for preferred in ("WEB_AUTHN", "SOMETHING"):
        assert begin(world, client, PREFERRED_CHALLENGE=preferred)["ChallengeName"] == "SELECT_CHALLENGE"


def test_a_password_may_come_along_at_once(world: World, client: Client) -> None:
    assert "AuthenticationResult" in begin(world, client, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    refused = refusal(begin, world=world, client=client, PREFERRED_CHALLENGE="PASSWORD", PASSWORD="wrong")
    assert refused == WRONG


def test_or_be_asked_for(world: World, client: Client) -> None:
    asked = begin(world, client, PREFERRED_CHALLENGE="PASSWORD")
    assert asked["ChallengeName"] == "PASSWORD"
    given = {"world": world, "client": client, "challenge": "PASSWORD", "session": asked["Session"], "USERNAME": "ada"}
    assert refusal(respond, **given, PASSWORD="wrong") == WRONG
    assert "AuthenticationResult" in respond(**given, PASSWORD=PASSWORD)
    assert refusal(respond, **given, PASSWORD=PASSWORD) == SPENT


@pytest.mark.parametrize("at_once", [True, False])
def test_srp(world: World, pool: Pool, client: Client, at_once: bool) -> None:
    start = ClientStart(os.urandom(32))
    if at_once:
        asked = begin(world, client, PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=start.public)
    else:
        first = begin(world, client, PREFERRED_CHALLENGE="PASSWORD_SRP")
        assert first["ChallengeName"] == "PASSWORD_SRP"
        asked = respond(world, client, "PASSWORD_SRP", first["Session"], USERNAME="ada", SRP_A=start.public)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    proof = answer_srp(pool, start, asked, PASSWORD)
    assert "AuthenticationResult" in respond(world, client, "PASSWORD_VERIFIER", asked["Session"], **proof)


@pytest.mark.parametrize("challenge", ["EMAIL_OTP", "SMS_OTP"])
@pytest.mark.parametrize("preferred", [True, False])
def test_a_one_time_code(world: World, pool: Pool, client: Client, challenge: str, preferred: bool) -> None:
    if preferred:
        asked = begin(world, client, PREFERRED_CHALLENGE=challenge)
    else:
        session = begin(world, client)["Session"]
        asked = respond(world, client, "SELECT_CHALLENGE", session, USERNAME="ada", ANSWER=challenge)
    assert asked["ChallengeName"] == challenge
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == challenge.removesuffix("_OTP")
    code = pool.code_for("ada", "Authentication")
    assert len(code) == 8
    given = {"world": world, "client": client, "challenge": challenge, "session": asked["Session"], "USERNAME": "ada"}
    assert refusal(respond, **given, **{f"{challenge}_CODE": wrong(code)}) == WRONG_CODE
    assert "AuthenticationResult" in respond(**given, **{f"{challenge}_CODE": code})
    assert refusal(respond, **given, **{f"{challenge}_CODE": code}) == SPENT


def test_the_choice_takes_what_was_offered_and_the_answer_with_it(world: World, client: Client) -> None:
    asked = begin(world, client)
    given = {"world": world, "client": client, "challenge": "SELECT_CHALLENGE", "USERNAME": "ada"}
    refused = refusal(respond, **given, session=asked["Session"], ANSWER="WEB_AUTHN")
    assert refused[0] == "InvalidParameterException"
    answer = respond(**given, session=asked["Session"], ANSWER="PASSWORD", PASSWORD=PASSWORD)
    assert "AuthenticationResult" in answer
    assert refusal(respond, **given, session=asked["Session"], ANSWER="PASSWORD", PASSWORD=PASSWORD) == SPENT


def test_a_code_confirms_who_is_not_yet_and_proves_the_address(world: World, pool: Pool, client: Client) -> None:
    idp = world.idp
    idp.sign_up(
        ClientId=client["ClientId"],
        Username="eve",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "eve@example.com"}],
    )
    asked = begin(world, client, "eve", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = pool.code_for("eve", "Authentication")
    respond(world, client, "EMAIL_OTP", asked["Session"], USERNAME="eve", EMAIL_OTP_CODE=code)
    eve = idp.admin_get_user(UserPoolId=pool.pool_id, Username="eve")
    assert eve["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in eve["UserAttributes"]


def test_unknown_people_are_told_so_or_look_like_any_other(world: World, pool: Pool, client: Client) -> None:
    assert refusal(begin, world=world, client=client, name="nobody") == UNKNOWN_USER
    hiding = pool.client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")
    everything = ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP"]
    name, asked = next(
        (name, asked)
        for name in (f"nobody{number}" for number in range(200))
        if (asked := begin(world, hiding, name))["AvailableChallenges"] == everything
    )
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    given = {"world": world, "client": hiding, "USERNAME": name}
    sent = respond(**given, challenge="SELECT_CHALLENGE", session=asked["Session"], ANSWER="EMAIL_OTP")
    assert re.fullmatch(r"[a-z]\*{3}@[a-z]\*{3}", sent["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"])
    refused = refusal(respond, **given, challenge="EMAIL_OTP", session=sent["Session"], EMAIL_OTP_CODE="12345678")
    assert refused == WRONG_CODE
    waiting = begin(world, hiding, name, PREFERRED_CHALLENGE="PASSWORD")
    refused = refusal(respond, **given, challenge="PASSWORD", session=waiting["Session"], PASSWORD=PASSWORD)
    assert refused == WRONG
    assert not pool.world.messages(username=name)


def test_who_needs_a_second_factor_begins_with_a_password(world: World) -> None:
    pool = with_mfa(world, "OPTIONAL", "email")
    world.idp.update_user_pool(
        UserPoolId=pool.pool_id,
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        EmailConfiguration=FROM,
        AccountRecoverySetting=RECOVERY,
        MfaConfiguration="OPTIONAL",
    )
    pool.user()
    client = pool.client(ExplicitAuthFlows=FLOWS)
    assert "EMAIL_OTP" in begin(world, client)["AvailableChallenges"]
    on = {"Enabled": True}
    world.idp.admin_set_user_mfa_preference(UserPoolId=pool.pool_id, Username="ada", EmailMfaSettings=on)
    assert begin(world, client)["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]
    following = begin(world, client, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    assert following["ChallengeName"] == "EMAIL_OTP"
    code = pool.code_for("ada", "Authentication")
    done = respond(world, client, "EMAIL_OTP", following["Session"], USERNAME="ada", EMAIL_OTP_CODE=code)
    assert "AuthenticationResult" in done


def test_a_disabled_user_is_refused(world: World, pool: Pool, client: Client) -> None:
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    disabled = not_authorized("User is disabled.")
    assert refusal(begin, world=world, client=client) == disabled


def test_other_flows_take_no_session(world: World, client: Client) -> None:
    given = {"ClientId": client["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH", "Session": "x" * 30}
    parameters = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    refused = refusal(world.idp.initiate_auth, **given, AuthParameters=parameters)
    assert refused == invalid("Session is taken with the flow USER_AUTH only.")


def test_a_made_up_session_signs_nobody_in(world: World, client: Client) -> None:
    given = {"ClientId": client["ClientId"], "AuthFlow": "USER_AUTH", "Session": "x" * 30}
    assert refusal(world.idp.initiate_auth, **given, AuthParameters={"USERNAME": "ada"}) == SPENT
