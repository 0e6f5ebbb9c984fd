"""The log: a subscriber that logs one line for each request, and formatters that write lines of text or of JSON.

In both formats an exception appears as its type and place only (domain/failures), whoever logs it. Which facts a
request's line may hold is decided in `requests`.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any

from halfday.protocol.printable import printable
from halfday.server.domain.failures import without_words
from halfday.server.events.requests import RequestRecord

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

LONGEST_LINE = 2000
"""The most characters of a request's line of text."""

_WHAT = ("operation", "route")
_NAMES = tuple(field.name for field in fields(RequestRecord) if field.name != "answered_at")

_FACTS = tuple(name for name in _NAMES if name not in {"request_id", "status", "ms", "remark", "why", *_WHAT})

_REPEATED = frozenset(f"{method} {path}" for method in ("GET", "HEAD") for path in ("/health", "/ready"))

log = logging.getLogger("halfday.requests")


def log_request(record: RequestRecord) -> None:
    """The subscriber. The line of text is built only when a handler formats it.

    The line is in the log when this returns, which is before the answer's end is sent. Who called is not looked up: it
    is always the edge. What asks every few seconds whether the server is up, and hears that it is, has no line.
    """
    if log.isEnabledFor(logging.INFO) and not (record.status == HTTPStatus.OK and record.route in _REPEATED):
        log.handle(_for_handlers(record))


def _for_handlers(record: RequestRecord) -> logging.LogRecord:
    """What logging hands around, for every handler of this program, with the same members as any other line has."""
    args, extra = (_Line(record),), {"request": record}
    if logging.getLogRecordFactory() is not logging.LogRecord:
        return log.makeRecord(log.name, logging.INFO, __file__, 0, "%s", args, None, "log_request", extra)
    line = logging.LogRecord.__new__(logging.LogRecord)
    line.__dict__.update(_alike(os.getpid()))
    line.created = record.answered_at
    line.msecs = float(int((record.answered_at % 1) * 1000))
    line.relativeCreated += record.answered_at * 1000
    line.args = args
    line.__dict__.update(extra)
    return line


class _OfThread(threading.local):
    process = 0
    members: Mapping[str, Any]


_this_thread = _OfThread()


def _alike(process: int) -> Mapping[str, Any]:
    """The members that all lines of a thread have alike. They are looked up once: logging looks for each line."""
    if _this_thread.process != process:
        _this_thread.members, _this_thread.process = _members(), process
    return _this_thread.members


def _members() -> Mapping[str, Any]:
    line = logging.LogRecord(log.name, logging.INFO, __file__, 0, "%s", (), None, "log_request")
    line.relativeCreated -= line.created * 1000  # what is missing is the time
    alike = dict(vars(line))
    if "taskName" in alike:  # from Python 3.12 on; of the first line's task, which is not the next one's
        alike["taskName"] = None
    return alike


class LogLines(logging.Formatter):
    """Lines of text, for people: date and time here, level, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S")
        self._kept = (-1, "")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Made once a second."""
        second, kept = int(record.created), self._kept
        if second != kept[0]:
            kept = self._kept = (second, super().formatTime(record, datefmt))
        return kept[1]

    def format(self, record: logging.LogRecord) -> str:
        """Of a line without an exception only what is shown is made."""
        if record.exc_info or record.exc_text or record.stack_info:
            return super().format(record)
        return f"{self.formatTime(record, self.datefmt)} {record.levelname} {record.getMessage()}"

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
        record = self._record
        parts = [record.operation or record.route or "", str(record.status), f"{record.ms:.1f} ms"]
        parts += [f"{name}={_one_word(value)}" for name in _FACTS if (value := getattr(record, name)) is not None]
        parts.append(f"id={_one_word(record.request_id[:8])}")
        parts += [f"· {told}" for told in (record.remark, record.why) if told is not None]
        return printable(" ".join(parts), most=LONGEST_LINE)


def _known(request: RequestRecord) -> dict[str, Any]:
    """The record's fields that have a value, in their order, without the time, which stands at the line's start."""
    known = {name: value for name in _NAMES if (value := getattr(request, name)) is not None}
    return known | {"ms": round(request.ms, 1)}


def _message(record: logging.LogRecord) -> dict[str, str]:
    problem = record.exc_info[1] if record.exc_info else None
    told = {"message": record.getMessage()}
    return told if problem is None else told | {"exception": without_words(problem)}


def _one_word(value: str) -> str:
    """The value, quoted if it is empty or has spaces: unquoted, it could look like several facts."""
    return value if value.split() == [value] else json.dumps(value, ensure_ascii=False)


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
