"""Returns memory to the system after a flood, and keeps long-lived objects out of garbage collection (glibc, gc)."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

LARGE_BYTES = 1024 * 1024
_KEPT_BYTES = 8 * 1024 * 1024
"""Free bytes that glibc keeps at the end of the heap: asking the system for each small allocation would be slow."""
_FLOOD = 64
"""Connections, or MiB of bodies, from which on memory is returned when they are gone."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""The parameters of mallopt, from malloc.h."""


class Receding:
    """Returns the memory of a flood of connections, or of long bodies, when they are gone: glibc would keep it."""

    def __init__(self) -> None:
        self._peak = 0

    def look(self, held: int) -> None:
        """Returns memory once, when three quarters of a flood are over; that takes some milliseconds.

        `held` is the number of connections, or of MiB of bodies.
        """
        self._peak = max(self._peak, held)
        if self._peak >= _FLOOD and held <= self._peak // 4:
            self._peak = held
            give_back()


def give_back() -> None:
    if (trim := _of_glibc("malloc_trim")) is not None:
        trim(0)


def part_large_blocks() -> None:
    """Gives each large body pages of its own, which return to the system when the body is freed.

    By default glibc raises its mmap threshold when the first large block is freed. Later blocks of up to 32 MiB then
    lie in the heap among all others, and a block behind them keeps their memory from being returned.
    """
    if (mallopt := _of_glibc("mallopt")) is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def _of_glibc(name: str) -> Any:
    """A function of glibc; None on other systems. musl has none of these functions, and needs none."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def leave_alone_what_is_there() -> None:
    """Excludes the objects that exist now from garbage collection, which begins now if it was put off.

    Modules and models live as long as the process, and scanning all of them stops every request for 30 ms.
    """
    gc.freeze()
    gc.enable()
