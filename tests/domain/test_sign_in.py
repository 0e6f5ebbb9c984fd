"""The sign-in state machine as a table, and what must hold whatever the table says. Source: facts/api.md §4."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.server.domain.sign_in.next_step import (
    FIRST_PROOFS,
    Challenge,
    Proof,
    Refusal,
    Standing,
    can_set_up,
    first_factors,
    next_step,
    second_factors,
)
from halfday.server.domain.user_pools.pools import MFA_FACTORS, MfaPolicy, PasskeyPolicy, Pool
from halfday.server.domain.users.users import User, UserStatus

ALL = MfaPolicy("ON", MFA_FACTORS)
OPTIONAL = MfaPolicy("OPTIONAL", MFA_FACTORS)
PASSWORD = frozenset({Proof.PASSWORD})
SMS, TOTP, MAIL = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"


def after(*proofs: Proof, **known: object) -> Standing:
    return replace(Standing(frozenset(proofs)), **known)


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (after(), Refusal.INVALID_SESSION),
        (after(Proof.SECOND), Refusal.INVALID_SESSION),
        (after(Proof.DEVICE), Refusal.INVALID_SESSION),
        (after(Proof.PASSWORD), None),
        (after(Proof.OTP), None),
        (after(Proof.CUSTOM), None),
        # the state of the user comes first
        (after(Proof.PASSWORD, status=UserStatus.UNCONFIRMED), Refusal.UNCONFIRMED),
        (after(Proof.PASSWORD, status=UserStatus.UNCONFIRMED, mfa=ALL), Refusal.UNCONFIRMED),
        (after(Proof.PASSWORD, status=UserStatus.RESET_REQUIRED), Refusal.RESET_REQUIRED),
        (after(Proof.PASSWORD, status=UserStatus.FORCE_CHANGE_PASSWORD), Challenge.NEW_PASSWORD_REQUIRED),
        (
            after(Proof.PASSWORD, status=UserStatus.FORCE_CHANGE_PASSWORD, temporary_expired=True),
            Refusal.TEMPORARY_EXPIRED,
        ),
        (after(Proof.OTP, status=UserStatus.FORCE_CHANGE_PASSWORD, temporary_expired=True), None),
        # a new password before a device, a device before a second factor
        (
            after(Proof.PASSWORD, status=UserStatus.FORCE_CHANGE_PASSWORD, remembered_device=True, mfa=ALL),
            Challenge.NEW_PASSWORD_REQUIRED,
        ),
        (after(Proof.PASSWORD, remembered_device=True, mfa=ALL, factors=(SMS,)), Challenge.DEVICE_SRP_AUTH),
        (after(Proof.PASSWORD, remembered_device=True), Challenge.DEVICE_SRP_AUTH),
        (after(Proof.PASSWORD, Proof.DEVICE, remembered_device=True), None),
        (after(Proof.PASSWORD, Proof.DEVICE, device_suffices=True, mfa=ALL, factors=(SMS,)), None),
        (after(Proof.PASSWORD, Proof.DEVICE, mfa=ALL, factors=(SMS,)), Challenge.SMS_MFA),
        # second factors
        (after(Proof.PASSWORD, mfa=ALL, factors=(SMS,)), Challenge.SMS_MFA),
        (after(Proof.PASSWORD, mfa=ALL, factors=(TOTP,)), Challenge.SOFTWARE_TOKEN_MFA),
        (after(Proof.PASSWORD, mfa=ALL, factors=(MAIL,)), Challenge.EMAIL_OTP),
        (after(Proof.PASSWORD, mfa=ALL, factors=(SMS, TOTP)), Challenge.SELECT_MFA_TYPE),
        (after(Proof.PASSWORD, mfa=ALL, factors=(SMS, TOTP), preferred=TOTP), Challenge.SOFTWARE_TOKEN_MFA),
        (after(Proof.PASSWORD, mfa=ALL, factors=(SMS,), preferred=TOTP), Challenge.SMS_MFA),
        (after(Proof.PASSWORD, mfa=ALL, can_set_up=(TOTP,)), Challenge.MFA_SETUP),
        (after(Proof.PASSWORD, mfa=ALL), Refusal.NO_FACTOR),
        (after(Proof.PASSWORD, mfa=OPTIONAL, can_set_up=(TOTP,)), None),
        (after(Proof.PASSWORD, mfa=OPTIONAL, factors=(TOTP,)), Challenge.SOFTWARE_TOKEN_MFA),
        (after(Proof.PASSWORD, mfa=MfaPolicy("OFF", MFA_FACTORS), factors=(TOTP,)), None),
        (after(Proof.PASSWORD, Proof.SECOND, mfa=ALL, factors=(SMS, TOTP)), None),
        # passkeys and the pool's own challenges
        (after(Proof.VERIFIED_PASSKEY, passkey_suffices=True, mfa=ALL, factors=(SMS,)), None),
        (after(Proof.VERIFIED_PASSKEY, mfa=ALL, factors=(SMS,)), Challenge.SMS_MFA),
        (after(Proof.PASSKEY, passkey_suffices=True, mfa=ALL, factors=(SMS,)), Challenge.SMS_MFA),
        (after(Proof.CUSTOM, mfa=ALL, factors=(SMS,)), Challenge.SMS_MFA),
        (after(Proof.SIGNED_UP, mfa=ALL, factors=(SMS,)), Challenge.SMS_MFA),
    ],
)
def test_the_table(standing: Standing, expected: Challenge | Refusal | None) -> None:
    assert next_step(standing) is expected


factors = st.lists(st.sampled_from(MFA_FACTORS), unique=True).map(tuple)
standings = st.builds(
    Standing,
    proven=st.frozensets(st.sampled_from(list(Proof))),
    status=st.sampled_from(list(UserStatus)),
    temporary_expired=st.booleans(),
    mfa=st.builds(MfaPolicy, st.sampled_from(("OFF", "OPTIONAL", "ON")), factors),
    factors=factors,
    preferred=st.none() | st.sampled_from(MFA_FACTORS),
    can_set_up=factors,
    remembered_device=st.booleans(),
    device_suffices=st.booleans(),
    passkey_suffices=st.booleans(),
)


@given(standings)
def test_nothing_but_every_required_proof_leads_to_tokens(standing: Standing) -> None:
    """Written from the requirement, not from the table."""
    if next_step(standing) is not None:
        return
    proven = standing.proven
    assert proven & FIRST_PROOFS
    assert standing.status not in (UserStatus.UNCONFIRMED, UserStatus.RESET_REQUIRED)
    assert not (standing.status is UserStatus.FORCE_CHANGE_PASSWORD and Proof.PASSWORD in proven)
    assert Proof.DEVICE in proven or not standing.remembered_device
    asked = standing.mfa.mode == "ON" or (standing.mfa.mode == "OPTIONAL" and standing.factors)
    trusted = Proof.DEVICE in proven and standing.device_suffices
    two_in_one = Proof.VERIFIED_PASSKEY in proven and standing.passkey_suffices
    assert not asked or Proof.SECOND in proven or trusted or two_in_one


ANSWERED_BY = {
    Challenge.DEVICE_SRP_AUTH: Proof.DEVICE,
    Challenge.SMS_MFA: Proof.SECOND,
    Challenge.SOFTWARE_TOKEN_MFA: Proof.SECOND,
    Challenge.EMAIL_OTP: Proof.SECOND,
    Challenge.SELECT_MFA_TYPE: Proof.SECOND,
    Challenge.MFA_SETUP: Proof.SECOND,
}


@given(standings)
def test_every_sign_in_ends(standing: Standing) -> None:
    """However it stands, answering what is asked leads to tokens or a refusal, and asks nothing twice."""
    asked: list[Challenge] = []
    while isinstance(step := next_step(standing), Challenge):
        assert step not in asked
        asked.append(step)
        if step is Challenge.NEW_PASSWORD_REQUIRED:
            standing = replace(standing, status=UserStatus.CONFIRMED)
        else:
            standing = replace(standing, proven=standing.proven | {ANSWERED_BY[step]})


@given(standings)
def test_a_second_factor_that_is_asked_for_is_one_that_the_person_has(standing: Standing) -> None:
    step = next_step(standing)
    if step in (Challenge.SMS_MFA, Challenge.SOFTWARE_TOKEN_MFA, Challenge.EMAIL_OTP):
        assert step in standing.factors


def pool(mode: str = "OPTIONAL", *allowed: str, counts: bool = False) -> Pool:
    first = ("PASSWORD", *allowed)
    mfa = MfaPolicy(mode, MFA_FACTORS)  # type: ignore[arg-type]
    return Pool(
        "us-east-1_a", "p", "local", 0, 0, first_factors=first, mfa=mfa, passkeys=PasskeyPolicy(None, "p", counts)
    )


def user(**known: object) -> User:
    ada = User("us-east-1_a", "ada", "sub", UserStatus.CONFIRMED, 0, 0, srp_salt="1", srp_verifier="2")
    return replace(ada, **known)


BOTH = {"email": "a@b.c", "phone_number": "+15550100"}


@pytest.mark.parametrize(
    ("mode", "known", "app", "expected"),
    [
        ("OPTIONAL", {"attributes": BOTH}, True, ()),
        ("OPTIONAL", {"attributes": BOTH, "mfa_enabled": (SMS,)}, True, (SMS,)),
        ("OPTIONAL", {"attributes": BOTH, "mfa_options": True}, False, (SMS,)),
        ("OPTIONAL", {"mfa_enabled": (SMS, MAIL, TOTP)}, False, ()),
        ("ON", {"attributes": BOTH}, True, (SMS, TOTP, MAIL)),
        ("ON", {"attributes": BOTH, "mfa_enabled": (TOTP,)}, True, (TOTP,)),
        ("ON", {"attributes": BOTH, "mfa_enabled": (TOTP,)}, False, (SMS, MAIL)),
        ("ON", {}, False, ()),
    ],
)
def test_which_second_factors_somebody_can_answer_to(
    mode: str, known: dict[str, object], app: bool, expected: tuple[str, ...]
) -> None:
    assert second_factors(pool(mode), user(**known), has_software_token=app) == expected
    assert can_set_up(pool(mode)) == MFA_FACTORS


P, S, E, T, W = Challenge.PASSWORD, Challenge.PASSWORD_SRP, Challenge.EMAIL_OTP, Challenge.SMS_OTP, Challenge.WEB_AUTHN


@pytest.mark.parametrize(
    ("where", "who", "passkeys", "needed", "expected"),
    [
        (pool(), user(attributes=BOTH), True, False, (P, S)),
        (pool("OFF", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"), user(attributes=BOTH), True, False, (P, S, E, T, W)),
        (pool("OFF", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"), user(), False, False, (P, S)),
        (pool("OFF", "EMAIL_OTP"), user(attributes=BOTH, srp_verifier=""), False, False, (E,)),
        (pool("ON", "EMAIL_OTP", "WEB_AUTHN"), user(attributes=BOTH), True, True, (P, S)),
        (pool("ON", "EMAIL_OTP", "WEB_AUTHN", counts=True), user(attributes=BOTH), True, True, (P, S, W)),
    ],
)
def test_which_first_factors_are_offered(
    where: Pool, who: User, passkeys: bool, needed: bool, expected: tuple[Challenge, ...]
) -> None:
    assert first_factors(where, who, passkeys=passkeys, second_factor_needed=needed) == expected
