"""What the store asks of a database. Each database has a file of its own, such as storage/sqlite.

Statements are written once, in the dialect that SQLite and PostgreSQL both speak: `$1` placeholders, `ON CONFLICT`,
`RETURNING`. Where the two differ, the difference is a member here.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from halfday.server.storage.units import Work

Row = Sequence[Any]
Image = Any
"""What a database held at some moment, in a form of its own."""

CONFIGURATION_VERSION = "SELECT version FROM configuration_version WHERE one = 1"


class Database(Protocol):
    """A connection that runs one statement at a time; each is a unit of its own unless its task has one open.

    Every verb raises Busy, but within a unit: who has begun one is not kept waiting any more.
    """

    row_address: str
    """The column by which a statement names single rows of any table: `rowid` in SQLite, `ctid` in PostgreSQL."""

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]: ...

    async def execute(self, sql: str, *values: Any) -> int:
        """The number of rows touched. Raises Taken when a unique key stands in the way."""
        ...

    def unit(self, of: str) -> AbstractAsyncContextManager[None]:
        """All statements of this task within, or none (storage/units). `of`: the pool, or what else they belong to.

        Within another unit it is a part of that: what is raised out of it undoes the part.
        """
        ...

    async def afterwards(self, work: Work) -> None:
        """Does `work` once this task's open unit is kept; at once where it has none open."""
        ...

    @property
    def in_unit(self) -> bool:
        """Whether this task has a unit open."""
        ...

    def version_at_once(self) -> int | None:
        """`configuration_version`, where it can be told without waiting and no unit is open; else None."""
        ...

    async def configuration_version(self) -> int:
        """The number of the latest change of configuration that was committed, by this process or any other.

        It is asked for before each answer from a snapshot, outside units, and tells how old that may be: no change
        that was committed before the task was woken may be missing. SQLite answers for 5 µs, once a turn of the event
        loop (storage/turns). PostgreSQL would take a journey: decision 49 has the two ways.
        """
        ...

    async def keep_image(self) -> Image:
        """All that it holds now, for `put_back`."""
        ...

    async def put_back(self, image: Image) -> None:
        """It holds what it held then, and nothing else. An open unit is waited for. Raises Busy."""
        ...

    async def close(self) -> None: ...
