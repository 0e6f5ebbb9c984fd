r"""The filter of ListUsers: one attribute, `=` or `^=`, one quoted value. Source: API reference, ListUsers, Filter.

family_name = "Reddy"        email ^= "ada@"        name = "the \"engine\""
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from halfday.server.domain.users import UserStatus

INDEXED = frozenset({"email", "phone_number", "name", "given_name", "family_name", "preferred_username"})
"""Attributes kept in an index of their own. The others that can be searched are columns of the user."""

SEARCHABLE = INDEXED | {"username", "sub", "status", "cognito:user_status"}

_FORM = re.compile(r'\s*(?P<attribute>[\w:]+)\s*(?P<type>\^?=)\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LAST_BEFORE_SURROGATES, _FIRST_AFTER_SURROGATES, _LAST = 0xD7FF, 0xE000, 0x10FFFF


class FilterRefused(ValueError):
    """A filter that does not read, or asks for what cannot be searched. AWS's sentences are not known [inferred]."""


@dataclass(frozen=True, slots=True)
class UserFilter:
    """`prefix` says whether values that begin with `value` match, or only `value` itself."""

    attribute: str
    value: str
    prefix: bool

    def matches(self, text: str) -> bool:
        return text.startswith(self.value) if self.prefix else text == self.value

    @property
    def statuses(self) -> tuple[str, ...]:
        """The user statuses that match, whatever their case: that is how AWS compares them."""
        folded = UserFilter(self.attribute, self.value.upper(), self.prefix)
        return tuple(status.value for status in UserStatus if folded.matches(status.value))

    @property
    def enabled_states(self) -> tuple[bool, ...]:
        """`status` is what the console calls Enabled: Enabled or Disabled, in this case only."""
        return tuple(state for state, name in ((True, "Enabled"), (False, "Disabled")) if self.matches(name))


def parse_filter(text: str) -> UserFilter | None:
    """None for a blank filter, which asks for everybody. Raises FilterRefused."""
    if not text.strip():
        return None
    found = _FORM.fullmatch(text)
    if found is None:
        raise FilterRefused("Error while parsing filter.")
    attribute = found["attribute"]
    if attribute not in SEARCHABLE:
        raise FilterRefused(f"{attribute} is not a searchable attribute.")
    return UserFilter(attribute, _ESCAPE.sub(r"\1", found["value"]), found["type"] == "^=")


def after_prefix(prefix: str) -> str | None:
    """The least text that is greater than every text with this prefix, by code points; None when there is none."""
    shorter = prefix.rstrip(chr(_LAST))
    if not shorter:
        return None
    last = ord(shorter[-1])
    following = _FIRST_AFTER_SURROGATES if last == _LAST_BEFORE_SURROGATES else last + 1
    return shorter[:-1] + chr(following)
