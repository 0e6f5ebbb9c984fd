"""Events of sign-ins, which pools with threat protection keep."""

from __future__ import annotations

from collections.abc import Callable

from halfday.server.domain.users.auth_events import AuthEvent
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup

AUTH_EVENTS = Table(
    "auth_events", AuthEvent, key="pool_id username event_id", belongs_to="user", many=True, expires=True
)


class AuthEvents(TableGroup):
    async def insert(self, event: AuthEvent) -> None:
        await self._insert(AUTH_EVENTS, event)

    async def find(self, pool_id: str, username: str, event_id: str) -> AuthEvent | None:
        where = "WHERE pool_id = $1 AND username = $2 AND event_id = $3"
        return await self._find(AUTH_EVENTS, where, pool_id, username, event_id)

    async def page(
        self, pool_id: str, username: str, *, limit: int, now: float, before: tuple[float, str] | None = None
    ) -> list[AuthEvent]:
        """Events that have not expired, newest first. `before`: the time and id of the last event that was shown."""
        created_at, event_id = before or (float("inf"), "")
        where = (
            "WHERE pool_id = $1 AND username = $2 AND expires_at > $3 "
            "AND (created_at < $4 OR (created_at = $4 AND event_id < $5)) "
            "ORDER BY created_at DESC, event_id DESC LIMIT $6"
        )
        return await self._all(AUTH_EVENTS, where, pool_id, username, now, created_at, event_id, limit)

    async def change(self, event: AuthEvent, change: Callable[[AuthEvent], AuthEvent]) -> AuthEvent:
        """Raises Missing."""
        return await self._change(AUTH_EVENTS, event.pool_id, event.username, event.event_id, change=change)
