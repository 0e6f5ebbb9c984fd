"""Authentication levels as a table, and what leads to each. Source: Developer guide, ACR levels and AMR values."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.server.domain.sign_in.authentication_levels import Authentication, Method, level_of, passkey_method
from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal, Standing, next_step
from halfday.server.domain.sign_in.stepping_up import first_factors_towards, method_of, ways_on
from halfday.server.domain.user_pools.acr_names import DEFAULT_NAMES, levels_named, name_of_level, names_objection
from halfday.server.domain.user_pools.pools import MfaPolicy

PWD, TOTP, SMS, EMAIL, SWK, HWK = "pwd", "otp", "sms", "email_otp", "swk", "hwk"
ALL = ("PASSWORD", "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "WEB_AUTHN")


def shown(*methods: str) -> Authentication:
    return Authentication(methods, level_of(methods))


@pytest.mark.parametrize(
    ("methods", "level"),
    [
        ((), 0),
        ((PWD,), 1),
        ((SMS,), 2),
        ((EMAIL,), 2),
        ((SWK,), 3),
        ((HWK,), 3),
        ((PWD, SMS), 3),
        ((PWD, EMAIL), 3),
        ((PWD, TOTP), 4),
        ((SMS, EMAIL), 2),
        ((TOTP,), 0),
        ((PWD, SMS, TOTP), 4),
        (("fed",), 0),
    ],
)
def test_the_levels_are_aws_s(methods: tuple[str, ...], level: int) -> None:
    assert level_of(methods) == level


def test_two_methods_are_several_factors_and_one_twice_is_not() -> None:
    begun = Authentication().with_method(Method.PASSWORD)
    assert (begun.level, begun.amr) == (1, ["pwd"])
    assert begun.with_method(Method.PASSWORD).amr == ["pwd"]
    both = begun.with_method(Method.TOTP)
    assert (both.level, both.amr) == (4, ["pwd", "otp", "mfa"])


def test_the_level_that_a_provider_told_does_not_sink() -> None:
    assert Authentication(("fed",), 3).with_method(Method.PASSWORD).level == 3
    assert Authentication(("fed",), 3).without_credit().level == 0


@pytest.mark.parametrize(
    ("attachment", "transports", "method"),
    [
        ("platform", (), "swk"),
        ("cross-platform", (), "hwk"),
        (None, ("internal", "hybrid"), "swk"),
        (None, ("usb", "nfc"), "hwk"),
        (None, (), "swk"),
    ],
)
def test_a_security_key_is_hardware(attachment: str | None, transports: tuple[str, ...], method: str) -> None:
    assert passkey_method(attachment, transports) == method


@pytest.mark.parametrize(
    ("levels", "methods", "factors", "ways"),
    [
        ((1,), (PWD,), ALL, ()),
        ((4,), (PWD,), ALL, ("SOFTWARE_TOKEN_MFA",)),
        ((3,), (PWD,), ALL, ("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "WEB_AUTHN")),
        ((4, 3), (PWD,), ("PASSWORD", "EMAIL_OTP"), ("EMAIL_OTP",)),
        ((4, 1), (PWD,), ("PASSWORD",), ()),
        ((4,), (PWD,), ("PASSWORD", "EMAIL_OTP"), None),
        ((4,), (EMAIL,), ALL, ("PASSWORD",)),
        ((3,), (EMAIL,), ("PASSWORD", "EMAIL_OTP"), ("PASSWORD",)),
        ((4,), (SWK,), ("PASSWORD", "WEB_AUTHN", "SOFTWARE_TOKEN_MFA"), ("PASSWORD",)),
        ((4,), (SWK,), ("WEB_AUTHN", "SOFTWARE_TOKEN_MFA"), None),
        ((2,), (PWD,), ("PASSWORD",), None),
    ],
)
def test_what_leads_on(
    levels: tuple[int, ...], methods: tuple[str, ...], factors: tuple[str, ...], ways: tuple[str, ...] | None
) -> None:
    assert ways_on(levels, shown(*methods), factors) == ways


@pytest.mark.parametrize(
    ("levels", "factors", "first"),
    [
        ((1,), ALL, ("PASSWORD", "EMAIL_OTP", "WEB_AUTHN")),
        ((2,), ("PASSWORD",), ("EMAIL_OTP", "WEB_AUTHN")),
        ((4,), ALL, ("PASSWORD",)),
        ((3,), ("PASSWORD",), ("WEB_AUTHN",)),
        ((4, 2), ("PASSWORD",), ("EMAIL_OTP", "WEB_AUTHN")),
    ],
)
def test_a_first_factor_that_leads_nowhere_is_not_offered(
    levels: tuple[int, ...], factors: tuple[str, ...], first: tuple[str, ...]
) -> None:
    assert first_factors_towards(levels, ("PASSWORD", "EMAIL_OTP", "WEB_AUTHN"), factors) == first


METHODS = st.lists(st.sampled_from([PWD, TOTP, SMS, EMAIL, SWK]), unique=True).map(tuple)
FACTORS = st.lists(st.sampled_from(ALL), unique=True).map(tuple)
LEVELS = st.lists(st.integers(1, 4), unique=True, min_size=1).map(tuple)


@given(LEVELS, METHODS, FACTORS)
def test_who_follows_the_ways_arrives(
    levels: tuple[int, ...], methods: tuple[str, ...], factors: tuple[str, ...]
) -> None:
    """Whichever way they take: at a level that was asked for, within two steps."""
    stands = [shown(*methods)]
    for _ in range(3):
        stands = [
            stand.with_method(method_of(way)) for stand in stands for way in (ways_on(levels, stand, factors) or ())
        ]
    assert stands == []
    arrived = ways_on(levels, shown(*methods), factors)
    if arrived is None:
        reachable = [
            level_of((*methods, *map(method_of, some)))
            for size in range(len(factors) + 1)
            for some in itertools.combinations(factors, size)
        ]
        assert max(reachable) < min(levels) or not any(level in levels for level in reachable)


def at(*proofs: Proof, **known: object) -> Standing:
    return Standing(frozenset(proofs), **known)  # type: ignore[arg-type]


def test_the_level_is_asked_for_once_nothing_else_is() -> None:
    wanting = {"levels": (4,), "shown": shown(PWD), "all_factors": ("PASSWORD", "SOFTWARE_TOKEN_MFA")}
    assert next_step(at(Proof.PASSWORD, **wanting)) is Challenge.SOFTWARE_TOKEN_MFA
    assert next_step(at(Proof.PASSWORD, **{**wanting, "shown": shown(PWD, TOTP)})) is None
    assert next_step(at(Proof.PASSWORD, **{**wanting, "all_factors": ("PASSWORD",)})) is Refusal.OUT_OF_REACH


def test_the_pool_s_own_second_factor_is_the_floor_and_the_level_chooses_among_them() -> None:
    mfa = MfaPolicy("ON", ("SMS_MFA", "SOFTWARE_TOKEN_MFA"))
    standing = at(
        Proof.PASSWORD,
        mfa=mfa,
        factors=mfa.factors,
        preferred="SMS_MFA",
        levels=(4,),
        shown=shown(PWD),
        all_factors=("PASSWORD", *mfa.factors),
    )
    assert next_step(standing) is Challenge.SOFTWARE_TOKEN_MFA
    lower = at(Proof.PASSWORD, mfa=mfa, factors=("SMS_MFA",), levels=(1,), shown=shown(PWD), all_factors=("SMS_MFA",))
    assert next_step(lower) is Challenge.SMS_MFA


def test_a_pool_names_its_levels_each_once() -> None:
    own = {"Level2": "urn:mine:2"}
    assert name_of_level(own, 2) == "urn:mine:2"
    assert name_of_level(own, 3) == DEFAULT_NAMES["Level3"]
    assert name_of_level(own, 0) is None
    assert levels_named(own, "urn:mine:2 urn:cognito:loa:2 x urn:cognito:loa:1 urn:mine:2") == (2, 1)
    assert names_objection(own) is None
    assert names_objection({"Level1": "urn:cognito:loa:2"}) is not None
    assert names_objection({"Level1": "same", "Level2": "same"}) is not None
