"""The two databases in the few words in which they differ. SQLite is here; PostgreSQL comes with its issue.

Statements are written once, in the dialect that both speak: `$1` placeholders, `ON CONFLICT`, `RETURNING`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

from halfday.protocol.identifiers import region_of_pool
from halfday.server.domain.user_filter import folded

Row = Sequence[Any]

_PATIENCE_S = 5


class Missing(Exception):
    """What was asked for is not there."""


class Taken(Exception):
    """Something with this key, or this unique name, is there already."""


class Stale(Exception):
    """What was to be replaced has been replaced by somebody else meanwhile."""


class Database(Protocol):
    """A connection that runs one statement at a time; each is committed unless a transaction is open."""

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

    Because nothing here ever suspends, statements of two tasks cannot interleave within a transaction.
    """

    def __init__(self, path: Path | str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        for pragma in (f"busy_timeout = {_PATIENCE_S * 1000}", "synchronous = NORMAL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        _write_ahead(self._connection)
        _migrate(self._connection)

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]:
        return self._run(sql, values).fetchall()

    async def execute(self, sql: str, *values: Any) -> int:
        return self._run(sql, values).rowcount

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    async def close(self) -> None:
        self._connection.close()

    def _run(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, {str(i): value for i, value in enumerate(values, 1)})
        except sqlite3.IntegrityError as problem:
            raise Taken(str(problem)) from problem


def _write_ahead(connection: sqlite3.Connection) -> None:
    """The journal is a write-ahead log. SQLite waits for no lock here: we do, while another process opens the file."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.005)


def _migrate(connection: sqlite3.Connection) -> None:
    """Runs the schema files that this database has not seen yet, in their order, each whole or not at all.

    Of two processes that open a new file at once, the second finds the first's work done.
    """
    connection.create_function("fold", 1, folded, deterministic=True)
    connection.create_function("region_of_pool", 1, region_of_pool, deterministic=True)
    for number, script in schema_files():
        if number <= _version(connection):
            continue
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
        except sqlite3.OperationalError:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if number > _version(connection):
                raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def schema_files() -> list[tuple[int, str]]:
    folder = resources.files("halfday.server.storage") / "schema"
    files = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(int(name.split("_", 1)[0]), entry.read_text()) for name, entry in files]
