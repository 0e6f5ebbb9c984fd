"""SetUserPoolMfaConfig, GetUserPoolMfaConfig. Source: floci-io/floci#2831 and go-to-k/cdkd#1923, measured on AWS."""

from __future__ import annotations

from typing import Any

import pytest

from asking import invalid, refusal, unchecked
from pool_members import SES, SMS, described, first_factors, recovery
from world import Pool, World

APPS = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
TEXTS = {"SmsMfaConfiguration": {"SmsConfiguration": SMS}}
MAILS: dict[str, Any] = {"EmailMfaConfiguration": {}}
PASSKEYS = {"WebAuthnConfiguration": {"RelyingPartyId": "example.com", "UserVerification": "required"}}
COUNTING = {"WebAuthnConfiguration": {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}}

TOGETHER = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
NONE = "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled."


def configure(pool: Pool, **given: Any) -> dict[str, Any]:
    answer: dict[str, Any] = pool.world.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **given)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def configuration(pool: Pool) -> dict[str, Any]:
    answer = pool.world.idp.get_user_pool_mfa_config(UserPoolId=pool.pool_id)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_only_what_has_been_configured_is_shown(pool: Pool) -> None:
    assert configuration(pool) == {"MfaConfiguration": "OFF"}
    for given in ({"MfaConfiguration": "OPTIONAL", **APPS}, {"MfaConfiguration": "ON", **APPS, **PASSKEYS}):
        assert configure(pool, **given) == given
        assert configuration(pool) == given
        assert described(pool)["MfaConfiguration"] == given["MfaConfiguration"]


def test_every_factor_is_shown_as_it_was_given(world: World) -> None:
    pool = world.pool(EmailConfiguration=SES, **recovery(("verified_email", 2), ("verified_phone_number", 1)))
    given = {
        "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": {"SmsAuthenticationMessage": "text {####}", "SmsConfiguration": SMS},
        "EmailMfaConfiguration": {"Message": "mail {####}", "Subject": "mail"},
        **APPS,
    }
    assert configure(pool, **given) == given
    shown = described(pool)
    assert (shown["SmsConfiguration"], shown["SmsAuthenticationMessage"]) == (SMS, "text {####}")


def test_texts_are_sent_by_the_configuration_that_the_pool_has(world: World) -> None:
    pool = world.pool(MfaConfiguration="OPTIONAL", SmsConfiguration=SMS)
    assert configuration(pool) == {"MfaConfiguration": "OPTIONAL", **TEXTS}
    assert configure(pool, MfaConfiguration="ON", SmsMfaConfiguration={}) == {"MfaConfiguration": "ON", **TEXTS}


@pytest.mark.parametrize("off", [{}, {"MfaConfiguration": "OFF"}])
def test_left_out_mfa_is_off_and_its_factors_are_gone(pool: Pool, off: dict[str, str]) -> None:
    configure(pool, MfaConfiguration="ON", **APPS)
    assert configure(pool, **off) == {"MfaConfiguration": "OFF"}
    assert configuration(pool) == {"MfaConfiguration": "OFF"}


@pytest.mark.parametrize("off", [{}, {"MfaConfiguration": "OFF"}])
@pytest.mark.parametrize("factor", [APPS, {"SoftwareTokenMfaConfiguration": {"Enabled": False}}, TEXTS, MAILS], ids=str)
def test_mfa_is_not_turned_off_and_configured_at_once(pool: Pool, off: dict[str, str], factor: dict[str, Any]) -> None:
    assert refusal(configure, pool=pool, **off, **factor) == invalid(TOGETHER)


@pytest.mark.parametrize("mode", ["ON", "OPTIONAL"])
@pytest.mark.parametrize("beside", [{}, PASSKEYS], ids=["nothing", "passkeys"])
def test_mfa_needs_a_factor_and_a_passkey_is_none(pool: Pool, mode: str, beside: dict[str, Any]) -> None:
    assert refusal(configure, pool=pool, MfaConfiguration=mode, **beside) == invalid(NONE)


def test_a_factor_that_is_configured_as_disabled_is_accepted_and_shown(pool: Pool) -> None:
    given = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": False}}
    assert configure(pool, **given) == given
    pool.world.idp.update_user_pool(UserPoolId=pool.pool_id)
    assert configuration(pool) == given


def test_passkeys_are_configured_with_mfa_off_and_stay_when_left_out(pool: Pool) -> None:
    assert configure(pool, **PASSKEYS) == {"MfaConfiguration": "OFF", **PASSKEYS}
    assert configure(pool, MfaConfiguration="ON", **APPS) == {"MfaConfiguration": "ON", **APPS, **PASSKEYS}


@pytest.mark.parametrize(
    ("pool_given", "sentence"),
    [
        (
            recovery(("admin_only", 1)),
            "Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of "
            "COGNITO_DEFAULT.",
        ),
        (
            {"EmailConfiguration": SES, "AccountRecoverySetting": {}},
            "Cannot set EmailMfaConfiguration when user pool AccountRecoverySetting is not set or contains only "
            "verified_email in RecoveryMechanisms.",
        ),
        (
            {"EmailConfiguration": SES, **recovery(("verified_email", 1))},
            "Cannot set EmailMfaConfiguration when user pool AccountRecoverySetting is not set or contains only "
            "verified_email in RecoveryMechanisms.",
        ),
    ],
)
def test_codes_by_mail_need_a_sender_and_another_way_to_recover(
    world: World, pool_given: dict[str, Any], sentence: str
) -> None:
    pool = world.pool()
    world.idp.update_user_pool(UserPoolId=pool.pool_id, **pool_given)
    assert refusal(configure, pool=pool, MfaConfiguration="OPTIONAL", **MAILS) == invalid(sentence)
    assert configuration(pool) == {"MfaConfiguration": "OFF"}, "and nothing has changed"


