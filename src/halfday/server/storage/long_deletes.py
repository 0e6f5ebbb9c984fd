"""Long deletes in slices, because all other requests wait while a statement runs.

Deleting 200,000 expired rows in one statement stopped every request for three seconds. A slice takes a few
milliseconds, and other requests run between two slices. A kill in between leaves a part deleted. So such a delete can
be repeated: either it deletes last the row by which the others are found, or it deletes that row first and leaves a
note (`deleted_pools`).
"""

from __future__ import annotations

import asyncio
from typing import Any

from halfday.server.storage.database import Database

ROWS = 200
_FEWER = {"user_import_chunks": 8}
"""Its rows have a quarter of a megabyte each."""


async def delete_in_slices(database: Database, table: str, where: str, *values: Any) -> int:
    """Deletes all rows that match, and returns how many they were. Not within a unit: others are served meanwhile."""
    most, total = _FEWER.get(table, ROWS), 0
    sql = _slice(database, table, where, most)
    while True:
        count = await database.execute(sql, *values)
        total += count
        if count:
            await asyncio.sleep(0)
        if count < most:
            return total


async def thin_out(database: Database, table: str, where: str, *values: Any) -> None:
    """Deletes slices until at most one is left, which is small enough to be deleted within a unit."""
    more = f"SELECT count(*) FROM (SELECT 1 FROM {table} {where} LIMIT {ROWS + 1}) AS some"  # noqa: S608
    one = _slice(database, table, where, ROWS)
    while (await database.fetch(more, *values))[0][0] > ROWS:
        await database.execute(one, *values)
        await asyncio.sleep(0)


def _slice(database: Database, table: str, where: str, most: int) -> str:
    row = database.row_address
    return f"DELETE FROM {table} WHERE {row} IN (SELECT {row} FROM {table} {where} LIMIT {most})"  # noqa: S608
