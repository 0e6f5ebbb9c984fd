"""A pool's configuration, read once and exact at every request: what the tables of configuration were found to hold.

A table declares by which columns it is held (`Table.held_by`). All of its rows with one value of such a column are one
answer, and the answers for one value are a snapshot: of a pool's id its pool, keys, domains, resource servers and
providers. Records of people are never held.

A database numbers the changes of configuration, whichever process makes them, within the unit that makes them
(schema/0011). Before each answer the number is asked for, and what has changed since is dropped. So a snapshot answers
what the table would. In a unit the table is read: it sees the unit's own changes, and nobody else does until they are
committed. What is undone was never held.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from halfday.server.storage.database import Database

MOST_RECORDS = 8192
"""How many records are held at most, an empty answer counted as one. What was asked for least recently goes first."""

Records = tuple[Any, ...]
Question = tuple[str, str]
"""The name of a table, and of the column by which it is held."""

_CHANGES = "SELECT scope, version FROM configuration_changes WHERE version > $1"


class Snapshots:
    def __init__(self, database: Database, *, most_records: int = MOST_RECORDS) -> None:
        self._database, self._most = database, most_records
        self._held: OrderedDict[str, dict[Question, Records]] = OrderedDict()
        self._records = 0
        self._version = 0

    async def answer(self, question: Question, value: str, read: Callable[[], Awaitable[Records]]) -> Records:
        """What `read` would answer now: the rows of the question's table whose column has this value."""
        if self._database.in_unit:
            return await read()
        await self._catch_up()
        snapshot = self._held.get(value)
        if snapshot is not None and question in snapshot:
            self._held.move_to_end(value)
            return snapshot[question]
        version = self._version
        records = await read()
        if version == self._version:  # else it may be older than what was dropped meanwhile
            self._hold(value, question, records)
        return records

    async def _catch_up(self) -> None:
        """Drops what has changed. Another task may do the same meanwhile: what is dropped twice is read again."""
        if await self._database.configuration_version() <= self._version:
            return
        changes = await self._database.fetch(_CHANGES, self._version)
        scopes = {scope for scope, _ in changes}
        for value in [value for value in self._held if scope_of(value) in scopes]:
            self._drop(value)
        self._version = max([self._version, *(version for _, version in changes)])

    def _hold(self, value: str, question: Question, records: Records) -> None:
        """Of a value that nothing was found for, nothing is held: anybody can think of names that nobody has."""
        if not records and value not in self._held:
            return
        snapshot = self._held.setdefault(value, {})
        self._records += _weight(records) - (_weight(snapshot[question]) if question in snapshot else 0)
        snapshot[question] = records
        self._held.move_to_end(value)
        while self._records > self._most:
            self._drop(next(iter(self._held)))

    def _drop(self, value: str) -> None:
        self._records -= sum(map(_weight, self._held.pop(value).values()))


def scope_of(value: str) -> str:
    """Under which the database notes that what has this value has changed: its last two characters (schema/0011)."""
    return value[-2:]


def _weight(records: Records) -> int:
    return len(records) or 1
