"""Killed at any statement, a use case has done all that it does or nothing; what it was said to have done, is done."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from in_process import server_over, set_up
from suspending import DyingDatabase, Killed
from units.kills import BESIDE, CASES

NEVER = 10_000
Rows = dict[tuple[Any, ...], dict[str, Any]]
Changes = Counter[tuple[Any, ...]]


def contents(path: Path) -> dict[str, Rows]:
    """Every row by its key, in every table."""
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found: dict[str, Rows] = {}
    for name in names:
        columns = list(database.execute(f"PRAGMA table_info({name})"))
        key = [row["name"] for row in sorted(columns, key=lambda row: row["pk"]) if row["pk"]]
        rows = map(dict, database.execute(f"SELECT * FROM {name}"))
        found[name] = {tuple(row[column] for column in key): row for row in rows}
    database.close()
    return found


def changes(before: dict[str, Rows], after: dict[str, Rows]) -> Changes:
    """How many rows came and went in each table, and which columns of which rows are others now."""
    counted: Changes = Counter()
    for table in before.keys() - BESIDE:
        old, new = before[table], after[table]
        counted[table, "came"] = len(new.keys() - old.keys())
        counted[table, "went"] = len(old.keys() - new.keys())
        for key in old.keys() & new.keys():
            counted.update((table, key, name) for name in old[key] if old[key][name] != new[key][name])
    return +counted


def run_until(path: Path, what: str, known: Any, at: int) -> tuple[int, bool]:
    """How many statements ran, and whether the end was reached."""

    async def run() -> tuple[int, bool]:
        database = DyingDatabase(path, at=at)
        server = server_over(database)
        server.now = 1100.0
        try:
            await CASES[what].work(server, known)
        except Killed:
            return database.statements, False
        finally:
            await database.close()
        return database.statements, True

    return asyncio.run(run())


@pytest.mark.parametrize("what", sorted(CASES))
def test_a_kill_at_any_statement_leaves_all_or_nothing(tmp_path: Path, what: str) -> None:
    template = set_up(tmp_path, CASES[what].set_up)
    before = contents(template.copy("before"))
    whole = template.copy("whole")
    statements, ended = run_until(whole, what, template.known, NEVER)
    assert ended
    everything = changes(before, contents(whole))
    assert everything, "the use case writes"
    seen = {frozenset(everything.items())}
    for at in range(1, statements + 1):
        path = template.copy(f"at{at}")
        assert run_until(path, what, template.known, at) == (at, False)
        left = changes(before, contents(path))
        seen.add(frozenset(left.items()))
        assert left <= everything, "and nothing else"
    assert frozenset() in seen
    assert len(seen) <= 1 + CASES[what].steps, [dict(state) for state in seen]
