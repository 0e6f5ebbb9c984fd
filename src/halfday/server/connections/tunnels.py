"""The proxy for AWS's names: a client says CONNECT HOST:443, and speaks TLS with this server in the host's place.

Nothing is passed on to anybody: a host that is not served is refused. Source: RFC 9110 §9.3.6.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from halfday.protocol.printable import printable
from halfday.server.connections.handshakes import Tls
from halfday.server.connections.registry import Connections, Waits

log = logging.getLogger("halfday.connections")

LONGEST_HEAD_BYTES = 8192
_FIRST_LINE = re.compile(rb"CONNECT ([^\s:]{1,253}):([0-9]{1,5}) HTTP/1\.[01]")
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_END = b"\r\n\r\n"
_WHAT_IT_IS = "This is a proxy for AWS's own names that a local server answers, by CONNECT and port 443."


class Tunnel(asyncio.Protocol):
    """One connection to the proxy, until its TLS begins."""

    def __init__(self, connections: Connections, tls: Tls, objection: Callable[[str], str | None]) -> None:
        """`objection` is the sentence against a host, in lower case; None for a host that is served."""
        self._connections, self._tls, self._objection = connections, tls, objection
        self._head = b""
        self._transport: asyncio.Transport | None = None
        self._until = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass of it
        self._until = asyncio.get_running_loop().time() + self._connections.limits.head_s
        self._connections.opened(self, Waits.HALF_SENT)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.closed(self)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            return
        self._head += data
        head, end, after = self._head.partition(_END)
        if len(head) > LONGEST_HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "What it was sent is too long.")
        elif end:
            self._answer(head.partition(b"\r\n")[0], after)

    def _answer(self, line: bytes, after: bytes) -> None:
        assert self._transport is not None
        asked = _FIRST_LINE.fullmatch(line)
        if asked is None:
            self._refuse(HTTPStatus.FORBIDDEN, _WHAT_IT_IS)
            return
        host, port = asked[1].decode("latin-1").lower(), int(asked[2])
        if (why := self._objection(host)) is not None or port != 443:
            log.info("the proxy for AWS's names refused CONNECT %s:%d", printable(host), port)
            self._refuse(HTTPStatus.FORBIDDEN, f"{_WHAT_IT_IS} {why or f'Port {port} is not served.'}")
        elif after:
            self._refuse(HTTPStatus.BAD_REQUEST, "The client did not wait for the proxy's answer.")
        else:
            self._transport.pause_reading()  # what comes next is the handshake's
            self._transport.write(_ESTABLISHED)
            self._connections.closed(self)
            self._tls.upgrade(self._transport, self)

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        assert self._transport is not None
        body = f"{sentence}\n".encode("ascii", "backslashreplace")
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self._transport.write(head.encode() + body)
        self._transport.close()

    # Calls from the registry

    def check(self, now: float) -> None:
        if now > self._until:
            self._connections.tell("connections to the proxy that asked for nothing")
            self._end()

    def give_way(self) -> None:
        self._connections.tell("connections that waited gave way to new ones")
        self._end()

    def _end(self) -> None:
        assert self._transport is not None
        self._connections.closed(self)
        self._transport.abort()
