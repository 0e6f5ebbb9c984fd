"""The password policy and its sentences, in AWS's order. Source: facts/api.md §5, Password-policy reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase, digits

from halfday.server.domain.refusals import Refused

SYMBOLS = frozenset("^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ")


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """CreateUserPool's defaults. The temporary password's validity is in days.

    `history_size`: how many former passwords may not be used again; 0 is none.
    """

    minimum_length: int = 8
    require_uppercase: bool = True
    require_lowercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True
    temporary_validity_days: int = 7
    history_size: int = 0

    def check(self, password: str, *, told: str = "Password does not conform to policy") -> None:
        """Raises Refused unless the password conforms. `told`: how AWS begins the operation's sentence."""
        if (objection := self.objection_to(password)) is not None:
            raise Refused("InvalidPasswordException", f"{told}: {objection}")

    def objection_to(self, password: str) -> str | None:
        """The first thing that is wrong with `password`, as AWS says it; None when it conforms.

        Letters and digits are those of Basic Latin (developer guide, Password policies).
        """
        checks = (
            (len(password) >= self.minimum_length, "Password not long enough"),
            (not self.require_uppercase or any(c in ascii_uppercase for c in password), _must_have("uppercase")),
            (not self.require_lowercase or any(c in ascii_lowercase for c in password), _must_have("lowercase")),
            (not self.require_numbers or any(c in digits for c in password), _must_have("numeric")),
            (not self.require_symbols or any(c in SYMBOLS for c in password.strip()), _must_have("symbol")),
        )
        return next((sentence for conforms, sentence in checks if not conforms), None)


@dataclass(frozen=True, slots=True)
class PastPassword:
    """A password that somebody has had, as its SRP verifier. `set_at` is when it was replaced, in epoch seconds."""

    pool_id: str
    username: str
    set_at: float
    srp_salt: str = field(repr=False)
    srp_verifier: str = field(repr=False)


def _must_have(kind: str) -> str:
    return f"Password must have {kind} characters"
