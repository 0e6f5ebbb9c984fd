"""Groups and their members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from halfday.server.domain.users.users import Group, User
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup
from halfday.server.storage.tables.users import USERS


@dataclass(frozen=True, slots=True)
class Membership:
    pool_id: str
    username: str
    group_name: str


GROUPS = Table("user_groups", Group, key="pool_id name", belongs_to="pool", many=True)
MEMBERSHIPS = Table("group_members", Membership, key="pool_id username group_name", belongs_to="user")

_OF_GROUPS = ", ".join(f"g.{column}" for column in GROUPS.columns)


class Groups(TableGroup):
    async def insert(self, group: Group) -> None:
        await self._insert(GROUPS, group)

    async def get(self, pool_id: str, name: str) -> Group:
        return await self._get(GROUPS, "WHERE pool_id = $1 AND name = $2", pool_id, name)

    async def find(self, pool_id: str, name: str) -> Group | None:
        return await self._find(GROUPS, "WHERE pool_id = $1 AND name = $2", pool_id, name)

    async def change(self, pool_id: str, name: str, change: Callable[[Group], Group]) -> Group:
        """Raises Missing."""
        return await self._change(GROUPS, pool_id, name, change=change)

    async def delete(self, pool_id: str, name: str) -> None:
        """Deletes the group and its memberships. Raises Missing.

        Memberships go in slices, and the last of them in one unit with the group. So a new group of this name has no
        members.
        """
        members = "WHERE pool_id = $1 AND group_name = $2"
        await self._delete_in_slices("group_members", members, pool_id, name)
        async with self._unit(pool_id):
            await self._execute(f"DELETE FROM group_members {members}", pool_id, name)  # noqa: S608
            sql = "DELETE FROM user_groups WHERE pool_id = $1 AND name = $2"
            self._found(await self._execute(sql, pool_id, name), GROUPS)

    async def page(self, pool_id: str, *, limit: int, after: str = "") -> list[Group]:
        where = "WHERE pool_id = $1 AND name > $2 ORDER BY name LIMIT $3"
        return await self._all(GROUPS, where, pool_id, after, limit)

    async def page_of_members(self, pool_id: str, name: str, *, limit: int, after: str = "") -> list[User]:
        where = (
            "WHERE pool_id = $1 AND username IN (SELECT username FROM group_members "
            "WHERE pool_id = $1 AND group_name = $2 AND username > $3 ORDER BY username LIMIT $4) ORDER BY username"
        )
        return await self._all(USERS, where, pool_id, name, after, limit)

    async def of_user(self, pool_id: str, username: str) -> list[Group]:
        sql = (
            f"SELECT {_OF_GROUPS} FROM user_groups g JOIN group_members m "  # noqa: S608
            "ON m.pool_id = g.pool_id AND m.group_name = g.name "
            "WHERE m.pool_id = $1 AND m.username = $2 ORDER BY g.name"
        )
        rows = await self._database.fetch(sql, pool_id, username)
        return [GROUPS.record(row, self._sealer) for row in rows]

    async def add_member(self, pool_id: str, name: str, username: str) -> None:
        """Does nothing if the user is a member already. Raises Missing if the group or the user does not exist."""
        async with self._unit(pool_id):
            await self.get(pool_id, name)
            await self._get(USERS, USERS.by_key, pool_id, username)
            row = MEMBERSHIPS.row(Membership(pool_id, username, name), self._sealer)
            await self._execute(f"{MEMBERSHIPS.insert} ON CONFLICT DO NOTHING", *row)

    async def remove_member(self, pool_id: str, name: str, username: str) -> None:
        sql = "DELETE FROM group_members WHERE pool_id = $1 AND username = $2 AND group_name = $3"
        await self._execute(sql, pool_id, username, name)
