"""Many users in a database, by the store's own tables, in one transaction and without its promises.

A million of them by the API would take an hour. They all have one sealed password verifier, which is nobody's: whoever
is to sign in gets a password by the API afterwards. The server must not run meanwhile.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from halfday.server.compose import DATABASE_FILE
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.settings import MASTER_KEY_FILE
from halfday.server.storage.rows import Table
from halfday.server.storage.sealing import Sealer, load_master_key
from halfday.server.storage.tables.user_search import SEARCHED
from halfday.server.storage.tables.users import NAMES, SUB, USERNAME, USERS

_FAST = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "locking_mode = EXCLUSIVE")


def username(number: int) -> str:
    return f"user{number:08}"


def email(number: int) -> str:
    return f"{username(number)}@example.com"


def fill(data: Path, pool_id: str, size: int) -> None:
    """The users number 0 to `size`, with their names and what ListUsers searches; nobody has them by e-mail."""
    connection = sqlite3.connect(data / DATABASE_FILE, isolation_level=None)
    for pragma in _FAST:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    with_indexes = _without_indexes(connection, (USERS, NAMES, SEARCHED))
    sealer = Sealer(load_master_key(data / MASTER_KEY_FILE))
    connection.executemany(re.sub(r"\$\d+", "?", USERS.insert), _users(pool_id, size, sealer))
    for kind, name in ((SUB, "sub"), (USERNAME, "username")):
        _derive(connection, NAMES, pool_id, pool_id="pool_id", name=name, kind=f"'{kind}'", username="username")
    for attribute in ("email", "name", "username"):
        value = "username" if attribute == "username" else f"lower(json_extract(attributes, '$.{attribute}'))"
        derived = {"pool_id": "pool_id", "attribute": f"'{attribute}'", "value": value, "username": "username"}
        _derive(connection, SEARCHED, pool_id, **derived)
    for statement in with_indexes:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _users(pool_id: str, size: int, sealer: Sealer) -> Iterator[Sequence[Any]]:
    """Rows, made of one: sealing a verifier for each would take longer than writing them."""
    somebody = User(pool_id, "", "", UserStatus.CONFIRMED, 1.0, 1.0, srp_salt="a" * 32, srp_verifier="b" * 768)
    row = USERS.row(replace(somebody, attributes=_attributes(0)), sealer)
    places = [USERS.columns.index(column) for column in ("username", "sub", "attributes")]
    for number in range(size):
        for place, value in zip(places, (username(number), _sub(number), json.dumps(_attributes(number))), strict=True):
            row[place] = value
        yield row


def _attributes(number: int) -> dict[str, str]:
    return {"email": email(number), "email_verified": "true", "name": _name(number)}


def _name(number: int) -> str:
    return f"User {number:08}"


def _sub(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def _derive(connection: sqlite3.Connection, table: Table[Any], pool: str, **column: str) -> None:
    """A row of every user: an expression over users for each of the table's columns."""
    listed, values = ", ".join(table.columns), ", ".join(column[name] for name in table.columns)
    sql = f"INSERT INTO {table.name} ({listed}) SELECT {values} FROM users WHERE pool_id = ? ORDER BY username"
    connection.execute(sql, (pool,))


def _without_indexes(connection: sqlite3.Connection, tables: Iterable[Table[Any]]) -> list[str]:
    """Drops what is sorted faster at the end, and gives the statements that make it again."""
    made = []
    for table in tables:
        sql = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
        for name, statement in connection.execute(sql, (table.name,)).fetchall():
            connection.execute(f"DROP INDEX {name}")
            made.append(statement)
    return made
