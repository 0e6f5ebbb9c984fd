"""What was applied of templates."""

from __future__ import annotations

from halfday.server.domain.aws.stacks import StackRecord
from halfday.server.storage.errors import Stale
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup

STACKS = Table("template_stacks", StackRecord, key="account region name", sealed=("content",))


class Stacks(TableGroup):
    async def all(self, account: str, region: str) -> list[StackRecord]:
        return await self._all(STACKS, "WHERE account = $1 AND region = $2 ORDER BY name", account, region)

    async def find(self, account: str, region: str, name: str) -> StackRecord | None:
        return await self._find(STACKS, STACKS.by_key, account, region, name)

    async def keep(self, record: StackRecord) -> None:
        """In place of the one whose revision is one less; of none, where it is 1. Raises Stale."""
        async with self._unit(record.name):
            found = await self.find(record.account, record.region, record.name)
            if (found.revision if found else 0) != record.revision - 1:
                raise Stale(STACKS.name, "applied by somebody else meanwhile")
            if found is None:
                await self._insert(STACKS, record)
            else:
                await self._replace(STACKS, found, record)

    async def delete(self, account: str, region: str, name: str) -> None:
        await self._execute(f"DELETE FROM {STACKS.name} {STACKS.by_key}", account, region, name)  # noqa: S608
