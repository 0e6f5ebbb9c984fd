"""Authorization codes, token families, browser sessions, and the sessions of sign-ins under way."""

from __future__ import annotations

from halfday.server.domain.sign_in.codes_and_sessions import (
    BrowserSession,
    Code,
    PendingChallenge,
    PendingFederation,
    RefreshToken,
    TokenFamily,
)
from halfday.server.storage.errors import Stale
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup

CODES = Table("codes", Code, key="pool_id code_hash", belongs_to="user", many=True, expires=True)
FAMILIES = Table("token_families", TokenFamily, key="pool_id origin_jti", belongs_to="user", many=True, expires=True)
REFRESH_TOKENS = Table(
    "refresh_tokens", RefreshToken, key="pool_id token_hash", belongs_to="user", many=True, expires=True
)
BROWSER_SESSIONS = Table(
    "browser_sessions", BrowserSession, key="pool_id session_hash", belongs_to="user", many=True, expires=True
)
FEDERATIONS = Table(
    "pending_federations", PendingFederation, key="state_hash", belongs_to="pool", many=True, expires=True
)
CHALLENGES = Table(
    "pending_challenges",
    PendingChallenge,
    key="pool_id session_hash",
    belongs_to="user",
    many=True,
    expires=True,
    sealed=["memory"],
)


class Codes(TableGroup):
    async def insert(self, code: Code) -> None:
        await self._insert(CODES, code)

    async def find(self, pool_id: str, code_hash: str) -> Code | None:
        return await self._find(CODES, "WHERE pool_id = $1 AND code_hash = $2", pool_id, code_hash)

    async def take(self, pool_id: str, code_hash: str) -> Code | None:
        """Deletes and returns the code, once ever. None if it never existed or has been taken."""
        return await self._take(CODES, "WHERE pool_id = $1 AND code_hash = $2", pool_id, code_hash)


class TokenFamilies(TableGroup):
    """Token families with their refresh tokens. Refresh tokens of a family that has ended renew nothing.

    They are kept until they expire, so that a later use of one is recognized.
    """

    async def insert(self, family: TokenFamily, token: RefreshToken | None, *, at_most: int | None = None) -> None:
        """In the unit of a sign-in. `token` is None for a family that cannot be refreshed.

        `at_most`: how many sessions the user may have then. Those beyond end, those that were inactive longest first.
        """
        if at_most is not None:
            await self._evict(family, keep=at_most - 1)
        await self._insert(FAMILIES, family)
        if token is not None:
            await self._insert(REFRESH_TOKENS, token)

    async def find(self, pool_id: str, origin_jti: str) -> TokenFamily | None:
        return await self._find(FAMILIES, "WHERE pool_id = $1 AND origin_jti = $2", pool_id, origin_jti)

    async def find_of_event(self, pool_id: str, username: str, event_id: str) -> TokenFamily | None:
        """Finds the family by the event id of its sign-in. Every token has that id; some have no `origin_jti`."""
        where = "WHERE pool_id = $1 AND username = $2 AND event_id = $3"
        return await self._find(FAMILIES, where, pool_id, username, event_id)

    async def find_refresh_token(self, pool_id: str, token_hash: str) -> RefreshToken | None:
        return await self._find(REFRESH_TOKENS, "WHERE pool_id = $1 AND token_hash = $2", pool_id, token_hash)

    async def find_by_refresh_token(self, pool_id: str, token_hash: str) -> TokenFamily | None:
        """Finds the family by any of its refresh tokens, also by one that was rotated out."""
        belongs = "origin_jti = (SELECT origin_jti FROM refresh_tokens WHERE pool_id = $1 AND token_hash = $2)"
        return await self._find(FAMILIES, f"WHERE pool_id = $1 AND {belongs}", pool_id, token_hash)

    async def rotate(self, successor: RefreshToken, *, replaced: str, serves_until: float) -> None:
        """Inserts `successor` in place of the token with hash `replaced`, which still serves until `serves_until`.

        Of two callers at once one succeeds. Raises Stale if `replaced` was rotated out already or its family has ended.
        """
        async with self._unit(successor.pool_id):
            sql = (
                "UPDATE refresh_tokens SET serves_until = $3 "
                "WHERE pool_id = $1 AND token_hash = $2 AND serves_until IS NULL "
                "AND origin_jti IN (SELECT origin_jti FROM token_families WHERE pool_id = $1)"
            )
            if await self._execute(sql, successor.pool_id, replaced, serves_until) == 0:
                raise Stale("refresh_tokens: rotated out, or ended, meanwhile")
            await self._insert(REFRESH_TOKENS, successor)

    async def add_refresh_token(self, token: RefreshToken) -> None:
        """Adds a refresh token to those that the family has, as a grace period allows."""
        await self._insert(REFRESH_TOKENS, token)

    async def set_active(self, pool_id: str, origin_jti: str, now: float) -> None:
        """Notes that the session was used. Does nothing if the family has ended."""
        sql = "UPDATE token_families SET active_at = $3 WHERE pool_id = $1 AND origin_jti = $2"
        await self._execute(sql, pool_id, origin_jti, now)

    async def sessions_of(self, pool_id: str, username: str, *, now: float) -> list[TokenFamily]:
        """The user's tracked sessions that have not expired."""
        where = "WHERE pool_id = $1 AND username = $2 AND session_id IS NOT NULL AND expires_at > $3"
        return await self._all(FAMILIES, where, pool_id, username, now)

    async def revoke(self, pool_id: str, origin_jti: str) -> None:
        """Ends the family. Does nothing if it has ended already."""
        await self._execute("DELETE FROM token_families WHERE pool_id = $1 AND origin_jti = $2", pool_id, origin_jti)

    async def revoke_all_of(self, pool_id: str, username: str) -> int:
        """Ends all families that exist when the call begins, in slices."""
        return await self._delete_in_slices("token_families", "WHERE pool_id = $1 AND username = $2", pool_id, username)

    async def _evict(self, family: TokenFamily, *, keep: int) -> None:
        sessions = await self.sessions_of(family.pool_id, family.username, now=family.created_at)
        latest_first = sorted(sessions, key=lambda session: session.active_at, reverse=True)
        for rested in latest_first[keep:]:
            await self.revoke(family.pool_id, rested.origin_jti)


