"""Branding, terms, risk, log delivery, replicas and provisioned limits."""

from __future__ import annotations

from collections.abc import Callable

from halfday.server.domain.user_pools.configuration import (
    Branding,
    LogDelivery,
    ProvisionedLimit,
    Replica,
    ReplicaStatus,
    RiskConfiguration,
    Terms,
    UiCustomization,
)
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup

UI_CUSTOMIZATIONS = Table("ui_customizations", UiCustomization, key="pool_id client_id", belongs_to="client")
BRANDINGS = Table("brandings", Branding, key="pool_id branding_id", belongs_to="client")
TERMS = Table("terms", Terms, key="pool_id terms_id", belongs_to="client")
RISK_CONFIGURATIONS = Table("risk_configurations", RiskConfiguration, key="pool_id client_id", belongs_to="client")
LOG_DELIVERIES = Table("log_deliveries", LogDelivery, key="pool_id", belongs_to="pool")
REPLICAS = Table("replicas", Replica, key="pool_id region", belongs_to="pool")
PROVISIONED_LIMITS = Table("provisioned_limits", ProvisionedLimit, key="account region category")

_CLIENT = "WHERE pool_id = $1 AND client_id = $2"


class UiCustomizations(TableGroup):
    async def put(self, style: UiCustomization) -> None:
        """Replaces the record of this key, if there is one."""
        await self._put(UI_CUSTOMIZATIONS, style)

    async def find(self, pool_id: str, client_id: str) -> UiCustomization | None:
        return await self._find(UI_CUSTOMIZATIONS, _CLIENT, pool_id, client_id)


class Brandings(TableGroup):
    async def insert(self, style: Branding) -> None:
        """Raises Taken when the app client has a style already."""
        await self._insert(BRANDINGS, style)

    async def change(self, pool_id: str, branding_id: str, change: Callable[[Branding], Branding]) -> Branding:
        """Raises Missing."""
        return await self._change(BRANDINGS, pool_id, branding_id, change=change)

    async def find(self, pool_id: str, branding_id: str) -> Branding | None:
        return await self._find(BRANDINGS, "WHERE pool_id = $1 AND branding_id = $2", pool_id, branding_id)

    async def find_by_client(self, pool_id: str, client_id: str) -> Branding | None:
        return await self._find(BRANDINGS, _CLIENT, pool_id, client_id)

    async def count(self, pool_id: str) -> int:
        return await self._count(BRANDINGS, "WHERE pool_id = $1", pool_id)

    async def delete(self, pool_id: str, branding_id: str) -> None:
        sql = "DELETE FROM brandings WHERE pool_id = $1 AND branding_id = $2"
        self._found(await self._execute(sql, pool_id, branding_id), BRANDINGS)


class TermsDocuments(TableGroup):
    async def insert(self, terms: Terms) -> None:
        """Raises Taken when the app client has a document of this name."""
        await self._insert(TERMS, terms)

    async def change(self, pool_id: str, terms_id: str, change: Callable[[Terms], Terms]) -> Terms:
        """Raises Missing, and Taken as `insert` does."""
        return await self._change(TERMS, pool_id, terms_id, change=change)

    async def find(self, pool_id: str, terms_id: str) -> Terms | None:
        return await self._find(TERMS, "WHERE pool_id = $1 AND terms_id = $2", pool_id, terms_id)

    async def find_by_name(self, pool_id: str, client_id: str, name: str) -> Terms | None:
        return await self._find(TERMS, f"{_CLIENT} AND name = $3", pool_id, client_id, name)

    async def page(self, pool_id: str, *, limit: int, after: str = "") -> list[Terms]:
        where = "WHERE pool_id = $1 AND terms_id > $2 ORDER BY terms_id LIMIT $3"
        return await self._all(TERMS, where, pool_id, after, limit)

    async def count(self, pool_id: str) -> int:
        return await self._count(TERMS, "WHERE pool_id = $1", pool_id)

    async def delete(self, pool_id: str, terms_id: str) -> None:
        sql = "DELETE FROM terms WHERE pool_id = $1 AND terms_id = $2"
        self._found(await self._execute(sql, pool_id, terms_id), TERMS)


class RiskConfigurations(TableGroup):
    async def put(self, risk: RiskConfiguration) -> None:
        """Replaces the record of this key, if there is one."""
        await self._put(RISK_CONFIGURATIONS, risk)

    async def find(self, pool_id: str, client_id: str) -> RiskConfiguration | None:
        return await self._find(RISK_CONFIGURATIONS, _CLIENT, pool_id, client_id)


class LogDeliveries(TableGroup):
    async def put(self, delivery: LogDelivery) -> None:
        """Replaces the record of this key, if there is one."""
        await self._put(LOG_DELIVERIES, delivery)

    async def find(self, pool_id: str) -> LogDelivery | None:
        return await self._find(LOG_DELIVERIES, "WHERE pool_id = $1", pool_id)


class Replicas(TableGroup):
    async def insert(self, replica: Replica) -> None:
        await self._insert(REPLICAS, replica)

    async def find(self, pool_id: str, region: str) -> Replica | None:
        return await self._find(REPLICAS, "WHERE pool_id = $1 AND region = $2", pool_id, region)

    async def page(self, pool_id: str, *, limit: int, after: str = "") -> list[Replica]:
        return await self._all(
            REPLICAS, "WHERE pool_id = $1 AND region > $2 ORDER BY region LIMIT $3", pool_id, after, limit
        )

    async def set_status(self, pool_id: str, region: str, status: ReplicaStatus) -> None:
        sql = "UPDATE replicas SET status = $3 WHERE pool_id = $1 AND region = $2"
        self._found(await self._execute(sql, pool_id, region, status), REPLICAS)

    async def delete(self, pool_id: str, region: str) -> None:
        sql = "DELETE FROM replicas WHERE pool_id = $1 AND region = $2"
        self._found(await self._execute(sql, pool_id, region), REPLICAS)


class ProvisionedLimits(TableGroup):
    async def put(self, limit: ProvisionedLimit) -> None:
        """Replaces the record of this key, if there is one."""
        await self._execute(PROVISIONED_LIMITS.put, *PROVISIONED_LIMITS.row(limit, self._sealer))

    async def find(self, account: str, region: str, category: str) -> ProvisionedLimit | None:
        where = "WHERE account = $1 AND region = $2 AND category = $3"
        return await self._find(PROVISIONED_LIMITS, where, account, region, category)
