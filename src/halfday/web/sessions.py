"""A signed-in person's session between two requests: whole and encrypted in the cookie, or in a store by a number.

Renewal is the client's own (`client.session`): under a lock, what somebody else renewed meanwhile adopted. In a cookie
that holds within one process: requests that still come with the old cookie are given what was renewed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from halfday.client.connection import Connection
from halfday.client.errors import SettingsError
from halfday.client.session import Session
from halfday.client.token_cache import TokenCache
from halfday.client.tokens import Kept, read_record
from halfday.protocol.claims import VerifiedClaims
from halfday.web.exchange import MAX_CHUNKS, join_value, split_value
from halfday.web.sealing import Sealer
from halfday.web.stores import MemoryStore, SessionStore

RENEWED_FOR_S = 600.0
"""How long a process remembers what it renewed for requests that come with the cookie of before."""

_SIGNED_OUT = "signed out"


class WebSession(Session):
    """A `client.Session` whose place is a web application's."""

    place: Place

    def __init__(self, connection: Connection, kept: Kept, place: Place, claims: VerifiedClaims | None = None) -> None:
        super().__init__(connection, kept, claims=claims, cache=place)
        self.place = place

    @property
    def groups(self) -> frozenset[str]:
        """The person's groups, renewed with the tokens."""
        held = self.claims.get("cognito:groups")
        return frozenset(map(str, held)) if isinstance(held, list) else frozenset()

    @property
    def kept(self) -> Kept:
        """As it stands, without renewing anything."""
        return self._kept


class Place(TokenCache):
    """Where one session is between requests, as `Session` renews it: load, save, forget, locked."""

    def __init__(self, number: str, expires_at: float) -> None:
        self.key = hashlib.sha256(number.encode()).hexdigest()
        self.number = number
        self.expires_at = expires_at

    def is_on_disk(self) -> bool:
        return False

    def cookie_value(self, kept: Kept) -> str | None:
        """What the browser has to be told; None when what it has still holds."""
        raise NotImplementedError


class Keeping:
    """How sessions are kept. One of the two below."""

    def __init__(self, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._sealer = sealer
        self._clock = clock

    def open(self, text: str) -> tuple[Kept, Place] | None:
        """The session that a cookie's value stands for; None when it is none of ours, expired or signed out."""
        record = self.read(text, "session")
        if record is None or not isinstance(record.get("number"), str):
            return None
        place = self._place(record)
        found = place.load()
        kept = read_record(found) if found else None
        return (kept, place) if kept else None

    def create(self, kept: Kept, expires_at: float) -> Place:
        """A place of a new number: what was in the browser before the sign-in is no way into the session."""
        number = secrets.token_urlsafe(32)
        place = self._place({"number": number, "expires_at": expires_at, "is_new": True})
        place.save(kept.record())
        return place

    def _place(self, record: Mapping[str, Any]) -> Place:
        raise NotImplementedError

    def read(self, text: str, purpose: str) -> dict[str, Any] | None:
        opened = self._sealer.open(text, purpose=purpose, now=self._clock())
        return json.loads(opened) if opened is not None else None

    def seal(self, record: Mapping[str, Any], purpose: str, expires_at: float) -> str:
        plain = json.dumps(record, separators=(",", ":")).encode()
        return self._sealer.seal(plain, purpose=purpose, expires_at=expires_at)


class InCookies(Keeping):
    """The whole session, encrypted, in the browser."""

    def __init__(self, sealer: Sealer, clock: Callable[[], float]) -> None:
        super().__init__(sealer, clock)
        self.renewed = MemoryStore(clock=clock)

    def now(self) -> float:
        return self._clock()

    def _place(self, record: Mapping[str, Any]) -> Place:
        return CookiePlace(self, record)


class CookiePlace(Place):
    def __init__(self, keeping: InCookies, record: Mapping[str, Any]) -> None:
        super().__init__(record["number"], record["expires_at"])
        self._keeping = keeping
        self._told: dict[str, Any] | None = record.get("kept")

    def load(self) -> dict[str, Any] | None:
        """The newer one of what the browser brought and what was renewed here: another process may have been last."""
        remembered = self._keeping.renewed.load(self.key)
        if remembered == _SIGNED_OUT:
            return None
        if remembered is None:
            return self._told
        renewed: dict[str, Any] = json.loads(remembered)
        return self._told if self._told and _received_at(self._told) > _received_at(renewed) else renewed

    def save(self, record: Mapping[str, Any]) -> None:
        until = min(self._keeping.now() + RENEWED_FOR_S, self.expires_at)
        self._keeping.renewed.save(self.key, json.dumps(record), expires_at=until)

    def forget(self) -> bool:
        self._keeping.renewed.save(self.key, _SIGNED_OUT, expires_at=self.expires_at)
        return True

    def locked(self, *, timeout_s: float = 0) -> AbstractContextManager[Any]:
        return self._keeping.renewed.locked(self.key)

    def cookie_value(self, kept: Kept) -> str | None:
        """AWS credentials stay out of it: they are long, and fetched again with one request."""
        lean = dataclasses.replace(kept, aws=dataclasses.replace(kept.aws, credentials=None, received_at=0))
        record = lean.record()
        if record == self._told or self.load() is None:
            return None
        whole = {"number": self.number, "expires_at": self.expires_at, "kept": record}
        value = self._keeping.seal(whole, "session", self.expires_at)
        if len(split_value("", value)) > MAX_CHUNKS:
            hint = "keep sessions on the server: store=FileStore(DIR), or MemoryStore() for one process"
            raise SettingsError(f"the tokens, {len(value)} characters, are too long for cookies", hint=hint)
        return value


def _received_at(record: Mapping[str, Any]) -> float:
    return float(record["tokens"]["received_at"])


class InStore(Keeping):
    """A number in the browser, the session in a store, sealed."""

    def __init__(self, sealer: Sealer, clock: Callable[[], float], store: SessionStore) -> None:
        super().__init__(sealer, clock)
        self.store = store

    def stored(self, key: str) -> dict[str, Any] | None:
        text = self.store.load(key)
        return self.read(text, f"stored {key}") if text is not None else None

    def _place(self, record: Mapping[str, Any]) -> Place:
        return StorePlace(self, record)


class StorePlace(Place):
    def __init__(self, keeping: InStore, record: Mapping[str, Any]) -> None:
        super().__init__(record["number"], record["expires_at"])
        self._keeping = keeping
        self._is_new = record.get("is_new", False)

    def load(self) -> dict[str, Any] | None:
        return self._keeping.stored(self.key)

    def save(self, record: Mapping[str, Any]) -> None:
        sealed = self._keeping.seal(record, f"stored {self.key}", self.expires_at)
        self._keeping.store.save(self.key, sealed, expires_at=self.expires_at)

    def forget(self) -> bool:
        self._keeping.store.remove(self.key)
        return True

    def locked(self, *, timeout_s: float = 0) -> AbstractContextManager[Any]:
        return self._keeping.store.locked(self.key)

    def cookie_value(self, kept: Kept) -> str | None:
        """The number is told once, at the sign-in."""
        if not self._is_new:
            return None
        record = {"number": self.number, "expires_at": self.expires_at}
        return self._keeping.seal(record, "session", self.expires_at)


def session_in(name: str, cookies: Mapping[str, str], keeping: Keeping) -> tuple[Kept, Place] | None:
    value = join_value(name, cookies)
    return keeping.open(value) if value else None
