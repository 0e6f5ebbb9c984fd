"""Users, the other names they go by, and their groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from halfday.server.domain.attempts import attempts_key
from halfday.server.domain.attributes import ADDRESSES
from halfday.server.domain.confirmation import Purpose
from halfday.server.domain.user_filter import INDEXED, UserFilter, after_prefix, folded
from halfday.server.domain.users import Group, User, UserStatus
from halfday.server.storage.database import Database, Taken
from halfday.server.storage.factors import FORGET_ATTEMPTS
from halfday.server.storage.family import Family
from halfday.server.storage.rows import Table
from halfday.server.storage.sealing import Sealer

USERS = Table("users", User, sealed=["srp_salt", "srp_verifier"])
GROUPS = Table("user_groups", Group)

_OF_GROUPS = ", ".join(f"g.{column}" for column in GROUPS.columns)

_TABLES_OF_A_USER = (
    "user_aliases user_search group_members codes token_families refresh_tokens browser_sessions pending_challenges "
    "past_passwords software_tokens passkeys devices confirmations outgoing_messages linked_identities "
    "auth_events users"
).split()

_MANY_OF_A_USER = "codes token_families refresh_tokens browser_sessions pending_challenges auth_events".split()

_BY_NAME = (
    "WHERE pool_id = $1 AND username IN "
    "(SELECT $2 UNION ALL SELECT username FROM user_aliases WHERE pool_id = $1 AND alias = $2) "
    "ORDER BY username <> $2 LIMIT 1"
)
"""One statement, whoever is found: by username, else by alias."""


class Users(Family):
    def __init__(self, database: Database, sealer: Sealer) -> None:
        super().__init__(database, sealer)
        self._nobody: list[Any] | None = None

    async def insert(self, user: User, aliases: Mapping[str, str], *, transfer: bool = False) -> None:
        """`aliases` maps each alias to its attribute. Raises Taken when the username or an alias is another's name.

        `transfer` takes addresses from whoever has them for aliases; theirs are then unverified.
        """
        async with self._database.transaction():
            if transfer:
                await self._take_aliases(user, aliases, now=user.created_at)
            await self._check_free(user, [user.username, *aliases])
            await self._insert(USERS, user)
            await self._insert_aliases(user.pool_id, user.username, aliases)
            await self._insert_search(user.pool_id, user.username, user.attributes)

    async def get(self, pool_id: str, username: str) -> User:
        return await self._get(USERS, "WHERE pool_id = $1 AND username = $2", pool_id, username)

    async def find(self, pool_id: str, username: str) -> User | None:
        return await self._find(USERS, "WHERE pool_id = $1 AND username = $2", pool_id, username)

    async def find_by_name(self, pool_id: str, name: str) -> User | None:
        """By username, else by alias: the names that Cognito takes wherever it says Username."""
        return await self._find(USERS, _BY_NAME, pool_id, name)

    def read_nobody(self) -> User:
        """A row like any other, read: for the time that it takes, where nobody was found."""
        if self._nobody is None:
            attributes = {"email": "nobody@example.com", "email_verified": "true"}
            like = User("", "nobody", "", UserStatus.CONFIRMED, 0.0, 0.0, attributes=attributes)
            self._nobody = USERS.row(replace(like, srp_salt="0" * 32, srp_verifier="0" * 768), self._sealer)
        return USERS.record(self._nobody, self._sealer)

    async def find_by_any_name(self, pool_id: str, name: str) -> User | None:
        """By sub too, under which nobody signs in, and which is nobody else's name all the same."""
        by_sub = "WHERE pool_id = $1 AND sub = $2"
        return await self.find_by_name(pool_id, name) or await self._find(USERS, by_sub, pool_id, name)

    async def page(
        self, pool_id: str, *, limit: int, after: tuple[str, str] | None = None, only: UserFilter | None = None
    ) -> list[User]:
        """In the order of the filter's attribute and then of usernames; without a filter, of usernames.

        `after` is the last one shown: by what it stands where (UserFilter.place), and its username. Every filter goes
        by an index.
        """
        search = _Search(pool_id, limit, after)
        return await self._all(USERS, search.where(only), *search.values)

    async def count(self, pool_id: str) -> int:
        rows = await self._database.fetch("SELECT count(*) FROM users WHERE pool_id = $1", pool_id)
        return int(rows[0][0])

    async def set_password(
        self, user: User, *, srp_salt: str, srp_verifier: str, status: UserStatus, temporary_until: float, now: float
    ) -> None:
        """The new password's verifier and what it makes of the user's status.

        What was begun by the old one ends: sign-ins under way, and the code for another password.
        """
        sealed = (
            USERS.value("srp_salt", srp_salt, self._sealer),
            USERS.value("srp_verifier", srp_verifier, self._sealer),
        )
        sql = (
            "UPDATE users SET srp_salt = $3, srp_verifier = $4, status = $5, temporary_password_expires_at = $6, "
            "modified_at = $7 WHERE pool_id = $1 AND username = $2"
        )
        values = (user.pool_id, user.username, *sealed, status.value, temporary_until, now)
        whose = "WHERE pool_id = $1 AND username = $2"
        async with self._database.transaction():
            self._found(await self._execute(sql, *values), USERS)
            await self._execute(f"DELETE FROM pending_challenges {whose}", user.pool_id, user.username)  # noqa: S608
            forget = f"DELETE FROM confirmations {whose} AND purpose = $3"  # noqa: S608
            await self._execute(forget, user.pool_id, user.username, Purpose.PASSWORD.value)

    async def set_status(self, pool_id: str, username: str, status: UserStatus, *, now: float) -> None:
        sql = "UPDATE users SET status = $3, modified_at = $4 WHERE pool_id = $1 AND username = $2"
        self._found(await self._execute(sql, pool_id, username, status.value, now), USERS)

    async def set_mfa(
        self, pool_id: str, username: str, enabled: Sequence[str], preferred: str | None, *, now: float
    ) -> None:
        """Which second factors the person has switched on, and which is asked for first."""
        value = USERS.value("mfa_enabled", tuple(enabled), self._sealer)
        sql = (
            "UPDATE users SET mfa_enabled = $3, mfa_preferred = $4, modified_at = $5 "
            "WHERE pool_id = $1 AND username = $2"
        )
        self._found(await self._execute(sql, pool_id, username, value, preferred, now), USERS)

    async def set_mfa_options(self, pool_id: str, username: str, by_sms: bool, *, now: float) -> None:
        sql = "UPDATE users SET mfa_options = $3, modified_at = $4 WHERE pool_id = $1 AND username = $2"
        self._found(await self._execute(sql, pool_id, username, by_sms, now), USERS)

    async def set_enabled(self, pool_id: str, username: str, enabled: bool, *, now: float) -> None:
        sql = "UPDATE users SET enabled = $3, modified_at = $4 WHERE pool_id = $1 AND username = $2"
        self._found(await self._execute(sql, pool_id, username, enabled, now), USERS)

    async def set_attributes(
        self,
        user: User,
        attributes: Mapping[str, str],
        aliases: Mapping[str, str],
        *,
        now: float,
        transfer: bool = False,
    ) -> None:
        """Replaces the attributes and the aliases that follow. Raises Taken when an alias is a name of another's.

        `transfer` takes it from them, if it is an address: theirs is then unverified.
        """
        value = USERS.value("attributes", dict(attributes), self._sealer)
        async with self._database.transaction():
            if transfer:
                await self._take_aliases(user, aliases, now=now)
            await self._check_free(user, aliases)
            sql = "UPDATE users SET attributes = $3, modified_at = $4 WHERE pool_id = $1 AND username = $2"
            self._found(await self._execute(sql, user.pool_id, user.username, value, now), USERS)
            for table in ("user_aliases", "user_search"):
                sql = f"DELETE FROM {table} WHERE pool_id = $1 AND username = $2"  # noqa: S608
                await self._execute(sql, user.pool_id, user.username)
            await self._insert_aliases(user.pool_id, user.username, aliases)
            await self._insert_search(user.pool_id, user.username, attributes)

    async def _check_free(self, user: User, names: Iterable[str]) -> None:
        """Nobody else goes by one of these names in any way: else it would depend on chance who is meant."""
        for name in names:
            owner = await self.find_by_any_name(user.pool_id, name)
            if owner is not None and owner.sub != user.sub:
                raise Taken("users: a name of another user's")

    async def _take_aliases(self, user: User, aliases: Mapping[str, str], *, now: float) -> None:
        where = (
            "WHERE pool_id = $1 AND username = (SELECT username FROM user_aliases WHERE pool_id = $1 AND alias = $2)"
        )
        for alias, attribute in aliases.items():
            if attribute not in ADDRESSES:
                continue
            owner = await self._find(USERS, where, user.pool_id, alias)
            if owner is None or owner.username == user.username:
                continue
            await self._execute("DELETE FROM user_aliases WHERE pool_id = $1 AND alias = $2", user.pool_id, alias)
            value = USERS.value("attributes", {**owner.attributes, f"{attribute}_verified": "false"}, self._sealer)
            sql = "UPDATE users SET attributes = $3, modified_at = $4 WHERE pool_id = $1 AND username = $2"
            await self._execute(sql, owner.pool_id, owner.username, value, now)

    async def delete(self, pool_id: str, username: str) -> None:
        """With all that is theirs. Somebody's sign-ins are many: they go first, in slices, and what is left at once."""
        for table in _MANY_OF_A_USER:
            await self._delete_in_slices(table, "WHERE pool_id = $1 AND username = $2", pool_id, username)
        async with self._database.transaction():
            await self._execute(FORGET_ATTEMPTS, pool_id, attempts_key(username))
            for table in _TABLES_OF_A_USER:
                sql = f"DELETE FROM {table} WHERE pool_id = $1 AND username = $2"  # noqa: S608
                count = await self._execute(sql, pool_id, username)
            self._found(count, USERS)

    async def _insert_aliases(self, pool_id: str, username: str, aliases: Mapping[str, str]) -> None:
        sql = "INSERT INTO user_aliases (pool_id, alias, attribute, username) VALUES ($1, $2, $3, $4)"
        for alias, attribute in aliases.items():
            await self._execute(sql, pool_id, alias, attribute, username)

    async def _insert_search(self, pool_id: str, username: str, attributes: Mapping[str, str]) -> None:
        sql = "INSERT INTO user_search (pool_id, attribute, value, username) VALUES ($1, $2, $3, $4)"
        searched = {"username": username, **attributes}
        for attribute in INDEXED & searched.keys():
            await self._execute(sql, pool_id, attribute, folded(searched[attribute]), username)


