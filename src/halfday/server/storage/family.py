"""What every table family is made of: a database, a sealer, and the verbs that are the same for all."""

from __future__ import annotations

from typing import Any, TypeVar

from halfday.server.storage.database import Database, Missing
from halfday.server.storage.rows import Record, Table
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.slices import delete_in_slices

R = TypeVar("R", bound=Record)


class Family:
    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def _insert(self, table: Table[R], record: R) -> None:
        await self._database.execute(table.insert, *table.row(record, self._sealer))

    async def _update(self, table: Table[R], record: R, *key: str) -> None:
        """Sets every column but the key. Raises Missing."""
        self._found(await self._database.execute(table.set_all(key), *table.row(record, self._sealer)), table)

    async def _all(self, table: Table[R], where: str, *values: Any) -> list[R]:
        rows = await self._database.fetch(f"{table.select} {where}", *values)
        return [table.record(row, self._sealer) for row in rows]

    async def _find(self, table: Table[R], where: str, *values: Any) -> R | None:
        records = await self._all(table, where, *values)
        return records[0] if records else None

    async def _get(self, table: Table[R], where: str, *values: Any) -> R:
        record = await self._find(table, where, *values)
        if record is None:
            raise Missing(f"{table.name}: nothing for {', '.join(map(str, values))}")
        return record

    async def _take(self, table: Table[R], where: str, *values: Any) -> R | None:
        """Deletes and returns in one statement: of two callers at once, one gets None."""
        rows = await self._database.fetch(f"DELETE FROM {table.name} {where} {table.returning}", *values)  # noqa: S608
        return table.record(rows[0], self._sealer) if rows else None

    async def _execute(self, sql: str, *values: Any) -> int:
        return await self._database.execute(sql, *values)

    async def _delete_in_slices(self, table: str, where: str, *values: Any) -> int:
        return await delete_in_slices(self._database, table, where, *values)

    def _found(self, count: int, table: Table[R]) -> None:
        if count == 0:
            raise Missing(f"{table.name}: nothing to change")
