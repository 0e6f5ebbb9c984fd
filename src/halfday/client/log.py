"""The client's log: what was asked of whom, and which setting came from where. Never what was said.

The logger is `halfday.client`, for programs that use `logging`. `HALFDAY_LOG` turns it on without any: a level (debug,
info, warning, error) writes lines on stderr, a path names a file. A line is made of a method, a host, a path
without its query, a status and milliseconds, none of which is a secret; and all the same `redact` goes over each,
because a path may be anybody's. `logging` is loaded by the first request, or when the log is on, and not before.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from halfday.client.errors import SettingsError
from halfday.protocol.printable import printable

if TYPE_CHECKING:
    import logging

LOGGER = "halfday.client"
LEVELS = ("debug", "info", "warning", "error")
_SECRET_WORDS = (
    "code|state|nonce|token|secret|password|verifier|challenge|cookie|session|signature|credential|authorization|pin"
)
_VALUE = r"""("[^"]*"|'[^']*'|(?:bearer|basic)\s+\S+|[^\s&;,"'}]+)"""
_NAMED = rf"""(?i)(["']?[\w.-]*(?:{_SECRET_WORDS})[\w.-]*["']?\s*[=:]\s*){_VALUE}"""
_SHAPED = (
    r"(?i)\b(?:bearer|basic)\s+\S+|eyJ[\w-]*(?:\.[\w-]*)+|(?<![\w+/=-])[A-Za-z0-9_+=-]{40,}(?![\w+/=-])"
    r"|(?<![A-Z0-9])A[A-Z]{3}[A-Z0-9]{12,}"
)
HIDDEN = "…"


def redact(text: str) -> str:
    """The text without what looks like a secret: by its name before it, or by its shape. On one line."""
    return re.sub(_SHAPED, HIDDEN, re.sub(_NAMED, rf"\1{HIDDEN}", printable(text)))


def begin(write: Callable[[str], object] | None = None) -> None:
    """The log is written as HALFDAY_LOG says, and to `write`. Once: then no call changes it. Raises SettingsError."""
    chosen = os.environ.get("HALFDAY_LOG", "")
    if not (write or chosen):
        return
    import logging

    logger = logging.getLogger(LOGGER)
    if any(getattr(one, "is_halfdays", False) for one in logger.handlers):
        return
    level = chosen.lower() if chosen.lower() in LEVELS else "debug"
    handlers = [_to(write)] if write else []
    if chosen.lower() not in (*LEVELS, ""):
        handlers.append(_to_file(chosen))
    for handler in handlers or [_to(_on_stderr)]:
        handler.is_halfdays = True  # type: ignore[attr-defined]
        handler.setFormatter(_formatter())
        logger.addHandler(handler)
    logger.setLevel("DEBUG" if write else level.upper())
    logger.propagate = False


def request_answered(method: str, host: str, path: str, operation: str, status: int, took_s: float) -> None:
    """One line a request. `operation`: AWS's name of what was asked, where one URL answers them all."""
    _logger().info("%s %s answered %d in %d ms", method, _place(host, path, operation), status, took_s * 1000)


def request_failed(method: str, host: str, path: str, operation: str, kind: str, took_s: float) -> None:
    place = _place(host, path, operation)
    _logger().warning("%s %s failed (%s) after %d ms", method, place, kind or "unknown", took_s * 1000)


def settings_found(origins: Iterable[tuple[str, str]]) -> None:
    """Which setting came from where; no value. Nothing is loaded for it where nobody can be listening."""
    if "logging" in sys.modules and _logger().isEnabledFor(_DEBUG):
        for name, origin in origins:
            _logger().debug("%s comes from %s", name, redact(origin))


_DEBUG = 10


def _logger() -> logging.Logger:
    """With a handler that writes nothing: without any, Python would write warnings on stderr itself."""
    import logging

    logger = logging.getLogger(LOGGER)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


def _place(host: str, path: str, operation: str) -> str:
    """`path` is without its query."""
    return redact(f"{host}{path.partition('?')[0]}") + (f" {redact(operation)}" if operation else "")


def _on_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _to(write: Callable[[str], object]) -> logging.Handler:
    import logging

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            try:
                write(f"halfday: log: {self.format(record)}")
            except Exception:
                self.handleError(record)

    return Lines()


def _to_file(path: str) -> logging.Handler:
    """Appended to; readable by its owner only where it did not exist before."""
    import logging

    if not re.search(r"[/\\.]", path):  # a level that is misspelt, or "1": no file of that name is meant
        hint = f"HALFDAY_LOG is one of {', '.join(LEVELS)}, or a file with its folder: ./{path}"
        raise SettingsError(f"HALFDAY_LOG {path!r} is no level, and no path", hint=hint)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
        return logging.FileHandler(path, encoding="utf-8")
    except (OSError, ValueError) as problem:
        hint = f"HALFDAY_LOG is one of {', '.join(LEVELS)}, or a file that can be written"
        raise SettingsError(f"HALFDAY_LOG {path!r} cannot be written: {problem}", hint=hint) from problem


def _formatter() -> logging.Formatter:
    import logging

    class Redacting(logging.Formatter):
        default_msec_format = "%s.%03d"

        def format(self, record: logging.LogRecord) -> str:
            return printable(f"{self.formatTime(record)} {record.levelname.lower()} {redact(record.getMessage())}")

    return Redacting()
