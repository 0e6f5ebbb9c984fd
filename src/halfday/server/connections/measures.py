"""The sizes of one request and the rate of its transfer, checked against the limits. Time and sockets: `protocol`."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from http import HTTPStatus

from halfday.server.connections.limits import Limits

try:
    import fcntl
    import termios
except ImportError:  # Windows
    fcntl = termios = None  # type: ignore[assignment]

FRAMING_OF_A_BYTE = 8
"""Bytes of framing allowed for each byte of a body: a chunk of one byte has five bytes of framing."""


class RequestRefused(Exception):
    """A request breaks HTTP or a limit. It is answered with `status`, and its connection is closed."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Size:
    """The sizes of the request that is being read. A size over its limit raises RequestRefused."""

    def __init__(self, limits: Limits, most_body: int | None) -> None:
        self._limits, self._most_body = limits, most_body
        self.of_all_bodies = 0
        """Over all requests of the connection: one piece of input may end one body and begin another."""
        self.requests = 0
        self.begin()

    def begin(self) -> None:
        self.requests += 1
        self._head_fed = 0
        self.body = self._framing = self._blank = self._dropped = 0

    def blank(self, size: int) -> None:
        """Counts input between two requests that began none: the parser skips blank lines and reports nothing."""
        self._blank += size
        if self._blank > self._limits.blank_bytes:
            raise RequestRefused(HTTPStatus.BAD_REQUEST, "it begins with too many blank lines")

    def url(self, size: int) -> None:
        if size > self._limits.url_bytes:
            raise RequestRefused(
                HTTPStatus.REQUEST_URI_TOO_LONG, f"its URL is longer than {self._limits.url_bytes} bytes"
            )

    def headers(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Looks at the complete headers that came so far."""
        if len(headers) > self._limits.headers:
            why = f"it has more than {self._limits.headers} headers"
            raise RequestRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, why)
        self._check_headers(sum([len(name) + len(value) + 4 for name, value in headers]))

    def head_fed(self, size: int) -> None:
        """Counts input of an incomplete head: the parser reports nothing of a header that is half sent."""
        self._head_fed += size
        self._check_headers(self._head_fed - self._limits.url_bytes)

    def declared(self, body: int) -> None:
        if self._most_body is not None and body > self._most_body:
            why = f"its body is longer than {self._most_body} bytes"
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)

    def body_came(self, size: int) -> None:
        self.body += size
        self.of_all_bodies += size
        self.declared(self.body)

    def dropped(self, size: int) -> None:
        """Counts input after the answer. It is read only because closing at once would destroy the answer."""
        self._dropped += size
        if self._dropped > self._limits.linger_bytes:
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "requests that went on long after their answer")

    def body_fed(self, size: int, *, of_body: int) -> None:
        """Counts input while a body is read; `of_body` bytes of it are the body's own.

        The rest is chunk sizes, chunk extensions and trailers, which the parser does not limit.
        """
        self._framing += size - of_body
        if self._framing > self._limits.framing_bytes + FRAMING_OF_A_BYTE * self.body:
            raise RequestRefused(HTTPStatus.BAD_REQUEST, "its chunk extensions or trailers are too long")

    def _check_headers(self, size: int) -> None:
        if size > self._limits.header_bytes:
            why = f"its headers are longer than {self._limits.header_bytes} bytes"
            raise RequestRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, why)


class Window:
    """Measures whether at least `window_bytes` pass in each `window_s`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._began_at, self._amount = 0.0, 0

    def begin(self, now: float, amount: int = 0) -> None:
        self._began_at, self._amount = now, amount

    def stalled(self, now: float, amount: int, *, rests: bool) -> bool:
        """Whether too little has passed in this window.

        `amount` grows with what passes, and falls when more is to pass. `rests`: nothing is expected to pass now.
        """
        if rests or not self._amount <= amount < self._amount + self._limits.window_bytes:
            self.begin(now, amount)
        return now > self._began_at + self._limits.window_s


def unfetched(connection: socket.socket) -> int:
    """Bytes in the system's send buffer that the peer has not acknowledged; 0 where the system does not report it.

    The buffer holds megabytes, and takes more only when a third of it is free: without this number a slow peer looks
    like one that reads nothing.
    """
    if fcntl is None:
        return 0
    try:
        return int(struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))[0])
    except OSError:
        return 0
