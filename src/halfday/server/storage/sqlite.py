"""The SQLite database: one file, opened, brought up to date, and written by one unit at a time."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from halfday.protocol.identifiers import region_of_pool
from halfday.server.domain.users.user_filter import folded
from halfday.server.runs import in_a_task
from halfday.server.storage.checkpoints import Checkpoints
from halfday.server.storage.database import CONFIGURATION_VERSION, Row
from halfday.server.storage.errors import Busy, Taken
from halfday.server.storage.opening import as_unusable, check_is_ours, unusable_is_told
from halfday.server.storage.turns import KnownThisTurn
from halfday.server.storage.units import Unit, Work

T = TypeVar("T")
Image = sqlite3.Connection

IN_MEMORY = ":memory:"
"""The path of a database without a file, which ends with its process."""

PATIENCE_S = 5.0
"""For how long a statement waits for another process that holds the file."""

_NAMES = tuple(str(number) for number in range(1, 100))
"""Of a statement's values, in their order: `$1` and so on."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.05


class SqliteDatabase:
    """One SQLite file, called inline: a committed write costs some 20 µs, less than handing it to a thread would.

    SQLite never waits for another process's lock here: that would stop every task. A task waits by itself and tries
    again, and it waits only where it holds nothing: before a unit begins, or with a statement of its own. Within a unit
    nothing suspends, so statements of two tasks cannot interleave there. In write-ahead mode BEGIN IMMEDIATE takes the
    only lock that writers compete for: what follows never finds it held. Nor does it wait for the disk, but where
    commits are durable: checkpoints are made elsewhere (`checkpoints`).
    """

    row_address = "rowid"

    watched = True
    """Whether a unit that suspends is undone. Who makes statements suspend by themselves watches by themselves."""

    def __init__(self, path: Path | str, *, patience_s: float | None = None, durable: bool = False) -> None:
        """`durable`: a commit that has returned survives a power cut, as it waits for the disk; else a kill only.

        Raises Unusable, and leaves alone a file that is not ours.
        """
        self._path = path
        with unusable_is_told(path):
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, cached_statements=512
            )
            try:
                self._prepare(path, "FULL" if durable else "NORMAL")
            except BaseException:
                self._connection.close()
                raise
        self._patience_s = PATIENCE_S if patience_s is None else patience_s
        self._unit: Unit | None = None
        self._checkpoints = None if path == IN_MEMORY else Checkpoints(Path(path))
        self._configuration_version = KnownThisTurn[int]()

    def _prepare(self, path: Path | str, synchronous: str) -> None:
        for pragma in (f"busy_timeout = {int(PATIENCE_S * 1000)}", f"synchronous = {synchronous}", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        check_is_ours(self._connection, path, newest=schema_files()[-1][0])
        _write_ahead(self._connection)
        migrate(self._connection)
        self._connection.execute("PRAGMA busy_timeout = 0")
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]:
        cursor = self._at_once(sql, values)
        rows = await self._patiently(lambda: self._run(sql, values).fetchall()) if cursor is None else cursor.fetchall()
        if not sql.startswith("SELECT"):
            self._wrote()
        return rows

    async def execute(self, sql: str, *values: Any) -> int:
        cursor = self._at_once(sql, values)
        count = await self._patiently(lambda: self._run(sql, values).rowcount) if cursor is None else cursor.rowcount
        self._wrote()
        return count

    def _at_once(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor | None:
        """None where another task's unit is open, or another process holds the file."""
        if self._unit is not None:
            return self._run(sql, values) if self._unit.is_mine else None
        try:
            return self._run(sql, values)
        except sqlite3.OperationalError as problem:
            if _is_busy(problem):
                return None
            raise

    def unit(self, of: str) -> _Block:
        """One file has one lock, whatever the unit belongs to."""
        return _Block(self)

    async def _begin(self) -> Unit:
        await in_a_task()  # units are told apart by their tasks
        if self._at_once("BEGIN IMMEDIATE", ()) is None:
            await self._patiently(lambda: self._run("BEGIN IMMEDIATE", ()))
        unit = self._unit = Unit()
        return unit

    def _commit(self, unit: Unit) -> None:
        try:
            if self.watched:
                unit.check()
            self._run("COMMIT", ())
        except BaseException:
            self._roll_back(unit)
            raise
        self._wrote()

    def _roll_back(self, unit: Unit) -> None:
        unit.waits()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _end_part(self, *, undone: bool) -> None:
        if not undone:
            self._run("RELEASE part", ())
        elif self._connection.in_transaction:
            self._connection.execute("ROLLBACK TO part")
            self._connection.execute("RELEASE part")

    async def afterwards(self, work: Work) -> None:
        if self._unit is not None and self._unit.is_mine:
            self._unit.afterwards(work)
        else:
            await work()

    @property
    def in_unit(self) -> bool:
        return self._unit is not None and self._unit.is_mine

    def version_at_once(self) -> int | None:
        """Every request asks for it, so this is spared what other statements need."""
        if self._unit is not None:
            return None
        version = self._configuration_version.get()
        if version is None:
            try:
                version = int(self._run(CONFIGURATION_VERSION, ()).fetchone()[0])
            except sqlite3.OperationalError:
                return None
            self._configuration_version.learn(version)
        return version

    async def configuration_version(self) -> int:
        version = self.version_at_once()
        if version is None:
            version = int((await self.fetch(CONFIGURATION_VERSION))[0][0])
            self._configuration_version.learn(version)
        return version

    def _wrote(self) -> None:
        """A statement of ours may have changed something: configuration, too."""
        if self._checkpoints is not None:
            self._checkpoints.wrote()
        self._configuration_version.forget()

    async def keep_image(self) -> Image:
        """A copy of all that the database holds now, in memory, for `put_back`."""
        return await self._patiently(self._copied)

    async def put_back(self, image: Image) -> None:
        """It holds what it held then, and nothing else. An open unit is waited for. Raises Busy."""
        await self._patiently(lambda: image.backup(self._connection))
        self._wrote()

    def _copied(self) -> Image:
        image = sqlite3.connect(IN_MEMORY, check_same_thread=False)
        self._connection.backup(image)
        return image

    async def close(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._connection.close()

    async def _patiently(self, work: Callable[[], T]) -> T:
        """What `work` answers, which is one statement whole; tried again while somebody else holds the file."""
        end, pause_s = time.monotonic() + self._patience_s, _FIRST_PAUSE_S
        while True:
            within = self.in_unit
            if within or self._unit is None:
                try:
                    return work()
                except sqlite3.OperationalError as problem:
                    if within or not _is_busy(problem):
                        raise
            if time.monotonic() >= end:
                raise Busy(f"another process has held the database for {self._patience_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _run(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, dict(zip(_NAMES, values, strict=False)))
        except sqlite3.IntegrityError as problem:
            raise Taken(str(problem)) from problem
        except sqlite3.DatabaseError as problem:
            if unusable := as_unusable(problem, self._path):
                raise unusable from problem
            raise


class _Block:
    """What `async with database.unit(…)` runs: a unit, or a part of the one that the task has open."""

    __slots__ = ("_database", "_unit")

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._unit: Unit | None = None

    async def __aenter__(self) -> None:
        if self._database.in_unit:
            self._database._run("SAVEPOINT part", ())
        else:
            self._unit = await self._database._begin()

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._unit is None:
            self._database._end_part(undone=problem is not None)
        else:
            await self._end(self._unit, undone=problem is not None)

    async def _end(self, unit: Unit, *, undone: bool) -> None:
        try:
            if undone:
                self._database._roll_back(unit)
            else:
                self._database._commit(unit)
        finally:
            self._database._unit = None
        if not undone:
            await unit.kept()


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
