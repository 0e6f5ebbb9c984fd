"""The log's word on condition keys that policies ask about and that nobody fills in here: once a key."""

from __future__ import annotations

import logging
from collections.abc import Iterable

MOST_TOLD = 1_000
"""A session's policies are written by whoever begins the session: the list of what was told has an end."""

log = logging.getLogger("halfday.policies")
_told: set[str] = set()


def tell_unknown_keys(keys: Iterable[str]) -> None:
    """A statement that asked about such a key failed closed, and whoever wrote it should know why."""
    for key in keys:
        if key not in _told and len(_told) < MOST_TOLD:
            _told.add(key)
            log.warning(
                "policies ask about %.128r, which is not filled in here: an Allow with it does not apply, a Deny does",
                key,
            )
