"""Identity pools, the identities in them, roles, and the AWS credentials that were issued."""

from __future__ import annotations

import json
from typing import Any

from halfday.server.domain.identities import Identity, IdentityPool
from halfday.server.domain.roles import IssuedCredentials, Role
from halfday.server.storage.family import Family
from halfday.server.storage.rows import Table

IDENTITY_POOLS = Table("identity_pools", IdentityPool)
IDENTITIES = Table("identities", Identity)
ROLES = Table("roles", Role)
CREDENTIALS = Table("issued_credentials", IssuedCredentials, sealed=["secret_access_key", "session_token"])


class IdentityPools(Family):
    async def insert(self, pool: IdentityPool) -> None:
        await self._insert(IDENTITY_POOLS, pool)

    async def get(self, identity_pool_id: str) -> IdentityPool:
        return await self._get(IDENTITY_POOLS, "WHERE identity_pool_id = $1", identity_pool_id)

    async def find(self, identity_pool_id: str) -> IdentityPool | None:
        return await self._find(IDENTITY_POOLS, "WHERE identity_pool_id = $1", identity_pool_id)

    async def page(self, region: str, *, limit: int, after: str = "") -> list[IdentityPool]:
        where = "WHERE identity_pool_id > $1 AND identity_pool_id < $2 ORDER BY identity_pool_id LIMIT $3"
        return await self._all(IDENTITY_POOLS, where, max(after, f"{region}:"), f"{region};", limit)

    async def update(self, pool: IdentityPool) -> None:
        await self._update(IDENTITY_POOLS, pool, "identity_pool_id")

    async def delete(self, identity_pool_id: str) -> None:
        async with self._database.transaction():
            for table in ("identity_logins", "identities", "identity_pools"):
                sql = f"DELETE FROM {table} WHERE identity_pool_id = $1"  # noqa: S608
                count = await self._execute(sql, identity_pool_id)
            self._found(count, IDENTITY_POOLS)


class Identities(Family):
    async def insert(self, identity: Identity) -> None:
        """Raises Taken when one of its logins is another identity's."""
        async with self._database.transaction():
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

    async def link(self, identity: Identity, provider_name: str, subject: str, *, now: float) -> None:
        """Gives a guest's identity its login. Raises Taken when the login is another identity's."""
        logins = json.dumps({**identity.logins, provider_name: subject})
        async with self._database.transaction():
            await self._insert_login(identity, provider_name, subject)
            sql = "UPDATE identities SET logins = $2, modified_at = $3 WHERE identity_id = $1"
            self._found(await self._execute(sql, identity.identity_id, logins, now), IDENTITIES)

    async def _insert_login(self, identity: Identity, provider_name: str, subject: str) -> None:
        sql = (
            "INSERT INTO identity_logins (identity_pool_id, provider_name, subject, identity_id) "
            "VALUES ($1, $2, $3, $4)"
        )
        await self._execute(sql, identity.identity_pool_id, provider_name, subject, identity.identity_id)


class Roles(Family):
    async def insert(self, role: Role) -> None:
        await self._insert(ROLES, role)

    async def get(self, account: str, name: str) -> Role:
        return await self._get(ROLES, "WHERE account = $1 AND name = $2", account, name)

    async def find(self, account: str, name: str) -> Role | None:
        return await self._find(ROLES, "WHERE account = $1 AND name = $2", account, name)

    async def find_in_any_case(self, account: str, name: str) -> Role | None:
        """Names of roles are of ASCII only, whose case both databases fold alike."""
        return await self._find(ROLES, "WHERE account = $1 AND lower(name) = lower($2)", account, name)

    async def update(self, role: Role) -> None:
        await self._update(ROLES, role, "account", "name")

    async def put_policy(self, account: str, name: str, policy_name: str, document: dict[str, Any]) -> None:
        """Adds or replaces one inline policy. Raises Missing when there is no such role."""
        async with self._database.transaction():
            role = await self.get(account, name)
            policies = ROLES.value("policies", {**role.policies, policy_name: document}, self._sealer)
            await self._execute(
                "UPDATE roles SET policies = $3 WHERE account = $1 AND name = $2", account, name, policies
            )


class Credentials(Family):
    async def insert(self, credentials: IssuedCredentials) -> None:
        await self._insert(CREDENTIALS, credentials)

    async def find(self, access_key_id: str) -> IssuedCredentials | None:
        return await self._find(CREDENTIALS, "WHERE access_key_id = $1", access_key_id)
