"""Identity pools, the identities in them, and the AWS credentials that were issued."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from halfday.server.domain.aws.identity_pools import Identity, IdentityPool
from halfday.server.domain.aws.roles import IssuedCredentials
from halfday.server.storage.errors import Stale
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.configuration_group import ConfigurationGroup
from halfday.server.storage.tables.table_group import TableGroup


@dataclass(frozen=True, slots=True)
class IdentityLogin:
    """A login and the one identity that it belongs to."""

    identity_pool_id: str
    provider_name: str
    subject: str
    identity_id: str


IDENTITY_POOLS = Table("identity_pools", IdentityPool, key="identity_pool_id", held_by="identity_pool_id")
IDENTITIES = Table("identities", Identity, key="identity_pool_id identity_id")
LOGINS = Table("identity_logins", IdentityLogin, key="identity_pool_id provider_name subject")
CREDENTIALS = Table(
    "issued_credentials",
    IssuedCredentials,
    key="access_key_id",
    expires=True,
    sealed=["secret_access_key", "session_token"],
)


class IdentityPools(ConfigurationGroup):
    async def insert(self, pool: IdentityPool) -> None:
        await self._insert(IDENTITY_POOLS, pool)

    async def get(self, identity_pool_id: str) -> IdentityPool:
        return await self._get_held(IDENTITY_POOLS, "identity_pool_id", identity_pool_id)

    async def find(self, identity_pool_id: str) -> IdentityPool | None:
        return await self._find_held(IDENTITY_POOLS, "identity_pool_id", identity_pool_id)

    async def page(self, region: str, *, limit: int, after: str = "") -> list[IdentityPool]:
        where = "WHERE identity_pool_id > $1 AND identity_pool_id < $2 ORDER BY identity_pool_id LIMIT $3"
        return await self._all(IDENTITY_POOLS, where, max(after, f"{region}:"), f"{region};", limit)

    async def change(self, identity_pool_id: str, change: Callable[[IdentityPool], IdentityPool]) -> IdentityPool:
        """Raises Missing."""
        return await self._change(IDENTITY_POOLS, identity_pool_id, change=change)

    async def delete(self, identity_pool_id: str) -> None:
        async with self._unit(identity_pool_id):
            for table in ("identity_logins", "identities", "identity_pools"):
                sql = f"DELETE FROM {table} WHERE identity_pool_id = $1"  # noqa: S608
                count = await self._execute(sql, identity_pool_id)
            self._found(count, IDENTITY_POOLS)


class Identities(TableGroup):
    async def insert(self, identity: Identity) -> None:
        """Raises Taken if one of its logins belongs to another identity."""
        async with self._unit(identity.identity_pool_id):
            await self._insert(IDENTITIES, identity)
            for provider, subject in identity.logins.items():
                await self._insert_login(identity, provider, subject)

    async def find(self, identity_id: str) -> Identity | None:
        return await self._find(IDENTITIES, "WHERE identity_id = $1", identity_id)

    async def find_by_login(self, identity_pool_id: str, provider_name: str, subject: str) -> Identity | None:
        where = (
            "WHERE identity_id = (SELECT identity_id FROM identity_logins "
            "WHERE identity_pool_id = $1 AND provider_name = $2 AND subject = $3)"
        )
        return await self._find(IDENTITIES, where, identity_pool_id, provider_name, subject)

    async def link(self, identity: Identity, logins: Mapping[str, str], *, now: float) -> Identity:
        """Adds logins to an identity that still has those that `identity` has.

        Raises Taken if one belongs to another identity; Stale if somebody was linked meanwhile, which may be somebody
        else: two people must not get one guest's identity; Missing.
        """

        def with_logins(known: Identity) -> Identity:
            if known.logins != identity.logins:
                raise Stale
            return replace(known, logins={**known.logins, **logins}, modified_at=now)

        async with self._unit(identity.identity_pool_id):
            for provider_name, subject in logins.items():
                await self._insert_login(identity, provider_name, subject)
            return await self._change(IDENTITIES, identity.identity_pool_id, identity.identity_id, change=with_logins)

    async def _insert_login(self, identity: Identity, provider_name: str, subject: str) -> None:
        await self._insert(
            LOGINS, IdentityLogin(identity.identity_pool_id, provider_name, subject, identity.identity_id)
        )


class Credentials(TableGroup):
    async def insert(self, credentials: IssuedCredentials) -> None:
        await self._insert(CREDENTIALS, credentials)

    async def find(self, access_key_id: str) -> IssuedCredentials | None:
        return await self._find(CREDENTIALS, "WHERE access_key_id = $1", access_key_id)
