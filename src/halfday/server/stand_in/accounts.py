"""The accounts that the stand-in signs in."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

_SUBJECT_DIGITS = 21


@dataclass(frozen=True, slots=True)
class Account:
    """One account. The same e-mail address is always the same person."""

    email: str
    name: str = ""
    email_verified: bool = True
    picture: str = ""

    @property
    def subject(self) -> str:
        """A `sub` like Google's: 21 digits, always the same for one e-mail address."""
        number = int.from_bytes(sha256(self.email.lower().encode()).digest(), "big")
        return "1" + str(number % 10 ** (_SUBJECT_DIGITS - 1)).zfill(_SUBJECT_DIGITS - 1)

    @property
    def shown_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    @property
    def initial(self) -> str:
        return self.shown_name[:1].upper()

    def claims(self, scopes: frozenset[str]) -> dict[str, Any]:
        """The claims that the scopes email and profile open (Google, OpenID Connect, An ID token's payload)."""
        given, _, family = self.shown_name.partition(" ")
        email = {"email": self.email, "email_verified": self.email_verified}
        profile = {
            "name": self.shown_name,
            "given_name": given,
            **({"family_name": family} if family else {}),
            **({"picture": self.picture} if self.picture else {}),
        }
        return {**(email if "email" in scopes else {}), **(profile if "profile" in scopes else {})}
