"""An answer on its way to the connection: its head and the first part of its body leave in one write.

uvicorn writes the head by itself, which is one more call to the system and one more packet for each answer. Here the
head waits for the body, as every answer of ours has its body ready. What HTTP has no room for raises RuntimeError
before a byte is written, and the connection is closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

TOGETHER_BYTES = 64 * 1024
"""A longer part of a body is written by itself: joining it to the head would copy it."""

_TOKENS = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]*")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Answer(RequestResponseCycle):
    """One request, and its answer as the application sends it."""

    _head = b""

    async def send(self, message: ASGISendEvent) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        wanted = "body" if self.response_started else "start"
        if self.response_complete or message["type"] != f"http.response.{wanted}":
            raise RuntimeError(f"{message['type']} was sent, where the answer's {wanted} was to be")
        if self.response_started:
            self._go_on(message)
        else:
            self._begin(message)

    def _begin(self, message: Any) -> None:
        """Makes the head. It leaves with the first part of the body."""
        self.response_started, self.waiting_for_100_continue = True, False
        headers = [(name.lower(), value) for name, value in (*self.default_headers, *message.get("headers", ()))]
        _check(headers)
        lines = [STATUS_LINE[message["status"]], *[b"%b: %b\r\n" % header for header in headers]]
        closing = self._heed(headers)
        if not self.keep_alive and not closing:
            lines.append(b"connection: close\r\n")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and message["status"] not in (204, 304):
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        self._head = b"".join([*lines, b"\r\n"])

    def _heed(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Notes what the headers say of the body and the connection. Whether they close the connection."""
        closing = False
        for name, value in headers:
            if name == b"content-length" and self.chunked_encoding is None:
                self.expected_content_length, self.chunked_encoding = int(value), False
            elif name == b"transfer-encoding" and value.lower() == b"chunked":
                self.expected_content_length, self.chunked_encoding = 0, True
            elif name == b"connection" and b"close" in [token.strip() for token in value.lower().split(b",")]:
                closing, self.keep_alive = True, False
        return closing

    def _go_on(self, message: Any) -> None:
        more = message.get("more_body", False)
        part = self._framed(message.get("body", b""), more)
        if not more and self.expected_content_length:
            raise RuntimeError("the body is shorter than its Content-Length")
        self._write(part)
        if more:
            return
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    def _framed(self, body: bytes, more: bool) -> bytes:
        """A part of the body as it goes out. Raises RuntimeError for more than the Content-Length."""
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
            return b""
        if self.chunked_encoding:
            return (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"" if more else b"0\r\n\r\n")
        self.expected_content_length -= len(body)
        if self.expected_content_length < 0:
            raise RuntimeError("the body is longer than its Content-Length")
        return body

    def _write(self, part: bytes) -> None:
        head, self._head = self._head, b""
        if head and len(part) <= TOGETHER_BYTES:
            self.transport.write(head + part)
            return
        if head:
            self.transport.write(head)
        if part:
            self.transport.write(part)


def _check(headers: list[tuple[bytes, bytes]]) -> None:
    """Raises RuntimeError for a header that would end its line, or begin another one."""
    names = [name for name, _ in headers]
    if b"" in names or not _TOKENS.fullmatch(b"".join(names)):
        raise RuntimeError("a header's name is no token")
    if _CONTROL.search(b"".join([value for _, value in headers])):
        raise RuntimeError("a header's value holds a control character")
