"""Pools, and their signing keys, domains, resource servers, app clients and identity providers."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from halfday.server.domain.user_pools.app_clients import AppClient, ClientSecret
from halfday.server.domain.user_pools.pools import Pool, PoolDomain, ResourceServer, SigningKey
from halfday.server.domain.user_pools.providers import ExternalProvider
from halfday.server.storage.errors import Taken
from halfday.server.storage.rows import TABLES, Table
from halfday.server.storage.tables.configuration_group import ConfigurationGroup


@dataclass(frozen=True, slots=True)
class DeletedPool:
    """A note that a pool was deleted while rows of its users still exist."""

    pool_id: str


POOLS = Table("pools", Pool, key="pool_id", belongs_to="pool", held_by="pool_id")
SIGNING_KEYS = Table(
    "signing_keys",
    SigningKey,
    key="owner purpose",
    belongs_to="pool",
    sealed=["private_pem"],
    pool_column="owner",
    held_by="owner",
)
DOMAINS = Table("pool_domains", PoolDomain, key="domain region", belongs_to="pool", held_by="pool_id domain")
RESOURCE_SERVERS = Table(
    "resource_servers", ResourceServer, key="pool_id identifier", belongs_to="pool", held_by="pool_id"
)
APP_CLIENTS = Table(
    "app_clients", AppClient, key="pool_id client_id", belongs_to="client", sealed=["secrets"], held_by="client_id"
)
PROVIDERS = Table(
    "external_providers",
    ExternalProvider,
    key="pool_id name",
    belongs_to="pool",
    sealed=["details"],
    held_by="pool_id",
)

DELETED = Table("deleted_pools", DeletedPool, key="pool_id")


def _goes_in_slices(table: Table[Any]) -> bool:
    """Whether rows are deleted in slices: those of users, and of other tables with many rows."""
    return table.belongs_to == "user" or table.many


class Pools(ConfigurationGroup):
    async def insert(self, pool: Pool, keys: list[SigningKey]) -> None:
        """Raises Taken, also while rows of a deleted pool with this id exist: the new pool must not inherit them."""
        async with self._unit(pool.pool_id):
            if await self._database.fetch("SELECT 1 FROM deleted_pools WHERE pool_id = $1", pool.pool_id):
                raise Taken("pools: the deletion of another pool of this id is not done yet")
            await self._insert(POOLS, pool)
            for key in keys:
                await self._insert(SIGNING_KEYS, key)

    async def get(self, pool_id: str) -> Pool:
        return await self._get_held(POOLS, "pool_id", pool_id)

    async def find(self, pool_id: str) -> Pool | None:
        return await self._find_held(POOLS, "pool_id", pool_id)

    async def page(self, region: str | None, *, limit: int, after: str = "") -> list[Pool]:
        """Pools of one Region, or of all if `region` is None."""
        where = "WHERE pool_id > $1 AND pool_id < $2 ORDER BY pool_id LIMIT $3"
        first, beyond = _of_region(region)
        return await self._all(POOLS, where, max(after, first), beyond, limit)

    async def with_brought_hashes(self) -> list[Pool]:
        """Those whose sign-ins compute hashes of other products."""
        return await self._all(POOLS, "WHERE brought_hashes <> '[]'")

    async def count(self, region: str | None) -> int:
        return await self._count(POOLS, "WHERE pool_id > $1 AND pool_id < $2", *_of_region(region))

    async def change(self, pool_id: str, change: Callable[[Pool], Pool]) -> Pool:
        """Raises Missing."""
        return await self._change(POOLS, pool_id, change=change)

    async def delete(self, pool_id: str, check: Callable[[], Awaitable[None]] | None = None) -> None:
        """Deletes the pool and its configuration in one unit, and then its users' rows in slices. Raises Missing.

        `check` runs first in the unit, and whatever it raises keeps the pool. After a kill in between, `sweep_deleted`
        goes on by a note that the unit left.
        """
        async with self._unit(pool_id):
            if check is not None:
                await check()
            self._found(await self._execute("DELETE FROM pools WHERE pool_id = $1", pool_id), POOLS)
            for table in TABLES.values():
                if table.belongs_to and not _goes_in_slices(table):
                    await self._execute(f"DELETE FROM {table.name} WHERE {table.pool_column} = $1", pool_id)  # noqa: S608
            await self._execute("INSERT INTO deleted_pools (pool_id) VALUES ($1) ON CONFLICT DO NOTHING", pool_id)
        await self._sweep(pool_id)

    async def sweep_deleted(self) -> int:
        """Finishes deletions that were interrupted. Returns how many rows were left."""
        rows = await self._database.fetch("SELECT pool_id FROM deleted_pools")
        return sum([await self._sweep(pool_id) for (pool_id,) in rows])

    async def _sweep(self, pool_id: str) -> int:
        many = [table.name for table in TABLES.values() if table.belongs_to and _goes_in_slices(table)]
        counts = [await self._delete_in_slices(table, "WHERE pool_id = $1", pool_id) for table in many]
        await self._execute("DELETE FROM deleted_pools WHERE pool_id = $1", pool_id)
        return sum(counts)


def _of_region(region: str | None) -> tuple[str, str]:
    """The bounds, both exclusive, of the ids of a Region's pools."""
    if region is None:
        return "", chr(sys.maxunicode)
    return f"{region}_", f"{region}{chr(ord('_') + 1)}"


