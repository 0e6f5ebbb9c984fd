"""A signed-in person's session between two requests: whole in the cookie (`in_cookies`), or in a store (`in_store`).

Renewal is the client's own (`client.session`): under a lock, what somebody else renewed meanwhile adopted.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from halfday.client.connection import Connection
from halfday.client.errors import SettingsError
from halfday.client.session import Session
from halfday.client.session_record import SessionRecord, read_session_record
from halfday.client.token_store.token_cache import TokenCache
from halfday.protocol.claims import VerifiedClaims
from halfday.web.http_messages import join_value
from halfday.web.sealing import Sealer


class WebSession(Session):
    """A `client.Session` whose place is a web application's."""

    holder: SessionHolder

    def __init__(
        self, connection: Connection, kept: SessionRecord, holder: SessionHolder, claims: VerifiedClaims | None = None
    ) -> None:
        super().__init__(connection, kept, claims=claims, cache=holder)
        self.holder = holder

    @property
    def groups(self) -> frozenset[str]:
        """The person's groups, renewed with the tokens."""
        held = self.claims.get("cognito:groups")
        return frozenset(word for word in held if isinstance(word, str)) if isinstance(held, list) else frozenset()

    @property
    def kept(self) -> SessionRecord:
        """As it stands, without renewing anything."""
        return self._kept

    def asks_cognito(self) -> bool:
        """Whether the next look at the claims has to ask for something: tokens, or keys."""
        id_token = self._kept.tokens.id_token
        return self.tokens_are_old() or id_token is None or not self._connection.verifier.can_verify(id_token)

    def renew_for_its_key(self) -> None:
        """New tokens for those whose key the pool no longer publishes, unless somebody else had them meanwhile."""
        refused = self._kept.tokens.id_token
        with self._exclusive():
            if self._kept.tokens.id_token == refused:
                self._renew()


class SessionHolder(TokenCache):
    """Where one session is between requests, as `Session` renews it: load, save, forget, locked."""

    def __init__(self, number: str, expires_at: float) -> None:
        self.key = hashlib.sha256(number.encode()).hexdigest()
        self.number = number
        self.expires_at = expires_at

    def is_on_disk(self) -> bool:
        return False

    def cookie_value(self, kept: SessionRecord) -> str | None:
        """What the browser has to be told; None when what it has still holds."""
        raise NotImplementedError


class WebSessions:
    """How sessions are kept: InCookies or InStore."""

    keeps_at_hand = True
    """Whether looking a session up waits for nothing outside this process."""

    def __init__(self, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._sealer = sealer
        self._clock = clock

    def open(self, text: str) -> tuple[SessionRecord, SessionHolder] | None:
        """The session that a cookie's value stands for; None when it is none of ours, expired or signed out.

        Raises HalfdayError when that cannot be told.
        """
        holder = self._holder_in(text)
        found = holder.load() if holder else None
        kept = read_session_record(found) if found else None
        return (kept, holder) if kept and holder else None

    def is_ours(self, text: str) -> bool:
        """Whether this value was sealed here and has not expired. What was not may be of a newer secret than ours."""
        return self._holder_in(text) is not None

    def create(self, kept: SessionRecord, expires_at: float) -> SessionHolder:
        """A place of a new number: what was in the browser before the sign-in is no way into the session."""
        holder = self._new_holder(secrets.token_urlsafe(32), expires_at)
        holder.save(kept.record())
        return holder

    def read(self, text: str, purpose: str) -> Any:
        """What `seal` sealed for this purpose; None for anything else."""
        opened = self._opened(text, purpose)
        try:
            return json.loads(opened) if opened is not None else None
        except ValueError:
            return None

    def seal(self, record: Any, purpose: str, expires_at: float) -> str:
        plain = json.dumps(record, separators=(",", ":")).encode()
        return self._sealer.seal(plain, purpose=purpose, expires_at=expires_at)

    def _opened(self, text: str, purpose: str) -> bytes | None:
        return self._sealer.open(text, purpose=purpose, now=self._clock())

    def _holder_in(self, text: str) -> SessionHolder | None:
        """Whose place a cookie's value names; None for what another version, or another way of keeping, wrote."""
        raise NotImplementedError

    def _new_holder(self, number: str, expires_at: float) -> SessionHolder:
        raise NotImplementedError


class TooLong(SettingsError):
    """The person's tokens do not go into cookies."""


def session_in(
    name: str, cookies: Mapping[str, str], sessions: WebSessions
) -> tuple[SessionRecord, SessionHolder] | None:
    value = join_value(name, cookies)
    return sessions.open(value) if value else None