class _Search:
    """A page of users in SQL: which condition, in which order, and the values of its placeholders."""

    def __init__(self, pool_id: str, limit: int, after: tuple[str, str] | None) -> None:
        self.values: list[Any] = []
        self._pool, self._limit, self._after = self._bind(pool_id), self._bind(limit), after

    def where(self, only: UserFilter | None) -> str:
        if only is None:
            return self._of_users("username", self._beyond_name())
        if only.attribute == "cognito:user_status":
            return self._of_users("status, username", self._among("status", only.statuses))
        if only.attribute == "status":
            return self._of_users("enabled, username", self._among("enabled", only.enabled_states))
        if only.attribute == "sub":
            return self._of_users("sub", self._compared("sub", only))
        return self._of_the_index(only)

    def _of_users(self, order: str, condition: str) -> str:
        return f"WHERE pool_id = {self._pool} AND {condition} ORDER BY {order} LIMIT {self._limit}"

    def _of_the_index(self, only: UserFilter) -> str:
        """The page is cut within: else SQLite walks over all users and looks each up in what was found."""
        attribute, condition = self._bind(only.attribute), self._compared("value", only)
        found = (
            f"SELECT username AS found, value FROM user_search WHERE pool_id = {self._pool} "  # noqa: S608
            f"AND attribute = {attribute} AND {condition} ORDER BY value, username LIMIT {self._limit}"
        )
        joined = f"JOIN ({found}) AS page ON username = page.found WHERE pool_id = {self._pool}"
        return f"{joined} ORDER BY page.value, username"

    def _compared(self, column: str, only: UserFilter) -> str:
        """A page of a prefix goes on at the place of the last one shown: what came before is not walked over again."""
        if not only.prefix:
            return f"{column} = {self._bind(only.folded)} AND {self._beyond_name()}"
        beyond = after_prefix(only.folded)
        most = "TRUE" if beyond is None else f"{column} < {self._bind(beyond)}"
        least = only.folded if self._after is None else max(only.folded, self._after[0])
        return f"{column} >= {self._bind(least)} AND {most} AND {self._beyond(column, str)}"

    def _among(self, column: str, values: Sequence[Any]) -> str:
        if len(values) == 1:
            return f"{column} = {self._bind(values[0])} AND {self._beyond_name()}"
        listed = f"{column} IN ({', '.join(map(self._bind, values))})" if values else "FALSE"
        return f"{listed} AND {self._beyond(column, type(values[0]) if values else str)}"

    def _beyond_name(self) -> str:
        return "TRUE" if self._after is None else f"username > {self._bind(self._after[1])}"

    def _beyond(self, column: str, kind: type) -> str:
        if self._after is None:
            return "TRUE"
        place, username = self._after
        value = place == "1" if kind is bool else place
        return f"({column}, username) > ({self._bind(value)}, {self._bind(username)})"

    def _bind(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


class Groups(Family):
    async def insert(self, group: Group) -> None:
        await self._insert(GROUPS, group)

    async def get(self, pool_id: str, name: str) -> Group:
        return await self._get(GROUPS, "WHERE pool_id = $1 AND name = $2", pool_id, name)

    async def find(self, pool_id: str, name: str) -> Group | None:
        return await self._find(GROUPS, "WHERE pool_id = $1 AND name = $2", pool_id, name)

    async def update(self, group: Group) -> None:
        await self._update(GROUPS, group, "pool_id", "name")

    async def delete(self, pool_id: str, name: str) -> None:
        """Its members stay users, and are members no more: in slices, and then the last of them with the group.

        So nobody is ever a member of a group that is made anew under this name. Raises Missing.
        """
        members = "WHERE pool_id = $1 AND group_name = $2"
        await self._delete_in_slices("group_members", members, pool_id, name)
        async with self._database.transaction():
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
        """Somebody who is a member already stays one."""
        sql = "INSERT INTO group_members (pool_id, username, group_name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        await self._execute(sql, pool_id, username, name)

    async def remove_member(self, pool_id: str, name: str, username: str) -> None:
        sql = "DELETE FROM group_members WHERE pool_id = $1 AND username = $2 AND group_name = $3"
        await self._execute(sql, pool_id, username, name)
