"""A database that suspends at every await and lets other tasks in, as one does that is reached over a network.

Each unit has a connection of its own, as with a pool of connections; other statements are units of their own.
`DyingDatabase` dies at a statement that is chosen, as a process that is killed there does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from halfday.server.runs import in_a_task
from halfday.server.storage.database import CONFIGURATION_VERSION, Row
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.units import Unit, Work


class Connection(SqliteDatabase):
    """What suspends in its units is looked at by who made them suspend."""

    watched = False


@dataclass(frozen=True)
class _Open:
    connection: Connection
    watch: Unit


class SuspendingDatabase:
    """SQLite, with turns for all other tasks before and after each statement, each BEGIN and each COMMIT."""

    row_address = SqliteDatabase.row_address

    def __init__(self, path: Path | str, *, patience_s: float | None = None, durable: bool = False) -> None:
        """`durable` means nothing here: nobody pulls the plug in a test."""
        self._path, self._patience_s = path, patience_s
        self._traced: Callable[[str], object] | None = None
        self._alone = self._connected()
        self._idle: list[Connection] = []
        self._units: dict[asyncio.Task[Any] | None, _Open] = {}

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]:
        async with self._turns() as connection:
            return await connection.fetch(sql, *values)

    async def execute(self, sql: str, *values: Any) -> int:
        async with self._turns() as connection:
            return await connection.execute(sql, *values)

    @asynccontextmanager
    async def unit(self, of: str) -> AsyncIterator[None]:
        await in_a_task()
        task = asyncio.current_task()
        if task in self._units:
            async with self._units[task].connection.unit(of):
                yield
            return
        connection = self._idle.pop() if self._idle else self._connected()
        await asyncio.sleep(0)
        async with connection.unit(of):
            await asyncio.sleep(0)
            opened = self._units[task] = _Open(connection, Unit())
            try:
                yield
                opened.watch.check()
                await asyncio.sleep(0)
            finally:
                opened.watch.waits()
                del self._units[task]
        self._idle.append(connection)
        await asyncio.sleep(0)

    @property
    def in_unit(self) -> bool:
        return asyncio.current_task() in self._units

    def version_at_once(self) -> int | None:
        return None

    async def configuration_version(self) -> int:
        """Asked for each time: turns of the event loop are what others change things in here."""
        return int((await self.fetch(CONFIGURATION_VERSION))[0][0])

    async def afterwards(self, work: Work) -> None:
        opened = self._units.get(asyncio.current_task())
        if opened is None:
            await work()
        else:
            await opened.connection.afterwards(work)

    def trace(self, seen: Callable[[str], object] | None) -> None:
        """`seen` is given each statement of every connection from now on."""
        self._traced = seen
        for connection in (self._alone, *self._idle):
            connection._connection.set_trace_callback(seen)

    async def close(self) -> None:
        for connection in (self._alone, *self._idle):
            await connection.close()

    @asynccontextmanager
    async def _turns(self) -> AsyncIterator[Connection]:
        """Others have theirs before and after; a unit's watch lets it wait for that, and for nothing else."""
        opened = self._units.get(asyncio.current_task())
        if opened is not None:
            opened.watch.waits()
        await asyncio.sleep(0)
        yield self._alone if opened is None else opened.connection
        await asyncio.sleep(0)
        if opened is not None:
            opened.watch.goes_on()

    def _connected(self) -> Connection:
        connection = Connection(self._path, patience_s=self._patience_s)
        connection._connection.execute("PRAGMA synchronous = OFF")
        connection._connection.set_trace_callback(self._traced)
        return connection


class Killed(BaseException):
    """The process was killed. Nothing in it catches this."""


class DyingDatabase(SqliteDatabase):
    """Dies before its statement of number `at`, counted from one; BEGIN, COMMIT and parts of units count too."""

    def __init__(self, path: Path | str, *, at: int) -> None:
        self._at = 0
        super().__init__(path)
        self._connection.execute("PRAGMA synchronous = OFF")  # the machine lives on: no need to wait for its disk
        self.statements, self._at = 0, at

    def _run(self, sql: str, values: Sequence[Any] = ()) -> Any:
        if self._at:
            self.statements += 1
            if self.statements >= self._at:
                raise Killed(sql)
        return super()._run(sql, values)
