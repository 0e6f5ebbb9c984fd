"""How log records become lines: exceptions by type and place alone (domain/failures), and each line printable."""

from __future__ import annotations

import logging
from types import TracebackType

from halfday.server.domain.failures import without_words

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LogLines(logging.Formatter):
    """For every handler of a server's process: whoever logs an exception, what it says stays out."""

    def formatException(self, ei: ExceptionInfo) -> str:
        return "" if ei[1] is None else without_words(ei[1])
