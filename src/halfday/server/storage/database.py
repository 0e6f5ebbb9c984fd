"""The two databases in the few words in which they differ. SQLite is here; PostgreSQL is not yet.

Statements are written once, in the dialect that both speak: `$1` placeholders, `ON CONFLICT`, `RETURNING`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any, Protocol, TypeVar

from halfday.protocol.identifiers import region_of_pool
from halfday.server.domain.user_filter import folded
from halfday.server.storage.checkpoints import Checkpoints

Row = Sequence[Any]
T = TypeVar("T")

PATIENCE_S = 5.0
"""For how long a statement waits for another process that holds the file."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.05


class Missing(Exception):
    """What was asked for is not there."""


class Taken(Exception):
    """Something with this key, or this unique name, is there already."""


class Stale(Exception):
    """What was to be replaced has been replaced by somebody else meanwhile."""


class Busy(Exception):
    """Another process held the database for longer than we wait. Nothing was done, and the same may be tried again."""


class Database(Protocol):
    """A connection that runs one statement at a time; each is committed unless a transaction is open.

    Every verb raises Busy, but within a transaction: who has begun one is not kept waiting any more.
    """

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]: ...

    async def execute(self, sql: str, *values: Any) -> int:
        """The number of rows touched. Raises Taken when a unique key stands in the way."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[None]:
        """All of the statements within, or none. Hold it over statements only, never over other waiting."""
        ...

    async def close(self) -> None: ...


class SqliteDatabase:
    """One SQLite file, called inline: a committed write costs some 20 µs, less than handing it to a thread would.

    SQLite never waits for another process's lock here: that would stop every task. A task waits by itself and tries
    again, and it waits only where it holds nothing: before a transaction begins, or with a statement of its own. Within
    a transaction nothing suspends, so statements of two tasks cannot interleave there; one that does is refused.
    Nor does it wait for the disk: commits do not, and checkpoints are made elsewhere (`checkpoints`).
    In write-ahead mode BEGIN IMMEDIATE takes the only lock that writers compete for: what follows never finds it held.
    """

    def __init__(self, path: Path | str, *, patience_s: float | None = None) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        self._patience_s = PATIENCE_S if patience_s is None else patience_s
        self._owner: asyncio.Task[Any] | None = None
        for pragma in (f"busy_timeout = {int(PATIENCE_S * 1000)}", "synchronous = NORMAL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        _write_ahead(self._connection)
        migrate(self._connection)
        self._connection.execute("PRAGMA busy_timeout = 0")
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")
        self._checkpoints = Checkpoints(Path(path))

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]:
        rows = await self._patiently(lambda: self._run(sql, values).fetchall())
        if not sql.startswith("SELECT"):
            self._checkpoints.wrote()
        return rows

    async def execute(self, sql: str, *values: Any) -> int:
        count = await self._patiently(lambda: self._run(sql, values).rowcount)
        self._checkpoints.wrote()
        return count

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        await self._patiently(lambda: self._connection.execute("BEGIN IMMEDIATE"))
        self._owner = asyncio.current_task()
        try:
            yield
            self._connection.execute("COMMIT")
            self._checkpoints.wrote()
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    async def close(self) -> None:
        self._checkpoints.close()
        self._connection.close()

    async def _patiently(self, work: Callable[[], T]) -> T:
        """What `work` answers, which is one statement whole; tried again while another process holds the file."""
        end, pause_s = time.monotonic() + self._patience_s, _FIRST_PAUSE_S
        while True:
            if within := self._connection.in_transaction:
                self._check_owner()
            try:
                return work()
            except sqlite3.OperationalError as problem:
                if within or not _is_busy(problem):
                    raise
                if time.monotonic() >= end:
                    raise Busy(f"another process has held the database for {self._patience_s:g} s") from problem
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _check_owner(self) -> None:
        if asyncio.current_task() is not self._owner:
            raise RuntimeError("a transaction was suspended: it must hold nothing but statements")

    def _run(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, {str(i): value for i, value in enumerate(values, 1)})
        except sqlite3.IntegrityError as problem:
            raise Taken(str(problem)) from problem


def _is_busy(problem: sqlite3.OperationalError) -> bool:
    """Also by its extended codes, such as SQLITE_BUSY_RECOVERY while another process reads the log anew."""
    return problem.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _write_ahead(connection: sqlite3.Connection) -> None:
    """The journal is a write-ahead log. SQLite waits for no lock here: we do, while another process opens the file."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.005)


def migrate(connection: sqlite3.Connection) -> None:
    """Runs the schema files that this database has not seen yet, in their order, each whole or not at all.

    Of two processes that open a new file at once, the second finds the first's work done. It looks once more when it
    has the lock: a file that ran twice would set the version back.
    """
    connection.create_function("must_precede", 2, _must_precede)
    connection.create_function("fold", 1, folded, deterministic=True)
    connection.create_function("region_of_pool", 1, region_of_pool, deterministic=True)
    for number, script in schema_files():
        if number <= _version(connection):
            continue
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE; SELECT must_precede(user_version, {number}) FROM pragma_user_version; {script}; "  # noqa: S608
                f"PRAGMA user_version = {number}; COMMIT;"
            )
        except sqlite3.OperationalError:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if number > _version(connection):
                raise


def _must_precede(version: int, number: int) -> None:
    if version >= number:
        raise ValueError("another process has run this schema file")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def schema_files() -> list[tuple[int, str]]:
    folder = resources.files("halfday.server.storage") / "schema"
    files = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(int(name.split("_", 1)[0]), entry.read_text()) for name, entry in files]
