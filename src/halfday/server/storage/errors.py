"""The store's exceptions. Each is translated before it reaches the wire."""

from __future__ import annotations


class Missing(Exception):
    """The record does not exist. `table` names its table."""

    def __init__(self, table: str, detail: str) -> None:
        super().__init__(f"{table}: {detail}")
        self.table = table


class Taken(Exception):
    """A record with this key or this unique value exists already."""


class Stale(Exception):
    """Another request has replaced the record meanwhile."""


class Busy(Exception):
    """Another process held the database for longer than we wait. Nothing was written; the call can be repeated."""


class Unusable(Exception):
    """The database file is another program's, damaged, too new, or cannot be read or written. The sentence names it."""

    may_be_logged = True