class SigningKeys(ConfigurationGroup):
    async def insert(self, key: SigningKey) -> None:
        await self._insert(SIGNING_KEYS, key)

    async def insert_for_pool(self, pool_id: str, keys: list[SigningKey]) -> None:
        """All or none. Raises Taken where the pool has keys, and Missing when it is gone."""
        async with self._unit(pool_id):
            await self._check_pool(pool_id)
            for key in keys:
                await self._insert(SIGNING_KEYS, key)

    async def get(self, owner: str, purpose: str) -> SigningKey:
        """Raises Missing."""
        keys = await self._held(SIGNING_KEYS, "owner", owner)
        found = next((key for key in keys if key.purpose == purpose), None)
        return self._there(found, SIGNING_KEYS, owner, purpose)

    async def of(self, owner: str) -> list[SigningKey]:
        return [*reversed(await self._held(SIGNING_KEYS, "owner", owner))]

    async def all(self) -> list[SigningKey]:
        return await self._all(SIGNING_KEYS, "")

    async def find_any(self) -> SigningKey | None:
        return await self._find(SIGNING_KEYS, "LIMIT 1")


class Domains(ConfigurationGroup):
    async def insert(self, domain: PoolDomain) -> None:
        await self._insert(DOMAINS, domain)

    async def find(self, domain: str, region: str) -> PoolDomain | None:
        return next((known for known in await self._held(DOMAINS, "domain", domain) if known.region == region), None)

    async def find_anywhere(self, domain: str, *, rather: str) -> PoolDomain | None:
        """For a host name without a Region: the domain in the preferred Region, else in the first one."""
        known = await self._held(DOMAINS, "domain", domain)
        return min(known, key=lambda one: (one.region != rather, one.region), default=None)

    async def of_pool(self, pool_id: str) -> PoolDomain | None:
        """The pool's prefix domain, or else its custom domain."""
        return next(iter(await self.all_of_pool(pool_id)), None)

    async def all_of_pool(self, pool_id: str) -> list[PoolDomain]:
        """The pool's prefix domain and its custom domain, in this order."""
        return sorted(await self._held(DOMAINS, "pool_id", pool_id), key=lambda domain: domain.custom)

    async def custom_names(self) -> list[str]:
        """The hosts of all custom domains."""
        rows = await self._database.fetch("SELECT DISTINCT domain FROM pool_domains WHERE custom = $1", True)
        return [domain for (domain,) in rows]

    async def count_custom(self, region: str) -> int:
        return await self._count(DOMAINS, "WHERE custom = $1 AND region = $2", True, region)

    async def change(self, domain: str, region: str, change: Callable[[PoolDomain], PoolDomain]) -> PoolDomain:
        """Raises Missing."""
        return await self._change(DOMAINS, domain, region, change=change)

    async def delete(self, pool_id: str, domain: str) -> None:
        sql = "DELETE FROM pool_domains WHERE pool_id = $1 AND domain = $2"
        self._found(await self._execute(sql, pool_id, domain), DOMAINS)


