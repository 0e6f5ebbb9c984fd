"""A command run as a child process: it gets our signals, we return its exit code, and it does not outlive us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import FrameType

_FORWARDED = ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_FROM_KEYS = ("SIGINT", "SIGQUIT")
"""A terminal sends these to every process in its foreground, so the command has had them already."""
_PR_SET_PDEATHSIG = 1


def run_child(command: list[str], environ: Mapping[str, str], *, meanwhile: AbstractContextManager[object]) -> int:
    """The command's exit code, or 128 and the number of the signal that ended it. Raises OSError if it cannot start.

    `meanwhile` may start threads. It is entered after the command has started: a process with threads must not fork.
    """
    signals = _Signals()
    child = subprocess.Popen(command, env=dict(environ), preexec_fn=_end_with_parent())
    signals.go_to(child)
    with meanwhile:
        code = child.wait()
    return code if code >= 0 else 128 - code


class _Signals:
    """Forwards our signals to the child. Signals that come before it has started are sent to it afterwards."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []
        for name in _FORWARDED:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # what nohup ignores stays so
                signal.signal(number, self._receive)

    def go_to(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for number in self._waiting:
            child.send_signal(number)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if signal.Signals(number).name in _FROM_KEYS and _in_foreground():
            return
        if self._child is None:
            self._waiting.append(number)
        else:
            self._child.send_signal(number)


def _in_foreground() -> bool:
    """Whether we are in a terminal's foreground, so that keys typed there reach the command too."""
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel ends the command when we are killed; elsewhere it only loses its credentials."""
    if sys.platform != "linux":
        return None
    import ctypes

    libc, parent = ctypes.CDLL(None), os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return ask
