"""Identities of external providers that are linked to users of the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from halfday.server.domain.users.linked_identities import LinkedIdentity
from halfday.server.domain.users.users import User
from halfday.server.storage.errors import Stale
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup
from halfday.server.storage.tables.users import USERS

LINKED_IDENTITIES = Table(
    "linked_identities", LinkedIdentity, key="pool_id provider_name attribute value", belongs_to="user"
)

Identities = tuple[dict[str, Any], ...]


class LinkedIdentities(TableGroup):
    """Links from a provider's identity to a user. The user's `identities` list the same links and change with them."""

    async def find(self, pool_id: str, provider_name: str, attribute: str, value: str) -> LinkedIdentity | None:
        return await self._find(LINKED_IDENTITIES, LINKED_IDENTITIES.by_key, pool_id, provider_name, attribute, value)

    async def of_user(self, pool_id: str, username: str) -> list[LinkedIdentity]:
        where = "WHERE pool_id = $1 AND username = $2 ORDER BY provider_name, attribute, value"
        return await self._all(LINKED_IDENTITIES, where, pool_id, username)

    async def insert(self, link: LinkedIdentity, change: Callable[[Identities], Identities]) -> None:
        """`change` computes the user's new `identities` from the old ones; whatever it raises undoes all.

        Raises Taken if this identity is linked already, Missing if the user does not exist.
        """
        async with self._unit(link.pool_id):
            await self._insert(LINKED_IDENTITIES, link)
            await self._change_user(link, change)

    async def delete(self, link: LinkedIdentity, change: Callable[[Identities], Identities]) -> None:
        """Raises Missing."""
        key = (link.pool_id, link.provider_name, link.attribute, link.value)
        async with self._unit(link.pool_id):
            sql = f"DELETE FROM linked_identities {LINKED_IDENTITIES.by_key}"  # noqa: S608
            self._found(await self._execute(sql, *key), LINKED_IDENTITIES)
            await self._change_user(link, change)

    async def rebind(
        self, old: LinkedIdentity, new: LinkedIdentity, change: Callable[[Identities], Identities]
    ) -> None:
        """Replaces `old` by `new`, both of one user. Raises Stale if `old` no longer exists."""
        key = (old.pool_id, old.provider_name, old.attribute, old.value)
        async with self._unit(old.pool_id):
            if await self._execute(f"DELETE FROM linked_identities {LINKED_IDENTITIES.by_key}", *key) == 0:  # noqa: S608
                raise Stale(f"linked_identities: {old.attribute} is linked no longer")
            await self._insert(LINKED_IDENTITIES, new)
            await self._change_user(new, change)

    async def _change_user(self, link: LinkedIdentity, change: Callable[[Identities], Identities]) -> None:
        def changed(user: User) -> User:
            return replace(user, identities=change(user.identities), modified_at=link.created_at)

        await self._change(USERS, link.pool_id, link.username, change=changed)