class ResourceServers(ConfigurationGroup):
    async def insert(self, server: ResourceServer) -> None:
        await self._insert(RESOURCE_SERVERS, server)

    async def change(
        self, pool_id: str, identifier: str, change: Callable[[ResourceServer], ResourceServer]
    ) -> ResourceServer:
        """Raises Missing."""
        return await self._change(RESOURCE_SERVERS, pool_id, identifier, change=change)

    async def get(self, pool_id: str, identifier: str) -> ResourceServer:
        """Raises Missing."""
        servers = await self._held(RESOURCE_SERVERS, "pool_id", pool_id)
        found = next((server for server in servers if server.identifier == identifier), None)
        return self._there(found, RESOURCE_SERVERS, pool_id, identifier)

    async def delete(self, pool_id: str, identifier: str) -> None:
        sql = "DELETE FROM resource_servers WHERE pool_id = $1 AND identifier = $2"
        self._found(await self._execute(sql, pool_id, identifier), RESOURCE_SERVERS)

    async def of_pool(self, pool_id: str) -> list[ResourceServer]:
        """In the order of their identifiers."""
        return [*await self._held(RESOURCE_SERVERS, "pool_id", pool_id)]


class AppClients(ConfigurationGroup):
    async def insert(self, client: AppClient) -> None:
        await self._insert(APP_CLIENTS, client)

    async def count(self, pool_id: str) -> int:
        return await self._count(APP_CLIENTS, "WHERE pool_id = $1", pool_id)

    async def change(self, pool_id: str, client_id: str, change: Callable[[AppClient], AppClient]) -> AppClient:
        """Raises Missing."""
        return await self._change(APP_CLIENTS, pool_id, client_id, change=change)

    async def change_secrets(
        self, pool_id: str, client_id: str, change: Callable[[tuple[ClientSecret, ...]], tuple[ClientSecret, ...]]
    ) -> AppClient:
        return await self.change(pool_id, client_id, lambda client: replace(client, secrets=change(client.secrets)))

    async def get(self, pool_id: str, client_id: str) -> AppClient:
        """Raises Missing."""
        found = await self.find(client_id)
        return self._there(found if found and found.pool_id == pool_id else None, APP_CLIENTS, pool_id, client_id)

    async def find(self, client_id: str) -> AppClient | None:
        """Finds a client by its id alone, which is unique in the whole server, as on AWS."""
        return await self._find_held(APP_CLIENTS, "client_id", client_id)

    async def page(self, pool_id: str, *, limit: int, after: str = "") -> list[AppClient]:
        where = "WHERE pool_id = $1 AND client_id > $2 ORDER BY client_id LIMIT $3"
        return await self._all(APP_CLIENTS, where, pool_id, after, limit)

    async def longest_sso_minutes(self, pool_id: str) -> int:
        """The longest browser session that any client of the pool allows; 0 if none sets a length."""
        rows = await self._database.fetch("SELECT max(sso_minutes) FROM app_clients WHERE pool_id = $1", pool_id)
        return int(rows[0][0] or 0)

    async def delete(self, pool_id: str, client_id: str) -> None:
        """Deletes the client with its branding, terms and risk configuration. Raises Missing."""
        async with self._unit(pool_id):
            sql = "DELETE FROM app_clients WHERE pool_id = $1 AND client_id = $2"
            self._found(await self._execute(sql, pool_id, client_id), APP_CLIENTS)
            for table in TABLES.values():
                if table.belongs_to == "client":
                    sql = f"DELETE FROM {table.name} WHERE pool_id = $1 AND client_id = $2"  # noqa: S608
                    await self._execute(sql, pool_id, client_id)


class Providers(ConfigurationGroup):
    async def insert(self, provider: ExternalProvider) -> None:
        await self._insert(PROVIDERS, provider)

    async def change(
        self, pool_id: str, name: str, change: Callable[[ExternalProvider], ExternalProvider]
    ) -> ExternalProvider:
        """Raises Missing."""
        return await self._change(PROVIDERS, pool_id, name, change=change)

    async def get(self, pool_id: str, name: str) -> ExternalProvider:
        """Raises Missing."""
        return self._there(await self.find(pool_id, name), PROVIDERS, pool_id, name)

    async def find(self, pool_id: str, name: str) -> ExternalProvider | None:
        return next((known for known in await self._held(PROVIDERS, "pool_id", pool_id) if known.name == name), None)

    async def of_pool(self, pool_id: str) -> list[ExternalProvider]:
        """In the order of their names."""
        return [*await self._held(PROVIDERS, "pool_id", pool_id)]

    async def delete(self, pool_id: str, name: str) -> None:
        sql = "DELETE FROM external_providers WHERE pool_id = $1 AND name = $2"
        self._found(await self._execute(sql, pool_id, name), PROVIDERS)
