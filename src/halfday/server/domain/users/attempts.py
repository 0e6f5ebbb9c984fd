"""How often a user may try: the lock-out after wrong passwords and codes, and the limits per hour. Source: facts/api.md
§7.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

FREE_FAILURES = 5
LONGEST_LOCK_S = 900
FORGOTTEN_AFTER_S = 900
HOUR_S = 3600

PER_HOUR = {
    "ForgotPassword": 20,
    "ConfirmForgotPassword": 20,
    "ResendConfirmationCode": 5,
    "ConfirmSignUp": 15,
    "ChangePassword": 5,
    "GetUserAttributeVerificationCode": 5,
    "VerifyUserAttribute": 15,
    "FirstFactorCode": 30,
    "UpdateUserAttributes": 20,
    "SecondFactorCode": 60,
    "SignUp": 50,
}
"""Attempts of one person within an hour, by operation.

The last four count codes that were sent: at the start of a sign-in, to a changed address, as a second factor, and to
the address of a sign-up, whoever signs up with it. AWS limits them by quotas of the mail service alone, which nobody
has here. The numbers are ours [inferred].
"""

SIGN_IN = "sign-in"
"""The action under which failed passwords and second factors are counted together."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Recent attempts with a name. `username` is `attempts_key` of the name, whether or not a user has it."""

    pool_id: str
    username: str
    action: str
    count: int
    last_at: float
    expires_at: float


def attempts_key(name: str) -> str:
    """The key under which attempts with a name are kept: of the same length for every name, and not the text that was
    typed.
    """
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def locked_until(failures: int, last_at: float) -> float:
    """The fifth failure locks for 1 s. Each further one locks for twice as long, up to 15 minutes."""
    if failures < FREE_FAILURES:
        return 0.0
    return last_at + min(2.0 ** (failures - FREE_FAILURES), LONGEST_LOCK_S)
