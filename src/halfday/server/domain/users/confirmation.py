"""Codes that prove an address or allow a new password: sent, waited for, and gone once used.

Source: facts/api.md §9 (lifetimes, a new code invalidates the one before).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

CODE_DIGITS = 6


class Purpose(StrEnum):
    """What a code is for. A person has one live code a purpose."""

    SIGN_UP = "sign_up"
    PASSWORD = "password"
    EMAIL = "email"
    PHONE_NUMBER = "phone_number"

    @property
    def lifetime_s(self) -> int:
        return 3600 if self is Purpose.PASSWORD else 86400


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A code under way, sent to `address`, a value of `attribute`: it proves that value and no other.

    `is_new`: the attribute takes the value when the code comes back, and not before. `superseded`: the codes sent
    before, worth nothing but another refusal (facts/api.md §5, ConfirmSignUp).
    """

    pool_id: str
    username: str
    purpose: Purpose
    attribute: str
    address: str = field(repr=False)
    sent_at: float
    expires_at: float
    code: str = field(repr=False)
    is_new: bool = False
    superseded: tuple[str, ...] = field(default=(), repr=False)


def make_code(random: bytes, digits: int = CODE_DIGITS) -> str:
    """Decimal digits of at least 8 random bytes, leading zeros kept."""
    return f"{int.from_bytes(random, 'big') % 10**digits:0{digits}}"


def masked(attribute: str, address: str) -> str:
    """An address as CodeDeliveryDetails shows it: `t***@e***`, `+*******0839` (facts/api.md §10)."""
    if attribute == "email":
        name, _, domain = address.partition("@")
        return f"{name[:1]}***@{domain[:1]}***"
    return f"+*******{address[-4:]}"


def medium_of(attribute: str) -> str:
    return "EMAIL" if attribute == "email" else "SMS"
