"""What a challenge keeps: a record of its kind, as JSON in the store. Rows of other versions are read or told apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from halfday.server.domain.sign_in import challenge_records as records
from halfday.server.domain.sign_in.challenge_records import (
    Begun,
    ChallengeResult,
    CustomChallenge,
    DevicePasswordVerifier,
    FirstFactorChoice,
    MfaChoice,
    MfaSetup,
    NothingKept,
    OneTimeCode,
    PasskeyRegistration,
    PasskeyRequest,
    PasswordVerifier,
    Record,
    Unreadable,
    from_memory,
    record_of,
    to_memory,
)
from halfday.server.domain.sign_in.next_step import AFTER_CONFIRMATION, AFTER_SIGN_UP, Challenge, Proof

RESULTS = (ChallengeResult("SRP_A", True), ChallengeResult("CUSTOM_CHALLENGE", False, "riddle-0"))
EXAMPLES: dict[str, Record] = {
    Challenge.PASSWORD_VERIFIER: PasswordVerifier("a1", "b2", "c3", "hash", RESULTS),
    Challenge.DEVICE_PASSWORD_VERIFIER: DevicePasswordVerifier("block", "a1", "b2", "c3", "hash"),
    Challenge.SMS_MFA: OneTimeCode("123456", "phone_number", "+15550100"),
    Challenge.SMS_OTP: OneTimeCode("12345678", "phone_number", "+15550100", first=True),
    Challenge.EMAIL_OTP: OneTimeCode("12345678", "email", "a@b.example", first=True),
    Challenge.SELECT_CHALLENGE: FirstFactorChoice(("PASSWORD", "EMAIL_OTP")),
    Challenge.SELECT_MFA_TYPE: MfaChoice(("SMS_MFA", "SOFTWARE_TOKEN_MFA")),
    Challenge.MFA_SETUP: MfaSetup(set_up=True),
    Challenge.WEB_AUTHN: PasskeyRequest("challenge", "localhost"),
    Challenge.CUSTOM_CHALLENGE: CustomChallenge(RESULTS, {"answer": "42"}, "riddle-1"),
    records.REGISTRATION: PasskeyRegistration("localhost"),
}
BEGUN = Begun((Proof.PASSWORD, Proof.SECOND), "us-east-1_device", True, True, "Ada")
EVERY = [*Challenge, AFTER_SIGN_UP, AFTER_CONFIRMATION, records.REGISTRATION]


@pytest.mark.parametrize("challenge", EVERY)
def test_what_is_kept_is_read_again_from_json(challenge: str) -> None:
    kept = EXAMPLES.get(challenge, NothingKept())
    assert isinstance(kept, record_of(challenge)), "an example for each kind"
    stored = json.loads(json.dumps(to_memory(BEGUN, kept)))
    assert from_memory(challenge, stored) == (BEGUN, kept)


OLD: dict[str, dict[str, Any]] = {
    Challenge.PASSWORD_VERIFIER: {"pretence": False, "srp_a": "a1", "b": "b2", "srp_b": "c3", "name": "ada"},
    Challenge.EMAIL_OTP: {"code": "123456", "attribute": "email", "address": "a@b.example"},
    Challenge.SELECT_CHALLENGE: {"available": ["PASSWORD"], "pretence": True, "name": "ada"},
    Challenge.CUSTOM_CHALLENGE: {
        "pretence": False,
        "name": "ada",
        "results": [["SRP_A", True, None]],
        "private": {"answer": "42"},
        "metadata": None,
    },
    Challenge.WEB_AUTHN: {"pretence": True, "name": "ada"},
    Challenge.MFA_SETUP: {},
    Challenge.NEW_PASSWORD_REQUIRED: {},
}
"""As they were kept before there were records, beside `proven`, `device_key` and `on_pages`."""


@pytest.mark.parametrize("challenge", OLD)
def test_a_row_from_before_there_were_records_is_read(challenge: str) -> None:
    memory = {"proven": ["password"], "device_key": None, "on_pages": False, **OLD[challenge]}
    begun, kept = from_memory(challenge, memory)
    assert begun.proven == (Proof.PASSWORD,)
    assert begun.pretence == memory.get("pretence", False)
    assert isinstance(kept, record_of(challenge))


@pytest.mark.parametrize(
    "challenge", [c for c, kept in EXAMPLES.items() if not isinstance(kept, MfaSetup | PasskeyRequest)]
)
def test_a_row_that_lacks_what_its_kind_keeps_is_unreadable(challenge: str) -> None:
    with pytest.raises(Unreadable):
        from_memory(challenge, to_memory(BEGUN, NothingKept()))


def test_members_of_a_newer_version_are_passed_over() -> None:
    memory = {**to_memory(BEGUN, MfaSetup()), "of_tomorrow": 1}
    assert from_memory(Challenge.MFA_SETUP, memory) == (BEGUN, MfaSetup())
