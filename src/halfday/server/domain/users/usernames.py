"""Usernames that the API accepts. No others are made or looked for.

The API's model bounds its member Username. Names come in by other ways too: AuthParameters, forms, links, files of
users, a provider's `sub`. A user whose name no call accepts could not be disabled or deleted; and a name of 250 KB that
is counted for the lock-out, or kept with an event, fills the disk.
"""

from __future__ import annotations

import unicodedata

LONGEST = 128
"""Characters: UsernameType of the model."""

_KINDS = frozenset("LMSNP")
"""Letters, marks, symbols, numbers and punctuation: no blanks, no controls."""


def is_too_long(name: str) -> bool:
    return len(name) > LONGEST


def can_be_named(name: str) -> bool:
    """Whether the model's UsernameType takes it."""
    return 0 < len(name) <= LONGEST and all(unicodedata.category(char)[0] in _KINDS for char in name)
