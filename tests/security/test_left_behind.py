"""Nothing of somebody stays for whoever takes their name after them."""

from __future__ import annotations

import sqlite3

from halfday.server.storage.database import migrate
from halfday.server.storage.pools import _OF_ITS_PEOPLE, _WAYS_TO_A_POOL
from halfday.server.storage.users import _TABLES_OF_A_USER


def test_every_table_that_names_a_user_goes_with_them() -> None:
    database = sqlite3.connect(":memory:", isolation_level=None)
    migrate(database)
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {table: {row[1] for row in database.execute(f"PRAGMA table_info({table})")} for table in tables}
    named = {table for table in tables if "username" in columns[table]}
    assert named - {"attempts"} == set(_TABLES_OF_A_USER)  # attempts go by a hash of the name


def test_every_table_that_names_a_pool_goes_with_it() -> None:
    database = sqlite3.connect(":memory:", isolation_level=None)
    migrate(database)
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {table: {row[1] for row in database.execute(f"PRAGMA table_info({table})")} for table in tables}
    of_a_pool = {table for table in tables if "pool_id" in columns[table]} - {"deleted_pools"}
    assert of_a_pool == {*_WAYS_TO_A_POOL, *_OF_ITS_PEOPLE}