def test_texts_need_a_sender(pool: Pool) -> None:
    given = {"MfaConfiguration": "ON", "SmsMfaConfiguration": {"SmsAuthenticationMessage": "text {####}"}}
    assert refusal(configure, pool=pool, **given) == invalid(
        "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
    )


@pytest.mark.parametrize("factor", ["EMAIL_OTP", "SMS_OTP"])
def test_required_mfa_leaves_no_first_factor_but_passwords(world: World, factor: str) -> None:
    pool = world.pool(SmsConfiguration=SMS, **first_factors("PASSWORD", factor))
    assert configure(pool, MfaConfiguration="OPTIONAL", **APPS)["MfaConfiguration"] == "OPTIONAL"
    sentence = "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled"
    assert refusal(configure, pool=pool, MfaConfiguration="ON", **APPS) == invalid(sentence)


def test_required_mfa_goes_with_passkeys_that_count_as_such(world: World) -> None:
    pool = world.pool(**first_factors("PASSWORD", "WEB_AUTHN"))
    sentence = (
        "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed "
        "first auth factor"
    )
    for beside in ({}, PASSKEYS):
        assert refusal(configure, pool=pool, MfaConfiguration="ON", **APPS, **beside) == invalid(sentence)
    given = {"MfaConfiguration": "ON", **APPS, **COUNTING}
    assert configure(pool, **given) == given


def test_codes_by_mail_and_passkeys_that_count_need_more_than_the_lite_tier(world: World) -> None:
    pool = world.pool(UserPoolTier="LITE", EmailConfiguration=SES, **recovery(("admin_only", 1)))
    told = "The following features need to be disabled for the LITE pricing tier configured: "
    refused = refusal(configure, pool=pool, MfaConfiguration="ON", **MAILS, **COUNTING)
    assert refused == ("FeatureUnavailableInTierException", told + "Passkey MFA, Email MFA")


def test_an_update_of_the_pool_keeps_factors_until_it_says_off(world: World, pool: Pool) -> None:
    configure(pool, MfaConfiguration="OPTIONAL", **APPS, **TEXTS)
    update, named = world.idp.update_user_pool, {"UserPoolId": pool.pool_id}
    update(**named)
    assert configuration(pool) == {"MfaConfiguration": "OPTIONAL", **APPS, **TEXTS}
    update(**named, MfaConfiguration="ON")
    assert configuration(pool) == {"MfaConfiguration": "ON", **APPS, **TEXTS}
    update(**named, MfaConfiguration="OFF")
    assert configuration(pool) == {"MfaConfiguration": "OFF"}
    refused = refusal(update, **named, MfaConfiguration="ON")
    assert refused == invalid(
        "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
    )


def test_what_codes_by_mail_need_is_not_taken_from_under_them(world: World) -> None:
    pool = world.pool(EmailConfiguration=SES, **recovery(("admin_only", 1)))
    configure(pool, MfaConfiguration="OPTIONAL", **MAILS)
    update, named = world.idp.update_user_pool, {"UserPoolId": pool.pool_id}
    plain = {"EmailSendingAccount": "COGNITO_DEFAULT"}
    assert "EmailSendingAccount" in refusal(update, **named, EmailConfiguration=plain)[1]
    assert "AccountRecoverySetting" in refusal(update, **named, **recovery(("verified_email", 1)))[1]
    update(**named)
    shown = described(pool)
    assert (shown["EmailConfiguration"], "AccountRecoverySetting" in shown) == (SES, True)
    update(**named, MfaConfiguration="OFF")
    shown = described(pool)
    assert (shown["EmailConfiguration"], "AccountRecoverySetting" in shown) == (plain, False)


def test_what_texts_as_a_first_factor_need_stays_with_them(world: World) -> None:
    pool = world.pool(SmsConfiguration=SMS, **first_factors("PASSWORD", "SMS_OTP"))
    world.idp.update_user_pool(UserPoolId=pool.pool_id)
    assert described(pool)["SmsConfiguration"] == SMS
    world.idp.update_user_pool(UserPoolId=pool.pool_id, **first_factors("PASSWORD"))
    assert "SmsConfiguration" not in described(pool)


def test_unknown_pools_and_malformed_settings_are_refused(world: World, pool: Pool) -> None:
    idp = unchecked(world, "cognito-idp")
    for operation in (idp.set_user_pool_mfa_config, idp.get_user_pool_mfa_config):
        assert refusal(operation, UserPoolId="us-east-1_Nowhere00")[0] == "ResourceNotFoundException"
    code, sentence = refusal(
        idp.set_user_pool_mfa_config,
        UserPoolId=pool.pool_id,
        MfaConfiguration="ALWAYS",
        EmailMfaConfiguration={"Message": "no place for it"},
    )
    assert code == "InvalidParameterException"
    assert "Value 'ALWAYS' at 'mfaConfiguration' failed to satisfy constraint" in sentence
    assert "Value 'no place for it' at 'emailMfaConfiguration.message' failed to satisfy constraint" in sentence
