"""Sessions on the server: a number in the browser, the session in a store, sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from halfday.client.errors import HalfdayError
from halfday.client.session_record import SessionRecord
from halfday.web.sealing import Sealer
from halfday.web.sessions import SessionHolder, WebSessions
from halfday.web.stores import MemoryStore, SessionStore, StoreFailed


class StoreSessions(WebSessions):
    """A number in the browser, the session in a store, sealed."""

    def __init__(self, sealer: Sealer, clock: Callable[[], float], store: SessionStore) -> None:
        super().__init__(sealer, clock)
        self.store = store
        self.keeps_at_hand = isinstance(store, MemoryStore)

    def stored(self, key: str) -> dict[str, Any] | None:
        with self.asking():
            text = self.store.load(key)
        found: dict[str, Any] | None = self.read(text, f"stored {key}") if text is not None else None
        return found

    @contextmanager
    def asking(self, *passing: type[Exception]) -> Iterator[None]:
        """Raises StoreFailed for what the store raises, except for `passing`. The store's text may hold secrets."""
        try:
            yield
        except Exception as problem:
            if isinstance(problem, (HalfdayError, *passing)):
                raise
            store = type(self.store).__name__
            hint = f"see that {store} is there, and can be read and written"
            raise StoreFailed(f"the session store failed: {store}, {type(problem).__name__}", hint=hint) from problem

    def _holder_in(self, text: str) -> StoreHolder | None:
        record = self.read(text, "session")
        return StoreHolder(self, *record) if isinstance(record, list) and len(record) == 2 else None

    def _new_holder(self, number: str, expires_at: float) -> StoreHolder:
        return StoreHolder(self, number, expires_at, is_new=True)


class StoreHolder(SessionHolder):
    def __init__(self, sessions: StoreSessions, number: str, expires_at: float, *, is_new: bool = False) -> None:
        super().__init__(number, expires_at)
        self._sessions = sessions
        self._is_new = is_new

    def load(self) -> dict[str, Any] | None:
        return self._sessions.stored(self.key)

    def save(self, record: Mapping[str, Any]) -> None:
        sealed = self._sessions.seal(record, f"stored {self.key}", self.expires_at)
        with self._sessions.asking():
            self._sessions.store.save(self.key, sealed, expires_at=self.expires_at)

    def forget(self) -> bool:
        with self._sessions.asking():
            self._sessions.store.remove(self.key)
        return True

    @contextmanager
    def locked(self, *, timeout_s: float = 0) -> Iterator[None]:
        """Raises TimeoutError, and StoreFailed when the store cannot lock."""
        lock = self._sessions.store.locked(self.key)
        with self._sessions.asking(TimeoutError):
            lock.__enter__()
        try:
            yield
        finally:
            with self._sessions.asking():
                lock.__exit__(None, None, None)

    def cookie_value(self, kept: SessionRecord) -> str | None:
        """The sealed number, once, at the sign-in."""
        if not self._is_new:
            return None
        return self._sessions.seal([self.number, self.expires_at], "session", self.expires_at)
