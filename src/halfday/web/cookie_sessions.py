"""Sessions in the browser, encrypted: nothing is needed but a secret.

Renewals are remembered within one process: a request that comes with an older cookie gets the renewed session.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from halfday.client.session_record import SessionRecord
from halfday.web.http_messages import MAX_CHARACTERS
from halfday.web.packing import pack, unpack
from halfday.web.sealing import Sealer
from halfday.web.sessions import SessionHolder, TooLong, WebSessions
from halfday.web.stores import MemoryStore

RENEWED_FOR_S = 600.0
"""How long a process remembers a renewal that it has sent to the browser, for requests with the older cookie.

A renewal that could not be sent yet, because a websocket or a page was open already, is remembered as long as the
session lasts.
"""

_SIGNED_OUT = "signed out"


class CookieSessions(WebSessions):
    """The whole session, encrypted, in the browser."""

    def __init__(self, sealer: Sealer, clock: Callable[[], float]) -> None:
        super().__init__(sealer, clock)
        self.renewed = MemoryStore(clock=clock)

    def now(self) -> float:
        return self._clock()

    def seal_session(self, holder: CookieHolder, turn: int, record: Mapping[str, Any]) -> str:
        head = json.dumps([holder.number, holder.expires_at, turn], separators=(",", ":")).encode()
        return self._sealer.seal(head + b"\n" + pack(record), purpose="session", expires_at=holder.expires_at)

    def _holder_in(self, text: str) -> CookieHolder | None:
        head, end, packed = (self._opened(text, "session") or b"").partition(b"\n")
        try:
            number, expires_at, turn = json.loads(head)
            return CookieHolder(self, number, expires_at, turn, unpack(packed)) if end else None
        except (ValueError, TypeError):
            return None

    def _new_holder(self, number: str, expires_at: float) -> CookieHolder:
        return CookieHolder(self, number, expires_at, 0, None)


class CookieHolder(SessionHolder):
    """`turn` counts changes of tokens. The record of the later turn is the newer one, whatever the clocks say."""

    def __init__(
        self, sessions: CookieSessions, number: str, expires_at: float, turn: int, told: dict[str, Any] | None
    ) -> None:
        super().__init__(number, expires_at)
        self._sessions = sessions
        self._told = told
        self._turn, self._tokens = turn, told["tokens"] if told else None

    def load(self) -> dict[str, Any] | None:
        """The newer of the browser's record and the one renewed here: another process may have renewed last."""
        if self._was_signed_out():
            return None
        self._turn, found = self._newest(self._told)
        record: dict[str, Any] | None = found
        self._tokens = record["tokens"] if record else None
        return record

    def save(self, record: Mapping[str, Any]) -> None:
        if record["tokens"] != self._tokens:
            self._turn, self._tokens = self._turn + 1, record["tokens"]
        self._sessions.renewed.save(self.key, json.dumps([self._turn, record]), expires_at=self.expires_at)

    def forget(self) -> bool:
        self._sessions.renewed.save(self.key, _SIGNED_OUT, expires_at=self.expires_at)
        return True

    def locked(self, *, timeout_s: float = 0) -> AbstractContextManager[Any]:
        return self._sessions.renewed.locked(self.key)

    def cookie_value(self, kept: SessionRecord) -> str | None:
        """Of the newest tokens, which may be another request's. Raises TooLong."""
        if self._was_signed_out():
            return None
        turn, newest = self._newest(kept.record())
        record = _lean(newest)
        if record == self._told:
            self._forget_soon(turn, newest)
            return None
        value = self._sessions.seal_session(self, turn, record)
        if len(value) > MAX_CHARACTERS:
            hint = "keep sessions on the server: store=FileStore(DIR), or MemoryStore() for one process"
            raise TooLong(f"the tokens, {len(value)} characters, are too long for cookies", hint=hint)
        self._forget_soon(turn, newest)
        return value

    def _was_signed_out(self) -> bool:
        return self._sessions.renewed.load(self.key) == _SIGNED_OUT

    def _newest(self, record: Any) -> tuple[int, Any]:
        """(turn, record) that this process remembers, unless the given record is of a later turn."""
        remembered = self._sessions.renewed.load(self.key)
        if remembered in (None, _SIGNED_OUT):
            return self._turn, record
        turn, newer = json.loads(str(remembered))
        return (turn, newer) if turn >= self._turn else (self._turn, record)

    def _forget_soon(self, turn: int, record: Mapping[str, Any]) -> None:
        """Forgets this turn soon: the browser has it, or gets it now."""
        until = min(self._sessions.now() + RENEWED_FOR_S, self.expires_at)
        self._sessions.renewed.keep_until(self.key, json.dumps([turn, record]), expires_at=until)


def _lean(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without AWS credentials, which are long, and can be fetched again with one request."""
    return {**record, "aws": {**record["aws"], "credentials": None, "received_at": 0}}
