"""Identity pools, the identities in them, and the AWS credentials that were issued."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from halfday.server.domain.aws.identity_pools import Identity, IdentityPool
from halfday.server.domain.aws.sessions import IssuedCredentials
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

    async def all(self) -> list[IdentityPool]:
        """Those of every Region."""
        return await self._all(IDENTITY_POOLS, "ORDER BY identity_pool_id")

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
    """An identity and its logins are written together: a login belongs to one identity, as the identity says."""

    async def insert(self, identity: Identity) -> None:
        """Raises Taken if one of its logins belongs to another identity."""
        async with self._unit(identity.identity_pool_id):
            await self._insert(IDENTITIES, identity)
            await self._insert_logins(identity, identity.pairs)

    async def find(self, identity_id: str) -> Identity | None:
        return await self._find(IDENTITIES, "WHERE identity_id = $1", identity_id)

    async def find_by_login(self, identity_pool_id: str, provider_name: str, subject: str) -> Identity | None:
        where = (
            "WHERE identity_id = (SELECT identity_id FROM identity_logins "
            "WHERE identity_pool_id = $1 AND provider_name = $2 AND subject = $3)"
        )
        return await self._find(IDENTITIES, where, identity_pool_id, provider_name, subject)

    async def page(self, pool_id: str, *, enabled_only: bool, limit: int, after: str = "") -> list[Identity]:
        """In the order of their ids."""
        only = "AND enabled = TRUE " if enabled_only else ""
        where = f"WHERE identity_pool_id = $1 AND identity_id > $2 {only}ORDER BY identity_id LIMIT $3"
        return await self._all(IDENTITIES, where, pool_id, after, limit)

    async def change(self, known: Identity, change: Callable[[Identity], Identity]) -> Identity:
        """The identity as `change` makes it of the one that stands, and its logins with it. What it raises undoes all.

        Raises Missing, and Taken if a login belongs to another identity.
        """
        async with self._unit(known.identity_pool_id):
            old = await self._get(IDENTITIES, IDENTITIES.by_key, known.identity_pool_id, known.identity_id)
            new = change(old)
            await self._delete_logins(old, old.pairs - new.pairs)
            await self._insert_logins(new, new.pairs - old.pairs)
            await self._replace(IDENTITIES, old, new)
        return new

    async def merge(
        self,
        source: Identity,
        destination: Identity,
        merged: Callable[[Identity, Identity], tuple[Identity, Identity]],
    ) -> Identity:
        """The destination, with what `merged` gives it of the source as both stand; at no moment is one changed and the
        other not. Raises Missing.
        """
        async with self._unit(source.identity_pool_id):
            standing = [
                await self._get(IDENTITIES, IDENTITIES.by_key, one.identity_pool_id, one.identity_id)
                for one in (source, destination)
            ]
            gone, found = merged(*standing)
            await self.change(source, lambda _: gone)
            return await self.change(destination, lambda _: found)

    async def delete(self, identity: Identity) -> None:
        """With its logins. Raises Missing."""
        async with self._unit(identity.identity_pool_id):
            logins = "DELETE FROM identity_logins WHERE identity_pool_id = $1 AND identity_id = $2"
            await self._execute(logins, identity.identity_pool_id, identity.identity_id)
            sql = f"DELETE FROM identities {IDENTITIES.by_key}"  # noqa: S608
            count = await self._execute(sql, identity.identity_pool_id, identity.identity_id)
            self._found(count, IDENTITIES)

    async def _insert_logins(self, identity: Identity, pairs: Iterable[tuple[str, str]]) -> None:
        for provider_name, subject in sorted(pairs):
            login = IdentityLogin(identity.identity_pool_id, provider_name, subject, identity.identity_id)
            await self._insert(LOGINS, login)

    async def _delete_logins(self, identity: Identity, pairs: Iterable[tuple[str, str]]) -> None:
        sql = f"DELETE FROM identity_logins {LOGINS.by_key}"  # noqa: S608
        for provider_name, subject in sorted(pairs):
            await self._execute(sql, identity.identity_pool_id, provider_name, subject)


class Credentials(TableGroup):
    async def insert(self, credentials: IssuedCredentials) -> None:
        await self._insert(CREDENTIALS, credentials)

    async def find(self, access_key_id: str) -> IssuedCredentials | None:
        return await self._find(CREDENTIALS, "WHERE access_key_id = $1", access_key_id)

    async def newest(self, *, now: float, limit: int) -> list[IssuedCredentials]:
        """Those that are alive, newest first: for whoever asks what somebody may do."""
        return await self._all(CREDENTIALS, "WHERE expires_at > $1 ORDER BY issued_at DESC LIMIT $2", now, limit)
