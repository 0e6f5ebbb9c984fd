"""Opening a database file: it must be Halfday's, readable, and of a known version, or it is refused with a sentence.

Another program's file is refused before anything is written, because SQLite would add our tables to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from halfday.server.storage.errors import Unusable

_FIRST_TABLE = "pools"
"""Every version of our schema has this table."""

_REASONS = {
    sqlite3.SQLITE_NOTADB: "is no SQLite database",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_PERM: "may not be read by this user",
    sqlite3.SQLITE_READONLY: "may not be written by this user",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error",
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full",
    sqlite3.SQLITE_BUSY: "is held by another program",
    sqlite3.SQLITE_LOCKED: "is held by another program",
}


def as_unusable(problem: sqlite3.DatabaseError, path: Path | str) -> Unusable | None:
    """Unusable, if SQLite's error is about the file; None if it is about the statement or another writer."""
    code = getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code not in _REASONS or code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return None
    return Unusable(f"{path} {_REASONS[code]}")


@contextmanager
def unusable_is_told(path: Path | str) -> Iterator[None]:
    """Translates SQLite's errors within the block into Unusable, whose sentence names the file."""
    try:
        yield
    except sqlite3.DatabaseError as problem:
        code = getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        reason = _REASONS.get(code, "holds tables that are not as this Halfday knows them")
        raise Unusable(f"{path} {reason}") from problem


def check_is_ours(connection: sqlite3.Connection, path: Path | str, newest: int) -> None:
    """Raises Unusable for another program's database, and for one that a newer Halfday wrote.

    `newest`: the number of the last schema file here.
    """
    connection.execute("BEGIN")  # version and tables of one moment: another process may be making them
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    finally:
        connection.execute("ROLLBACK")
    if (version or tables) and _FIRST_TABLE not in tables:
        raise Unusable(f"{path} is the database of another program")
    if tables and not version:
        raise Unusable(f"{path} is the database of another program: it has tables, and none of our versions")
    if version > newest:
        raise Unusable(f"{path} was written by a newer Halfday: its version is {version}, and this one knows {newest}")
