"""What has come of a request, held against the limits; and whether anything comes at all."""

from __future__ import annotations

import socket
import struct
from http import HTTPStatus

from halfday.server.connections.limits import Limits

try:
    import fcntl
    import termios
except ImportError:  # Windows
    fcntl = termios = None  # type: ignore[assignment]

FRAMING_OF_A_BYTE = 8
"""A chunk of one byte takes five more."""


class Refused(Exception):
    """The request cannot be taken."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Size:
    """Of one request. What is too much raises Refused."""

    def __init__(self, limits: Limits, most_body: int | None) -> None:
        self._limits, self._most_body = limits, most_body
        self.of_all_bodies = 0
        """Of all requests of the connection: a piece that is fed may end one body and begin another."""
        self.requests = 0
        self.begin()

    def begin(self) -> None:
        self.requests += 1
        self._header_bytes = self._header_count = self._head_fed = 0
        self.body = self._framing = self._blank = self._dropped = 0

    def blank(self, size: int) -> None:
        """Fed between two requests, and no request began: the parser passes over line ends without a word."""
        self._blank += size
        if self._blank > self._limits.blank_bytes:
            raise Refused(HTTPStatus.BAD_REQUEST, "it begins with too many blank lines")

    def url(self, size: int) -> None:
        if size > self._limits.url_bytes:
            raise Refused(HTTPStatus.REQUEST_URI_TOO_LONG, f"its URL is longer than {self._limits.url_bytes} bytes")

    def header(self, size: int) -> None:
        """A header that is whole."""
        self._header_count += 1
        self._header_bytes += size
        if self._header_count > self._limits.headers:
            why = f"it has more than {self._limits.headers} headers"
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, why)
        self._check_headers(self._header_bytes)

    def head_fed(self, size: int) -> None:
        """More of a head that is not whole: its last header may be half sent, of which the parser tells nothing."""
        self._head_fed += size
        self._check_headers(self._head_fed - self._limits.url_bytes)

    def declared(self, body: int) -> None:
        if self._most_body is not None and body > self._most_body:
            why = f"its body is longer than {self._most_body} bytes"
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)

    def body_came(self, size: int) -> None:
        self.body += size
        self.of_all_bodies += size
        self.declared(self.body)

    def dropped(self, size: int) -> None:
        """Came after its answer, and is read for the answer's sake only: closing on it at once would destroy that."""
        self._dropped += size
        if self._dropped > self._limits.linger_bytes:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "requests that went on long after their answer")

    def body_fed(self, size: int, *, of_body: int) -> None:
        """What is not the body's own is chunk sizes, chunk extensions and trailers, for which the parser has no end."""
        self._framing += size - of_body
        if self._framing > self._limits.framing_bytes + FRAMING_OF_A_BYTE * self.body:
            raise Refused(HTTPStatus.BAD_REQUEST, "its chunk extensions or trailers are too long")

    def _check_headers(self, size: int) -> None:
        if size > self._limits.header_bytes:
            why = f"its headers are longer than {self._limits.header_bytes} bytes"
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, why)


class Window:
    """Whether enough has passed in each stretch of time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._began_at, self._amount = 0.0, 0

    def begin(self, now: float, amount: int = 0) -> None:
        self._began_at, self._amount = now, amount

    def stalled(self, now: float, amount: int, *, rests: bool) -> bool:
        """`amount` grows with what passes, and falls when more is to pass. At rest there is nothing to wait for."""
        if rests or not self._amount <= amount < self._amount + self._limits.window_bytes:
            self.begin(now, amount)
        return now > self._began_at + self._limits.window_s


def unfetched(connection: socket.socket) -> int:
    """Bytes that the system holds for the peer; 0 where it does not tell.

    It holds megabytes, and takes more only when a third of them is gone: without this number a slow peer looks like
    one that fetches nothing.
    """
    if fcntl is None:
        return 0
    try:
        return int(struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))[0])
    except OSError:
        return 0
