"""Second factors: set up, asked for, preferred, answered wrongly. Source: facts/api.md §4 (seen on AWS), §5."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asking import invalid, not_authorized, refusal
from halfday.server.domain.sign_in.next_step import Challenge
from halfday.server.domain.users.factors import totp
from halfday.server.http.pages.challenges.challenge_pages import PAGES
from operations.test_sign_in import initiate, respond
from world import PASSWORD, Browser, Pool, World

SMS_CONFIGURATION = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"}
FROM = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com"}
RECOVERY = {
    "RecoveryMechanisms": [{"Priority": 1, "Name": "verified_phone_number"}, {"Priority": 2, "Name": "verified_email"}]
}
"""Codes by mail need it: whoever signs in by mail must not recover by mail alone."""
WRONG_CODE = ("CodeMismatchException", "Invalid code or auth state for the user.")
WRONG_TOTP = ("CodeMismatchException", "Invalid code received for user")
SPENT = not_authorized("Invalid session for the user.")
Client = dict[str, Any]


def with_mfa(world: World, mode: str, *factors: str) -> Pool:
    """A pool in which `mode` holds, with these of sms, totp and email."""
    pool = world.pool(EmailConfiguration=FROM, AccountRecoverySetting=RECOVERY)
    given: dict[str, Any] = {}
    if "sms" in factors:
        given["SmsMfaConfiguration"] = {"SmsConfiguration": SMS_CONFIGURATION}
    if "totp" in factors:
        given["SoftwareTokenMfaConfiguration"] = {"Enabled": True}
    if "email" in factors:
        given["EmailMfaConfiguration"] = {}
    world.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, MfaConfiguration=mode, **given)
    return pool


def signed_in(world: World, client: Client, name: str = "ada") -> dict[str, Any]:
    return initiate(world, client, USERNAME=name, PASSWORD=PASSWORD)


def step(world: World) -> int:
    return int(world.clock() // 30)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def set_up_app(world: World, client: Client, asked: dict[str, Any], name: str = "ada") -> tuple[str, dict[str, Any]]:
    """Answers MFA_SETUP with an app. Its secret, and the tokens."""
    associated = world.idp.associate_software_token(Session=asked["Session"])
    secret = associated["SecretCode"]
    code = totp(secret, step(world))
    verified = world.idp.verify_software_token(Session=associated["Session"], UserCode=code, FriendlyDeviceName="Phone")
    assert verified["Status"] == "SUCCESS"
    return secret, respond(world, client, "MFA_SETUP", verified["Session"], USERNAME=name)


def prefer(pool: Pool, name: str = "ada", **settings: dict[str, bool]) -> None:
    pool.world.idp.admin_set_user_mfa_preference(UserPoolId=pool.pool_id, Username=name, **settings)


ON = {"Enabled": True}
PREFERRED = {"Enabled": True, "PreferredMfa": True}


def test_where_mfa_is_on_an_app_is_set_up_on_the_way_in(world: World) -> None:
    pool = with_mfa(world, "ON", "totp")
    pool.user()
    client = pool.client()
    asked = signed_in(world, client)
    assert asked["ChallengeName"] == "MFA_SETUP"
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["SOFTWARE_TOKEN_MFA"]
    secret, answer = set_up_app(world, client, asked)
    assert len(secret) == 52
    assert "AccessToken" in answer["AuthenticationResult"]
    again = signed_in(world, client)
    assert again["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert again["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "Phone"
    code = totp(secret, step(world) + 1)
    passed = respond(
        world, client, "SOFTWARE_TOKEN_MFA", again["Session"], USERNAME="ada", SOFTWARE_TOKEN_MFA_CODE=code
    )
    assert passed["ChallengeParameters"] == {}
    assert "AccessToken" in passed["AuthenticationResult"]


def test_a_verified_app_serves_though_mfa_setup_was_never_answered(world: World) -> None:
    pool = with_mfa(world, "ON", "totp")
    pool.user()
    client = pool.client()
    associated = world.idp.associate_software_token(Session=signed_in(world, client)["Session"])
    code = totp(associated["SecretCode"], step(world))
    world.idp.verify_software_token(Session=associated["Session"], UserCode=code)
    assert signed_in(world, client)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_a_new_password_comes_before_the_second_factor(world: World) -> None:
    pool = with_mfa(world, "ON", "totp")
    pool.user(password=None)
    world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="ada", Password="Temporary-1", Permanent=False)
    client = pool.client()
    asked = initiate(world, client, USERNAME="ada", PASSWORD="Temporary-1")
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    session = asked["Session"]
    following = respond(world, client, "NEW_PASSWORD_REQUIRED", session, USERNAME="ada", NEW_PASSWORD=PASSWORD)
    assert following["ChallengeName"] == "MFA_SETUP"


def test_mfa_setup_without_setting_anything_up_leads_nowhere(world: World) -> None:
    pool = with_mfa(world, "ON", "totp")
    pool.user()
    client = pool.client()
    asked = signed_in(world, client)
    given = {"world": world, "client": client, "challenge": "MFA_SETUP", "USERNAME": "ada"}
    assert refusal(respond, **given, session=asked["Session"]) == SPENT
    associated = world.idp.associate_software_token(Session=asked["Session"])
    assert refusal(respond, **given, session=associated["Session"]) == SPENT
    assert refusal(world.idp.associate_software_token, Session=asked["Session"]) == SPENT, "it was handed on"


def test_a_wrong_first_code_does_not_register_the_app(world: World) -> None:
    pool = with_mfa(world, "ON", "totp")
    pool.user()
    client = pool.client()
    associated = world.idp.associate_software_token(Session=signed_in(world, client)["Session"])
    code = totp(associated["SecretCode"], step(world))
    mismatch = ("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
    given = {"Session": associated["Session"]}
    assert refusal(world.idp.verify_software_token, **given, UserCode=totp(associated["SecretCode"], 5)) == mismatch
    assert world.idp.verify_software_token(**given, UserCode=code)["Status"] == "SUCCESS"


def test_wrong_and_used_codes_of_an_app(world: World) -> None:
    world.clock.hold()
    pool = with_mfa(world, "ON", "totp")
    pool.user()
    client = pool.client()
    secret, _ = set_up_app(world, client, signed_in(world, client))
    session = signed_in(world, client)["Session"]
    given = {"world": world, "client": client, "challenge": "SOFTWARE_TOKEN_MFA", "session": session}
    used = totp(secret, step(world))
    sentence = "Your software token has already been used once."
    spent = refusal(respond, **given, USERNAME="ada", SOFTWARE_TOKEN_MFA_CODE=used)
    assert spent == ("ExpiredCodeException", sentence)
    old = totp(secret, step(world) - 10)
    assert refusal(respond, **given, USERNAME="ada", SOFTWARE_TOKEN_MFA_CODE=old) == WRONG_TOTP
    world.clock.advance(30)
    fresh = totp(secret, step(world))
    assert "AuthenticationResult" in respond(**given, USERNAME="ada", SOFTWARE_TOKEN_MFA_CODE=fresh)
    assert refusal(respond, **given, USERNAME="ada", SOFTWARE_TOKEN_MFA_CODE=fresh) == SPENT


def test_five_wrong_codes_lock_out(world: World) -> None:
    world.clock.hold()
    pool = with_mfa(world, "ON", "sms")
    pool.user(phone_number="+15555550839")
    client = pool.client()
    asked = signed_in(world, client)
    code = pool.code_for("ada", "Authentication")
    given = {"world": world, "client": client, "challenge": "SMS_MFA", "session": asked["Session"], "USERNAME": "ada"}
    for _ in range(5):
        assert refusal(respond, **given, SMS_MFA_CODE=wrong(code)) == WRONG_CODE
    locked = not_authorized("Password attempts exceeded")
    assert refusal(respond, **given, SMS_MFA_CODE=code) == locked
    world.clock.advance(1.1)
    assert "AuthenticationResult" in respond(**given, SMS_MFA_CODE=code)


@pytest.mark.parametrize(
    ("factor", "challenge", "medium", "destination"),
    [("sms", "SMS_MFA", "SMS", "+*******0839"), ("email", "EMAIL_OTP", "EMAIL", "a***@e***")],
)
def test_a_code_is_sent_and_comes_back(
    world: World, factor: str, challenge: str, medium: str, destination: str
) -> None:
    pool = with_mfa(world, "ON", factor)
    pool.user(phone_number="+15555550839")
    client = pool.client()
    asked = signed_in(world, client)
    assert asked["ChallengeName"] == challenge
    shown = asked["ChallengeParameters"]
    assert (shown["CODE_DELIVERY_DELIVERY_MEDIUM"], shown["CODE_DELIVERY_DESTINATION"]) == (medium, destination)
    code = pool.code_for("ada", "Authentication")
    assert len(code) == 6
    given = {"world": world, "client": client, "challenge": challenge, "session": asked["Session"], "USERNAME": "ada"}
    assert refusal(respond, **given, **{f"{challenge}_CODE": wrong(code)}) == WRONG_CODE
    assert "AuthenticationResult" in respond(**given, **{f"{challenge}_CODE": code})
    assert refusal(respond, **given, **{f"{challenge}_CODE": code}) == SPENT


def test_a_code_proves_the_address_it_was_sent_to(world: World) -> None:
    pool = with_mfa(world, "ON", "sms")
    pool.user(phone_number="+15555550839")
    client = pool.client()
    session, code = signed_in(world, client)["Session"], pool.code_for("ada", "Authentication")
    respond(world, client, "SMS_MFA", session, USERNAME="ada", SMS_MFA_CODE=code)
    attributes = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")["UserAttributes"]
    assert {"Name": "phone_number_verified", "Value": "true"} in attributes


def test_a_session_expires_with_its_code(world: World) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    client = pool.client(AuthSessionValidity=4)
    session, code = signed_in(world, client)["Session"], pool.code_for("ada", "Authentication")
    world.clock.advance(241)
    given = {"world": world, "client": client, "challenge": "EMAIL_OTP", "session": session, "USERNAME": "ada"}
    expired = not_authorized("Invalid session for the user, session is expired.")
    assert refusal(respond, **given, EMAIL_OTP_CODE=code) == expired


def test_a_session_is_for_its_client_its_user_and_its_challenge(world: World) -> None:
    pool = with_mfa(world, "ON", "email")
    for name in ("ada", "bob"):
        pool.user(name)
    client, other = pool.client(), pool.client()
    session, code = signed_in(world, client)["Session"], pool.code_for("ada", "Authentication")
    right = {"world": world, "client": client, "challenge": "EMAIL_OTP", "session": session, "USERNAME": "ada"}
    for changed in ({"client": other}, {"USERNAME": "bob"}, {"USERNAME": "nobody"}):
        assert refusal(respond, **{**right, **changed}, EMAIL_OTP_CODE=code) == SPENT
    assert refusal(respond, **{**right, "challenge": "SMS_MFA"}, SMS_MFA_CODE=code) == SPENT
    assert "AuthenticationResult" in respond(**right, EMAIL_OTP_CODE=code)


def test_of_several_factors_one_is_chosen(world: World) -> None:
    pool = with_mfa(world, "OPTIONAL", "sms", "email")
    pool.user(phone_number="+15555550839")
    client = pool.client()
    assert "AuthenticationResult" in signed_in(world, client), "nobody who has switched nothing on is asked"
    prefer(pool, SMSMfaSettings=ON, EmailMfaSettings=ON)
    asked = signed_in(world, client)
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"]) == ["SMS_MFA", "EMAIL_OTP"]
    given = {"world": world, "client": client, "challenge": "SELECT_MFA_TYPE", "session": asked["Session"]}
    refused = refusal(respond, **given, USERNAME="ada", ANSWER="SOFTWARE_TOKEN_MFA")
    assert refused[0] == "InvalidParameterException"
    following = respond(**given, USERNAME="ada", ANSWER="EMAIL_OTP")
    assert following["ChallengeName"] == "EMAIL_OTP"
    code = pool.code_for("ada", "Authentication")
    passed = respond(world, client, "EMAIL_OTP", following["Session"], USERNAME="ada", EMAIL_OTP_CODE=code)
    assert "AuthenticationResult" in passed


def test_the_preferred_factor_is_asked_for(world: World) -> None:
    pool = with_mfa(world, "OPTIONAL", "sms", "email")
    pool.user(phone_number="+15555550839")
    client = pool.client()
    prefer(pool, SMSMfaSettings=PREFERRED, EmailMfaSettings=ON)
    assert signed_in(world, client)["ChallengeName"] == "SMS_MFA"
    prefer(pool, EmailMfaSettings=PREFERRED)
    assert signed_in(world, client)["ChallengeName"] == "EMAIL_OTP"
    prefer(pool, EmailMfaSettings={"Enabled": False})
    assert signed_in(world, client)["ChallengeName"] == "SMS_MFA"
    prefer(pool, SMSMfaSettings={"Enabled": False})
    assert "AuthenticationResult" in signed_in(world, client)


def test_by_srp_the_second_factor_is_asked_for_too(world: World) -> None:
    import os

    from halfday.protocol.srp import ClientStart
    from operations.test_sign_in import answer_srp

    pool = with_mfa(world, "ON", "email")
    pool.user()
    client = pool.client()
    start = ClientStart(os.urandom(32))
    asked = initiate(world, client, "USER_SRP_AUTH", USERNAME="ada", SRP_A=start.public)
    following = respond(world, client, "PASSWORD_VERIFIER", **answer_srp(pool, start, asked, PASSWORD))
    assert following["ChallengeName"] == "EMAIL_OTP"


def test_an_address_can_be_set_up_where_codes_go_by_mail(world: World) -> None:
    pool = with_mfa(world, "ON", "email")
    world.idp.admin_create_user(UserPoolId=pool.pool_id, Username="eve", MessageAction="SUPPRESS")
    world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="eve", Password=PASSWORD, Permanent=True)
    client = pool.client()
    asked = signed_in(world, client, "eve")
    assert asked["ChallengeName"] == "MFA_SETUP"
    session = asked["Session"]
    following = respond(world, client, "MFA_SETUP", session, USERNAME="eve", EMAIL="eve@example.com")
    assert following["ChallengeName"] == "EMAIL_OTP"
    code = pool.code_for("eve", "Authentication")
    respond(world, client, "EMAIL_OTP", following["Session"], USERNAME="eve", EMAIL_OTP_CODE=code)
    attributes = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="eve")["UserAttributes"]
    assert {"Name": "email_verified", "Value": "true"} in attributes


def test_somebody_who_has_and_can_get_no_factor_is_told(world: World) -> None:
    """Text messages only, and no phone number: nobody can set one up on the way in."""
    pool = with_mfa(world, "ON", "sms")
    pool.user()
    client = pool.client()
    assert signed_in(world, client)["ChallengeName"] == "MFA_SETUP"


class TestPreferences:
    def test_an_app_of_one_s_own_is_switched_on_by_preference_only(self, world: World) -> None:
        pool = with_mfa(world, "OPTIONAL", "totp")
        pool.user()
        client = pool.client()
        token = pool.tokens(client)["AccessToken"]
        idp = world.idp
        set_up = {"AccessToken": token, "SoftwareTokenMfaSettings": PREFERRED}
        assert refusal(idp.set_user_mfa_preference, **set_up) == invalid("User has not set up software token mfa")
        secret = idp.associate_software_token(AccessToken=token)["SecretCode"]
        assert refusal(idp.set_user_mfa_preference, **set_up) == invalid("User has not verified software token mfa")
        assert idp.verify_software_token(AccessToken=token, UserCode=totp(secret, step(world))) is not None
        assert "AuthenticationResult" in signed_in(world, client)
        idp.set_user_mfa_preference(**set_up)
        assert signed_in(world, client)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        factors = idp.get_user_auth_factors(AccessToken=token)
        assert (factors["Username"], factors["PreferredMfaSetting"]) == ("ada", "SOFTWARE_TOKEN_MFA")
        assert factors["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
        assert factors["ConfiguredUserAuthFactors"] == ["PASSWORD"]

    def test_a_second_secret_does_not_end_the_first_until_it_is_proven(self, world: World) -> None:
        world.clock.hold()
        pool = with_mfa(world, "OPTIONAL", "totp")
        pool.user()
        client = pool.client()
        token = pool.tokens(client)["AccessToken"]
        secret = world.idp.associate_software_token(AccessToken=token)["SecretCode"]
        world.idp.verify_software_token(AccessToken=token, UserCode=totp(secret, step(world)))
        prefer(pool, SoftwareTokenMfaSettings=ON)
        newer = world.idp.associate_software_token(AccessToken=token)["SecretCode"]
        assert newer != secret
        world.clock.advance(30)
        session = signed_in(world, client)["Session"]
        code = totp(secret, step(world))
        answer = {"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": code}
        assert "AuthenticationResult" in respond(world, client, "SOFTWARE_TOKEN_MFA", session, **answer)
        world.idp.verify_software_token(AccessToken=token, UserCode=totp(newer, step(world)))
        world.clock.advance(30)
        given = {"world": world, "client": client, "challenge": "SOFTWARE_TOKEN_MFA", "USERNAME": "ada"}
        session = signed_in(world, client)["Session"]
        old = refusal(respond, **given, session=session, SOFTWARE_TOKEN_MFA_CODE=totp(secret, step(world)))
        assert old == WRONG_TOTP
        assert "AuthenticationResult" in respond(
            **given, session=session, SOFTWARE_TOKEN_MFA_CODE=totp(newer, step(world))
        )

    def test_what_cannot_be_switched_on_is_refused(self, world: World) -> None:
        pool = with_mfa(world, "OPTIONAL", "sms", "totp")
        pool.user()
        set_preference = world.idp.admin_set_user_mfa_preference
        given = {"UserPoolId": pool.pool_id, "Username": "ada"}
        no_way = invalid("User does not have delivery config set to turn on SMS_MFA")
        assert refusal(set_preference, **given, SMSMfaSettings=ON) == no_way
        not_here = invalid("User does not have delivery config set to turn on EMAIL_OTP")
        assert refusal(set_preference, **given, EmailMfaSettings=ON) == not_here
        assert "SINGLE_FACTOR" in refusal(set_preference, **given, WebAuthnMfaSettings=ON)[1]
        off = {"Enabled": False, "PreferredMfa": True}
        assert "cannot be preferred" in refusal(set_preference, **given, SMSMfaSettings=off)[1]
        unknown = refusal(set_preference, **{**given, "Username": "nobody"}, SMSMfaSettings=ON)
        assert unknown == ("UserNotFoundException", "User does not exist.")

    def test_one_factor_only_is_preferred(self, world: World) -> None:
        pool = with_mfa(world, "OPTIONAL", "sms", "email")
        pool.user(phone_number="+15555550839")
        both = {"SMSMfaSettings": PREFERRED, "EmailMfaSettings": PREFERRED}
        given = {"UserPoolId": pool.pool_id, "Username": "ada", **both}
        assert refusal(world.idp.admin_set_user_mfa_preference, **given)[0] == "InvalidParameterException"

    def test_the_older_settings_switch_text_messages_on_and_off(self, world: World) -> None:
        pool = with_mfa(world, "OPTIONAL", "sms")
        pool.user(phone_number="+15555550839")
        client = pool.client()
        token = pool.tokens(client)["AccessToken"]
        options = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
        world.idp.set_user_settings(AccessToken=token, MFAOptions=options)
        assert signed_in(world, client)["ChallengeName"] == "SMS_MFA"
        assert world.idp.get_user(AccessToken=token)["MFAOptions"] == options
        world.idp.admin_set_user_settings(UserPoolId=pool.pool_id, Username="ada", MFAOptions=[])
        assert "AuthenticationResult" in signed_in(world, client)
        by_mail = [{"DeliveryMedium": "EMAIL", "AttributeName": "email"}]
        assert refusal(world.idp.set_user_settings, AccessToken=token, MFAOptions=by_mail)[0] == invalid("")[0]

    def test_text_messages_need_a_phone_number(self, world: World) -> None:
        pool = with_mfa(world, "OPTIONAL", "sms")
        pool.user()
        options = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
        given = {"UserPoolId": pool.pool_id, "Username": "ada", "MFAOptions": options}
        no_way = invalid("User does not have delivery config set to turn on SMS_MFA")
        assert refusal(world.idp.admin_set_user_settings, **given) == no_way

    def test_an_administrator_forgets_a_lost_app(self, world: World) -> None:
        pool = with_mfa(world, "ON", "totp")
        pool.user()
        client = pool.client()
        given = {"UserPoolId": pool.pool_id, "Username": "ada"}
        without = invalid("User has not set up software token mfa")
        assert refusal(world.idp.admin_delete_software_token, **given) == without
        set_up_app(world, client, signed_in(world, client))
        world.idp.admin_delete_software_token(**given)
        assert signed_in(world, client)["ChallengeName"] == "MFA_SETUP"
        factors = world.idp.admin_get_user_auth_factors(**given)
        assert "UserMFASettingList" not in factors

    def test_a_pool_without_apps_hands_out_no_secret(self, world: World) -> None:
        pool = world.pool()
        pool.user()
        token = pool.tokens(pool.client())["AccessToken"]
        code, _ = refusal(world.idp.associate_software_token, AccessToken=token)
        assert code == "SoftwareTokenMFANotFoundException"

    def test_a_code_before_any_secret_is_refused(self, world: World) -> None:
        pool = with_mfa(world, "OPTIONAL", "totp")
        pool.user()
        token = pool.tokens(pool.client())["AccessToken"]
        code, _ = refusal(world.idp.verify_software_token, AccessToken=token, UserCode="123456")
        assert code == "SoftwareTokenMFANotFoundException"


class TestPages:
    """The hosted pages ask for a second factor as the API does: nobody gets past it there."""

    def test_a_code_is_asked_for_and_signs_in(self, world: World) -> None:
        pool = with_mfa(world, "ON", "email")
        pool.user()
        browser = Browser(world.origin)
        page = browser.sign_in(pool.client())
        assert "a***@e***" in page.text
        code = pool.code_for("ada", "Authentication")
        again = browser.post(page, authentication_code=wrong(code))
        assert "Invalid code or auth state for the user." in again.text
        done = browser.post(again, authentication_code=code)
        assert (done.status_code, "code=" in done.headers["Location"]) == (302, True)

    def test_an_app_s_code_signs_in(self, world: World) -> None:
        pool = with_mfa(world, "ON", "totp")
        pool.user()
        client = pool.client()
        secret, _ = set_up_app(world, client, signed_in(world, client))
        browser = Browser(world.origin)
        page = browser.sign_in(client)
        assert "Phone" in page.text
        world.clock.advance(30)
        done = browser.post(page, authentication_code=totp(secret, step(world)))
        assert done.status_code == 302

    def test_every_step_that_a_sign_in_on_the_pages_may_come_to_has_a_page(self) -> None:
        """Those that are left out are a program's way to show a password, a device, or a pool's own challenge."""
        programs = {Challenge.PASSWORD_SRP, Challenge.PASSWORD_VERIFIER, Challenge.CUSTOM_CHALLENGE}
        programs |= {Challenge.DEVICE_SRP_AUTH, Challenge.DEVICE_PASSWORD_VERIFIER}
        assert set(Challenge) - set(PAGES) == programs
