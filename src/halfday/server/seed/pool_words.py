"""The keys of [[user_pool]] that stand for members of UpdateUserPool and SetUserPoolMfaConfig, and their short words.

A word that is none of them is refused here, with its key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from halfday.server.seed_file import SeedRefused

Words = Mapping[Any, Any]
Settings = Sequence[tuple[str, str, Words | None]]
"""Key of the file, member, and the words of the file for AWS's values where there are some."""

MFA_MODES = {"off": "OFF", "optional": "OPTIONAL", "on": "ON"}
_FIRST_FACTORS = {"password": "PASSWORD", "passkey": "WEB_AUTHN", "email": "EMAIL_OTP", "sms": "SMS_OTP"}
SECOND_FACTORS = {
    "app": "SoftwareTokenMfaConfiguration",
    "sms": "SmsMfaConfiguration",
    "email": "EmailMfaConfiguration",
}
_RECOVERY = {"email": "verified_email", "phone_number": "verified_phone_number", "admin_only": "admin_only"}
_TIERS = {"lite": "LITE", "essentials": "ESSENTIALS", "plus": "PLUS"}
_WATCHING = {"off": "OFF", "audit": "AUDIT", "enforced": "ENFORCED"}
_ASKED_FIRST = {"always": False, "opt_in": True, "never": None}
_CONFIRMED_BY = {"code": "CONFIRM_WITH_CODE", "link": "CONFIRM_WITH_LINK"}
_USER_VERIFICATION = {"preferred": "preferred", "required": "required"}
_PROTECTED = {True: "ACTIVE", False: "INACTIVE"}

_PROMPT, _REPLACES = (
    f"DeviceConfiguration.{name}" for name in ("DeviceOnlyRememberedOnUserPrompt", "ChallengeRequiredOnNewDevice")
)
_VERIFICATION, _INVITATION = "VerificationMessageTemplate", "AdminCreateUserConfig.InviteMessageTemplate"

POOL_SETTINGS: Settings = (
    ("verify", "AutoVerifiedAttributes", None),
    ("verify_before_change", "UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate", None),
    ("first_factors", "Policies.SignInPolicy.AllowedFirstAuthFactors", _FIRST_FACTORS),
    ("recovery", "AccountRecoverySetting.RecoveryMechanisms", _RECOVERY),
    ("devices", _PROMPT, _ASKED_FIRST),
    ("device_replaces_mfa", _REPLACES, None),
    ("tier", "UserPoolTier", _TIERS),
    ("threat_protection", "UserPoolAddOns.AdvancedSecurityMode", _WATCHING),
    ("deletion_protection", "DeletionProtection", _PROTECTED),
    ("password.history", "Policies.PasswordPolicy.PasswordHistorySize", None),
    ("messages.from", "EmailConfiguration.From", None),
    ("messages.reply_to", "EmailConfiguration.ReplyToEmailAddress", None),
    ("messages.verification_by", f"{_VERIFICATION}.DefaultEmailOption", _CONFIRMED_BY),
    ("messages.verification_email", f"{_VERIFICATION}.EmailMessage", None),
    ("messages.verification_email_subject", f"{_VERIFICATION}.EmailSubject", None),
    ("messages.verification_link_email", f"{_VERIFICATION}.EmailMessageByLink", None),
    ("messages.verification_link_email_subject", f"{_VERIFICATION}.EmailSubjectByLink", None),
    ("messages.verification_sms", f"{_VERIFICATION}.SmsMessage", None),
    ("messages.invitation_email", f"{_INVITATION}.EmailMessage", None),
    ("messages.invitation_email_subject", f"{_INVITATION}.EmailSubject", None),
    ("messages.invitation_sms", f"{_INVITATION}.SMSMessage", None),
    ("messages.sign_in_sms", "SmsAuthenticationMessage", None),
)
PASSKEY_SETTINGS: Settings = (
    ("passkeys.domain", "RelyingPartyId", None),
    ("passkeys.user_verification", "UserVerification", _USER_VERIFICATION),
    (
        "passkeys.count_as_mfa",
        "FactorConfiguration",
        {True: "MULTI_FACTOR_WITH_USER_VERIFICATION", False: "SINGLE_FACTOR"},
    ),
)
SIGN_IN_EMAIL = {"messages.sign_in_email": "Message", "messages.sign_in_email_subject": "Subject"}


def members_of(settings: Settings, table: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The members of those keys that stand in the file."""
    members: dict[str, Any] = {}
    for key, path, words in settings:
        if (value := value_of(table, key)) is None:
            continue
        *outer, last = path.split(".")
        into = members
        for name in outer:
            into = into.setdefault(name, {})
        into[last] = _translated(key, value, words, f"{place}: {key}")
    if members.get("DeviceConfiguration", {}).get(_PROMPT.partition(".")[2], False) is None:
        members["DeviceConfiguration"] = None
    return members


def _translated(key: str, value: Any, words: Words | None, place: str) -> Any:
    if words is None:
        return value if key != "password.history" else value or None  # 0 is none, and told as none
    if not isinstance(value, list):
        return word(words, value, place)
    values = [word(words, each, place) for each in value]
    if key == "recovery":
        return [{"Priority": number, "Name": name} for number, name in enumerate(values, 1)]
    return values


def word(words: Words, value: Any, place: str) -> Any:
    if value not in words:
        *first, last = words
        raise SeedRefused(f"{place} must be {', '.join(first)} or {last}, not {value!r}")
    return words[value]


def value_of(table: Mapping[str, Any], key: str) -> Any:
    """The value of `key` or of `table.key`; None where it does not stand in the file."""
    inner, _, name = key.rpartition(".")
    return (table.get(inner, {}) if inner else table).get(name)
