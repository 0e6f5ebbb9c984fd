"""Killed at any statement, a use case has done all that it does or nothing; what it was said to have done, is done."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from databases import KEY
from halfday.server.storage.rows import TABLES
from halfday.server.storage.sealing import Sealer
from in_process import server_over, set_up
from suspending import DyingDatabase, Killed
from units import kills_of_iam as _kills_of_iam  # noqa: F401
from units.kills import BESIDE, CASES

NEVER = 10_000
State = frozenset[tuple[Any, ...]]


def state_of(path: Path) -> State:
    """Every row of every table, with its seals open. Ids, codes and times are the same in every run."""
    database, sealer = sqlite3.connect(path), Sealer(KEY)

    def opened(table: str, column: str, value: Any) -> Any:
        return sealer.open(value, f"{table}.{column}") if str(value).startswith("sealed:") else value

    rows = set()
    for table in TABLES.keys() - BESIDE:
        found = database.execute(f"SELECT * FROM {table}")
        columns = [column[0] for column in found.description]
        rows |= {(table, *(opened(table, *pair) for pair in zip(columns, row, strict=True))) for row in found}
    database.close()
    return frozenset(rows)


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
    before, whole = state_of(template.copy("before")), template.copy("whole")
    statements, ended = run_until(whole, what, template.known, NEVER)
    assert ended
    after, seen = state_of(whole), set()
    assert after != before, "the use case writes"
    for at in range(1, statements + 1):
        path = template.copy(f"at{at}")
        assert run_until(path, what, template.known, at) == (at, False)
        seen.add(state_of(path))
    assert before in seen
    halves = seen - {before, after}
    assert len(halves) < CASES[what].steps, [sorted(half ^ before) for half in halves]
