"""amazon-cognito-identity-js, which is AWS's: everything that a person does with it. Source: facts/api.md §4 to §6."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from functions import set_triggers
from halfday.server.domain.users.factors import totp
from operations.test_custom_auth import Riddle
from operations.test_mfa import prefer, step, with_mfa
from operations.test_sign_in import initiate
from real_clients.javascript import Node, Opened, Refused
from world import PASSWORD, Pool, World

ON = {"Enabled": True}
PREFERRED = {"Enabled": True, "PreferredMfa": True}
ANOTHER_PASSWORD = "Analytical-1837"


def person(node: Node, pool: Pool, client: dict[str, Any] | None = None, name: str = "ada", **given: Any) -> Opened:
    """Somebody with a browser of their own: what is kept there is kept."""
    ids = {"UserPoolId": pool.pool_id, "ClientId": (client or pool.client())["ClientId"]}
    return node.open("identity_js", **ids, endpoint=pool.world.origin, Username=name, **given)


def assert_ended(world: World, client: dict[str, Any], tokens: dict[str, str]) -> None:
    """Asked by boto3: the library itself would go on trying for six seconds."""
    flow = {"world": world, "client": client, "flow": "REFRESH_TOKEN_AUTH"}
    assert refusal(initiate, **flow, REFRESH_TOKEN=tokens["RefreshToken"])[0] == "NotAuthorizedException"


def refused(name: str) -> Any:
    return pytest.raises(Refused, match=f"^{name}: ")


def test_sign_up_by_code_then_signing_in_by_srp(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    ada = person(node, pool)
    _, signed_up = ada.signUp(PASSWORD, {"email": "ada@example.com"})
    assert (signed_up["userConfirmed"], signed_up["user"]) == (False, "ada")
    assert signed_up["codeDeliveryDetails"]["Destination"] == "a***@e***"
    with refused("UserNotConfirmedException"):
        ada.authenticateUser(PASSWORD)
    first = pool.code_for()
    ada.resendConfirmationCode()
    with refused("CodeMismatchException|ExpiredCodeException"):
        ada.confirmRegistration("000000" if first != "000000" else "111111", True)
    assert ada.confirmRegistration(pool.code_for(), True) == ["done", "SUCCESS"]
    assert ada.authenticateUser(PASSWORD)[0] == "onSuccess"
    _, listed = ada.getUserAttributes()
    attributes = {each["Name"]: each["Value"] for each in listed}
    assert attributes["sub"] == signed_up["userSub"]
    assert attributes["email_verified"] == "true"


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_wrong_passwords_are_refused(node: Node, pool: Pool, flow: str) -> None:
    pool.user()
    ada = person(node, pool, flow=flow)
    with refused("NotAuthorizedException"):
        ada.authenticateUser("Wrong-1815")
    assert ada.authenticateUser(PASSWORD)[0] == "onSuccess"


def test_attributes_and_passwords_are_changed(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    ada = person(node, pool)
    ada.authenticateUser(PASSWORD)
    _, told = ada.updateAttributes({"email": "countess@example.com", "name": "Ada"})
    assert told == "SUCCESS"
    with refused("CodeMismatchException"):
        ada.verifyAttribute("email", "000000")
    assert ada.getAttributeVerificationCode("email")[0] == "inputVerificationCode"
    assert ada.verifyAttribute("email", pool.code_for()) == ["onSuccess", "SUCCESS"]
    ada.deleteAttributes(["name"])
    _, data = ada.getUserData()
    assert {"Name": "email_verified", "Value": "true"} in data["UserAttributes"]
    assert "name" not in [each["Name"] for each in data["UserAttributes"]]
    with refused("NotAuthorizedException"):
        ada.changePassword("Wrong-1815", ANOTHER_PASSWORD)
    assert ada.changePassword(PASSWORD, ANOTHER_PASSWORD) == ["done", "SUCCESS"]
    assert ada.authenticateUser(ANOTHER_PASSWORD)[0] == "onSuccess"


def test_a_forgotten_password_is_replaced(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    ada = person(node, pool)
    told, sent = ada.forgotPassword()
    assert (told, sent["CodeDeliveryDetails"]["DeliveryMedium"]) == ("inputVerificationCode", "EMAIL")
    code = pool.code_for()
    with refused("InvalidPasswordException"):
        ada.confirmPassword(code, "too weak")
    assert ada.confirmPassword(code, ANOTHER_PASSWORD) == ["onSuccess", "SUCCESS"]
    with refused("NotAuthorizedException"):
        ada.authenticateUser(PASSWORD)
    assert ada.authenticateUser(ANOTHER_PASSWORD)[0] == "onSuccess"


def test_a_temporary_password_is_replaced_and_required_attributes_are_given(world: World, node: Node) -> None:
    pool = world.pool(Schema=[{"Name": "family_name", "Required": True}])
    idp = world.idp
    idp.admin_create_user(
        UserPoolId=pool.pool_id,
        Username="ada",
        TemporaryPassword="Temporary-1",
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "ada@example.com"}],
    )
    ada = person(node, pool)
    have = {"email": "ada@example.com", "family_name": ""}
    told, attributes, required = ada.authenticateUser("Temporary-1")
    assert (told, attributes, required) == ("newPasswordRequired", have, ["family_name"])
    told, _ = ada.completeNewPasswordChallenge(PASSWORD, {"family_name": "Lovelace"})
    assert told == "onSuccess"
    assert ada.authenticateUser(PASSWORD)[0] == "onSuccess"


def test_sessions_are_refreshed_and_ended(node: Node, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    ada = person(node, pool, client)
    _, first = ada.authenticateUser(PASSWORD)
    assert ada.getSession() == ["done", first]
    _, second = ada.refreshSession(first["RefreshToken"])
    assert second["AccessToken"] != first["AccessToken"]
    assert ada.globalSignOut() == ["onSuccess", "SUCCESS"]
    assert_ended(pool.world, client, first)


def test_signing_out_revokes_the_refresh_token(node: Node, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    ada = person(node, pool, client)
    _, tokens = ada.authenticateUser(PASSWORD)
    ada.signOut()
    assert_ended(pool.world, client, tokens)


def test_somebody_deletes_themselves(world: World, node: Node, pool: Pool) -> None:
    pool.user()
    ada = person(node, pool)
    ada.authenticateUser(PASSWORD)
    assert ada.deleteUser() == ["done", "SUCCESS"]
    assert world.idp.list_users(UserPoolId=pool.pool_id)["Users"] == []


def test_an_app_is_set_up_and_asked_for(world: World, node: Node) -> None:
    pool = with_mfa(world, "OPTIONAL", "totp")
    pool.user()
    ada = person(node, pool)
    ada.authenticateUser(PASSWORD)
    told, secret = ada.associateSoftwareToken()
    assert told == "associateSecretCode"
    with refused("EnableSoftwareTokenMFAException"):
        ada.verifySoftwareToken(totp(secret, step(world) - 20), "Phone")
    assert ada.verifySoftwareToken(totp(secret, step(world)), "Phone")[1]["Status"] == "SUCCESS"
    assert ada.setUserMfaPreference(None, PREFERRED) == ["done", "SUCCESS"]
    told, name, parameters = ada.authenticateUser(PASSWORD)
    assert (told, name, parameters["FRIENDLY_DEVICE_NAME"]) == ("totpRequired", "SOFTWARE_TOKEN_MFA", "Phone")
    with refused("CodeMismatchException"):
        ada.sendMFACode(totp(secret, step(world) - 20), "SOFTWARE_TOKEN_MFA")
    assert ada.sendMFACode(totp(secret, step(world) + 1), "SOFTWARE_TOKEN_MFA")[0] == "onSuccess"


def test_an_app_is_set_up_on_the_way_in(world: World, node: Node) -> None:
    pool = with_mfa(world, "ON", "totp")
    pool.user()
    ada = person(node, pool)
    assert ada.authenticateUser(PASSWORD)[:2] == ["mfaSetup", "MFA_SETUP"]
    _, secret = ada.associateSoftwareToken()
    told, tokens = ada.verifySoftwareToken(totp(secret, step(world)), "Phone")
    assert (told, set(tokens)) == ("onSuccess", {"IdToken", "AccessToken", "RefreshToken"})


def test_a_text_message_is_answered(world: World, node: Node) -> None:
    pool = with_mfa(world, "ON", "sms")
    pool.user(phone_number="+15555550839")
    ada = person(node, pool)
    told, name, parameters = ada.authenticateUser(PASSWORD)
    assert (told, name) == ("mfaRequired", "SMS_MFA")
    assert parameters["CODE_DELIVERY_DESTINATION"] == "+*******0839"
    assert ada.sendMFACode(pool.code_for())[0] == "onSuccess"


@pytest.mark.parametrize("answer", ["SMS_MFA", "SOFTWARE_TOKEN_MFA"])
def test_who_has_two_factors_and_prefers_none_chooses(world: World, node: Node, answer: str) -> None:
    pool = with_mfa(world, "ON", "sms", "totp")
    pool.user(phone_number="+15555550839")
    ada = person(node, pool)
    ada.authenticateUser(PASSWORD)
    ada.sendMFACode(pool.code_for())
    _, secret = ada.associateSoftwareToken()
    ada.verifySoftwareToken(totp(secret, step(world)), "Phone")
    prefer(pool, SMSMfaSettings=ON, SoftwareTokenMfaSettings=ON)
    told, _, parameters = ada.authenticateUser(PASSWORD)
    assert (told, parameters["MFAS_CAN_CHOOSE"]) == ("selectMFAType", '["SMS_MFA","SOFTWARE_TOKEN_MFA"]')
    told, *_ = ada.sendMFASelectionAnswer(answer)
    assert told == {"SMS_MFA": "mfaRequired", "SOFTWARE_TOKEN_MFA": "totpRequired"}[answer]
    code = pool.code_for() if answer == "SMS_MFA" else totp(secret, step(world) + 1)
    assert ada.sendMFACode(code, answer)[0] == "onSuccess"


@pytest.fixture
def riddle(pool: Pool) -> Riddle:
    riddle = Riddle()
    set_triggers(pool, **riddle.functions)
    return riddle


@pytest.mark.parametrize("password_first", [False, True])
def test_a_challenge_of_the_pool_s_own(node: Node, pool: Pool, riddle: Riddle, password_first: bool) -> None:
    pool.user()
    client = pool.client(ExplicitAuthFlows=["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    ada = person(node, pool, client, flow="CUSTOM_AUTH")
    asked = ada.authenticateUser(PASSWORD) if password_first else ada.initiateAuth()
    assert asked[0] == "customChallenge"
    assert asked[1]["question"] == "6 x 9"
    assert ada.sendCustomChallengeAnswer("54")[0] == "customChallenge"
    assert ada.sendCustomChallengeAnswer("42")[0] == "onSuccess"


def tracking(world: World, *, on_prompt: bool = False) -> Pool:
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": on_prompt}
    pool = world.pool(DeviceConfiguration=devices)
    pool.user()
    return pool


def test_a_device_is_confirmed_and_proves_itself_by_srp_next_time(world: World, node: Node) -> None:
    pool = tracking(world)
    ada = person(node, pool)
    told, first = ada.authenticateUser(PASSWORD)
    assert told == "onSuccess"
    _, device = ada.getDevice()
    assert {"Name": "device_name", "Value": "Node.js/24"} in device["Device"]["DeviceAttributes"]
    ada.arrive()
    told, second = ada.authenticateUser(PASSWORD)
    assert told == "onSuccess"
    _, listed = ada.listDevices(10, None)
    assert len(listed["Devices"]) == 1, "the second sign-in was by the device that is known"
    assert ada.refreshSession(second["RefreshToken"])[0] == "done"
    assert first["AccessToken"] != second["AccessToken"]


def test_a_device_is_remembered_when_the_person_says_so(world: World, node: Node) -> None:
    pool = tracking(world, on_prompt=True)
    ada = person(node, pool)
    told, _, necessary = ada.authenticateUser(PASSWORD)
    assert (told, necessary) == ("onSuccess", True)
    assert ada.setDeviceStatusRemembered() == ["onSuccess", "SUCCESS"]
    assert ada.setDeviceStatusNotRemembered() == ["onSuccess", "SUCCESS"]


@pytest.mark.parametrize("reloaded", [True, False])
def test_who_was_forgotten_as_a_device_signs_in_as_another(world: World, node: Node, reloaded: bool) -> None:
    """The library answers "Device does not exist." by the same proof of the password without the device's key."""
    pool = tracking(world)
    ada = person(node, pool)
    ada.authenticateUser(PASSWORD)
    _, device = ada.getDevice()
    key = device["Device"]["DeviceKey"]
    world.idp.admin_forget_device(UserPoolId=pool.pool_id, Username="ada", DeviceKey=key)
    if reloaded:
        ada.arrive()
    assert ada.authenticateUser(PASSWORD)[0] == "onSuccess"
    _, device = ada.getDevice()
    assert device["Device"]["DeviceKey"] != key
