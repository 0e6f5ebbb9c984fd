r"""The filter of ListUsers: one attribute, `=` or `^=`, one quoted value. Source: API reference, ListUsers, Filter.

family_name = "Reddy"        "email" ^= "ada@"        name = "the \"engine\""

Case does not count, and what is found comes in the order of the attribute (Developer guide, Managing and searching for
user accounts). Upper and lower case are folded as Unicode's case folding has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from halfday.server.domain.refusals import invalid
from halfday.server.domain.users.users import User, UserStatus

INDEXED = frozenset({"username", "email", "phone_number", "name", "given_name", "family_name", "preferred_username"})
"""Kept, folded, in an index of their own. The others that can be searched are columns of the user."""

SEARCHABLE = INDEXED | {"sub", "status", "cognito:user_status"}

_FORM = re.compile(
    r'\s*(?P<quote>"?)(?P<attribute>[\w:]+)(?P=quote)\s*(?P<type>\^?=)\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*', re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LAST_BEFORE_SURROGATES, _FIRST_AFTER_SURROGATES, _LAST = 0xD7FF, 0xE000, 0x10FFFF


@dataclass(frozen=True, slots=True)
class UserFilter:
    """`prefix` says whether values that begin with `value` match, or only `value` itself."""

    attribute: str
    value: str
    prefix: bool

    @property
    def folded(self) -> str:
        return folded(self.value)

    def matches(self, text: str) -> bool:
        return folded(text).startswith(self.folded) if self.prefix else folded(text) == self.folded

    @property
    def statuses(self) -> tuple[str, ...]:
        """The user statuses that match."""
        return tuple(status.value for status in UserStatus if self.matches(status.value))

    @property
    def enabled_states(self) -> tuple[bool, ...]:
        """`status` is what the console calls Enabled: Enabled or Disabled."""
        return tuple(state for state, name in ((True, "Enabled"), (False, "Disabled")) if self.matches(name))

    def place(self, user: User) -> str:
        """The first sort key of a user among those found; the username is the second."""
        if self.attribute == "cognito:user_status":
            return user.status.value
        if self.attribute == "status":
            return "1" if user.enabled else "0"
        return folded({"username": user.username, **user.all_attributes}.get(self.attribute, ""))


def folded(text: str) -> str:
    """The text as searches compare it: case-folded."""
    return text.casefold()


def parse_filter(text: str) -> UserFilter | None:
    """None for a blank filter, which asks for everybody. Raises Refused, in sentences that are ours [inferred]."""
    if not text.strip():
        return None
    found = _FORM.fullmatch(text)
    if found is None:
        raise invalid("Error while parsing filter.")
    attribute = found["attribute"]
    if attribute not in SEARCHABLE:
        raise invalid(f"{attribute} is not a searchable attribute.")
    return UserFilter(attribute, _ESCAPE.sub(r"\1", found["value"]), found["type"] == "^=")


def after_prefix(prefix: str) -> str | None:
    """The least text that is greater than every text with this prefix, by code points; None when there is none."""
    shorter = prefix.rstrip(chr(_LAST))
    if not shorter:
        return None
    last = ord(shorter[-1])
    following = _FIRST_AFTER_SURROGATES if last == _LAST_BEFORE_SURROGATES else last + 1
    return shorter[:-1] + chr(following)
