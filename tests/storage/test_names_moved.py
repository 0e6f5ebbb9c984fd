"""A database of before, in which names stood in three places, opens with all of them in one table."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from databases import KEY, run
from halfday.protocol.identifiers import region_of_pool
from halfday.server.domain.users.user_filter import folded
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.sqlite import SqliteDatabase, schema_files
from halfday.server.storage.store import Store
from halfday.server.storage.tables.users import USERS
from storage.test_promises import POOL, user

BEFORE = 9


def of_before(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.create_function("fold", 1, folded, deterministic=True)
    database.create_function("region_of_pool", 1, region_of_pool, deterministic=True)
    for number, script in schema_files():
        if number <= BEFORE:
            database.executescript(f"{script}; PRAGMA user_version = {number};")
    return database


def test_every_name_of_before_means_whom_it_meant(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    ada, by_address = user(), user("11111111-sub", sub="11111111-sub")
    before = of_before(path)
    for one in (ada, by_address):
        row = USERS.row(one, Sealer(KEY))
        before.execute(USERS.insert, {str(i): value for i, value in enumerate(row, 1)})
    aliases = [("ada@example.com", "email", "ada"), ("countess", "preferred_username", "ada"), ("ada", "email", "ada")]
    aliases.append(("eve@example.com", "email", by_address.username))
    before.executemany(f"INSERT INTO user_aliases VALUES ('{POOL}', ?, ?, ?)", aliases)
    before.close()
    store = Store(SqliteDatabase(path), Sealer(KEY))
    for name in ("ada", "ada@example.com", "countess"):
        assert run(store.users.find_by_name(POOL, name)) == ada
    for name in ("eve@example.com", by_address.username):
        assert run(store.users.find_by_name(POOL, name)) == by_address
    assert run(store.users.find_by_name(POOL, "sub-ada")) is None, "nobody signs in by a sub"
    assert run(store.users.find_by_any_name(POOL, "sub-ada")) == ada
    run(store.close())
