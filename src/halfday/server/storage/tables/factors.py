"""A user's factors: former passwords, authenticator apps, passkeys, devices, confirmation codes, counted attempts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halfday.server.domain.user_pools.messages import OutgoingMail
from halfday.server.domain.user_pools.password_policy import PastPassword
from halfday.server.domain.users.attempts import Attempts, attempts_key
from halfday.server.domain.users.confirmation import Confirmation, Purpose
from halfday.server.domain.users.factors import Device, Passkey, SoftwareToken
from halfday.server.storage.database import Database
from halfday.server.storage.errors import Stale
from halfday.server.storage.rows import Table
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.tables.codes_and_sessions import REFRESH_TOKENS
from halfday.server.storage.tables.outgoing_mail import OUTGOING_MAIL
from halfday.server.storage.tables.table_group import TableGroup

PAST_PASSWORDS = Table(
    "past_passwords",
    PastPassword,
    key="pool_id username set_at",
    belongs_to="user",
    sealed=["srp_salt", "srp_verifier"],
)
SOFTWARE_TOKENS = Table(
    "software_tokens", SoftwareToken, key="pool_id username", belongs_to="user", sealed=["secret", "pending_secret"]
)
PASSKEYS = Table("passkeys", Passkey, key="pool_id username credential_id", belongs_to="user")
DEVICES = Table(
    "devices", Device, key="pool_id username device_key", belongs_to="user", sealed=["srp_salt", "srp_verifier"]
)
CONFIRMATIONS = Table(
    "confirmations",
    Confirmation,
    key="pool_id username purpose",
    belongs_to="user",
    expires=True,
    sealed=["code", "superseded"],
)
ATTEMPTS = Table("attempts", Attempts, key="pool_id username action", belongs_to="pool", many=True, expires=True)
FORGET_ATTEMPTS = "DELETE FROM attempts WHERE pool_id = $1 AND username = $2"
"""$2 is `attempts_key` of a name."""

_USER = "WHERE pool_id = $1 AND username = $2"
_OF_DEVICE = (
    "origin_jti IN (SELECT origin_jti FROM token_families WHERE pool_id = $1 AND username = $2 AND device_key = $3)"
)


class PastPasswords(TableGroup):
    async def insert(self, password: PastPassword) -> None:
        await self._insert(PAST_PASSWORDS, password)

    async def of_user(self, pool_id: str, username: str) -> list[PastPassword]:
        """The newest first."""
        return await self._all(PAST_PASSWORDS, f"{_USER} ORDER BY set_at DESC", pool_id, username)

    async def forget_before(self, pool_id: str, username: str, set_at: float) -> int:
        sql = f"DELETE FROM past_passwords {_USER} AND set_at < $3"  # noqa: S608
        return await self._execute(sql, pool_id, username, set_at)


class SoftwareTokens(TableGroup):
    async def change(
        self, pool_id: str, username: str, change: Callable[[SoftwareToken], SoftwareToken]
    ) -> SoftwareToken:
        """Raises Missing."""
        return await self._change(SOFTWARE_TOKENS, pool_id, username, change=change)

    async def insert(self, token: SoftwareToken) -> None:
        """Raises Taken if the user has one."""
        await self._insert(SOFTWARE_TOKENS, token)

    async def set_pending(self, pool_id: str, username: str, secret: str) -> None:
        """Stores a secret that waits for its first code, in place of an earlier such one. The active secret stays."""
        blank = SOFTWARE_TOKENS.row(SoftwareToken(pool_id, username, pending_secret=secret), self._sealer)
        sql = (
            f"{SOFTWARE_TOKENS.insert} ON CONFLICT (pool_id, username) "
            "DO UPDATE SET pending_secret = excluded.pending_secret"
        )
        await self._execute(sql, *blank)

    async def find(self, pool_id: str, username: str) -> SoftwareToken | None:
        return await self._find(SOFTWARE_TOKENS, _USER, pool_id, username)

    async def use(self, token: SoftwareToken, step: int) -> None:
        """Marks the code of a time step as used. Raises Stale if that code or a later one was used already."""
        sql = f"UPDATE software_tokens SET last_step = $3 {_USER} AND last_step < $3"  # noqa: S608
        if await self._execute(sql, token.pool_id, token.username, step) == 0:
            raise Stale(f"software_tokens: step {step} was used already")

    async def delete(self, pool_id: str, username: str) -> None:
        sql = f"DELETE FROM software_tokens {_USER}"  # noqa: S608
        self._found(await self._execute(sql, pool_id, username), SOFTWARE_TOKENS)


class Passkeys(TableGroup):
    async def insert(self, passkey: Passkey) -> None:
        """Raises Taken if the credential is registered already."""
        await self._insert(PASSKEYS, passkey)

    async def of_user(self, pool_id: str, username: str) -> list[Passkey]:
        return await self._all(PASSKEYS, f"{_USER} ORDER BY credential_id", pool_id, username)

    async def find_by_credential(self, pool_id: str, credential_id: str) -> Passkey | None:
        return await self._find(PASSKEYS, "WHERE pool_id = $1 AND credential_id = $2", pool_id, credential_id)

    async def page(self, pool_id: str, username: str, *, limit: int, after: str = "") -> list[Passkey]:
        where = f"{_USER} AND credential_id > $3 ORDER BY credential_id LIMIT $4"
        return await self._all(PASSKEYS, where, pool_id, username, after, limit)

    async def count_use(self, passkey: Passkey, sign_count: int) -> None:
        """Compares and swaps the signature counter. Raises Stale if another sign-in changed it meanwhile."""
        sql = f"UPDATE passkeys SET sign_count = $5 {_USER} AND credential_id = $3 AND sign_count = $4"  # noqa: S608
        key = (passkey.pool_id, passkey.username, passkey.credential_id)
        if await self._execute(sql, *key, passkey.sign_count, sign_count) == 0:
            raise Stale("passkeys: the signature counter has moved on")

    async def delete(self, pool_id: str, username: str, credential_id: str) -> None:
        sql = f"DELETE FROM passkeys {_USER} AND credential_id = $3"  # noqa: S608
        self._found(await self._execute(sql, pool_id, username, credential_id), PASSKEYS)


class Devices(TableGroup):
    async def insert(self, device: Device) -> None:
        await self._insert(DEVICES, device)

    async def find(self, pool_id: str, username: str, device_key: str) -> Device | None:
        return await self._find(DEVICES, f"{_USER} AND device_key = $3", pool_id, username, device_key)

    async def page(
        self, pool_id: str, username: str, *, limit: int, after: str = "", remembered_only: bool = False
    ) -> list[Device]:
        only = "AND remembered" if remembered_only else ""
        where = f"{_USER} AND device_key > $3 {only} ORDER BY device_key LIMIT $4"
        return await self._all(DEVICES, where, pool_id, username, after, limit)

    async def of_user(self, pool_id: str, username: str) -> list[Device]:
        return await self._all(DEVICES, f"{_USER} ORDER BY device_key", pool_id, username)

    async def is_handed_out(self, pool_id: str, username: str, device_key: str) -> bool:
        """Whether refresh tokens exist that were issued for this device, confirmed or not."""
        where = f"{_USER} AND {_OF_DEVICE}"
        return bool(await self._count(REFRESH_TOKENS, where, pool_id, username, device_key))

    async def set_remembered(
        self, pool_id: str, username: str, device_key: str, remembered: bool, *, now: float
    ) -> None:
        sql = f"UPDATE devices SET remembered = $4, modified_at = $5 {_USER} AND device_key = $3"  # noqa: S608
        self._found(await self._execute(sql, pool_id, username, device_key, remembered, now), DEVICES)

    async def set_authenticated(self, pool_id: str, username: str, device_key: str, *, now: float) -> None:
        sql = f"UPDATE devices SET authenticated_at = $4 {_USER} AND device_key = $3"  # noqa: S608
        self._found(await self._execute(sql, pool_id, username, device_key, now), DEVICES)

    async def delete(self, pool_id: str, username: str, device_key: str) -> None:
        """Deletes the device and its refresh tokens: a thief can neither refresh nor confirm it again."""
        key = (pool_id, username, device_key)
        async with self._unit(pool_id):
            self._found(await self._execute(f"DELETE FROM devices {_USER} AND device_key = $3", *key), DEVICES)  # noqa: S608
            await self._execute(f"DELETE FROM refresh_tokens {_USER} AND {_OF_DEVICE}", *key)  # noqa: S608


class Confirmations(TableGroup):
    def __init__(self, database: Database, sealer: Sealer) -> None:
        super().__init__(database, sealer)
        self._none: list[Any] | None = None

    async def put(self, confirmation: Confirmation, mail: OutgoingMail | None = None) -> None:
        """Replaces the code that was sent before for the same purpose.

        `mail` is the e-mail with the code, which is queued in the same unit.
        """
        key = (confirmation.pool_id, confirmation.username, confirmation.purpose.value)
        async with self._unit(confirmation.pool_id):
            await self._execute(f"DELETE FROM confirmations {_USER} AND purpose = $3", *key)  # noqa: S608
            await self._insert(CONFIRMATIONS, confirmation)
            if mail is not None:
                await self._insert(OUTGOING_MAIL, mail)

    async def find(self, pool_id: str, username: str, purpose: Purpose) -> Confirmation | None:
        return await self._find(CONFIRMATIONS, f"{_USER} AND purpose = $3", pool_id, username, purpose.value)

    async def of_each(self, pool_id: str, purpose: Purpose, *usernames: str) -> list[Confirmation | None]:
        """The confirmation under each of these names. A stand-in row is read for each that is not there."""
        found = [await self.find(pool_id, username, purpose) for username in usernames]
        for _ in range(found.count(None)):
            self._read_none()
        return found

    def _read_none(self) -> None:
        if self._none is None:
            like = Confirmation("", "", Purpose.SIGN_UP, "email", "a@b.example", 0.0, 0.0, "000000")
            self._none = CONFIRMATIONS.row(like, self._sealer)
        CONFIRMATIONS.record(self._none, self._sealer)

    async def take(self, confirmation: Confirmation) -> Confirmation | None:
        """Deletes and returns this code, once ever. None if it was used, or a newer one was sent, since it was read."""
        key = (confirmation.pool_id, confirmation.username, confirmation.purpose.value, confirmation.sent_at)
        return await self._take(CONFIRMATIONS, f"{_USER} AND purpose = $3 AND sent_at = $4", *key)


class AttemptCounts(TableGroup):
    """Attempts, counted by a hash of the name: it has a fixed size, and a password typed as a name is not kept."""

    async def count(
        self, pool_id: str, username: str, action: str, *, now: float, window_s: float, sliding: bool = False
    ) -> int:
        """Counts an attempt and returns the new count. `sliding`: each attempt starts the window again."""
        sql = (
            "INSERT INTO attempts (pool_id, username, action, count, last_at, expires_at) "
            "VALUES ($1, $2, $3, 1, $4, $5) "
            "ON CONFLICT (pool_id, username, action) DO UPDATE SET last_at = $4, "
            "count = CASE WHEN attempts.expires_at <= $4 THEN 1 ELSE attempts.count + 1 END, "
            "expires_at = CASE WHEN attempts.expires_at <= $4 OR $6 THEN $5 ELSE attempts.expires_at END "
            "RETURNING count"
        )
        key = attempts_key(username)
        rows = await self._database.fetch(sql, pool_id, key, action, now, now + window_s, sliding)
        return int(rows[0][0])

    async def find(self, pool_id: str, username: str, action: str) -> Attempts | None:
        return await self._find(ATTEMPTS, f"{_USER} AND action = $3", pool_id, attempts_key(username), action)

    async def forget(self, pool_id: str, username: str, action: str) -> None:
        await self._execute(f"{FORGET_ATTEMPTS} AND action = $3", pool_id, attempts_key(username), action)
