"""Whom the policies of resources behind the front door meant when they were put."""

from __future__ import annotations

from dataclasses import dataclass

from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup


@dataclass(frozen=True, slots=True)
class ResourcePins:
    """`resource` is an ARN, `pins` are unique ids by the ARN of the user or role."""

    resource: str
    pins: dict[str, str]


RESOURCE_PINS = Table("resource_pins", ResourcePins, key="resource")


class PinsOfResources(TableGroup):
    async def put(self, resource: str, pins: dict[str, str]) -> None:
        """In place of what stood."""
        await self._execute(RESOURCE_PINS.put, *RESOURCE_PINS.row(ResourcePins(resource, pins), self._sealer))

    async def of(self, resource: str) -> dict[str, str]:
        found = await self._find(RESOURCE_PINS, RESOURCE_PINS.by_key, resource)
        return found.pins if found is not None else {}

    async def delete(self, resource: str) -> None:
        await self._execute("DELETE FROM resource_pins WHERE resource = $1", resource)
