"""What people sign in with, set by themselves and by an administrator: apps, MFA preferences, first factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from halfday.server.domain.aws.callers import TokenUser
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in import next_step as rules
from halfday.server.domain.sign_in.next_step import Challenge
from halfday.server.domain.user_pools.pools import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA, Pool
from halfday.server.domain.users.users import User
from halfday.server.flows.factors import software_tokens
from halfday.server.flows.sign_in import mfa_setup
from halfday.server.operations.framework.lookups import invalid, the_caller, the_pool, the_user
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import context_of
from halfday.server.storage.errors import Missing

_SETTINGS = {
    "SMSMfaSettings": SMS_MFA,
    "SoftwareTokenMfaSettings": SOFTWARE_TOKEN_MFA,
    "EmailMfaSettings": EMAIL_OTP,
    "WebAuthnMfaSettings": Challenge.WEB_AUTHN.value,
}
_PREFERENCES = " ".join(_SETTINGS)
_NEEDS = {SMS_MFA: "phone_number", EMAIL_OTP: "email"}


@operation("cognito-idp", "AssociateSoftwareToken", honours="AccessToken Session")
async def associate_software_token(call: Call) -> Output:
    """With an access token the secret waits beside an app that serves already; with a session it goes on there."""
    if not isinstance(call.caller, TokenUser):
        secret, session = await mfa_setup.associate(call.services, call.input["Session"], context_of(call))
        return {"SecretCode": secret, "Session": session}
    pool, user = call.caller.pool, call.caller.user
    if SOFTWARE_TOKEN_MFA not in pool.mfa.factors:
        raise Refused("SoftwareTokenMFANotFoundException", "Software token MFA is not enabled for the userPool.")
    return {"SecretCode": await software_tokens.associate(call.services, pool, user)}


@operation("cognito-idp", "VerifySoftwareToken", honours="AccessToken Session UserCode FriendlyDeviceName")
async def verify_software_token(call: Call) -> Output:
    """With an access token the app is registered, and switched on by SetUserMFAPreference only (facts/api.md §4)."""
    code, name = call.input["UserCode"], call.input.get("FriendlyDeviceName")
    if isinstance(call.caller, TokenUser):
        caller = call.caller
        await software_tokens.prove(call.services, caller.pool, caller.user, code, device_name=name)
        return {"Status": "SUCCESS"}
    session = await mfa_setup.verify(call.services, call.input["Session"], code, context_of(call), device_name=name)
    return {"Status": "SUCCESS", "Session": session}


@operation("cognito-idp", "AdminDeleteSoftwareToken", honours="UserPoolId Username")
async def admin_delete_software_token(call: Call) -> Output:
    """The app is forgotten, and switched off with it. Of somebody without one: InvalidParameterException [inferred]."""
    pool = await the_pool(call)
    user = await the_user(call, pool)

    def switched_off(known: User) -> User:
        enabled = tuple(name for name in known.mfa_enabled if name != SOFTWARE_TOKEN_MFA)
        preferred = None if known.mfa_preferred == SOFTWARE_TOKEN_MFA else known.mfa_preferred
        return replace(known, mfa_enabled=enabled, mfa_preferred=preferred, modified_at=call.now)

    async with call.services.store.unit(pool.pool_id):
        try:
            await call.services.store.software_tokens.delete(pool.pool_id, user.username)
        except Missing as problem:
            raise invalid("User has not set up software token mfa") from problem
        await call.services.store.users.change(pool.pool_id, user.username, switched_off)
    return {}


@operation("cognito-idp", "SetUserMFAPreference", honours=f"AccessToken {_PREFERENCES}")
async def set_user_mfa_preference(call: Call) -> Output:
    caller = the_caller(call)
    return await _set_preference(call, caller.pool, caller.user)


@operation("cognito-idp", "AdminSetUserMFAPreference", honours=f"UserPoolId Username {_PREFERENCES}")
async def admin_set_user_mfa_preference(call: Call) -> Output:
    pool = await the_pool(call)
    return await _set_preference(call, pool, await the_user(call, pool))


@operation("cognito-idp", "SetUserSettings", honours="AccessToken MFAOptions")
async def set_user_settings(call: Call) -> Output:
    return await _set_options(call, the_caller(call).user)


@operation("cognito-idp", "AdminSetUserSettings", honours="UserPoolId Username MFAOptions")
async def admin_set_user_settings(call: Call) -> Output:
    return await _set_options(call, await the_user(call, await the_pool(call)))


@operation("cognito-idp", "GetUserAuthFactors", honours="AccessToken")
async def get_user_auth_factors(call: Call) -> Output:
    caller = the_caller(call)
    return await _auth_factors(call, caller.pool, caller.user)


@operation("cognito-idp", "AdminGetUserAuthFactors", honours="UserPoolId Username")
async def admin_get_user_auth_factors(call: Call) -> Output:
    pool = await the_pool(call)
    return await _auth_factors(call, pool, await the_user(call, pool))


async def _set_preference(call: Call, pool: Pool, user: User) -> Output:
    """What is not named stays as it is. One factor at most is preferred, and it is one that is switched on."""
    async with call.services.store.unit(pool.pool_id):
        known = await call.services.store.users.get(pool.pool_id, user.username)
        enabled, preferred = await _wished_for(call, pool, known)
        change = partial(replace, mfa_enabled=tuple(enabled), mfa_preferred=preferred, modified_at=call.now)
        await call.services.store.users.change(pool.pool_id, user.username, change)
    return {}


async def _wished_for(call: Call, pool: Pool, user: User) -> tuple[list[str], str | None]:
    """The factors that are switched on then, and the one that is preferred."""
    enabled, preferred = list(user.mfa_enabled), user.mfa_preferred
    wishes = {factor: call.input[member] for member, factor in _SETTINGS.items() if member in call.input}
    for factor, wish in wishes.items():
        if wish.get("Enabled") and factor not in enabled:
            await _check_can_enable(call, pool, user, factor)
            enabled.append(factor)
        elif "Enabled" in wish and not wish["Enabled"]:
            enabled = [name for name in enabled if name != factor]
    if preferred not in enabled or wishes.get(preferred or "", {}).get("PreferredMfa") is False:
        preferred = None
    return enabled, _wished(wishes, enabled) or preferred


def _wished(wishes: Mapping[str, Mapping[str, Any]], enabled: list[str]) -> str | None:
    """The factor that is to be preferred. AWS's sentences for the two refusals are not known."""
    preferred = [factor for factor, wish in wishes.items() if wish.get("PreferredMfa")]
    if len(preferred) > 1:
        raise invalid(f"Only one MFA method can be preferred, not {' and '.join(preferred)}.")
    if preferred and preferred[0] not in enabled:
        raise invalid(f"{preferred[0]} cannot be preferred: it is not enabled for the user.")
    return preferred[0] if preferred else None


