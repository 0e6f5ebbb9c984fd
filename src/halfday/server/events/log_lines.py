"""The log: one line a request, as a subscriber, and how log records become lines, of text or of JSON.

In both forms an exception is told by type and place alone (domain/failures), whoever logs it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from halfday.protocol.printable import printable
from halfday.server.domain.failures import without_words
from halfday.server.events.requests import RequestRecord

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

LONGEST_LINE = 2000
"""Characters of a request's line of text."""

_NAMES = tuple(field.name for field in fields(RequestRecord) if field.name != "answered_at")

log = logging.getLogger("halfday.requests")


def log_request(record: RequestRecord) -> None:
    """The subscriber. The line of text is made when a handler wants it."""
    log.info("%s", _Line(record), extra={"request": record})


class LogLines(logging.Formatter):
    """Lines of text, for people: date and time here, level, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S")

    def formatException(self, ei: ExceptionInfo) -> str:
        return "" if ei[1] is None else without_words(ei[1])


class JsonLines(logging.Formatter):
    """One JSON object a line, for programs: time, level and logger, then a request's fields, or a message.

    The time is RFC 3339's, in UTC.
    """

    def format(self, record: logging.LogRecord) -> str:
        request: RequestRecord | None = getattr(record, "request", None)
        at = record.created if request is None else request.answered_at
        head = {"time": _rfc3339(at), "level": record.levelname, "logger": record.name}
        return json.dumps(head | (_message(record) if request is None else _known(request)))


FORMATS: Mapping[str, type[logging.Formatter]] = {"text": LogLines, "json": JsonLines}
"""By the values of the setting log_format."""


class _Line:
    """A request's line of text."""

    def __init__(self, record: RequestRecord) -> None:
        self._record = record

    def __str__(self) -> str:
        known = _known(self._record)
        what = known.pop("operation", None) or known.pop("route", "")
        status, ms = known.pop("status"), known.pop("ms")
        known["id"] = known.pop("request_id")[:8]
        told = [f"· {known.pop(name)}" for name in ("remark", "why") if name in known]
        facts = (f"{name}={_one_word(value)}" for name, value in known.items())
        return printable(" ".join([what, str(status), f"{ms:.1f} ms", *facts, *told]), most=LONGEST_LINE)


def _known(request: RequestRecord) -> dict[str, Any]:
    """What is known of it, in the record's order. The time is the line's."""
    known = {name: value for name in _NAMES if (value := getattr(request, name)) is not None}
    return known | {"ms": round(request.ms, 1)}


def _message(record: logging.LogRecord) -> dict[str, str]:
    problem = record.exc_info[1] if record.exc_info else None
    told = {"message": record.getMessage()}
    return told if problem is None else told | {"exception": without_words(problem)}


def _one_word(value: str) -> str:
    """Quoted where a value could pass for more facts than one."""
    return json.dumps(value, ensure_ascii=False) if not value or any(map(str.isspace, value)) else value


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
