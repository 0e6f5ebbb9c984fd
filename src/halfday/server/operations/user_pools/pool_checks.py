"""Which settings of a pool may be combined, in AWS's words. Every operation that changes a pool checks the result here.

Sentences as people have seen them (github.com/badmintoncryer/cdk-preflight, rules/cognito; go-to-k/cdkd;
aws/aws-cdk#12075), but for those marked [inferred]. AWS's order among them is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import named_resources, tags
from halfday.server.domain.user_pools.acr_names import may_be_asked_for, names_objection
from halfday.server.domain.user_pools.pools import EMAIL_OTP, SMS_MFA, Pool
from halfday.server.domain.user_pools.triggers import check_lambda_config
from halfday.server.flows.account.user_import import import_is_running
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.framework.registry import Call

SMS_CONFIGURATION = "SmsConfiguration"
TOTP_CONFIGURATION = "SoftwareTokenMfaConfiguration"
"""In `declared` once authenticator apps have been configured, even as disabled."""

_WITH_REQUIRED_MFA = {"PASSWORD", "WEB_AUTHN"}


def check_pool(pool: Pool) -> None:
    """Raises Refused for settings that exclude each other."""
    check_tier(pool.tier, _features(pool))
    check_lambda_config(pool.lambda_config)
    combined = (*_sign_in(pool), *_messages(pool), *_mfa(pool))
    objection = names_objection(pool.acr_names) or next((sentence for wrong, sentence in combined if wrong), None)
    if objection is not None:
        raise invalid(objection)


def check_named(call: Call, region: str, *, email: Mapping[str, Any], sms: Mapping[str, Any]) -> None:
    """Raises Refused for what EmailConfiguration and SmsConfiguration may not name."""
    roles = (sms.get("SnsCallerArn"), sms.get("EumsSms", {}).get("CallerArn"))
    objections = [named_resources.role(arn, call.account) for arn in roles if arn]
    if "SnsRegion" in sms:
        objections.append(named_resources.sns_region(sms["SnsRegion"], region))
    if email.get("SourceArn"):
        member = "EmailConfiguration.SourceArn"
        objections.append(named_resources.ses_identity(email["SourceArn"], region, member=member))
    for objection in filter(None, objections):
        raise invalid(objection)


def check_tags(given: Mapping[str, str]) -> None:
    """Raises Refused for tags of a pool that AWS would not keep."""
    objection = tags.objection(given)
    if objection is not None:
        raise Refused("UserPoolTaggingException", objection)


async def refuse_while_importing(call: Call, pool: Pool) -> None:
    """Raises Refused while a user import job works in the pool; the sentence is [inferred]."""
    if await import_is_running(call.services, pool.pool_id):
        raise Refused("UserImportInProgressException", "A user import job is in progress for this user pool.")


def check_tier(tier: str, features: Iterator[str]) -> None:
    """Raises Refused when there are features that the tier does not have."""
    names = ", ".join(features)
    if names:
        sentence = f"The following features need to be disabled for the {tier} pricing tier configured: {names}"
        raise Refused("FeatureUnavailableInTierException", sentence)


def _features(pool: Pool) -> Iterator[str]:
    """The features in use that the pool's tier lacks. The names of the last four are [inferred]."""
    if pool.tier != "PLUS" and pool.threat_protection != "OFF":
        yield "Threat Protection"
    if pool.tier != "LITE":
        return
    if set(pool.first_factors) - {"PASSWORD"}:
        yield "Passwordless Sign-In"
    if pool.passkeys is not None and pool.passkeys.counts_as_mfa:
        yield "Passkey MFA"
    if EMAIL_OTP in pool.mfa.factors:
        yield "Email MFA"
    if pool.password_policy.history_size:
        yield "Password History"
    if pool.acr_names and not may_be_asked_for(pool.tier):
        yield "ACR Configuration"


def _sign_in(pool: Pool) -> Iterator[tuple[bool, str]]:
    factors, required = set(pool.first_factors), pool.mfa.mode == "ON"
    yield "PASSWORD" not in factors, "Password should be configured as one of the allowed first auth factors."
    yield "SOFTWARE_TOKEN" in factors, "SOFTWARE_TOKEN is not supported as an allowed first auth factor."  # [inferred]
    yield (
        "SMS_OTP" in factors and SMS_CONFIGURATION not in pool.declared,
        "SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS configuration",
    )
    yield (
        required and bool(factors - _WITH_REQUIRED_MFA),
        "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled",
    )
    yield (
        required and "WEB_AUTHN" in factors and not (pool.passkeys and pool.passkeys.counts_as_mfa),
        "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed "
        "first auth factor",
    )


def _messages(pool: Pool) -> Iterator[tuple[bool, str]]:
    sms = pool.declared.get(SMS_CONFIGURATION)
    yield (
        sms is not None and bool(sms.get("SnsCallerArn")) == ("EumsSms" in sms),
        "Invalid SMS configuration given, either SnsCallerArn or EumsSms is valid",  # [inferred]
    )
    yield (
        "phone_number" in pool.auto_verified_attributes and sms is None,
        "SMS configuration is required when phone_number is selected for auto verification",
    )
    yield (
        bool(set(pool.verify_before_update) - set(pool.auto_verified_attributes)),
        "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
    )


def _mfa(pool: Pool) -> Iterator[tuple[bool, str]]:
    """A configuration of authenticator apps counts, even one that switches them off (floci-io/floci#2831)."""
    mfa, declared = pool.mfa, pool.declared
    configured = mfa.factors or TOTP_CONFIGURATION in declared
    yield (
        mfa.mode != "OFF" and (not configured or (SMS_MFA in mfa.factors and SMS_CONFIGURATION not in declared)),
        "SMS configuration and Auto verification for phone_number are required when MFA is required/optional",
    )
    by_email = EMAIL_OTP in mfa.factors
    yield (
        by_email and declared.get("EmailConfiguration", {}).get("EmailSendingAccount") != "DEVELOPER",
        "Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of "
        "COGNITO_DEFAULT.",
    )
    yield (
        by_email and pool.recovery in (None, ("verified_email",)),
        "Cannot set EmailMfaConfiguration when user pool AccountRecoverySetting is not set or contains only "
        "verified_email in RecoveryMechanisms.",
    )
