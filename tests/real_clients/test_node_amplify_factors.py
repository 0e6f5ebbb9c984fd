"""aws-amplify v6, which is AWS's: second factors, choices, challenges of a pool's own, devices. facts/api.md §4."""

from __future__ import annotations

import pytest

from functions import set_triggers
from halfday.server.domain.users.factors import totp
from operations.test_custom_auth import Riddle
from operations.test_mfa import ON, prefer, step, with_mfa
from operations.test_user_auth import FLOWS, passwordless
from real_clients.javascript import Node
from real_clients.test_node_amplify import DONE, amplify, answer, next_step, refused, sign_in
from world import PASSWORD, Pool, World

PHONE = "+15555550839"


def test_an_app_is_set_up_preferred_and_asked_for(world: World, node: Node) -> None:
    pool = with_mfa(world, "OPTIONAL", "totp", "sms")
    pool.user()
    app = amplify(node, pool)
    sign_in(app)
    assert app.fetchMFAPreference() == {}
    secret = app.setUpTOTP()["sharedSecret"]
    with refused("EnableSoftwareTokenMFAException"):
        app.verifyTOTPSetup({"code": totp(secret, step(world) - 20)})
    app.verifyTOTPSetup({"code": totp(secret, step(world)), "options": {"friendlyDeviceName": "Phone"}})
    app.updateMFAPreference({"totp": "PREFERRED"})
    assert app.fetchMFAPreference() == {"preferred": "TOTP", "enabled": ["TOTP"]}
    app.signOut()
    assert next_step(sign_in(app)) == "CONFIRM_SIGN_IN_WITH_TOTP_CODE"
    with refused("CodeMismatchException"):
        answer(app, totp(secret, step(world) - 20))
    assert answer(app, totp(secret, step(world) + 1)) == DONE


def test_an_app_is_set_up_on_the_way_in(world: World, node: Node) -> None:
    pool = with_mfa(world, "ON", "totp")
    pool.user()
    app = amplify(node, pool)
    told = sign_in(app)
    assert next_step(told) == "CONTINUE_SIGN_IN_WITH_TOTP_SETUP"
    secret = told["nextStep"]["totpSetupDetails"]["sharedSecret"]
    assert answer(app, totp(secret, step(world)), friendlyDeviceName="Phone") == DONE


def test_codes_by_mail_are_set_up_on_the_way_in(world: World, node: Node) -> None:
    pool = with_mfa(world, "ON", "totp", "email")
    idp = world.idp
    idp.admin_create_user(UserPoolId=pool.pool_id, Username="ada", MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="ada", Password=PASSWORD, Permanent=True)
    app = amplify(node, pool)
    told = sign_in(app)
    assert next_step(told) == "CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION"
    assert sorted(told["nextStep"]["allowedMFATypes"]) == ["EMAIL", "TOTP"]
    assert next_step(answer(app, "EMAIL")) == "CONTINUE_SIGN_IN_WITH_EMAIL_SETUP"
    told = answer(app, "ada@example.com")
    assert next_step(told) == "CONFIRM_SIGN_IN_WITH_EMAIL_CODE"
    assert answer(app, pool.code_for()) == DONE


@pytest.mark.parametrize(("factor", "word"), [("sms", "SMS"), ("email", "EMAIL")])
def test_a_code_that_is_sent_is_answered(world: World, node: Node, factor: str, word: str) -> None:
    pool = with_mfa(world, "ON", factor)
    pool.user(phone_number=PHONE)
    app = amplify(node, pool)
    told = sign_in(app)
    assert next_step(told) == f"CONFIRM_SIGN_IN_WITH_{word}_CODE"
    masked = {"SMS": "+*******0839", "EMAIL": "a***@e***"}[word]
    assert told["nextStep"]["codeDeliveryDetails"] == {"deliveryMedium": word, "destination": masked}
    code = pool.code_for()
    with refused("CodeMismatchException"):
        answer(app, "000000" if code != "000000" else "111111")
    assert answer(app, code) == DONE


@pytest.mark.parametrize("chosen", ["SMS", "EMAIL", "TOTP"])
def test_who_has_several_factors_and_prefers_none_chooses(world: World, node: Node, chosen: str) -> None:
    pool = with_mfa(world, "OPTIONAL", "sms", "email", "totp")
    pool.user(phone_number=PHONE)
    app = amplify(node, pool)
    sign_in(app)
    secret = app.setUpTOTP()["sharedSecret"]
    app.verifyTOTPSetup({"code": totp(secret, step(world))})
    app.updateMFAPreference({"sms": "ENABLED", "email": "ENABLED", "totp": "ENABLED"})
    app.signOut()
    told = sign_in(app)
    assert next_step(told) == "CONTINUE_SIGN_IN_WITH_MFA_SELECTION"
    assert set(told["nextStep"]["allowedMFATypes"]) == {"SMS", "EMAIL", "TOTP"}
    assert next_step(answer(app, chosen)) == f"CONFIRM_SIGN_IN_WITH_{chosen}_CODE"
    assert answer(app, totp(secret, step(world) + 1) if chosen == "TOTP" else pool.code_for()) == DONE


