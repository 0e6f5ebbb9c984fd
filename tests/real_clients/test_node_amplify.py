"""aws-amplify v6, which is AWS's: everything that a person does with it. Source: facts/api.md §4 to §6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from asking import refusal
from halfday.server.domain.factors import totp
from operations.test_custom_auth import Riddle
from operations.test_mfa import ON, prefer, step, with_mfa
from operations.test_sign_in import initiate
from operations.test_user_auth import FLOWS, passwordless
from real_clients.javascript import Node, Opened, Refused
from world import PASSWORD, Pool, World

ANOTHER_PASSWORD = "Analytical-1837"
PHONE = "+15555550839"
DONE = {"isSignedIn": True, "nextStep": {"signInStep": "DONE"}}


def amplify(node: Node, pool: Pool, client: dict[str, Any] | None = None) -> Opened:
    """Amplify in a browser in which nobody has ever signed in."""
    client_id = (client or pool.client())["ClientId"]
    return node.open("amplify", userPoolId=pool.pool_id, userPoolClientId=client_id, endpoint=pool.world.origin)


def refused(name: str) -> Any:
    return pytest.raises(Refused, match=f"^{name}: ")


def sign_in(app: Opened, password: str | None = PASSWORD, **options: str) -> Any:
    given = {"username": "ada", "password": password, "options": options}
    return app.signIn({name: value for name, value in given.items() if value is not None})


def answer(app: Opened, response: str, **options: Any) -> Any:
    return app.confirmSignIn({"challengeResponse": response, "options": options})


def next_step(told: dict[str, Any]) -> str:
    return told["nextStep"]["signInStep"]


def test_sign_up_by_code_then_signing_in_by_srp(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    app = amplify(node, pool)
    attributes = {"userAttributes": {"email": "ada@example.com"}}
    told = app.signUp({"username": "ada", "password": PASSWORD, "options": attributes})
    details = {"destination": "a***@e***", "deliveryMedium": "EMAIL", "attributeName": "email"}
    assert told["nextStep"] == {"signUpStep": "CONFIRM_SIGN_UP", "codeDeliveryDetails": details}
    assert next_step(sign_in(app)) == "CONFIRM_SIGN_UP"
    with refused("UsernameExistsException"):
        app.signUp({"username": "ada", "password": PASSWORD})
    assert app.resendSignUpCode({"username": "ada"}) == details
    confirmed = app.confirmSignUp({"username": "ada", "confirmationCode": pool.code_for()})
    assert confirmed["isSignUpComplete"]
    assert sign_in(app) == DONE
    current = app.getCurrentUser()
    assert (current["username"], current["userId"]) == ("ada", told["userId"])
    assert app.fetchUserAttributes() == {"email": "ada@example.com", "email_verified": "true", "sub": told["userId"]}


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH"])
def test_who_signed_up_is_signed_in_at_once(world: World, node: Node, flow: str) -> None:
    """After a choice-based sign-up by the session that ConfirmSignUp hands out; else with the password."""
    pool = passwordless(world, "EMAIL_OTP")
    world.idp.update_user_pool(UserPoolId=pool.pool_id, AutoVerifiedAttributes=["email"])
    app = amplify(node, pool, pool.client(ExplicitAuthFlows=[*FLOWS, "ALLOW_USER_SRP_AUTH"]))
    options = {"userAttributes": {"email": "ada@example.com"}, "autoSignIn": {"authFlowType": flow}}
    app.signUp({"username": "ada", "password": PASSWORD, "options": options})
    confirmed = app.confirmSignUp({"username": "ada", "confirmationCode": pool.code_for()})
    assert confirmed["nextStep"]["signUpStep"] == "COMPLETE_AUTO_SIGN_IN"
    assert app.autoSignIn() == DONE


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_wrong_passwords_are_refused(node: Node, pool: Pool, flow: str) -> None:
    pool.user()
    app = amplify(node, pool)
    with pytest.raises(Refused, match=r"^NotAuthorizedException: Incorrect username or password\.$"):
        sign_in(app, "Wrong-1815", authFlowType=flow)
    assert sign_in(app, authFlowType=flow) == DONE


def test_attributes_and_passwords_are_changed(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    app = amplify(node, pool)
    sign_in(app)
    told = app.updateUserAttributes({"userAttributes": {"email": "countess@example.com", "name": "Ada"}})
    assert told["email"]["nextStep"]["codeDeliveryDetails"]["destination"] == "c***@e***"
    assert told["name"]["nextStep"]["updateAttributeStep"] == "DONE"
    with refused("CodeMismatchException"):
        app.confirmUserAttribute({"userAttributeKey": "email", "confirmationCode": "000000"})
    app.sendUserAttributeVerificationCode({"userAttributeKey": "email"})
    app.confirmUserAttribute({"userAttributeKey": "email", "confirmationCode": pool.code_for()})
    app.deleteUserAttributes({"userAttributeKeys": ["name"]})
    have = app.fetchUserAttributes()
    assert (have["email"], have["email_verified"], "name" in have) == ("countess@example.com", "true", False)
    with refused("NotAuthorizedException"):
        app.updatePassword({"oldPassword": "Wrong-1815", "newPassword": ANOTHER_PASSWORD})
    app.updatePassword({"oldPassword": PASSWORD, "newPassword": ANOTHER_PASSWORD})
    app.signOut()
    assert sign_in(app, ANOTHER_PASSWORD) == DONE


def test_a_forgotten_password_is_replaced(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    app = amplify(node, pool)
    told = app.resetPassword({"username": "ada"})
    assert told["nextStep"]["resetPasswordStep"] == "CONFIRM_RESET_PASSWORD_WITH_CODE"
    assert told["nextStep"]["codeDeliveryDetails"]["destination"] == "a***@e***"
    given = {"username": "ada", "newPassword": ANOTHER_PASSWORD}
    with refused("CodeMismatchException"):
        app.confirmResetPassword({**given, "confirmationCode": "000000"})
    app.confirmResetPassword({**given, "confirmationCode": pool.code_for()})
    assert sign_in(app, ANOTHER_PASSWORD) == DONE


def test_who_has_to_reset_the_password_is_told_so(world: World, node: Node) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    world.idp.admin_reset_user_password(UserPoolId=pool.pool_id, Username="ada")
    assert next_step(sign_in(amplify(node, pool))) == "RESET_PASSWORD"


def test_a_temporary_password_is_replaced_and_required_attributes_are_given(world: World, node: Node) -> None:
    pool = world.pool(Schema=[{"Name": "family_name", "Required": True}])
    world.idp.admin_create_user(
        UserPoolId=pool.pool_id, Username="ada", TemporaryPassword="Temporary-1", MessageAction="SUPPRESS"
    )
    app = amplify(node, pool)
    told = sign_in(app, "Temporary-1")
    assert told["nextStep"] == {
        "signInStep": "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED",
        "missingAttributes": ["family_name"],
    }
    assert answer(app, PASSWORD, userAttributes={"family_name": "Lovelace"}) == DONE
    assert app.fetchUserAttributes()["family_name"] == "Lovelace"


def test_sessions_are_refreshed_and_ended_everywhere(node: Node, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    app = amplify(node, pool, client)
    sign_in(app)
    first, same = app.tokens(), app.tokens()
    renewed = app.tokens({"forceRefresh": True})
    assert first == same
    assert renewed["access"] != first["access"]
    elsewhere = pool.tokens(client)
    app.signOut({"global": True})
    assert app.tokens() is None
    flow = {"world": pool.world, "client": client, "flow": "REFRESH_TOKEN_AUTH"}
    assert refusal(initiate, **flow, REFRESH_TOKEN=elsewhere["RefreshToken"])[0] == "NotAuthorizedException"
    for token in (renewed["access"], elsewhere["AccessToken"]):
        assert refusal(pool.world.idp.get_user, AccessToken=token)[1] == "Access Token has been revoked"


def test_where_refresh_tokens_rotate_amplify_goes_on(node: Node, pool: Pool) -> None:
    pool.user()
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"], RefreshTokenRotation=rotation)
    app = amplify(node, pool, client)
    sign_in(app)
    access = [app.tokens()["access"], *(app.tokens({"forceRefresh": True})["access"] for _ in range(3))]
    assert len(set(access)) == 4


def test_signing_out_revokes_the_tokens(world: World, node: Node, pool: Pool) -> None:
    pool.user()
    app = amplify(node, pool)
    sign_in(app)
    token = app.tokens()["access"]
    app.signOut()
    assert refusal(world.idp.get_user, AccessToken=token)[1] == "Access Token has been revoked"


def test_somebody_deletes_themselves(world: World, node: Node, pool: Pool) -> None:
    pool.user()
    app = amplify(node, pool)
    sign_in(app)
    app.deleteUser()
    assert world.idp.list_users(UserPoolId=pool.pool_id)["Users"] == []
    with refused("UserNotFoundException|NotAuthorizedException"):
        sign_in(app)


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
def riddle(world: World) -> Iterator[Riddle]:
    world.running.services.custom_auth = riddle = Riddle()
    yield riddle
    world.running.services.custom_auth = None


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
