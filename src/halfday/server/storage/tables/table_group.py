"""The base of all table groups: a few tables that belong together, and the verbs by which the store offers them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from halfday.server.storage.database import Database
from halfday.server.storage.errors import Missing
from halfday.server.storage.long_deletes import delete_in_slices, thin_out
from halfday.server.storage.rows import Record, Table
from halfday.server.storage.sealing import Sealer

R = TypeVar("R", bound=Record)


class TableGroup:
    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def _unit(self, of: str) -> AbstractAsyncContextManager[None]:
        """All of the statements within, or none; within an open unit of this task they are a part of that."""
        return self._database.unit(of)

    async def _insert(self, table: Table[R], record: R) -> None:
        """Raises Taken, and Missing where the record is of a pool's configuration and the pool is gone."""
        if table.is_configuration:
            await self._insert_in_pool(table.insert, table, record)
        else:
            await self._database.execute(table.insert, *table.row(record, self._sealer))

    async def _put(self, table: Table[R], record: R) -> None:
        """In place of the record of this key, if there is one: of two at once, the later stands. Raises Missing."""
        await self._insert_in_pool(table.put, table, record)

    async def _insert_in_pool(self, sql: str, table: Table[R], record: R) -> None:
        """With the pool there: a deleted one leaves nothing to who is given its id, and no name that stays taken."""
        pool_id = getattr(record, table.pool_column)
        async with self._unit(pool_id):
            await self._check_pool(pool_id)
            await self._database.execute(sql, *table.row(record, self._sealer))

    async def _check_pool(self, pool_id: str) -> None:
        """Raises Missing."""
        if not await self._database.fetch("SELECT 1 FROM pools WHERE pool_id = $1", pool_id):
            raise Missing("pools", "deleted meanwhile")

    async def _change(self, table: Table[R], *key: Any, change: Callable[[R], R]) -> R:
        """The record as `change` makes it of the one that stands, read and written in one unit.

        `change` is pure, and may run again. What it raises undoes all. Raises Missing, and Taken where the changed
        record has a unique value of another.
        """
        async with self._unit(str(key[0])):
            old = await self._get(table, table.by_key, *key)
            new = change(old)
            await self._replace(table, old, new)
        return new

    async def _replace(self, table: Table[R], old: R, new: R) -> None:
        """Within the unit in which `old` was read."""
        statement = table.replacing(old, new, self._sealer)
        if statement is not None:
            sql, values = statement
            self._found(await self._database.execute(sql, *values), table)

    async def _all(self, table: Table[R], where: str, *values: Any) -> list[R]:
        rows = await self._database.fetch(f"{table.select} {where}", *values)
        return [table.record(row, self._sealer) for row in rows]

    async def _find(self, table: Table[R], where: str, *values: Any) -> R | None:
        rows = await self._database.fetch(f"{table.select} {where}", *values)
        return table.record(rows[0], self._sealer) if rows else None

    async def _get(self, table: Table[R], where: str, *values: Any) -> R:
        record = await self._find(table, where, *values)
        if record is None:
            raise Missing(table.name, f"nothing for {', '.join(map(str, values))}")
        return record

    async def _take(self, table: Table[R], where: str, *values: Any) -> R | None:
        """Deletes and returns in one statement: of two callers at once, one gets None."""
        rows = await self._database.fetch(f"DELETE FROM {table.name} {where} {table.returning}", *values)  # noqa: S608
        return table.record(rows[0], self._sealer) if rows else None

    async def _count(self, table: Table[R], where: str, *values: Any) -> int:
        rows = await self._database.fetch(f"SELECT count(*) FROM {table.name} {where}", *values)  # noqa: S608
        return int(rows[0][0])

    async def _execute(self, sql: str, *values: Any) -> int:
        return await self._database.execute(sql, *values)

    async def _thin_out(self, table: str, where: str, *values: Any) -> None:
        """Of more rows than a slice holds, all but a slice are deleted. Others are served meanwhile."""
        await thin_out(self._database, table, where, *values)

    async def _delete_in_slices(self, table: str, where: str, *values: Any) -> int:
        return await delete_in_slices(self._database, table, where, *values)

    def _found(self, count: int, table: Table[R]) -> None:
        if count == 0:
            raise Missing(table.name, "nothing to change")
