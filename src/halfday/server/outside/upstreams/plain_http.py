"""HTTP/1.1 in the clear to one upstream, with large reads and connections that are kept.

An object of 8 MiB through the front door took four times as long as without by the client that all other outgoing calls
have: it hands on small pieces through many layers. Upstreams by https, or behind a proxy, still go by that client.
Source: RFC 9112.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from halfday.protocol.urls import Url
from halfday.server.outside.upstreams.calls import PIECE_BYTES, Body, Opened, Streamed, UpstreamFailed
from halfday.server.outside.upstreams.wires import Wire, connect

LONGEST_HEAD_BYTES = 64 * 1024
MOST_IDLE = 16

_LONGEST_NUMBER = 15
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,15}")
_WITHOUT_BODY = frozenset({204, 304})
_WITH_LENGTH = frozenset({"POST", "PUT", "PATCH"})


class _Malformed(Exception):
    """What came is no HTTP, or what is to be sent is none."""


Fields = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Head:
    status: int
    fields: Fields
    keeps: bool

    def value(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.fields if key == name), None)


@dataclass(slots=True)
class PlainHttp:
    """One origin. Made for one event loop."""

    url: Url
    _idle: list[Wire] = field(default_factory=list)

    async def open(self, method: str, target: str, headers: Iterable[tuple[bytes, bytes]], body: Body) -> Opened:
        """Raises UpstreamFailed, and what the body's pieces raise; then the upstream has not had a whole request."""
        connection = await self._connected(fresh=isinstance(body, Streamed))
        try:
            await _send(connection, method, target, self._fields(method, headers, body), body)
            head = await _read_head(connection)
        except (OSError, EOFError, TimeoutError, _Malformed) as problem:
            connection.abort()
            raise UpstreamFailed(f"{self.url.origin}: {type(problem).__name__}") from problem
        except BaseException:
            connection.abort()
            raise
        return self._opened(connection, head, without_body=method == "HEAD" or head.status in _WITHOUT_BODY)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().abort()

    async def _connected(self, *, fresh: bool) -> Wire:
        while self._idle and not fresh:
            if (kept := self._idle.pop()).is_alive:
                return kept
        try:
            return await connect(self.url.host, self.url.port)
        except (OSError, TimeoutError) as problem:
            raise UpstreamFailed(f"{self.url.origin}: {type(problem).__name__}") from problem

    def _fields(self, method: str, headers: Iterable[tuple[bytes, bytes]], body: Body) -> Fields:
        own = [(b"host", self.url.netloc.encode("ascii"))]
        length = body.length if isinstance(body, Streamed) else len(body)
        if length or method in _WITH_LENGTH:
            own.append((b"content-length", b"%d" % length))
        return [*own, *((name, value) for name, value in headers if name not in (b"host", b"content-length"))]

    def _opened(self, connection: Wire, head: _Head, *, without_body: bool) -> Opened:
        ended = False

        async def pieces() -> AsyncIterator[bytes]:
            nonlocal ended
            try:
                if not without_body:
                    async for piece in _body(connection, head):
                        yield piece
                ended = True
            except (OSError, EOFError, TimeoutError, _Malformed) as problem:
                raise UpstreamFailed(f"{self.url.origin}: its answer broke off") from problem

        async def close() -> None:
            if (ended or without_body) and head.keeps and connection.is_alive and len(self._idle) < MOST_IDLE:
                self._idle.append(connection)
            else:
                connection.abort()

        headers = [(name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in head.fields]
        return Opened(head.status, headers, pieces(), close)


async def _send(connection: Wire, method: str, target: str, fields: Fields, body: Body) -> None:
    lines = [f"{method} {target} HTTP/1.1".encode("ascii"), *(name + b": " + value for name, value in fields)]
    if any(b"\r" in line or b"\n" in line for line in lines):
        raise _Malformed("a line break in a header")
    head = b"\r\n".join([*lines, b"", b""])
    if isinstance(body, bytes) and len(body) <= PIECE_BYTES:
        connection.write(head + body)
        return
    connection.write(head)
    left = body.length if isinstance(body, Streamed) else len(body)
    async for piece in body.pieces if isinstance(body, Streamed) else _in_pieces(body):
        left -= len(piece)
        if left < 0:
            raise _Malformed("a body that is longer than it said")
        connection.write(piece)
        await connection.drain()
    if left:
        raise _Malformed("a body that is shorter than it said")


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), PIECE_BYTES):
        yield body[at : at + PIECE_BYTES]


async def _read_head(wire: Wire) -> _Head:
    """The head of the answer, past those that only say that it will come (1xx). Raises _Malformed, EOFError."""
    while True:
        raw = await wire.until(b"\r\n\r\n", LONGEST_HEAD_BYTES)
        first, *lines = raw[:-4].split(b"\r\n")
        version, _, rest = first.partition(b" ")
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or not rest[:3].isdigit():
            raise _Malformed("no HTTP")
        fields = [_field(line) for line in lines]
        if (status := int(rest[:3])) >= 200:
            closes = [value.lower() for name, value in fields if name == b"connection"]
            return _Head(status, fields, version == b"HTTP/1.1" and b"close" not in closes)


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip():
        raise _Malformed("no header")
    return name.lower(), value.strip(b" \t")


async def _body(wire: Wire, head: _Head) -> AsyncIterator[bytes]:
    coding, length = head.value(b"transfer-encoding"), head.value(b"content-length")
    if coding is not None:
        if coding.lower() != b"chunked":
            raise _Malformed("an unknown transfer coding")
        async for piece in _chunks(wire):
            yield piece
        return
    if length is not None and not (length.isdigit() and len(length) <= _LONGEST_NUMBER):
        raise _Malformed("no length")
    left = -1 if length is None else int(length)
    while left:
        try:
            piece = await wire.some(PIECE_BYTES if left < 0 else left)
        except EOFError:
            if left > 0:
                raise
            return
        left -= len(piece) if left > 0 else 0
        yield piece


async def _chunks(wire: Wire) -> AsyncIterator[bytes]:
    while True:
        line = await wire.until(b"\r\n", LONGEST_HEAD_BYTES)
        left = _size(line.partition(b";")[0].strip())
        if not left:
            while await wire.until(b"\r\n", LONGEST_HEAD_BYTES) != b"\r\n":
                pass
            return
        while left:
            piece = await wire.some(left)
            left -= len(piece)
            yield piece
        if await wire.until(b"\r\n", LONGEST_HEAD_BYTES) != b"\r\n":
            raise _Malformed("no end of a chunk")


def _size(text: bytes) -> int:
    if not _HEXADECIMAL.fullmatch(text):
        raise _Malformed("no size of a chunk")
    return int(text, 16)
