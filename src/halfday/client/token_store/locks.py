"""One holder at a time, across threads and processes: an advisory lock on a file of its own.

A child that is forked meanwhile would share the lock, and keep it after its parent is killed. So it closes it at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager

_POLL_S = 0.02
_held: set[int] = set()
"""Descriptors that this process has opened for a lock."""


@contextlib.contextmanager
def locked(path: str, *, timeout_s: float, opening: AbstractContextManager[object] | None = None) -> Iterator[None]:
    """Raises TimeoutError when another holder does not let go in time. A holder that dies lets go.

    `opening` is entered while the lock's file is opened: it says what an OSError means.
    """
    with opening or contextlib.nullcontext():
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    _held.add(handle)
    process = os.getpid()
    try:
        _wait(handle, path, timeout_s)
        try:
            yield
        finally:
            if process == os.getpid():
                _release(handle)
    finally:
        if process == os.getpid():
            _held.discard(handle)
            os.close(handle)


def _wait(handle: int, path: str, timeout_s: float) -> None:
    ends_at = time.monotonic() + timeout_s
    while not _try(handle):
        if time.monotonic() > ends_at:
            raise TimeoutError(f"{path} has been held by another process for {timeout_s:.0f} s")
        time.sleep(_POLL_S)


def _in_the_child() -> None:
    """Closes the parent's locks."""
    while _held:
        os.close(_held.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_the_child)

if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:  # somebody has it; anything else is no reason to wait
            return False
        return True

    def _release(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # somebody has it; anything else is no reason to wait
            return False
        return True

    def _release(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
