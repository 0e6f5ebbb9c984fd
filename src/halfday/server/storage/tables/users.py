"""Users and the names they go by. Groups are in storage/tables/groups, searches in storage/tables/user_search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from halfday.server.domain.user_pools.attributes import ADDRESSES
from halfday.server.domain.users.attempts import attempts_key
from halfday.server.domain.users.confirmation import Purpose
from halfday.server.domain.users.user_filter import INDEXED, UserFilter, folded
from halfday.server.domain.users.users import User, UserStatus, opened
from halfday.server.storage.database import Database
from halfday.server.storage.errors import Missing
from halfday.server.storage.rows import TABLES, Table
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.tables.factors import FORGET_ATTEMPTS
from halfday.server.storage.tables.table_group import TableGroup
from halfday.server.storage.tables.user_search import SEARCHED, Search, SearchedValue

USERNAME, SUB = "username", "sub"


@dataclass(frozen=True, slots=True)
class UserName:
    """A name of exactly one user of its pool. `kind`: username, sub, or the alias's attribute.

    A name of two kinds, such as a username that is the sub, has the kind by which people sign in.
    """

    pool_id: str
    name: str
    kind: str
    username: str


USERS = Table("users", User, key="pool_id username", belongs_to="user", sealed=["srp_salt", "srp_verifier"])
NAMES = Table("user_names", UserName, key="pool_id name", belongs_to="user")

Aliases = Mapping[str, str]
"""Alias → the attribute whose value it is."""

_OF_NAME = "WHERE pool_id = $1 AND username = (SELECT username FROM user_names WHERE pool_id = $1 AND name "
_BY_NAME = f"{_OF_NAME} IN ($2, $3) AND kind <> '{SUB}' ORDER BY name <> $2 LIMIT 1)"
_BY_ANY_NAME = f"{_OF_NAME} = $2)"
_WITH_FAMILY = (
    "WHERE pool_id = $1 AND username = $2 "
    "AND EXISTS (SELECT 1 FROM token_families WHERE pool_id = $1 AND origin_jti = $3)"
)
_USER = "WHERE pool_id = $1 AND username = $2"
_SESSIONS = ("token_families", "browser_sessions", "codes")
"""What somebody who is enabled again is not signed in by. Whether AWS ends the last two is not known."""


class Users(TableGroup):
    def __init__(self, database: Database, sealer: Sealer) -> None:
        super().__init__(database, sealer)
        self._nobody: list[Any] | None = None

    async def insert(self, user: User, aliases: Aliases, *, transfer: bool = False) -> None:
        """Raises Taken when the username, the sub or an alias is another's name, and Missing when the pool is gone.

        `transfer` takes addresses from whoever has them for aliases; theirs are then unverified.
        """
        async with self._unit(user.pool_id):
            await self._check_pool(user.pool_id)
            await self._insert(USERS, user)
            await self._set_names(user, aliases, transfer=transfer)
            await self._insert_search(user)

    async def get(self, pool_id: str, username: str) -> User:
        return await self._get(USERS, USERS.by_key, pool_id, username)

    async def find(self, pool_id: str, username: str) -> User | None:
        return await self._find(USERS, USERS.by_key, pool_id, username)

    async def find_with_family(self, pool_id: str, username: str, origin_jti: str) -> User | None:
        """The user, if this token family is there: no more is asked of a family when its access token is shown."""
        return await self._find(USERS, _WITH_FAMILY, pool_id, username, origin_jti)

    async def find_by_name(self, pool_id: str, name: str, *, folded: str | None = None) -> User | None:
        """Finds a user by username or alias, which Cognito takes as a Username. It is one query, whoever is found.

        `folded`: the name as the pool folds it. A user with the name as it is written comes first.
        """
        return await self._find(USERS, _BY_NAME, pool_id, name, name if folded is None else folded)

    def read_nobody(self) -> User:
        """Reads a made-up row, password and all, so that it takes the same time to find nobody as to find somebody."""
        if self._nobody is None:
            attributes = {"email": "nobody@example.com", "email_verified": "true"}
            like = User("", "nobody", "", UserStatus.CONFIRMED, 0.0, 0.0, attributes=attributes)
            self._nobody = USERS.row(replace(like, srp_salt="0" * 32, srp_verifier="0" * 768), self._sealer)
        return opened(USERS.record(self._nobody, self._sealer))

    async def find_by_any_name(self, pool_id: str, name: str) -> User | None:
        """Finds a user by username, alias or sub. Nobody signs in by a sub, but no other user may have it as a name."""
        return await self._find(USERS, _BY_ANY_NAME, pool_id, name)

    async def check_there(self, user: User) -> None:
        """In the unit of what is written for `user`: they are still there, and not another of their name.

        Else what is written would be left to whoever is given this name next. Raises Missing.
        """
        sql = f"SELECT 1 FROM users {_USER} AND sub = $3"  # noqa: S608
        if not await self._database.fetch(sql, user.pool_id, user.username, user.sub):
            raise Missing(USERS.name, "deleted meanwhile")

    async def as_proven(self, user: User) -> User:
        """In the unit of what `user` gets for a proof: who they are now, with the password that they had then.

        Else a sign-in that waited for the database would outlive a password that was replaced meanwhile. Raises
        Missing.
        """
        known = await self.find(user.pool_id, user.username)
        if known is None or known.sub != user.sub:
            raise Missing(USERS.name, "deleted meanwhile")
        if not USERS.is_kept_alike(known, user, "srp_verifier"):
            raise Missing(USERS.name, "given another password meanwhile")
        return known

    async def check_may_sign_in(self, user: User) -> None:
        """The same, and they are not disabled. Raises Missing."""
        if not (await self.as_proven(user)).enabled:
            raise Missing(USERS.name, "disabled meanwhile")

    async def page(
        self, pool_id: str, *, limit: int, after: tuple[str, str] | None = None, only: UserFilter | None = None
    ) -> list[User]:
        """Users in the order of the filter's attribute and then of usernames; without a filter, of usernames.

        `after` is the place (UserFilter.place) and the username of the last user shown. Every filter has an index.
        """
        search = Search(pool_id, limit, after)
        return await self._all(USERS, search.where(only), *search.values)

    async def count(self, pool_id: str) -> int:
        return await self._count(USERS, "WHERE pool_id = $1", pool_id)

    async def change(
        self,
        pool_id: str,
        username: str,
        change: Callable[[User], User],
        *,
        aliases: Callable[[User], Aliases] | None = None,
        transfer: bool = False,
    ) -> User:
        """Reads the user, applies `change`, and writes the result, in one unit. `change` is pure, and may run again.

        `aliases` gives the user's new aliases; without it they stay. Raises Missing, and Taken if an alias is another
        user's name. `transfer` takes such an alias from the other user, if it is an address, which is then unverified.
        """
        async with self._unit(pool_id):
            old = await self.get(pool_id, username)
            new = change(old)
            await self._replace(USERS, old, new)
            if aliases is not None:
                await self._set_names(new, aliases(new), transfer=transfer)
            if new.attributes != old.attributes:
                await self._execute(f"DELETE FROM user_search {_USER}", pool_id, username)  # noqa: S608
                await self._insert_search(new)
        return new

    async def set_password(
        self, user: User, *, srp_salt: str, srp_verifier: str, status: UserStatus, temporary_until: float, now: float
    ) -> User:
        """Writes the new password's verifier and the user's new status.

        Sign-ins under way and a code for a new password end, because they were begun with the old password.
        """

        def changed(known: User) -> User:
            return replace(
                known,
                srp_salt=srp_salt,
                srp_verifier=srp_verifier,
                status=status,
                temporary_password_expires_at=temporary_until,
                modified_at=now,
            )

        async with self._unit(user.pool_id):
            new = await self.change(user.pool_id, user.username, changed)
            await self._execute(f"DELETE FROM pending_challenges {_USER}", user.pool_id, user.username)  # noqa: S608
            forget = f"DELETE FROM confirmations {_USER} AND purpose = $3"  # noqa: S608
            await self._execute(forget, user.pool_id, user.username, Purpose.PASSWORD.value)
        return new

    async def disable(self, pool_id: str, username: str, *, now: float) -> None:
        """Disables the user and ends all of their sessions and codes. Sign-ins under way are refused until they are
        enabled, and end then. Raises Missing.
        """
        for table in _SESSIONS:
            await self._thin_out(table, _USER, pool_id, username)
        async with self._unit(pool_id):
            await self.change(pool_id, username, lambda user: replace(user, enabled=False, modified_at=now))
            for table in _SESSIONS:
                await self._execute(f"DELETE FROM {table} {_USER}", pool_id, username)  # noqa: S608

    async def enable(self, pool_id: str, username: str, *, now: float) -> None:
        """Nobody goes on with a sign-in from before they were disabled. Raises Missing."""
        async with self._unit(pool_id):
            await self.change(pool_id, username, lambda user: replace(user, enabled=True, modified_at=now))
            await self._execute(f"DELETE FROM pending_challenges {_USER}", pool_id, username)  # noqa: S608

    async def delete(self, pool_id: str, username: str) -> None:
        """Deletes the user with all of their rows. Large tables are thinned out in slices first. Raises Missing."""
        theirs = [table for table in TABLES.values() if table.belongs_to == "user" and table is not USERS]
        for table in theirs:
            if table.many:
                await self._thin_out(table.name, _USER, pool_id, username)
        async with self._unit(pool_id):
            await self._execute(FORGET_ATTEMPTS, pool_id, attempts_key(username))
            for table in theirs:
                await self._execute(f"DELETE FROM {table.name} {_USER}", pool_id, username)  # noqa: S608
            self._found(await self._execute(f"DELETE FROM users {_USER}", pool_id, username), USERS)  # noqa: S608

    async def _set_names(self, user: User, aliases: Aliases, *, transfer: bool) -> None:
        """Replaces the user's names by these. Raises Taken."""
        if transfer:
            await self._take_addresses(user, aliases)
        kinds = {user.sub: SUB, **aliases, user.username: USERNAME}
        wanted = {UserName(user.pool_id, name, kind, user.username) for name, kind in kinds.items()}
        known = set(await self._all(NAMES, _USER, user.pool_id, user.username))
        for gone in known - wanted:
            await self._execute("DELETE FROM user_names WHERE pool_id = $1 AND name = $2", gone.pool_id, gone.name)
        for new in wanted - known:
            await self._insert(NAMES, new)

    async def _take_addresses(self, user: User, aliases: Aliases) -> None:
        for alias, attribute in aliases.items():
            if attribute not in ADDRESSES:
                continue
            held = await self._find(NAMES, "WHERE pool_id = $1 AND name = $2", user.pool_id, alias)
            if held is None or held.kind in (USERNAME, SUB) or held.username == user.username:
                continue
            await self._execute("DELETE FROM user_names WHERE pool_id = $1 AND name = $2", user.pool_id, alias)
            await self.change(user.pool_id, held.username, partial(_unverified, attribute, at=user.modified_at))

    async def _insert_search(self, user: User) -> None:
        searched = {"username": user.username, **user.attributes}
        for attribute in INDEXED & searched.keys():
            value = SearchedValue(user.pool_id, attribute, folded(searched[attribute]), user.username)
            await self._insert(SEARCHED, value)


def _unverified(attribute: str, owner: User, *, at: float) -> User:
    return replace(owner, attributes={**owner.attributes, f"{attribute}_verified": "false"}, modified_at=at)
