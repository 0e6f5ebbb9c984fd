"""Checkpoints are made in a thread: no commit waits for the disk, and the log has an end all the same."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from halfday.server.storage import checkpoints
from halfday.server.storage.checkpoints import EVERY_WRITES, Checkpoints
from halfday.server.storage.sqlite import SqliteDatabase


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[SqliteDatabase]:
    opened = SqliteDatabase(path)
    opened._connection.execute("CREATE TABLE filled (content TEXT)")
    yield opened
    asyncio.run(opened.close())


def log_bytes(path: Path) -> int:
    log = path.with_name(f"{path.name}-wal")
    return log.stat().st_size if log.exists() else 0


def write(database: SqliteDatabase, rows: int, size: int = 4000) -> None:
    async def all_of_them() -> None:
        for _ in range(rows):
            await database.execute("INSERT INTO filled VALUES ($1)", "x" * size)

    asyncio.run(all_of_them())


def eventually(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end and not holds():
        time.sleep(0.01)
    return holds()


def test_no_commit_makes_a_checkpoint(path: Path, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Checkpoints, "_checkpoint", lambda *_: None)
    before = path.stat().st_size
    write(database, 2000)
    assert path.stat().st_size == before, "nothing has moved, of twice as much as SQLite would have let lie"
    assert log_bytes(path) > 2000 * 4096


def test_what_was_committed_moves_into_the_file(path: Path, database: SqliteDatabase) -> None:
    write(database, 10 * EVERY_WRITES)
    assert eventually(lambda: path.stat().st_size > 8 * EVERY_WRITES * 4096)
    assert "halfday-checkpoints" in {thread.name for thread in threading.enumerate()}


def test_the_log_has_an_end_however_much_is_written(
    path: Path, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "LONG_LOG_BYTES", 1_000_000)
    for _ in range(30):
        write(database, EVERY_WRITES)
        assert eventually(lambda: log_bytes(path) < 2_000_000)
    assert database._connection.execute("SELECT count(*) FROM filled").fetchone() == (30 * EVERY_WRITES,)


def test_a_writer_waits_for_a_long_log_without_stopping_the_others(path: Path, database: SqliteDatabase) -> None:
    """As for another process that holds the file."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def turns() -> int:
        writing = asyncio.create_task(database.execute("INSERT INTO filled VALUES ('x')"))
        count = 0
        while not writing.done():
            await asyncio.sleep(0)
            count += 1
            if count == 50:
                other.execute("ROLLBACK")
        return count

    assert asyncio.run(turns()) >= 50
    other.close()


def test_a_checkpoint_that_fails_is_told_and_loses_nothing(
    path: Path, database: SqliteDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    closed = sqlite3.connect(path)
    closed.execute("BEGIN IMMEDIATE")  # no checkpoint can be made by who is within a transaction
    with caplog.at_level(logging.WARNING):
        database._checkpoints._checkpoint(closed)
    closed.close()
    assert "a checkpoint of the database failed: SQLITE_LOCKED" in caplog.text
    write(database, 1)


def test_nothing_goes_on_after_the_database_is_closed(path: Path) -> None:
    opened = SqliteDatabase(path)
    opened._connection.execute("CREATE TABLE filled (content TEXT)")
    write(opened, EVERY_WRITES)
    thread = opened._checkpoints._thread
    asyncio.run(opened.close())
    assert thread is not None
    assert not thread.is_alive()
    assert log_bytes(path) == 0, "who closes last leaves no log"
