"""Sessions on the server: a number in the browser, the session in a store, sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from halfday.client.errors import HalfdayError
from halfday.client.session_record import Kept
from halfday.web.sealing import Sealer
from halfday.web.sessions import Keeping, Place
from halfday.web.stores import MemoryStore, SessionStore, StoreFailed


class InStore(Keeping):
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
        """Raises StoreFailed for whatever the store raises, except for `passing`: what it says is not for the log."""
        try:
            yield
        except Exception as problem:
            if isinstance(problem, (HalfdayError, *passing)):
                raise
            store = type(self.store).__name__
            hint = f"see that {store} is there, and can be read and written"
            raise StoreFailed(f"the session store failed: {store}, {type(problem).__name__}", hint=hint) from problem

    def _place_in(self, text: str) -> StorePlace | None:
        record = self.read(text, "session")
        return StorePlace(self, *record) if isinstance(record, list) and len(record) == 2 else None

    def _new_place(self, number: str, expires_at: float) -> StorePlace:
        return StorePlace(self, number, expires_at, is_new=True)


class StorePlace(Place):
    def __init__(self, keeping: InStore, number: str, expires_at: float, *, is_new: bool = False) -> None:
        super().__init__(number, expires_at)
        self._keeping = keeping
        self._is_new = is_new

    def load(self) -> dict[str, Any] | None:
        return self._keeping.stored(self.key)

    def save(self, record: Mapping[str, Any]) -> None:
        sealed = self._keeping.seal(record, f"stored {self.key}", self.expires_at)
        with self._keeping.asking():
            self._keeping.store.save(self.key, sealed, expires_at=self.expires_at)

    def forget(self) -> bool:
        with self._keeping.asking():
            self._keeping.store.remove(self.key)
        return True

    @contextmanager
    def locked(self, *, timeout_s: float = 0) -> Iterator[None]:
        """Raises TimeoutError, and StoreFailed when the store cannot lock."""
        lock = self._keeping.store.locked(self.key)
        with self._keeping.asking(TimeoutError):
            lock.__enter__()
        try:
            yield
        finally:
            with self._keeping.asking():
                lock.__exit__(None, None, None)

    def cookie_value(self, kept: Kept) -> str | None:
        """The number is told once, at the sign-in."""
        if not self._is_new:
            return None
        return self._keeping.seal([self.number, self.expires_at], "session", self.expires_at)
