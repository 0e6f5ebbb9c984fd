"""What CreateUserPool and UpdateUserPool set of a pool: their members become its fields, AWS's defaults the rest.

Whether they go together is pool_checks's to say. Sentences are AWS's, but for those marked [inferred].
Source: API reference, CreateUserPool and UpdateUserPool; what an update keeps was measured by others (github.com/
go-to-k/cdkd, cognito-provider.ts): MfaConfiguration and both of Policies; UserAttributeUpdateSettings, which an empty
list switches off (hashicorp/terraform-provider-aws, user_pool.go and its acceptance test); the tier is [inferred] from
pools that were made before there were tiers and stay LITE.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.user_pools.acr_names import DEFAULT_NAMES
from halfday.server.domain.user_pools.password_policy import PasswordPolicy
from halfday.server.domain.user_pools.pools import EMAIL_OTP, SMS_MFA, DevicePolicy, MessageTemplates, MfaPolicy, Pool
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.user_pools.pool_checks import SMS_CONFIGURATION, TOTP_CONFIGURATION, check_pool
from halfday.server.operations.user_pools.pool_schema import schema_of

Given = Mapping[str, Any]

RECORDED = (
    "EmailConfiguration SmsConfiguration UserPoolAddOns AccountRecoverySetting UserAttributeUpdateSettings "
    "KeyConfiguration IssuerConfiguration"
).split()
"""Kept in `declared` as they were given, and shown so. Parts of some stand in fields of their own as well."""

_NEEDED = {SMS_MFA: (SMS_CONFIGURATION,), EMAIL_OTP: ("EmailConfiguration", "AccountRecoverySetting")}
_DEFAULT_TEMPORARY_DAYS = 7
_DEFAULT_RECOVERY = {
    "RecoveryMechanisms": [
        {"Priority": 1, "Name": "verified_email"},
        {"Priority": 2, "Name": "verified_phone_number"},
    ]
}
"""Of a new pool (facts/api.md §10). Older pools have none, and so has one that is updated without it."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+|[^<>\r\n]*<[^@\s<>]+@[^@\s<>]+>")


