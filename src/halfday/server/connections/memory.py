"""Memory that a flood held, given back; and what is there from the start, left alone by the garbage collector."""

from __future__ import annotations

import ctypes
import gc
import sys

_FLOOD = 64


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
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none, and needs none
    if trim is not None:
        trim(0)


def leave_alone_what_is_there() -> None:
    """Modules and models live as long as the process: to look through all of them again stops everybody for 30 ms."""
    gc.freeze()
