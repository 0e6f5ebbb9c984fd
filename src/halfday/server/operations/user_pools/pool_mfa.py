"""Second factors and passkeys of a pool: SetUserPoolMfaConfig, GetUserPoolMfaConfig.

What AWS does with which combination was measured by others: floci-io/floci#2831, go-to-k/cdkd#1923 and #1968.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.user_pools.pools import (
    EMAIL_OTP,
    SMS_MFA,
    SOFTWARE_TOKEN_MFA,
    MfaPolicy,
    PasskeyPolicy,
    Pool,
)
from halfday.server.operations.framework.lookups import invalid, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.user_pools.pool_checks import (
    SMS_CONFIGURATION,
    TOTP_CONFIGURATION,
    check_named,
    check_pool,
)
from halfday.server.operations.user_pools.pool_shapes import mfa_shape

Given = Mapping[str, Any]

_FACTORS = ("SmsMfaConfiguration", TOTP_CONFIGURATION, "EmailMfaConfiguration")
_PASSKEYS = "WebAuthnConfiguration"
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


@operation("cognito-idp", "GetUserPoolMfaConfig", honours="UserPoolId")
async def get_user_pool_mfa_config(call: Call) -> Output:
    return mfa_shape(await the_pool(call))


@operation(
    "cognito-idp",
    "SetUserPoolMfaConfig",
    honours="UserPoolId SmsMfaConfiguration SoftwareTokenMfaConfiguration EmailMfaConfiguration MfaConfiguration "
    "WebAuthnConfiguration",
)
async def set_user_pool_mfa_config(call: Call) -> Output:
    """A replacement: without MfaConfiguration it is OFF, and what is left out of the factors is one no longer.

    WebAuthnConfiguration is no factor and goes with OFF too; left out, it stays as it is [inferred].
    """
    pool, given, now = await the_pool(call), call.input, call.now
    _check_combination(given)
    check_named(call, pool.region, email={}, sms=given.get("SmsMfaConfiguration", {}).get(SMS_CONFIGURATION, {}))
    _check_relying_party(given.get(_PASSKEYS, {}).get("RelyingPartyId"))

    def change(old: Pool) -> Pool:
        changed = replace(_configured(old, given), modified_at=now)
        check_pool(changed)
        return changed

    return mfa_shape(await call.services.store.pools.change(pool.pool_id, change))


def _check_combination(given: Given) -> None:
    """A factor counts when it is configured, whether or not it is enabled."""
    off, configured = given.get("MfaConfiguration", "OFF") == "OFF", any(name in given for name in _FACTORS)
    if off and configured:
        raise invalid("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
    if not off and not configured:
        raise invalid("Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.")


def _check_relying_party(domain: str | None) -> None:
    """A bare domain name. The sentence was measured by github.com/badmintoncryer/cdk-preflight."""
    if domain is not None and not _DOMAIN.fullmatch(domain):
        raise invalid("RelyingPartyId contains invalid characters")


def _configured(pool: Pool, given: Given) -> Pool:
    texts, mails = given.get("SmsMfaConfiguration", {}), given.get("EmailMfaConfiguration", {})
    templates = replace(
        pool.templates,
        sms_authentication=texts.get("SmsAuthenticationMessage"),
        email_authentication=mails.get("Message"),
        email_authentication_subject=mails.get("Subject"),
    )
    passkeys = _passkeys(given[_PASSKEYS]) if _PASSKEYS in given else pool.passkeys
    return replace(pool, mfa=_mfa(given), templates=templates, passkeys=passkeys, declared=_declared(pool, given))


def _mfa(given: Given) -> MfaPolicy:
    enabled = {
        SMS_MFA: "SmsMfaConfiguration" in given,
        SOFTWARE_TOKEN_MFA: given.get(TOTP_CONFIGURATION, {}).get("Enabled", False),
        EMAIL_OTP: "EmailMfaConfiguration" in given,
    }
    factors = tuple(factor for factor, is_enabled in enabled.items() if is_enabled)
    return MfaPolicy(given.get("MfaConfiguration", "OFF"), factors)


def _passkeys(given: Given) -> PasskeyPolicy:
    return PasskeyPolicy(
        relying_party_id=given.get("RelyingPartyId"),
        user_verification=given.get("UserVerification", "preferred"),
        counts_as_mfa=given.get("FactorConfiguration") == "MULTI_FACTOR_WITH_USER_VERIFICATION",
    )


def _declared(pool: Pool, given: Given) -> dict[str, Any]:
    declared = {name: value for name, value in pool.declared.items() if name != TOTP_CONFIGURATION}
    sms = given.get("SmsMfaConfiguration", {}).get(SMS_CONFIGURATION)
    given_now = {name: given[name] for name in (TOTP_CONFIGURATION, _PASSKEYS) if name in given}
    return declared | given_now | ({SMS_CONFIGURATION: sms} if sms else {})