class BrowserSessions(TableGroup):
    async def insert(self, session: BrowserSession) -> None:
        await self._insert(BROWSER_SESSIONS, session)

    async def find(self, pool_id: str, session_hash: str) -> BrowserSession | None:
        return await self._find(BROWSER_SESSIONS, "WHERE pool_id = $1 AND session_hash = $2", pool_id, session_hash)

    async def sessions_of(self, pool_id: str, username: str, *, now: float) -> list[BrowserSession]:
        """The user's tracked sessions that have not expired."""
        where = "WHERE pool_id = $1 AND username = $2 AND session_id IS NOT NULL AND expires_at > $3"
        return await self._all(BROWSER_SESSIONS, where, pool_id, username, now)

    async def set_active(self, pool_id: str, username: str, session_id: str, now: float) -> None:
        """Notes that the session was used. Does nothing if it has ended."""
        sql = "UPDATE browser_sessions SET active_at = $4 WHERE pool_id = $1 AND username = $2 AND session_id = $3"
        await self._execute(sql, pool_id, username, session_id, now)

    async def delete(self, pool_id: str, session_hash: str) -> None:
        sql = "DELETE FROM browser_sessions WHERE pool_id = $1 AND session_hash = $2"
        await self._execute(sql, pool_id, session_hash)

    async def delete_session(self, pool_id: str, username: str, session_id: str) -> None:
        """Ends a session by the id that people see. Does nothing if it has ended already."""
        sql = "DELETE FROM browser_sessions WHERE pool_id = $1 AND username = $2 AND session_id = $3"
        await self._execute(sql, pool_id, username, session_id)


class Federations(TableGroup):
    async def insert(self, federation: PendingFederation) -> None:
        await self._insert(FEDERATIONS, federation)

    async def take(self, state_hash: str) -> PendingFederation | None:
        """Deletes and returns it, once ever. The state is the only key, because a provider returns nothing else."""
        return await self._take(FEDERATIONS, "WHERE state_hash = $1", state_hash)


class Challenges(TableGroup):
    async def insert(self, challenge: PendingChallenge) -> None:
        await self._insert(CHALLENGES, challenge)

    async def find(self, pool_id: str, session_hash: str) -> PendingChallenge | None:
        return await self._find(CHALLENGES, "WHERE pool_id = $1 AND session_hash = $2", pool_id, session_hash)

    async def latest_of(self, pool_id: str, client_id: str, username: str, challenge: str) -> PendingChallenge | None:
        """The user's newest sign-in at this client that waits for this challenge."""
        whose = "WHERE pool_id = $1 AND username = $2 AND client_id = $3 AND challenge = $4"
        where = f"{whose} ORDER BY expires_at DESC LIMIT 1"
        return await self._find(CHALLENGES, where, pool_id, username, client_id, challenge)

    async def take(self, pool_id: str, session_hash: str) -> PendingChallenge | None:
        """Deletes and returns the session, once ever: it cannot be answered twice."""
        return await self._take(CHALLENGES, "WHERE pool_id = $1 AND session_hash = $2", pool_id, session_hash)
