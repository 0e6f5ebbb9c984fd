"""The gateway's declared routes, and its APIs with their deployments and stages."""

from __future__ import annotations

from collections.abc import Callable

from halfday.server.domain.gateway.apis import Api, ApiDeployment, ApiStage
from halfday.server.domain.gateway.declared_routes import GatewayRoute
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.configuration_group import ConfigurationGroup
from halfday.server.storage.tables.table_group import TableGroup

ROUTES = Table("gateway_routes", GatewayRoute, key="path", belongs_to="pool")
APIS = Table("gateway_apis", Api, key="api_id", held_by="api_id")
DEPLOYMENTS = Table("gateway_deployments", ApiDeployment, key="api_id deployment_id", held_by="api_id")
STAGES = Table("gateway_stages", ApiStage, key="api_id name", held_by="api_id")


class GatewayRoutes(TableGroup):
    async def put(self, route: GatewayRoute) -> None:
        async with self._unit(route.pool_id):
            await self._execute("DELETE FROM gateway_routes WHERE path = $1", route.path)
            await self._insert(ROUTES, route)

    async def all(self) -> list[GatewayRoute]:
        """All routes, the longest path first, because the most specific route is tried first."""
        return await self._all(ROUTES, "ORDER BY length(path) DESC")


class Apis(ConfigurationGroup):
    async def insert(self, api: Api) -> None:
        """Raises Taken."""
        await self._insert(APIS, api)

    async def find(self, api_id: str) -> Api | None:
        return await self._find_held(APIS, "api_id", api_id)

    async def page(self, region: str, kind: str, *, limit: int, after: str = "") -> list[Api]:
        where = "WHERE region = $1 AND kind = $2 AND api_id > $3 ORDER BY api_id LIMIT $4"
        return await self._all(APIS, where, region, kind, after, limit)

    async def change(self, api_id: str, change: Callable[[Api], Api]) -> Api:
        """Raises Missing."""
        return await self._change(APIS, api_id, change=change)

    async def delete(self, api_id: str) -> None:
        """With its deployments and stages. Raises Missing."""
        async with self._unit(api_id):
            for table in ("gateway_stages", "gateway_deployments"):
                await self._execute(f"DELETE FROM {table} WHERE api_id = $1", api_id)  # noqa: S608
            self._found(await self._execute("DELETE FROM gateway_apis WHERE api_id = $1", api_id), APIS)


class ApiDeployments(ConfigurationGroup):
    async def insert(self, deployment: ApiDeployment) -> None:
        await self._insert(DEPLOYMENTS, deployment)

    async def find(self, api_id: str, deployment_id: str) -> ApiDeployment | None:
        return next((one for one in await self.of_api(api_id) if one.deployment_id == deployment_id), None)

    async def of_api(self, api_id: str) -> tuple[ApiDeployment, ...]:
        return await self._held(DEPLOYMENTS, "api_id", api_id)

    async def change(
        self, api_id: str, deployment_id: str, change: Callable[[ApiDeployment], ApiDeployment]
    ) -> ApiDeployment:
        """Raises Missing."""
        return await self._change(DEPLOYMENTS, api_id, deployment_id, change=change)

    async def delete(self, api_id: str, deployment_id: str) -> None:
        sql = "DELETE FROM gateway_deployments WHERE api_id = $1 AND deployment_id = $2"
        self._found(await self._execute(sql, api_id, deployment_id), DEPLOYMENTS)


class ApiStages(ConfigurationGroup):
    async def insert(self, stage: ApiStage) -> None:
        """Raises Taken."""
        await self._insert(STAGES, stage)

    async def find(self, api_id: str, name: str) -> ApiStage | None:
        return next((one for one in await self.of_api(api_id) if one.name == name), None)

    async def of_api(self, api_id: str) -> tuple[ApiStage, ...]:
        return await self._held(STAGES, "api_id", api_id)

    async def change(self, api_id: str, name: str, change: Callable[[ApiStage], ApiStage]) -> ApiStage:
        """Raises Missing."""
        return await self._change(STAGES, api_id, name, change=change)

    async def delete(self, api_id: str, name: str) -> None:
        sql = "DELETE FROM gateway_stages WHERE api_id = $1 AND name = $2"
        self._found(await self._execute(sql, api_id, name), STAGES)
