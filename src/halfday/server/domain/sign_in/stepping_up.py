"""Which factor leads a person to the authentication level that an app asked for, of the factors that they have.

Pure; `next_step` asks it once nothing else stands before tokens. A pool's own second factors are asked for in any case:
they are the floor. Source: Developer guide, Step-up authentication with the USER_AUTH flow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from halfday.server.domain.sign_in.authentication_levels import Authentication, Method, level_of
from halfday.server.domain.user_pools.pools import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA, Pool
from halfday.server.domain.users.users import User, UserStatus

PASSWORD, WEB_AUTHN = "PASSWORD", "WEB_AUTHN"
CODES = (SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP)
"""The factors among which SELECT_MFA_TYPE lets people choose."""

_METHODS = {
    PASSWORD: Method.PASSWORD,
    "PASSWORD_SRP": Method.PASSWORD,
    SOFTWARE_TOKEN_MFA: Method.TOTP,
    SMS_MFA: Method.SMS,
    "SMS_OTP": Method.SMS,
    EMAIL_OTP: Method.EMAIL,
    WEB_AUTHN: Method.PLATFORM_PASSKEY,
}


def method_of(challenge: str) -> Method:
    """The method that the answer to this challenge completes. Which kind of passkey it was is not known before."""
    return _METHODS[challenge]


def factors_of(pool: Pool, user: User, *, has_software_token: bool, has_passkeys: bool) -> tuple[str, ...]:
    """All that the person has by which a level can be reached, whether or not the pool asks for second factors."""
    if user.status is UserStatus.EXTERNAL_PROVIDER:
        return ()
    first, second = pool.first_factors, pool.mfa.factors
    has = {
        PASSWORD: bool(user.srp_verifier) and "PASSWORD" in first,
        SMS_MFA: bool(user.attributes.get("phone_number")) and (SMS_MFA in second or "SMS_OTP" in first),
        SOFTWARE_TOKEN_MFA: has_software_token,
        EMAIL_OTP: bool(user.attributes.get("email")) and (EMAIL_OTP in second or EMAIL_OTP in first),
        WEB_AUTHN: has_passkeys and WEB_AUTHN in first,
    }
    return tuple(name for name, there in has.items() if there)


def ways_on(levels: Iterable[int], shown: Authentication, factors: Collection[str]) -> tuple[str, ...] | None:
    """The factors of which one is to be shown next; () where a level is reached, None where none can be.

    `levels` are tried in their order, and the first that the person can satisfy counts. Where a level takes a password
    and a code, the password comes first.
    """
    for level in levels:
        if shown.level >= level:
            return ()
        if ways := _ways_to(level, shown.own, factors):
            return ways
    return None


def first_factors_towards(levels: Iterable[int], offered: Iterable[str], factors: Collection[str]) -> tuple[str, ...]:
    """Those of the offered that lead, alone or with a code, to the first level to which any of them leads."""
    offered = tuple(offered)
    for level in levels:
        if fit := tuple(first for first in offered if _leads_to(level, first, factors)):
            return fit
    return ()


def _leads_to(level: int, first: str, factors: Collection[str]) -> bool:
    begun = (method_of(first),)
    return level_of(begun) >= level or bool(_codes_to(level, begun, factors))


def _ways_to(level: int, methods: tuple[str, ...], factors: Collection[str]) -> tuple[str, ...]:
    others = tuple(f for f in factors if f not in CODES and level_of((*methods, method_of(f))) >= level)
    if direct := (*_codes_to(level, methods, factors), *others):
        return direct
    with_password = PASSWORD in factors and _codes_to(level, (*methods, Method.PASSWORD), factors)
    return (PASSWORD,) if with_password else ()


def _codes_to(level: int, methods: tuple[str, ...], factors: Collection[str]) -> tuple[str, ...]:
    return tuple(code for code in CODES if code in factors and level_of((*methods, method_of(code))) >= level)
