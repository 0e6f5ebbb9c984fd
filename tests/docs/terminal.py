"""A command at a terminal, and a person who reads what it shows and types."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

Person = Callable[[str], str | None]
"""What is typed after what was shown so far; None for nothing yet."""


def at_terminal(
    command: list[str], environ: Mapping[str, str], folder: Path, person: Person, *, timeout_s: float = 60
) -> tuple[int, str]:
    """(exit code, what the terminal showed)."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 100, 0, 0))
    child = subprocess.Popen(
        command, env=dict(environ), cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=_own_terminal
    )
    os.close(theirs)
    shown, ends_at = b"", time.monotonic() + timeout_s
    while True:
        assert time.monotonic() < ends_at, f"{command} goes on:\n{shown.decode(errors='replace')}"
        if not select.select([ours], [], [], 0.2)[0]:
            if child.poll() is not None:  # what it left running in the background holds the terminal open
                break
            continue
        try:
            read = os.read(ours, 65_536)
        except OSError:
            break
        if not read:
            break
        shown += read
        typed = person(shown.decode(errors="replace"))
        if typed is not None:
            os.write(ours, typed.encode() + b"\n")
    os.close(ours)
    return child.wait(20), shown.decode(errors="replace").replace("\r\n", "\n")


def _own_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
