"""Memory that a flood held, given back; and what is there from the start, left alone by the garbage collector."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

LARGE_BYTES = 1024 * 1024
_KEPT_BYTES = 8 * 1024 * 1024
"""Free at the heap's end, and kept there: to ask the system for every little anew would be slow."""
_FLOOD = 64
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of malloc.h."""


class Receding:
    """What thousands of connections, or long bodies, held is free when they are gone, but glibc keeps it till told."""

    def __init__(self) -> None:
        self._peak = 0

    def look(self, held: int) -> None:
        """Connections, or MiB of bodies. Gives back when most of a flood is over; some milliseconds, once a flood."""
        self._peak = max(self._peak, held)
        if self._peak >= _FLOOD and held <= self._peak // 4:
            self._peak = held
            give_back()


def give_back() -> None:
    if (trim := _of_glibc("malloc_trim")) is not None:
        trim(0)


def part_large_blocks() -> None:
    """Each body has pages of its own, which go back to the system with it.

    Left alone, glibc takes the first large block that is freed for a habit, and has the next ones, up to 32 MiB, among
    all others, where what stands behind them keeps their room from going back.
    """
    if (mallopt := _of_glibc("mallopt")) is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def _of_glibc(name: str) -> Any:
    """None elsewhere: musl has none of these, and needs none."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def leave_alone_what_is_there() -> None:
    """Modules and models live as long as the process: to look through all of them again stops everybody for 30 ms."""
    gc.freeze()
