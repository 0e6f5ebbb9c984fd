"""Nothing of somebody stays for whoever takes their name after them, nor of a pool for one of its id."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from databases import KEY, run
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store

POOL, USERNAME = "us-east-1_Behind001", "ada"
NOT_BY_NAME = {"attempts"}
"""They go by a hash of the name."""
FILE = "store.sqlite3"


def filled(folder: Path) -> dict[str, set[str]]:
    """A row of this pool and user in every table of the schema. The columns of each table."""
    run(SqliteDatabase(folder / FILE).close())
    database = sqlite3.connect(folder / FILE)
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in tables}
    known = {"pool_id": POOL, "owner": POOL, "username": USERNAME}
    for table, names in columns.items():
        if table != "deleted_pools" and not table.startswith("configuration_"):  # written by triggers, of nobody
            marks = ", ".join("?" for _ in names)
            database.execute(f"INSERT INTO {table} VALUES ({marks})", [known.get(name, "1") for name in names])
    database.commit()
    database.close()
    return {table: set(names) for table, names in columns.items()}


def left(folder: Path) -> set[str]:
    database = sqlite3.connect(folder / FILE)
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    with_rows = {table for table in tables if database.execute(f"SELECT 1 FROM {table}").fetchone()}
    database.close()
    return with_rows


def test_every_table_that_names_a_user_goes_with_them(tmp_path: Path) -> None:
    columns = filled(tmp_path)
    store = Store(SqliteDatabase(tmp_path / FILE), Sealer(KEY))
    run(store.users.delete(POOL, USERNAME))
    named = {table for table in columns if "username" in columns[table]}
    assert len(named) > 15
    assert left(tmp_path) & named == NOT_BY_NAME
    run(store.close())


def test_every_table_that_names_a_pool_goes_with_it(tmp_path: Path) -> None:
    columns = filled(tmp_path)
    store = Store(SqliteDatabase(tmp_path / FILE), Sealer(KEY))
    run(store.pools.delete(POOL))
    named = {table for table in columns if columns[table] & {"pool_id", "owner"}}
    assert len(named) > 30
    assert left(tmp_path) & named == set()
    run(store.close())
