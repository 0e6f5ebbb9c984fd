"""The accounts that a stand-in signs in. What each kind of provider tells of them is in its own file."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

_SUBJECT_DIGITS = 21


@dataclass(frozen=True, slots=True)
class Account:
    """One account. Accounts with the same e-mail address are the same person. `claims` are told besides."""

    email: str
    name: str = ""
    email_verified: bool = True
    picture: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """A `sub` like Google's: 21 digits, always the same for one e-mail address."""
        return "1" + self.digits(_SUBJECT_DIGITS - 1)

    @property
    def shown_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    @property
    def given_name(self) -> str:
        return self.shown_name.partition(" ")[0]

    @property
    def family_name(self) -> str:
        return self.shown_name.partition(" ")[2]

    @property
    def initial(self) -> str:
        return self.shown_name[:1].upper()

    def digits(self, count: int) -> str:
        """Digits that are always the same for one e-mail address."""
        return str(int.from_bytes(self._digest(), "big") % 10**count).zfill(count)

    def letters(self, count: int) -> str:
        """Capital letters and digits, likewise."""
        return base64.b32encode(self._digest()).decode()[:count]

    def hexadecimal(self, count: int) -> str:
        return self._digest().hex()[:count]

    def standard_claims(self, scopes: frozenset[str]) -> dict[str, Any]:
        """The claims that the scopes email and profile grant (OpenID Connect Core §5.4)."""
        email = {"email": self.email, "email_verified": self.email_verified}
        profile = {
            "name": self.shown_name,
            "given_name": self.given_name,
            **({"family_name": self.family_name} if self.family_name else {}),
            **({"picture": self.picture} if self.picture else {}),
        }
        return {**(email if "email" in scopes else {}), **(profile if "profile" in scopes else {})}

    def _digest(self) -> bytes:
        return sha256(self.email.lower().encode()).digest()
