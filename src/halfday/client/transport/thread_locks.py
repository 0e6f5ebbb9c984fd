"""Locks between threads that a forked child finds free.

A fork copies the locks, and one thread only. A lock that another thread held at that moment would be held in the child
for ever. Programs fork at any moment (multiprocessing, web servers with workers), so in the child every such lock is
made anew. A lock that the forking thread holds itself stays its own. Source: POSIX, fork; CPython, os.register_at_fork.

Nor may a fork fall into the import of a module: the child would wait for ever for the thread that imported it. So what
takes long to load, and is loaded at its first use, is imported within `loading()`, and a fork waits for the end of it.
"""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager
from types import TracebackType
from weakref import WeakSet


class ThreadLock:
    """Held by one thread at a time, which may take it again. `with lock as depth`: 1 is the outermost."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        _locks.add(self)

    def __enter__(self) -> int:
        self._lock.acquire()
        self._depth += 1
        return self._depth

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._depth -= 1
        self._lock.release()

    def free_what_nobody_holds(self) -> None:
        """Makes the lock anew unless this thread holds it. Called in a child just forked, which has no other thread."""
        if self._lock.acquire(blocking=False):
            self._lock.release()
        else:
            self._lock, self._depth = threading.RLock(), 0


def loading() -> AbstractContextManager[object]:
    """Within it, this thread imports what is needed from now on, and no other thread forks."""
    return _loading


_locks: WeakSet[ThreadLock] = WeakSet()
_loading = threading.RLock()


def _in_the_child() -> None:
    for lock in list(_locks):
        lock.free_what_nobody_holds()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_the_child)
    os.register_at_fork(before=_loading.acquire, after_in_parent=_loading.release, after_in_child=_loading.release)
