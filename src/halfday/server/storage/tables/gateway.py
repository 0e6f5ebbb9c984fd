"""The gateway's declared routes."""

from __future__ import annotations

from halfday.server.domain.gateway import GatewayRoute
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup

ROUTES = Table("gateway_routes", GatewayRoute, key="path", belongs_to="pool")


class GatewayRoutes(TableGroup):
    async def put(self, route: GatewayRoute) -> None:
        async with self._unit(route.pool_id):
            await self._execute("DELETE FROM gateway_routes WHERE path = $1", route.path)
            await self._insert(ROUTES, route)

    async def all(self) -> list[GatewayRoute]:
        """All routes, the longest path first, because the most specific route is tried first."""
        return await self._all(ROUTES, "ORDER BY length(path) DESC")
