"""Codes, token families, and the sessions of browsers and of sign-ins under way."""

from __future__ import annotations

from halfday.server.domain.grants import BrowserSession, Code, PendingChallenge, PendingFederation, TokenFamily
from halfday.server.storage.family import Family
from halfday.server.storage.rows import Table

CODES = Table("codes", Code)
FAMILIES = Table("token_families", TokenFamily)
BROWSER_SESSIONS = Table("browser_sessions", BrowserSession)
FEDERATIONS = Table("pending_federations", PendingFederation)
CHALLENGES = Table("pending_challenges", PendingChallenge, sealed=["memory"])


class Codes(Family):
    async def insert(self, code: Code) -> None:
        await self._insert(CODES, code)

    async def find(self, pool_id: str, code_hash: str) -> Code | None:
        return await self._find(CODES, "WHERE pool_id = $1 AND code_hash = $2", pool_id, code_hash)

    async def take(self, pool_id: str, code_hash: str) -> Code | None:
        """The code, once ever: it is gone when this returns. None when it never was, or has been taken."""
        return await self._take(CODES, "WHERE pool_id = $1 AND code_hash = $2", pool_id, code_hash)


class TokenFamilies(Family):
    async def insert(self, family: TokenFamily) -> None:
        await self._insert(FAMILIES, family)

    async def find_by_refresh_token(self, pool_id: str, refresh_hash: str) -> TokenFamily | None:
        return await self._find(FAMILIES, "WHERE pool_id = $1 AND refresh_hash = $2", pool_id, refresh_hash)

    async def find(self, pool_id: str, origin_jti: str) -> TokenFamily | None:
        return await self._find(FAMILIES, "WHERE pool_id = $1 AND origin_jti = $2", pool_id, origin_jti)

    async def revoke(self, pool_id: str, origin_jti: str) -> None:
        """Ends the family. One that has ended already stays ended."""
        await self._execute("DELETE FROM token_families WHERE pool_id = $1 AND origin_jti = $2", pool_id, origin_jti)

    async def revoke_all_of(self, pool_id: str, username: str) -> int:
        return await self._execute("DELETE FROM token_families WHERE pool_id = $1 AND username = $2", pool_id, username)


class BrowserSessions(Family):
    async def insert(self, session: BrowserSession) -> None:
        await self._insert(BROWSER_SESSIONS, session)

    async def find(self, pool_id: str, session_hash: str) -> BrowserSession | None:
        return await self._find(BROWSER_SESSIONS, "WHERE pool_id = $1 AND session_hash = $2", pool_id, session_hash)

    async def delete(self, pool_id: str, session_hash: str) -> None:
        sql = "DELETE FROM browser_sessions WHERE pool_id = $1 AND session_hash = $2"
        await self._execute(sql, pool_id, session_hash)


class Federations(Family):
    async def insert(self, federation: PendingFederation) -> None:
        await self._insert(FEDERATIONS, federation)

    async def take(self, state_hash: str) -> PendingFederation | None:
        """Once ever. By the state alone: it is all that a provider hands back."""
        return await self._take(FEDERATIONS, "WHERE state_hash = $1", state_hash)


class Challenges(Family):
    async def insert(self, challenge: PendingChallenge) -> None:
        await self._insert(CHALLENGES, challenge)

    async def find(self, pool_id: str, session_hash: str) -> PendingChallenge | None:
        return await self._find(CHALLENGES, "WHERE pool_id = $1 AND session_hash = $2", pool_id, session_hash)

    async def take(self, pool_id: str, session_hash: str) -> PendingChallenge | None:
        """Once ever: a session that has been answered cannot be answered again."""
        return await self._take(CHALLENGES, "WHERE pool_id = $1 AND session_hash = $2", pool_id, session_hash)
