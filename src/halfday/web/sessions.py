"""A signed-in person's session between two requests: whole in the cookie (`in_cookies`), or in a store (`in_store`).

Renewal is the client's own (`client.session`): under a lock, and it takes over what another process has renewed.
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
    """A `client.Session` that a web application keeps."""

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
        """Whether the claims need a request: for new tokens, or for keys."""
        id_token = self._kept.tokens.id_token
        return self.tokens_are_old() or id_token is None or not self._connection.verifier.can_verify(id_token)

    def renew_for_its_key(self) -> None:
        """Renews tokens whose key the pool no longer publishes, unless another thread has renewed them."""
        refused = self._kept.tokens.id_token
        with self._exclusive():
            if self._kept.tokens.id_token == refused:
                self._renew()


class SessionHolder(TokenCache):
    """Holds one session between requests. `Session` renews it by load, save, forget and locked."""

    def __init__(self, number: str, expires_at: float) -> None:
        self.key = hashlib.sha256(number.encode()).hexdigest()
        self.number = number
        self.expires_at = expires_at

    def is_on_disk(self) -> bool:
        return False

    def cookie_value(self, kept: SessionRecord) -> str | None:
        """The cookie's new value; None when the browser's cookie is still good."""
        raise NotImplementedError


class WebSessions:
    """The sessions of one application: `CookieSessions` or `StoreSessions`."""

    keeps_at_hand = True
    """Whether a session is found without waiting for anything outside this process."""

    def __init__(self, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._sealer = sealer
        self._clock = clock

    def open(self, text: str) -> tuple[SessionRecord, SessionHolder] | None:
        """The session of a cookie's value; None when it is none of ours, expired or signed out.

        Raises HalfdayError when the store cannot tell.
        """
        holder = self._holder_in(text)
        found = holder.load() if holder else None
        kept = read_session_record(found) if found else None
        return (kept, holder) if kept and holder else None

    def is_ours(self, text: str) -> bool:
        """Whether this value was sealed by one of our secrets and has not expired."""
        return self._holder_in(text) is not None

    def create(self, kept: SessionRecord, expires_at: float) -> SessionHolder:
        """A holder with a new number, so that nothing from before the sign-in leads into the session."""
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
        """The holder that a cookie's value names; None for a value of another version or another kind of sessions."""
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
