"""One deadline for a whole answer: status line, headers, 1xx answers before it, chunk sizes, trailers and body.

A socket's timeout begins anew with every byte, so a server that sends a byte now and then can keep us waiting for ever.
Here every read from the socket has what is left of the answer's time. All parts of an answer are read through one
place, the file that http.client makes of the socket, and so that file holds the deadline.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


class TimedFile(io.RawIOBase):
    """Reads from a socket until a deadline. Raises TimeoutError past it."""

    def __init__(self, sock: Any) -> None:
        """The time is the socket's timeout, from now on."""
        self._socket, self._file = sock, sock.makefile("rb", buffering=0)
        self._timeout_s: float | None = sock.gettimeout()
        self._restart()

    def _restart(self) -> None:
        self._ends_at = None if self._timeout_s is None else time.monotonic() + self._timeout_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._ends_at is not None:
            left = self._ends_at - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer did not end in time")
            self._socket.settimeout(left)
        read: int | None = self._file.readinto(buffer)
        return read

    def close(self) -> None:
        self._file.close()
        super().close()


class RestartedFile(TimedFile):
    """With `each_anew`, every read has the whole time: for bodies of any length."""

    each_anew = False

    def readinto(self, buffer: Any) -> int | None:
        if self.each_anew:
            self._restart()
        return super().readinto(buffer)


class _TimedSocket:
    """What http.client.HTTPResponse wants of a socket."""

    def __init__(self, file: TimedFile) -> None:
        self._file = file

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._file)


class _InTime(http.client.HTTPResponse):
    """An answer that ends in time, or raises TimeoutError."""

    def __init__(self, sock: socket.socket, *given: Any, **named: Any) -> None:
        super().__init__(_TimedSocket(TimedFile(sock)), *given, **named)  # type: ignore[arg-type]


class _HeadInTime(http.client.HTTPResponse):
    """An answer whose head has a deadline. Its body may be of any length, as long as something comes."""

    def __init__(self, sock: socket.socket, *given: Any, **named: Any) -> None:
        self._timed = RestartedFile(sock)
        super().__init__(_TimedSocket(self._timed), *given, **named)  # type: ignore[arg-type]

    def begin(self) -> None:
        super().begin()
        self._timed.each_anew = True


class _Http(HTTPConnection):
    response_class = _InTime


class _Https(HTTPSConnection):
    response_class = _InTime


class _HttpWhole(HTTPConnection):
    response_class = _HeadInTime


class _HttpsWhole(HTTPSConnection):
    response_class = _HeadInTime


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


class _HttpWholePool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpWhole


class _HttpsWholePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsWhole


_POOLS: dict[str, Any] = {"http": _HttpPool, "https": _HttpsPool}
_POOLS_OF_WHOLE_ANSWERS: dict[str, Any] = {"http": _HttpWholePool, "https": _HttpsWholePool}


def in_time(manager: urllib3.PoolManager, *, whole_answers: bool) -> None:
    """Gives the manager connections whose answers end within the read timeout; with whole_answers, their heads."""
    manager.pool_classes_by_scheme = _POOLS_OF_WHOLE_ANSWERS if whole_answers else _POOLS