def created(blank: Pool, given: Given) -> Pool:
    """The pool set up as CreateUserPool's members say, with AWS's defaults for the rest. Raises Refused."""
    if given.get("AliasAttributes") and given.get("UsernameAttributes"):
        raise invalid("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
    fixed = replace(
        blank,
        schema=schema_of(given.get("Schema", ())),
        username_attributes=tuple(given.get("UsernameAttributes", ())),
        alias_attributes=tuple(given.get("AliasAttributes", ())),
        case_sensitive=given.get("UsernameConfiguration", {}).get("CaseSensitive", True),
    )
    if "preferred_username" in fixed.alias_attributes and "preferred_username" in _required(fixed):
        raise invalid("preferred_username cannot be both an alias and required.")
    recovery = given.get("AccountRecoverySetting") or _DEFAULT_RECOVERY
    return configured(fixed, {**given, "AccountRecoverySetting": recovery})


def _required(pool: Pool) -> set[str]:
    """Developer guide, Working with user attributes: an alias of this kind is given after the sign-up, so that nobody
    could sign up. The sentence is [inferred]."""
    return {attribute.name for attribute in pool.schema if attribute.required}


def configured(pool: Pool, given: Given) -> Pool:
    """The pool as UpdateUserPool's members make it. What they leave out returns to its default. Raises Refused.

    But the password policy, the first factors, the tier, tags, MFA and what is verified before it is changed stay as
    they are, and with MFA what it cannot do without [inferred]. Terraform sets tags by TagResource, before.
    """
    first_factors = given.get("Policies", {}).get("SignInPolicy", {}).get("AllowedFirstAuthFactors", pool.first_factors)
    declared = _declared(pool, given, first_factors)
    email = declared.get("EmailConfiguration", {})
    changed = replace(
        pool,
        name=given.get("PoolName", pool.name),
        password_policy=_password_policy(pool, given),
        first_factors=tuple(first_factors),
        auto_verified_attributes=tuple(given.get("AutoVerifiedAttributes", ())),
        admin_create_user_only=given.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly", False),
        deletion_protection=given.get("DeletionProtection") == "ACTIVE",
        mfa=_mfa(pool, given, can_text=SMS_CONFIGURATION in declared),
        devices=_devices(given.get("DeviceConfiguration")),
        templates=_templates(pool.templates, given),
        email_from=_email_from(email),
        email_reply_to=email.get("ReplyToEmailAddress", ""),
        recovery=_recovery(declared.get("AccountRecoverySetting", {}).get("RecoveryMechanisms")),
        verify_before_update=_verified_before(declared),
        threat_protection=given.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF"),
        tier=given.get("UserPoolTier", pool.tier),
        lambda_config=dict(given.get("LambdaConfig", {})),
        declared=declared,
        tags=dict(given.get("UserPoolTags", pool.tags)),
        acr_names=_acr_names(given),
    )
    check_pool(changed)
    return changed


def _verified_before(declared: Given) -> tuple[str, ...]:
    settings = declared.get("UserAttributeUpdateSettings", {})
    return tuple(settings.get("AttributesRequireVerificationBeforeUpdate", ()))


def _acr_names(given: Given) -> dict[str, str]:
    """The pool's own: who hands back what DescribeUserPool tells of AWS's names names nothing."""
    names = {level: each["AcrValue"] for level, each in given.get("AcrConfiguration", {}).items()}
    return {level: name for level, name in names.items() if name != DEFAULT_NAMES[level]}


def _declared(pool: Pool, given: Given, first_factors: Iterable[str]) -> dict[str, Any]:
    """`declared` with the given members replaced. What other operations keep in it stays."""
    no_mfa = given.get("MfaConfiguration") == "OFF"
    needed = {"UserAttributeUpdateSettings", *([SMS_CONFIGURATION] if "SMS_OTP" in first_factors else ())}
    needed = needed.union(*(_NEEDED.get(factor, ()) for factor in pool.mfa.factors if not no_mfa))
    gone = {*RECORDED, TOTP_CONFIGURATION} if no_mfa else set(RECORDED)
    kept = {name: value for name, value in pool.declared.items() if name in needed or name not in gone}
    return kept | {name: given[name] for name in RECORDED if given.get(name)}


def _password_policy(pool: Pool, given: Given) -> PasswordPolicy:
    """What is left out falls to false once a policy is given, as on AWS [inferred]. Days of 0 are the default.

    UnusedAccountValidityDays is the older name of TemporaryPasswordValidityDays: one of them may be given.
    """
    asked = given.get("Policies", {}).get("PasswordPolicy")
    days = given.get("AdminCreateUserConfig", {}).get("UnusedAccountValidityDays")
    if days is not None and asked is not None and "TemporaryPasswordValidityDays" in asked:
        raise invalid("Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays")
    if not asked:
        return (
            pool.password_policy if days is None else replace(pool.password_policy, temporary_validity_days=days or 7)
        )
    return PasswordPolicy(
        minimum_length=asked.get("MinimumLength", 8),
        require_uppercase=asked.get("RequireUppercase", False),
        require_lowercase=asked.get("RequireLowercase", False),
        require_numbers=asked.get("RequireNumbers", False),
        require_symbols=asked.get("RequireSymbols", False),
        temporary_validity_days=asked.get("TemporaryPasswordValidityDays") or days or _DEFAULT_TEMPORARY_DAYS,
        history_size=asked.get("PasswordHistorySize", 0),
    )


def _mfa(pool: Pool, given: Given, *, can_text: bool) -> MfaPolicy:
    """Only SetUserPoolMfaConfig chooses factors. Until then a pool with SmsConfiguration has SMS as its factor."""
    mode = given.get("MfaConfiguration", pool.mfa.mode)
    if mode == "OFF":
        return MfaPolicy()
    return MfaPolicy(mode, pool.mfa.factors or ((SMS_MFA,) if can_text else ()))


def _devices(given: Given | None) -> DevicePolicy | None:
    """Any member of DeviceConfiguration switches device tracking on; an empty one does not [inferred]."""
    if not given:
        return None
    return DevicePolicy(
        challenge_on_new=given.get("ChallengeRequiredOnNewDevice", False),
        remembered_on_prompt_only=given.get("DeviceOnlyRememberedOnUserPrompt", False),
    )


def _templates(old: MessageTemplates, given: Given) -> MessageTemplates:
    """VerificationMessageTemplate, and the three older members for the same; where both are given it has the last word
    [inferred]. What a pool writes to those who sign in by e-mail is SetUserPoolMfaConfig's to say."""
    verification = given.get("VerificationMessageTemplate", {})
    invitation = given.get("AdminCreateUserConfig", {}).get("InviteMessageTemplate", {})
    return MessageTemplates(
        sms_verification=verification.get("SmsMessage", given.get("SmsVerificationMessage")),
        email_verification=verification.get("EmailMessage", given.get("EmailVerificationMessage")),
        email_verification_subject=verification.get("EmailSubject", given.get("EmailVerificationSubject")),
        email_by_link=verification.get("EmailMessageByLink"),
        email_by_link_subject=verification.get("EmailSubjectByLink"),
        by_link=verification.get("DefaultEmailOption") == "CONFIRM_WITH_LINK",
        sms_authentication=given.get("SmsAuthenticationMessage"),
        email_authentication=old.email_authentication,
        email_authentication_subject=old.email_authentication_subject,
        sms_invitation=invitation.get("SMSMessage"),
        email_invitation=invitation.get("EmailMessage"),
        email_invitation_subject=invitation.get("EmailSubject"),
    )


def _email_from(given: Given) -> str:
    """The sender of e-mails: From, else the address in SourceArn, else empty for the server's default sender."""
    source = given.get("SourceArn", "")
    if given.get("EmailSendingAccount") == "DEVELOPER" and not source:
        raise invalid("Source ARN is required to use DEVELOPER email sending owner")
    if "From" in given and not _ADDRESS.fullmatch(given["From"]):
        raise invalid("Provided From email address is invalid")
    identity = source.rpartition("identity/")[2]
    return str(given.get("From") or (identity if "@" in identity else ""))


def _recovery(given: list[Given] | None) -> tuple[str, ...] | None:
    """The names in the order of their priorities; None when AccountRecoverySetting is absent."""
    if not given:
        return None
    names = [each["Name"] for each in sorted(given, key=lambda each: int(each["Priority"]))]
    if len(set(names)) < len(names) or len({each["Priority"] for each in given}) < len(names):
        raise invalid("Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.")
    if "admin_only" in names and len(names) > 1:
        raise invalid("Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.")
    return tuple(names)
