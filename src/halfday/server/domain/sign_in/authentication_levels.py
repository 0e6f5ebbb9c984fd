"""How strongly somebody has shown who they are: the methods (`amr`), and the level that these make (`acr`).

Source: Developer guide, Authentication levels with ACR and AMR claims: its tables of levels and of methods.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

PASSWORD_ONLY, ONE_CODE, STRONG, STRONGEST = 1, 2, 3, 4


class Method(StrEnum):
    """What `amr` calls a method that was completed."""

    PASSWORD = "pwd"
    TOTP = "otp"
    SMS = "sms"
    EMAIL = "email_otp"
    PLATFORM_PASSKEY = "swk"
    ROAMING_PASSKEY = "hwk"
    FEDERATED = "fed"


_SEVERAL = "mfa"
_CODES = frozenset({Method.SMS, Method.EMAIL})
_PASSKEYS = frozenset({Method.PLATFORM_PASSKEY, Method.ROAMING_PASSKEY})


def level_of(methods: Collection[str]) -> int:
    """The highest level that these methods satisfy; 0 for none, as after a challenge of the pool's own functions."""
    completed = set(methods)
    if {Method.PASSWORD, Method.TOTP} <= completed:
        return STRONGEST
    if completed & _PASSKEYS or (Method.PASSWORD in completed and completed & _CODES):
        return STRONG
    if completed & _CODES:
        return ONE_CODE
    return PASSWORD_ONLY if Method.PASSWORD in completed else 0


_OF_A_PROVIDER = frozenset({*Method, _SEVERAL}) - {Method.FEDERATED}


@dataclass(frozen=True, slots=True)
class Authentication:
    """The methods that a person has completed, in that order, and the level reached.

    The level of somebody whom a provider signed in is what the provider said, and does not follow from the methods:
    those that it named stand before `fed`, and with what is completed here afterwards they make no level.
    """

    methods: tuple[str, ...] = ()
    level: int = 0

    @property
    def own(self) -> tuple[str, ...]:
        """The methods that were completed here."""
        return self.methods[self._told :]

    @property
    def _told(self) -> int:
        """How many of the methods a provider stands for."""
        federated = Method.FEDERATED.value
        return self.methods.index(federated) + 1 if federated in self.methods else 0

    def with_method(self, method: Method) -> Authentication:
        own = tuple(dict.fromkeys((*self.own, method.value)))
        return Authentication((*self.methods[: self._told], *own), max(self.level, level_of(own)))

    @property
    def amr(self) -> list[str]:
        """The claim's value: of two methods or more, `mfa` too; `fed` of a provider that named none."""
        methods = list(dict.fromkeys(self.methods))
        if self._told > 1:
            methods.remove(Method.FEDERATED.value)
        several = len(methods) > 1 and _SEVERAL not in methods
        return [*methods, *([_SEVERAL] if several else [])]

    def without_credit(self) -> Authentication:
        """The same methods, at the level that they alone make."""
        return Authentication(self.methods, level_of(self.own))


def by_provider(level: int, amr: object) -> Authentication:
    """Of somebody whom a provider signed in: the level that it stands for, and those methods it names that are known.

    `fed` ends what the provider stands for.
    """
    named = amr if isinstance(amr, list) else []
    known = tuple(dict.fromkeys(each for each in named if isinstance(each, str) and each in _OF_A_PROVIDER))
    return Authentication((*known, Method.FEDERATED.value), level)


def passkey_method(attachment: str | None, transports: Collection[str]) -> Method:
    """A security key is hardware-bound; what lives in the person's own machine, or in none that is known, is not."""
    roaming = attachment == "cross-platform" or (
        attachment is None and bool(transports) and "internal" not in transports
    )
    return Method.ROAMING_PASSKEY if roaming else Method.PLATFORM_PASSKEY