@pytest.fixture
def choosing(world: World) -> Pool:
    pool = passwordless(world)
    pool.user(phone_number=PHONE)
    return pool


@pytest.mark.parametrize("preferred", [True, False])
@pytest.mark.parametrize("factor", ["EMAIL_OTP", "SMS_OTP", "PASSWORD", "PASSWORD_SRP"])
def test_the_first_factor_is_chosen(node: Node, choosing: Pool, factor: str, preferred: bool) -> None:
    app = amplify(node, choosing, choosing.client(ExplicitAuthFlows=FLOWS))
    by_code = factor.endswith("_OTP")
    if preferred:
        password = None if by_code else PASSWORD
        told = sign_in(app, password, authFlowType="USER_AUTH", preferredChallenge=factor)
    else:
        told = sign_in(app, None, authFlowType="USER_AUTH")
        assert next_step(told) == "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION"
        assert set(told["nextStep"]["availableChallenges"]) == {"PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP"}
        told = answer(app, factor)
    if by_code:
        assert next_step(told) == f"CONFIRM_SIGN_IN_WITH_{factor.removesuffix('_OTP')}_CODE"
        told = answer(app, choosing.code_for())
    elif not preferred:
        assert next_step(told) == "CONFIRM_SIGN_IN_WITH_PASSWORD"
        told = answer(app, PASSWORD)
    assert told == DONE


@pytest.fixture
def riddle(pool: Pool) -> Riddle:
    riddle = Riddle()
    set_triggers(pool, **riddle.functions)
    return riddle


@pytest.mark.parametrize("flow", ["CUSTOM_WITHOUT_SRP", "CUSTOM_WITH_SRP"])
def test_a_challenge_of_the_pool_s_own(node: Node, pool: Pool, riddle: Riddle, flow: str) -> None:
    pool.user()
    app = amplify(node, pool, pool.client(ExplicitAuthFlows=["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]))
    told = sign_in(app, PASSWORD if flow == "CUSTOM_WITH_SRP" else None, authFlowType=flow)
    assert next_step(told) == "CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE"
    assert told["nextStep"]["additionalInfo"]["question"] == "6 x 9"
    assert next_step(answer(app, "54")) == "CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE"
    assert answer(app, "42") == DONE


def tracking(world: World, *, on_prompt: bool = False) -> Pool:
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": on_prompt}
    pool = world.pool(DeviceConfiguration=devices)
    pool.user()
    return pool


def test_a_device_proves_itself_by_srp_next_time(world: World, node: Node) -> None:
    app = amplify(node, tracking(world))
    sign_in(app)
    app.signOut()
    assert sign_in(app) == DONE
    assert len(app.fetchDevices()) == 1, "the second sign-in was by the device that is known"
    assert app.tokens({"forceRefresh": True})
    app.forgetDevice()
    assert app.fetchDevices() == []


def test_a_remembered_device_stands_for_the_second_factor(world: World, node: Node) -> None:
    pool = with_mfa(world, "OPTIONAL", "sms")
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
    world.idp.update_user_pool(UserPoolId=pool.pool_id, DeviceConfiguration=devices, MfaConfiguration="OPTIONAL")
    pool.user(phone_number=PHONE)
    prefer(pool, SMSMfaSettings=ON)
    app = amplify(node, pool)
    for remembered in (False, True):
        assert next_step(sign_in(app)) == "CONFIRM_SIGN_IN_WITH_SMS_CODE"
        assert answer(app, pool.code_for()) == DONE
        if remembered:
            app.rememberDevice()
        app.signOut()
    assert sign_in(app) == DONE


def test_who_was_forgotten_as_a_device_signs_in_as_another(world: World, node: Node) -> None:
    """Amplify answers "Device does not exist." by the same proof of the password without the device's key."""
    pool = tracking(world)
    app = amplify(node, pool)
    sign_in(app)
    [device] = app.fetchDevices()
    app.signOut()
    world.idp.admin_forget_device(UserPoolId=pool.pool_id, Username="ada", DeviceKey=device["id"])
    assert sign_in(app) == DONE
    [another] = app.fetchDevices()
    assert another["id"] != device["id"]
