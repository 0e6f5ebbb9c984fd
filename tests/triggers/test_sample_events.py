"""Sample events are like those that a pool sends, each of them. Source: facts/triggers.md §3 to §6."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from functions import answering, check_like_its_sample, set_triggers
from halfday.server.domain.user_pools.sample_events import SAMPLES, TAKE_OVER, sample_event, sources_of
from halfday.server.domain.user_pools.triggers import Trigger
from operations.test_custom_auth import Riddle
from operations.test_sign_in import initiate, new_password_session, respond
from triggers.test_migration import KNOWN
from triggers.test_sign_up import EMAIL
from world import CALLBACK, PASSWORD, Browser, Pool, World

BY_OTHERS = {
    "InboundFederation_ExternalProvider",
    "PreSignUp_ExternalProvider",
    "TokenGeneration_AuthenticateDevice",
    "CustomMessage_Authentication",
}
"""Brought about in tests/federation, tests/operations and test_token_generation, where every event is held likewise."""
OF_MACHINES = "TokenGeneration_ClientCredentials"


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(AutoVerifiedAttributes=["email"])


def test_every_event_of_a_pool_is_like_its_sample(world: World, pool: Pool) -> None:
    pool.user()
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = pool.client(ExplicitAuthFlows=flows, AllowedOAuthFlows=["code"])
    riddle = Riddle()
    asked = set_triggers(
        pool,
        **dict.fromkeys(
            "PreSignUp PostConfirmation PreAuthentication PostAuthentication PreTokenGeneration CustomMessage".split(),
            lambda event: event,
        ),
        UserMigration=answering(KNOWN),
        **riddle.functions,
    )
    of_new_people(world, pool, client)
    of_sign_ins(world, pool, client)
    of_addresses_and_passwords(world, pool, client)
    seen = {event["triggerSource"] for target in asked.values() for event in target.events}
    others = {source for source in SAMPLES if "Sender_" in source}
    assert seen == set(SAMPLES) - BY_OTHERS - {OF_MACHINES} - others


def of_new_people(world: World, pool: Pool, client: dict[str, Any]) -> None:
    named = {"ClientId": client["ClientId"], "Username": "eve"}
    world.idp.sign_up(**named, Password=PASSWORD, UserAttributes=EMAIL)
    world.idp.resend_confirmation_code(**named)
    world.idp.confirm_sign_up(**named, ConfirmationCode=pool.code_for("eve"))
    world.idp.admin_create_user(
        UserPoolId=pool.pool_id, Username="bob", UserAttributes=EMAIL, DesiredDeliveryMediums=["EMAIL"]
    )


def of_sign_ins(world: World, pool: Pool, client: dict[str, Any]) -> None:
    tokens = pool.tokens(client)
    initiate(world, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])
    session = new_password_session(world, pool, client, "new")
    respond(world, client, "NEW_PASSWORD_REQUIRED", session, USERNAME="new", NEW_PASSWORD=PASSWORD)
    riddle = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada")
    respond(world, client, "CUSTOM_CHALLENGE", riddle["Session"], USERNAME="ada", ANSWER="42")
    initiate(world, client, USERNAME="stranger", PASSWORD="Babbage-1791")
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": client["ClientId"]}
    form["code"] = Browser(world.origin).code(client)
    requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).raise_for_status()


def of_addresses_and_passwords(world: World, pool: Pool, client: dict[str, Any]) -> None:
    token = pool.tokens(client)["AccessToken"]
    world.idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    world.idp.update_user_attributes(AccessToken=token, UserAttributes=[{"Name": "email", "Value": "c@example.com"}])
    world.idp.forgot_password(ClientId=client["ClientId"], Username="eve")
    forgotten = {"ClientId": client["ClientId"], "Username": "eve", "ConfirmationCode": pool.code_for("eve")}
    world.idp.confirm_forgot_password(**forgotten, Password="Lovelace-1816")
    world.idp.forgot_password(ClientId=client["ClientId"], Username="another-stranger")


def test_every_trigger_that_a_pool_takes_has_a_sample() -> None:
    assert all(sources_of(trigger) for trigger in Trigger)


def test_what_no_pool_here_sends_has_a_sample_of_what_people_have_seen() -> None:
    """Source: facts/triggers.md §4."""
    request = sample_event(TAKE_OVER)["request"]
    assert (request["type"], request["code"], request["clientMetadata"]) == ("customEmailSenderRequestV1", None, None)
    assert {"ACCOUNT_TAKE_OVER_ACTION", "LOGIN_TIME", "FEEDBACK_TOKEN", "EVENT_ID"} < request["userAttributes"].keys()
    assert sources_of(Trigger.CUSTOM_EMAIL_SENDER)[0] == "CustomEmailSender_SignUp", "the usual one"


def test_an_event_unlike_its_sample_is_noticed() -> None:
    event = sample_event("PreSignUp_SignUp")
    del event["request"]["validationData"]
    with pytest.raises(AssertionError):
        check_like_its_sample(event)
