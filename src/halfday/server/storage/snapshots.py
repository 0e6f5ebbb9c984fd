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
from collections.abc import Awaitable, Callable, Set
from typing import Any

from halfday.server.storage.database import Database

MOST_RECORDS = 8192
"""How many records are held at most, an empty answer counted as one. What was asked for least recently goes first."""

MOST_ABSENT, LONGEST_ABSENT = 256, 256
"""How many names that nobody has are held at most, and how long they may be: anybody can think of more."""

Records = tuple[Any, ...]
Question = tuple[str, str]
"""The name of a table, and of the column by which it is held."""

_CHANGES = "SELECT scope, version FROM configuration_changes WHERE version > $1"


class Snapshots:
    def __init__(self, database: Database, *, most_records: int = MOST_RECORDS) -> None:
        self._database = database
        self._found, self._absent = _Held(most_records), _Held(MOST_ABSENT)
        self._most_records = most_records
        self._version, self._times_forgotten = 0, 0

    def forget(self) -> None:
        """Nothing is held: the database was put back to what it was, and its numbers begin again."""
        self._found, self._absent = _Held(self._most_records), _Held(MOST_ABSENT)
        self._version, self._times_forgotten = 0, self._times_forgotten + 1

    def at_once(self, question: Question, value: str) -> Records | None:
        """The same as `answer`, where it is held and was not changed; else None."""
        version = self._database.version_at_once()
        if version is None or version > self._version:
            return None
        found = self._found.get(value, question)
        return self._absent.get(value, question) if found is None else found

    async def answer(self, question: Question, value: str, read: Callable[[], Awaitable[Records]]) -> Records:
        """What `read` would answer now: the rows of the question's table whose column has this value."""
        if self._database.in_unit:
            return await read()
        await self._catch_up()
        records = self._found.get(value, question)
        if records is None:
            records = self._absent.get(value, question)
        if records is not None:
            return records
        as_of = (self._version, self._times_forgotten)
        records = await read()
        if as_of == (self._version, self._times_forgotten):  # else it may be older than what was dropped meanwhile
            self._hold(value, question, records)
        return records

    async def _catch_up(self) -> None:
        """Drops what has changed. Another task may do the same meanwhile: what is dropped twice is read again."""
        if await self._database.configuration_version() <= self._version:
            return
        changes = await self._database.fetch(_CHANGES, self._version)
        scopes = {scope for scope, _ in changes}
        self._found.drop(scopes)
        self._absent.drop(scopes)
        self._version = max([self._version, *(version for _, version in changes)])

    def _hold(self, value: str, question: Question, records: Records) -> None:
        """Of a name that nobody has, an answer takes no room from what was found."""
        if records or value in self._found:
            self._found.hold(value, question, records)
        elif len(value) <= LONGEST_ABSENT:
            self._absent.hold(value, question, records)


class _Held:
    """Snapshots by the value that they are of, of at most so many records together."""

    def __init__(self, most: int) -> None:
        self._most, self._records = most, 0
        self._snapshots: OrderedDict[str, dict[Question, Records]] = OrderedDict()
        self._values_of_scope: dict[str, set[str]] = {}

    def __contains__(self, value: str) -> bool:
        return value in self._snapshots

    def get(self, value: str, question: Question) -> Records | None:
        snapshot = self._snapshots.get(value)
        if snapshot is None or question not in snapshot:
            return None
        self._snapshots.move_to_end(value)
        return snapshot[question]

    def hold(self, value: str, question: Question, records: Records) -> None:
        snapshot = self._snapshots.setdefault(value, {})
        self._records += _weight(records) - (_weight(snapshot[question]) if question in snapshot else 0)
        snapshot[question] = records
        self._snapshots.move_to_end(value)
        self._values_of_scope.setdefault(scope_of(value), set()).add(value)
        while self._records > self._most:
            self._drop(next(iter(self._snapshots)))

    def drop(self, scopes: Set[str]) -> None:
        for scope in scopes:
            for value in tuple(self._values_of_scope.get(scope, ())):
                self._drop(value)

    def _drop(self, value: str) -> None:
        values = self._values_of_scope[scope_of(value)]
        values.remove(value)
        if not values:
            del self._values_of_scope[scope_of(value)]
        self._records -= sum(map(_weight, self._snapshots.pop(value).values()))


def scope_of(value: str) -> str:
    """Under which the database notes that what has this value has changed: its last two characters (schema/0011)."""
    return value[-2:]


def _weight(records: Records) -> int:
    return len(records) or 1
