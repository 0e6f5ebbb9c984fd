"""Pools as the API shows them: UserPoolType, and what SetUserPoolMfaConfig and GetUserPoolMfaConfig answer."""

from __future__ import annotations

from typing import Any

from halfday.server.domain.user_pools.acr_names import effective_names
from halfday.server.domain.user_pools.attributes import STANDARD, full_schema
from halfday.server.domain.user_pools.password_policy import PasswordPolicy
from halfday.server.domain.user_pools.pools import (
    EMAIL_OTP,
    SMS_MFA,
    SOFTWARE_TOKEN_MFA,
    DevicePolicy,
    MessageTemplates,
    Pool,
)
from halfday.server.operations.framework.registry import Call
from halfday.server.operations.user_pools.pool_checks import SMS_CONFIGURATION, TOTP_CONFIGURATION
from halfday.server.operations.user_pools.pool_schema import IDENTITIES, schema_shape
from halfday.server.operations.user_pools.pool_settings import RECORDED


async def user_pool_shape(call: Call, pool: Pool) -> dict[str, Any]:
    """UserPoolType, with AWS's defaults for what has not been set (facts/api.md §10)."""
    store, templates = call.services.store, pool.templates
    domains = await store.domains.all_of_pool(pool.pool_id)
    recorded: dict[str, Any] = {name: pool.declared.get(name) for name in RECORDED}
    return {
        **recorded,
        "Id": pool.pool_id,
        "Name": pool.name,
        "Policies": {
            "PasswordPolicy": _password_policy(pool.password_policy),
            "SignInPolicy": {"AllowedFirstAuthFactors": list(pool.first_factors)},
        },
        "DeletionProtection": "ACTIVE" if pool.deletion_protection else "INACTIVE",
        "LambdaConfig": pool.lambda_config,
        "LastModifiedDate": pool.modified_at,
        "CreationDate": pool.created_at,
        "SchemaAttributes": _schema(pool, federated=bool(await store.providers.of_pool(pool.pool_id))),
        "AutoVerifiedAttributes": list(pool.auto_verified_attributes) or None,
        "AliasAttributes": list(pool.alias_attributes) or None,
        "UsernameAttributes": list(pool.username_attributes) or None,
        "SmsVerificationMessage": templates.sms_verification,
        "EmailVerificationMessage": templates.email_verification,
        "EmailVerificationSubject": templates.email_verification_subject,
        "VerificationMessageTemplate": _verification(templates),
        "SmsAuthenticationMessage": templates.sms_authentication,
        "MfaConfiguration": pool.mfa.mode,
        "DeviceConfiguration": _devices(pool.devices),
        "EstimatedNumberOfUsers": await store.users.count(pool.pool_id),
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT", **(recorded["EmailConfiguration"] or {})},
        "UserPoolTags": pool.tags or None,
        "Domain": next((domain.domain for domain in domains if not domain.custom), None),
        "CustomDomain": next((domain.domain for domain in domains if domain.custom), None),
        "AdminCreateUserConfig": _admin_create_user(pool),
        "UsernameConfiguration": {"CaseSensitive": pool.case_sensitive},
        "Arn": pool.arn(call.account),
        "UserPoolTier": pool.tier,
        "AcrConfiguration": {level: {"AcrValue": name} for level, name in effective_names(pool.acr_names).items()},
    }


def summary_shape(pool: Pool) -> dict[str, Any]:
    """UserPoolDescriptionType."""
    return {
        "Id": pool.pool_id,
        "Name": pool.name,
        "LambdaConfig": pool.lambda_config,
        "LastModifiedDate": pool.modified_at,
        "CreationDate": pool.created_at,
    }


def mfa_shape(pool: Pool) -> dict[str, Any]:
    """Only what has been configured is shown (floci-io/floci#2831, measured)."""
    mfa, templates, declared = pool.mfa, pool.templates, pool.declared
    texts = {
        "SmsAuthenticationMessage": templates.sms_authentication,
        "SmsConfiguration": declared.get(SMS_CONFIGURATION),
    }
    mails = {"Message": templates.email_authentication, "Subject": templates.email_authentication_subject}
    apps = {"Enabled": SOFTWARE_TOKEN_MFA in mfa.factors}
    return {
        "SmsMfaConfiguration": texts if SMS_MFA in mfa.factors else None,
        "SoftwareTokenMfaConfiguration": apps if TOTP_CONFIGURATION in declared else None,
        "EmailMfaConfiguration": mails if EMAIL_OTP in mfa.factors else None,
        "MfaConfiguration": mfa.mode,
        "WebAuthnConfiguration": declared.get("WebAuthnConfiguration"),
    }


def _password_policy(policy: PasswordPolicy) -> dict[str, Any]:
    return {
        "MinimumLength": policy.minimum_length,
        "RequireUppercase": policy.require_uppercase,
        "RequireLowercase": policy.require_lowercase,
        "RequireNumbers": policy.require_numbers,
        "RequireSymbols": policy.require_symbols,
        "PasswordHistorySize": policy.history_size or None,
        "TemporaryPasswordValidityDays": policy.temporary_validity_days,
    }


def _schema(pool: Pool, *, federated: bool) -> list[dict[str, Any]]:
    """Standard attributes, `identities` in pools with a provider, custom ones. The second one's place is [inferred]."""
    schema = full_schema(pool.schema)
    standard, custom = schema[: len(STANDARD)], schema[len(STANDARD) :]
    return [schema_shape(each) for each in (*standard, *((IDENTITIES,) if federated else ()), *custom)]


def _verification(templates: MessageTemplates) -> dict[str, Any]:
    return {
        "SmsMessage": templates.sms_verification,
        "EmailMessage": templates.email_verification,
        "EmailSubject": templates.email_verification_subject,
        "EmailMessageByLink": templates.email_by_link,
        "EmailSubjectByLink": templates.email_by_link_subject,
        "DefaultEmailOption": "CONFIRM_WITH_LINK" if templates.by_link else "CONFIRM_WITH_CODE",
    }


def _devices(devices: DevicePolicy | None) -> dict[str, bool] | None:
    if devices is None:
        return None
    return {
        "ChallengeRequiredOnNewDevice": devices.challenge_on_new,
        "DeviceOnlyRememberedOnUserPrompt": devices.remembered_on_prompt_only,
    }


def _admin_create_user(pool: Pool) -> dict[str, Any]:
    templates = pool.templates
    invitation = {
        "SMSMessage": templates.sms_invitation,
        "EmailMessage": templates.email_invitation,
        "EmailSubject": templates.email_invitation_subject,
    }
    return {
        "AllowAdminCreateUserOnly": pool.admin_create_user_only,
        "UnusedAccountValidityDays": pool.password_policy.temporary_validity_days,
        "InviteMessageTemplate": invitation if any(invitation.values()) else None,
    }
