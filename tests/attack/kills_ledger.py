"""What a server acknowledged, and what it was asked when it was killed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ABSENT = "(absent)"
Key = tuple[str, ...]


class Ledger:
    """Each key has one writer. What was asked for and not answered may have happened or not; nothing else may."""

    def __init__(self) -> None:
        self.acknowledged: dict[Key, Any] = {}
        self.unsure: dict[Key, Any] = {}
        self.touched: set[Key] = set()
        self.writes = 0
        self._lock = threading.Lock()

    @contextmanager
    def change(self, changes: dict[Key, Any]) -> Iterator[None]:
        """The block asks for these changes. If it raises, nobody knows whether they were made."""
        with self._lock:
            self.unsure.update(changes)
            self.touched.update(changes)
        yield
        with self._lock:
            self.acknowledged.update(changes)
            self.writes += 1
            for key in changes:
                del self.unsure[key]

    def possible(self, key: Key) -> list[Any]:
        """What may be seen there now, the newest first."""
        before = self.acknowledged.get(key, ABSENT)
        return [self.unsure[key], before] if key in self.unsure else [before]

    def settle(self, key: Key, seen: Any) -> None:
        """What was looked at after the restart is known."""
        self.acknowledged[key] = seen
        self.unsure.pop(key, None)

    def changed_since(self) -> list[Key]:
        """The keys of the round that ended, and none of them the next time."""
        keys, self.touched = sorted(self.touched), set()
        return keys