async def _check_can_enable(call: Call, pool: Pool, user: User, factor: str) -> None:
    """Raises Refused in AWS's words (facts/api.md §5, SetUserMFAPreference)."""
    no_way = f"User does not have delivery config set to turn on {factor}"
    if factor == Challenge.WEB_AUTHN:
        if pool.passkeys is None or not pool.passkeys.counts_as_mfa:
            raise invalid("Passkeys are no MFA method in this user pool: its FactorConfiguration is SINGLE_FACTOR.")
        return
    if factor not in pool.mfa.factors or (factor in _NEEDS and not user.attributes.get(_NEEDS[factor])):
        raise invalid(no_way)
    if factor == SOFTWARE_TOKEN_MFA:
        token = await call.services.store.software_tokens.find(pool.pool_id, user.username)
        if token is None:
            raise invalid("User has not set up software token mfa")
        if not token.secret:
            raise invalid("User has not verified software token mfa")


async def _set_options(call: Call, user: User) -> Output:
    """The older way: text messages to the phone number, or nothing at all."""
    options = call.input["MFAOptions"]
    for option in options:
        if option.get("DeliveryMedium", "SMS") != "SMS" or option.get("AttributeName") != "phone_number":
            raise invalid("MFAOptions take the DeliveryMedium SMS with the AttributeName phone_number only.")

    def switched(known: User) -> User:
        if options and not known.attributes.get("phone_number"):
            raise invalid("User does not have delivery config set to turn on SMS_MFA")
        return replace(known, mfa_options=bool(options), modified_at=call.now)

    await call.services.store.users.change(user.pool_id, user.username, switched)
    return {}


async def _auth_factors(call: Call, pool: Pool, user: User) -> Output:
    """PASSWORD stands for PASSWORD_SRP too."""
    has_passkeys = bool(await call.services.store.passkeys.of_user(pool.pool_id, user.username))
    first = rules.first_factors(pool, user, passkeys=has_passkeys, second_factor_needed=False)
    return {
        "Username": user.username,
        "PreferredMfaSetting": user.mfa_preferred,
        "UserMFASettingList": list(user.mfa_enabled) or None,
        "ConfiguredUserAuthFactors": [factor.value for factor in first if factor is not Challenge.PASSWORD_SRP],
    }
