"""Stores for sessions that are not kept in the browser. What is stored is sealed: a store cannot read it.

A store of one's own (Redis, a database) has these four methods. Keys are 64 hexadecimal digits, a hash of what the
browser holds, so that a copy of the store opens nobody's session.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from itertools import islice
from typing import Protocol
from weakref import WeakValueDictionary

from halfday.client.errors import HalfdayError
from halfday.client.token_store.cache_files import NotPrivate, make_private_dir, read_private, write_private
from halfday.client.token_store.locks import locked
from halfday.client.transport.thread_locks import ThreadLock

LOCK_TIMEOUT_S = 60.0
_PRUNE_EVERY_S = 600.0
_SLICE = 100


class StoreFailed(HalfdayError):
    """A session store did not do what it was asked for."""


class SessionStore(Protocol):
    """Safe to share between threads, and between processes that share the store.

    A method that fails raises an error: a store that is out of reach must sign nobody out.
    """

    def load(self, key: str) -> str | None:
        """What was saved last; None when there is nothing, or it was removed. May forget what has expired."""

    def save(self, key: str, text: str, *, expires_at: float) -> None:
        """Kept at least until `expires_at`, epoch seconds."""

    def remove(self, key: str) -> None:
        """Gone; no error when it is already."""

    def locked(self, key: str) -> AbstractContextManager[object]:
        """Held by one renewal at a time. Raises TimeoutError."""


class _Interval:
    """True once a period, by a clock that may be set back."""

    def __init__(self, period_s: float, clock: Callable[[], float]) -> None:
        self._period_s = period_s
        self._clock = clock
        self._due_at = clock() + period_s

    def is_over(self) -> bool:
        now = self._clock()
        if 0 < self._due_at - now <= self._period_s:
            return False
        self._due_at = now + self._period_s
        return True


class MemoryStore:
    """For one process: gone when it ends."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, str]] = {}
        self._locks: WeakValueDictionary[str, ThreadLock] = WeakValueDictionary()
        self._guard = ThreadLock()
        self._pruning = _Interval(_PRUNE_EVERY_S, clock)

    def load(self, key: str) -> str | None:
        expires_at, text = self._kept.get(key, (0.0, ""))
        return text if self._clock() < expires_at else None

    def save(self, key: str, text: str, *, expires_at: float) -> None:
        with self._guard:
            self._prune()
            self._kept[key] = (expires_at, text)

    def add(self, key: str, text: str, *, expires_at: float) -> bool:
        """Saves the text unless the key has one. Of several threads with one key, one gets True."""
        with self._guard:
            self._prune()
            if self.load(key) is not None:
                return False
            self._kept[key] = (expires_at, text)
            return True

    def keep_until(self, key: str, text: str, *, expires_at: float) -> None:
        """Kept until `expires_at` if it is still what was saved last."""
        with self._guard:
            if self._kept.get(key, (0.0, ""))[1] == text:
                self._kept[key] = (expires_at, text)

    def remove(self, key: str) -> None:
        with self._guard:
            self._kept.pop(key, None)

    def locked(self, key: str) -> AbstractContextManager[object]:
        """A lock for this key alone, so that a slow renewal delays no other session."""
        with self._guard:
            lock = self._locks.get(key)
            if lock is None:
                lock = self._locks[key] = ThreadLock()
            return lock

    def _prune(self) -> None:
        if self._pruning.is_over():
            now = self._clock()
            self._kept = {key: kept for key, kept in self._kept.items() if now < kept[0]}


class FileStore:
    """For the processes of one machine: one file of 0600 a session, in a folder of 0700.

    KEY.session   the time at which it expires, and what was saved, replaced whole
    NN.lock       held while a session whose key begins with NN is renewed; never removed
    """

    def __init__(self, directory: str, *, clock: Callable[[], float] = time.time) -> None:
        self._directory = os.path.abspath(directory)
        self._clock = clock
        self._pruning = _Interval(_PRUNE_EVERY_S, clock)
        make_private_dir(self._directory)
        self._names = iter(os.listdir(self._directory))

    def load(self, key: str) -> str | None:
        """None for a file that is damaged, too. Raises StoreFailed for one that another user wrote or could have
        written, and OSError for one that is there and cannot be read.
        """
        try:
            expires_at, text = read_private(self._path(key)).split("\n", 1)
            return text if self._clock() < float(expires_at) else None
        except NotPrivate as problem:
            hint = "Remove the file, and ask who wrote it: whoever it was for signs in again."
            raise StoreFailed(str(problem), hint=hint) from problem
        except (FileNotFoundError, ValueError):
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
        """A slice of the folder each time something is saved: no request waits for all of it."""
        if self._pruning.is_over():
            self._names = iter(os.listdir(self._directory))
        for name in islice(self._names, _SLICE):
            key = name.removesuffix(".session")
            with suppress(OSError):
                if name != key and self.load(key) is None:
                    self.remove(key)
