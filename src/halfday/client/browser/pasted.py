"""Reads lines that a person pastes at the terminal while we wait for the browser."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable

_POLL_S = 0.2


class PastedLines:
    """Reads standard input in a thread until it is closed. What is typed after that is left to other programs."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._closed = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def _read(self) -> None:
        if sys.platform == "win32":
            while not self._closed.is_set() and (line := sys.stdin.readline()):
                self._on_line(line)
            return
        handle, held = sys.stdin.fileno(), b""
        while not self._closed.is_set():
            # Raw reads: a thread that sleeps inside sys.stdin's buffer brings the interpreter down when it ends.
            if not select.select([handle], [], [], _POLL_S)[0]:
                continue
            read = os.read(handle, 65_536)
            *lines, held = (held + read).split(b"\n")
            for line in lines if read else [held]:
                self._on_line(line.decode(errors="replace"))
            if not read:
                return


def can_paste() -> bool:
    """Whether a person sits at standard input."""
    try:
        return sys.stdin.isatty()
    except (AttributeError, ValueError):
        return False
