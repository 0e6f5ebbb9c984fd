"""Queued e-mail. It is written in the unit of its cause, claimed by the process that sends it, and then deleted."""

from __future__ import annotations

from halfday.server.domain.user_pools.messages import OutgoingMail
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup

OUTGOING_MAIL = Table("outgoing_messages", OutgoingMail, key="pool_id mail_id", belongs_to="user", sealed=["message"])

_KEY = "WHERE pool_id = $1 AND mail_id = $2"


class OutgoingMails(TableGroup):
    async def insert(self, mail: OutgoingMail) -> None:
        await self._insert(OUTGOING_MAIL, mail)

    async def due(self, now: float, *, limit: int) -> list[OutgoingMail]:
        """E-mail that is due, the longest due first."""
        return await self._all(OUTGOING_MAIL, "WHERE due_at <= $1 ORDER BY due_at LIMIT $2", now, limit)

    async def take_expired(self, now: float) -> list[OutgoingMail]:
        """Deletes and returns e-mail that has waited too long."""
        sql = f"DELETE FROM outgoing_messages WHERE expires_at <= $1 {OUTGOING_MAIL.returning}"  # noqa: S608
        rows = await self._database.fetch(sql, now)
        return [OUTGOING_MAIL.record(row, self._sealer) for row in rows]

    async def claim(self, mail: OutgoingMail, *, until: float) -> bool:
        """Whether the caller may send it, until `until`. Of two processes at once, one gets it."""
        sql = f"UPDATE outgoing_messages SET due_at = $4, tries = tries + 1 {_KEY} AND due_at = $3"  # noqa: S608
        return await self._execute(sql, mail.pool_id, mail.mail_id, mail.due_at, until) == 1

    async def put_off(self, mail: OutgoingMail, *, until: float) -> None:
        """Lets it be tried again at `until`. Does nothing if it was deleted."""
        sql = f"UPDATE outgoing_messages SET due_at = $3 {_KEY}"  # noqa: S608
        await self._execute(sql, mail.pool_id, mail.mail_id, until)

    async def delete(self, mail: OutgoingMail) -> None:
        """Deletes e-mail that was sent or given up. Does nothing if it was deleted."""
        await self._execute(f"DELETE FROM outgoing_messages {_KEY}", mail.pool_id, mail.mail_id)  # noqa: S608
