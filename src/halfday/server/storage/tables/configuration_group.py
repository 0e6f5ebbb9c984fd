"""The base of table groups whose tables are held in snapshots (storage/snapshots)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from halfday.server.storage.database import Database
from halfday.server.storage.errors import Missing
from halfday.server.storage.rows import Record, Table
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.snapshots import Snapshots
from halfday.server.storage.tables.table_group import TableGroup

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class ConfigurationVersion:
    """The number of the latest change. There is one row."""

    one: int
    version: int


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """The number of the latest change in a scope (schema/0011)."""

    scope: str
    version: int


VERSION = Table("configuration_version", ConfigurationVersion, key="one")
CHANGES = Table("configuration_changes", ConfigurationChange, key="scope")
"""Both are written by the database's triggers alone."""


class ConfigurationGroup(TableGroup):
    def __init__(self, database: Database, sealer: Sealer, snapshots: Snapshots) -> None:
        super().__init__(database, sealer)
        self._snapshots = snapshots

    async def _held(self, table: Table[R], column: str, value: str) -> tuple[R, ...]:
        """The rows whose column has this value, in the order of their keys. The column is one of `table.held_by`."""
        known = self._snapshots.at_once((table.name, column), value)
        if known is not None:
            return known

        async def read() -> tuple[R, ...]:
            return tuple(await self._all(table, table.by_held[column], value))

        return await self._snapshots.answer((table.name, column), value, read)

    async def _find_held(self, table: Table[R], column: str, value: str) -> R | None:
        """The first of them."""
        records = await self._held(table, column, value)
        return records[0] if records else None

    async def _get_held(self, table: Table[R], column: str, value: str) -> R:
        """Raises Missing."""
        return self._there(await self._find_held(table, column, value), table, value)

    def _there(self, record: R | None, table: Table[R], *key: str) -> R:
        if record is None:
            raise Missing(table.name, f"nothing for {', '.join(key)}")
        return record
