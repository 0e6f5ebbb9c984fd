"""CustomMessage: the function words what is sent, on every occasion. Source: facts/triggers.md §2, §4."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from functions import answering, set_triggers
from operations.test_sign_in import initiate
from triggers.test_sign_up import EMAIL, refusing
from world import PASSWORD, Pool, World

OWN = {"emailSubject": "Hello {username}", "emailMessage": "Own words: {####}", "smsMessage": "Own SMS: {####}"}


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(AutoVerifiedAttributes=["email"])


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client()


def by_sign_up(world: World, pool: Pool, client: dict[str, Any]) -> None:
    given = {"ClientId": client["ClientId"], "Username": "eve", "Password": PASSWORD, "UserAttributes": EMAIL}
    world.idp.sign_up(**given, ClientMetadata={"from": "a test"})


def by_another_code(world: World, pool: Pool, client: dict[str, Any]) -> None:
    world.idp.resend_confirmation_code(ClientId=client["ClientId"], Username="eve", ClientMetadata={"from": "a test"})


def by_forgetting(world: World, pool: Pool, client: dict[str, Any]) -> None:
    world.idp.forgot_password(ClientId=client["ClientId"], Username="ada", ClientMetadata={"from": "a test"})


def by_an_administrator_s_reset(world: World, pool: Pool, client: dict[str, Any]) -> None:
    world.idp.admin_reset_user_password(UserPoolId=pool.pool_id, Username="ada", ClientMetadata={"from": "a test"})


def by_a_new_address(world: World, pool: Pool, client: dict[str, Any]) -> None:
    token = pool.tokens(client)["AccessToken"]
    changed = [{"Name": "email", "Value": "countess@example.com"}]
    world.idp.update_user_attributes(AccessToken=token, UserAttributes=changed, ClientMetadata={"from": "a test"})


def by_verifying(world: World, pool: Pool, client: dict[str, Any]) -> None:
    token = pool.tokens(client)["AccessToken"]
    world.idp.get_user_attribute_verification_code(
        AccessToken=token, AttributeName="email", ClientMetadata={"from": "a test"}
    )


OCCASIONS = [
    (by_sign_up, "SignUp"),
    (by_forgetting, "ForgotPassword"),
    (by_an_administrator_s_reset, "ForgotPassword"),
    (by_a_new_address, "UpdateUserAttribute"),
    (by_verifying, "VerifyUserAttribute"),
]


@pytest.mark.parametrize(("occasion", "purpose"), OCCASIONS)
def test_what_is_sent_is_in_its_words(
    world: World, pool: Pool, client: dict[str, Any], occasion: Any, purpose: str
) -> None:
    pool.user()
    asked = set_triggers(pool, CustomMessage=answering(OWN))["CustomMessage"]
    occasion(world, pool, client)
    (event,) = asked.events
    assert event["triggerSource"] == f"CustomMessage_{purpose}"
    assert event["request"]["codeParameter"] == "{####}"
    assert event["request"]["usernameParameter"] is None
    assert event["request"]["clientMetadata"] == {"from": "a test"}
    assert event["response"] == {"smsMessage": None, "emailMessage": None, "emailSubject": None}
    (message,) = world.messages(pool_id=pool.pool_id)
    assert (message["subject"], message["text"]) == ("Hello {username}", f"Own words: {message['code']}")


def test_another_code_is_worded_too(world: World, pool: Pool, client: dict[str, Any]) -> None:
    by_sign_up(world, pool, client)
    asked = set_triggers(pool, CustomMessage=answering(OWN))["CustomMessage"]
    by_another_code(world, pool, client)
    assert asked.events[0]["triggerSource"] == "CustomMessage_ResendCode"
    assert world.messages(pool_id=pool.pool_id)[0]["text"].startswith("Own words: ")


def test_an_invitation_needs_the_name_and_the_password(world: World, pool: Pool) -> None:
    words = {"emailSubject": "Welcome", "emailMessage": "You are {username}, with {####}"}
    asked = set_triggers(pool, CustomMessage=answering(words))["CustomMessage"]
    given = {"UserPoolId": pool.pool_id, "UserAttributes": EMAIL, "DesiredDeliveryMediums": ["EMAIL"]}
    world.idp.admin_create_user(**given, Username="eve", TemporaryPassword="Temporary-1")
    assert asked.events[0]["triggerSource"] == "CustomMessage_AdminCreateUser"
    assert asked.events[0]["request"]["usernameParameter"] == "{username}"
    assert world.messages(pool_id=pool.pool_id)[0]["text"] == "You are eve, with Temporary-1"
    set_triggers(pool, CustomMessage=answering({"emailMessage": "Only {####}"}))
    refused = refusal(world.idp.admin_create_user, **given, Username="bob")
    assert refused[0] == "InvalidLambdaResponseException"


def test_nobody_who_is_not_invited_is_told_of(world: World, pool: Pool) -> None:
    asked = set_triggers(pool, CustomMessage=answering(OWN))["CustomMessage"]
    pool.user("quiet")
    assert asked.events == []


def test_a_code_of_a_sign_in_is_worded(world: World) -> None:
    pool = world.pool(
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        EmailConfiguration={
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
        },
    )
    pool.user()
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    asked = set_triggers(pool, CustomMessage=answering(OWN))["CustomMessage"]
    initiate(world, client, "USER_AUTH", USERNAME="ada", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert asked.events[0]["triggerSource"] == "CustomMessage_Authentication"
    assert world.messages(pool_id=pool.pool_id)[0]["text"].startswith("Own words: ")


def test_what_it_leaves_out_is_the_pool_s(world: World, pool: Pool, client: dict[str, Any]) -> None:
    set_triggers(pool, CustomMessage=answering({"emailSubject": "Only the subject"}))
    by_sign_up(world, pool, client)
    (message,) = world.messages(pool_id=pool.pool_id)
    assert message["subject"] == "Only the subject"
    assert message["text"].startswith("Your verification code is ")


def test_a_failure_leaves_the_user_and_sends_nothing(world: World, pool: Pool, client: dict[str, Any]) -> None:
    set_triggers(pool, CustomMessage=refusing("no words"))
    refused = refusal(by_sign_up, world=world, pool=pool, client=client)
    assert refused == ("UserLambdaValidationException", "CustomMessage failed with error no words.")
    found = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="eve")
    assert found["UserStatus"] == "UNCONFIRMED"
    assert world.messages(pool_id=pool.pool_id) == []


@pytest.mark.parametrize("words", ["no code at all", "{####}" + "x" * 20_000, 5])
def test_words_that_cannot_be_sent_are_refused(world: World, pool: Pool, client: dict[str, Any], words: Any) -> None:
    set_triggers(pool, CustomMessage=answering({"emailMessage": words}))
    refused = refusal(by_sign_up, world=world, pool=pool, client=client)
    assert refused == ("InvalidLambdaResponseException", "Unrecognizable lambda output")


def test_in_pools_that_send_links_the_words_hold_one(world: World) -> None:
    pool = world.pool(
        AutoVerifiedAttributes=["email"],
        VerificationMessageTemplate={"DefaultEmailOption": "CONFIRM_WITH_LINK"},
    )
    asked = set_triggers(pool, CustomMessage=answering({"emailMessage": "Please {##click##}."}))["CustomMessage"]
    by_sign_up(world, pool, pool.client())
    assert asked.events[0]["request"]["linkParameter"] == "{##Click Here##}"
    (message,) = world.messages(pool_id=pool.pool_id)
    assert ">click</a>" in message["text"]


def test_nobody_is_worded_for_who_is_made_up(world: World, pool: Pool) -> None:
    hiding = pool.client(PreventUserExistenceErrors="ENABLED")
    asked = set_triggers(pool, CustomMessage=answering(OWN))["CustomMessage"]
    world.idp.forgot_password(ClientId=hiding["ClientId"], Username="nobody")
    assert asked.events == []
