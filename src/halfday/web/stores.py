"""Where sessions are kept when they are not kept in the browser. What is stored is sealed; a store cannot read it.

A store of one's own (Redis, a database) has these four methods. Keys are 64 hexadecimal digits, a hash of what the
browser holds: who reads the store has nobody's session.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Protocol

from halfday.client.locks import locked
from halfday.client.token_cache import make_private_dir, write_private

LOCK_TIMEOUT_S = 60.0
_PRUNE_EVERY_S = 600.0
_STRIPES = 256


class SessionStore(Protocol):
    """Safe to share between threads, and between the processes that share what it stores."""

    def load(self, key: str) -> str | None:
        """What was saved last; None when there is nothing, or it was removed. May forget what has expired."""

    def save(self, key: str, text: str, *, expires_at: float) -> None:
        """Kept at least until `expires_at`, epoch seconds."""

    def remove(self, key: str) -> None:
        """Gone; no error when it is already."""

    def locked(self, key: str) -> AbstractContextManager[object]:
        """Held by one renewal at a time. Raises TimeoutError."""


class MemoryStore:
    """For one process: gone when it ends."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, str]] = {}
        self._locks = [threading.Lock() for _ in range(_STRIPES)]
        self._guard = threading.Lock()
        self._prune_at = clock() + _PRUNE_EVERY_S

    def load(self, key: str) -> str | None:
        expires_at, text = self._kept.get(key, (0.0, ""))
        return text if self._clock() < expires_at else None

    def save(self, key: str, text: str, *, expires_at: float) -> None:
        with self._guard:
            self._prune()
            self._kept[key] = (expires_at, text)

    def add(self, key: str, text: str, *, expires_at: float) -> bool:
        """Saved, unless there is something already: of many who come with one key, one is told True."""
        with self._guard:
            self._prune()
            if self.load(key) is not None:
                return False
            self._kept[key] = (expires_at, text)
            return True

    def remove(self, key: str) -> None:
        with self._guard:
            self._kept.pop(key, None)

    def locked(self, key: str) -> AbstractContextManager[object]:
        return self._locks[hash(key) % _STRIPES]

    def _prune(self) -> None:
        now = self._clock()
        if now >= self._prune_at:
            self._prune_at = now + _PRUNE_EVERY_S
            self._kept = {key: kept for key, kept in self._kept.items() if now < kept[0]}


class FileStore:
    """For the processes of one machine: one file of 0600 a session, in a folder of 0700.

    KEY.session   the time at which it expires, and what was saved, replaced whole
    NN.lock       held while a session whose key begins with NN is renewed; never removed
    """

    def __init__(self, directory: str, *, clock: Callable[[], float] = time.time) -> None:
        self._directory = os.path.abspath(directory)
        self._clock = clock
        self._prune_at = 0.0
        make_private_dir(self._directory)

    def load(self, key: str) -> str | None:
        try:
            with open(self._path(key), encoding="ascii") as file:
                expires_at, text = file.read().split("\n", 1)
            return text if self._clock() < float(expires_at) else None
        except (OSError, ValueError):
            return None

    def save(self, key: str, text: str, *, expires_at: float) -> None:
        self._prune()
        write_private(self._path(key), f"{expires_at}\n{text}")

    def remove(self, key: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self._path(key))

    def locked(self, key: str) -> AbstractContextManager[object]:
        return locked(os.path.join(self._directory, f"{key[:2]}.lock"), timeout_s=LOCK_TIMEOUT_S)

    def _path(self, key: str) -> str:
        return os.path.join(self._directory, f"{key}.session")

    def _prune(self) -> None:
        now = self._clock()
        if now < self._prune_at:
            return
        self._prune_at = now + _PRUNE_EVERY_S
        for name in os.listdir(self._directory):
            if name.endswith(".session") and self.load(name.removesuffix(".session")) is None:
                self.remove(name.removesuffix(".session"))
