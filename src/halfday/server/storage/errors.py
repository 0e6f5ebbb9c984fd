"""What the store refuses. Each is translated before it reaches the wire."""

from __future__ import annotations


class Missing(Exception):
    """What was asked for is not there. `table` says what kind of thing it is."""

    def __init__(self, table: str, detail: str) -> None:
        super().__init__(f"{table}: {detail}")
        self.table = table


class Taken(Exception):
    """Something with this key, or this unique name, is there already."""


class Stale(Exception):
    """What was to be replaced has been replaced by somebody else meanwhile."""


class Busy(Exception):
    """Another process held the database for longer than we wait. Nothing was done, and the same may be tried again."""


class Unusable(Exception):
    """The database file is not ours, damaged, too new, or cannot be read or written. The sentence names it."""
