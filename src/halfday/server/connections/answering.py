"""An answer on its way to the connection: its head and the first part of its body leave in one write.

uvicorn writes the head by itself, which is one more call to the system and one more packet for each answer. Here the
head waits for the body, as every answer of ours has its body ready. What HTTP has no room for raises RuntimeError
before a byte is written, and the connection is closed. An answer that is made as a whole leaves by one call (`Whole`).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application, ASGISendEvent

log = logging.getLogger("halfday.answers")

TOGETHER_BYTES = 64 * 1024
"""A longer part of a body is written by itself: joining it to the head would copy it."""


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer whose body is ready. `headers`: rendered, all but its length and those of the connection."""

    status: int
    headers: bytes = field(repr=False)
    body: bytes = field(repr=False)


Road = Callable[[bytes], Coroutine[Any, Any, Whole]]
"""Answers one request, given its body, without ASGI in between."""
FindRoad = Callable[[Any], Road | None]
"""The road of a request whose head has come, given its scope; None where it goes to the ASGI application."""

_TOKENS = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]*")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Signal:
    """An asyncio.Event that is made when somebody waits for it, which few requests do."""

    __slots__ = ("_event", "_is_set")

    def __init__(self) -> None:
        self._is_set = False
        self._event: asyncio.Event | None = None

    def set(self) -> None:
        self._is_set = True
        if self._event is not None:
            self._event.set()

    def clear(self) -> None:
        self._is_set = False
        if self._event is not None:
            self._event.clear()

    async def wait(self) -> None:
        if not self._is_set:
            self._event = self._event or asyncio.Event()
            await self._event.wait()


class Answer(RequestResponseCycle):
    """One request, and its answer as the application sends it. `road`: by which it is answered as a whole."""

    _head = b""
    road: Road | None = None

    async def go_straight(self, road: Road) -> None:
        """Answers the request, whose body has come whole. What is raised cuts the connection."""
        try:
            answer = await road(bytes(self.body))
            if self.flow.write_paused and not self.disconnected:
                await self.flow.drain()
            if not self.disconnected:
                self._write_whole(answer)
        except BaseException as problem:
            log.error("an answer broke off: %s", type(problem).__name__)
            self.transport.close()
        finally:
            self.on_response = _nothing

    def _write_whole(self, answer: Whole) -> None:
        lines = [STATUS_LINE[answer.status], _rendered(self.default_headers), answer.headers]
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        self._head = b"".join([*lines, b"content-length: %d\r\n\r\n" % len(answer.body)])
        self.response_started, self.waiting_for_100_continue = True, False
        self._write(answer.body)
        self._complete()

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
        if not more:
            self._complete()

    def _complete(self) -> None:
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


def rendered(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The headers as they stand in an answer. Raises RuntimeError for what HTTP has no room for."""
    spelt = [(name.lower(), value) for name, value in headers]
    _check(spelt)
    return b"".join([b"%b: %b\r\n" % header for header in spelt])


def _rendered(headers: list[tuple[bytes, bytes]]) -> bytes:
    """uvicorn's own, which are another list each second: the date is among them."""
    global _kept
    kept = _kept
    if kept[0] is not headers:
        kept = _kept = headers, rendered(headers)
    return kept[1]


_kept: tuple[list[tuple[bytes, bytes]] | None, bytes] = (None, b"")


def _nothing() -> None:
    """Nobody is told of an answer that ends after its connection."""


def _check(headers: list[tuple[bytes, bytes]]) -> None:
    """Raises RuntimeError for a header that would end its line, or begin another one."""
    names = [name for name, _ in headers]
    if b"" in names or not _TOKENS.fullmatch(b"".join(names)):
        raise RuntimeError("a header's name is no token")
    if _CONTROL.search(b"".join([value for _, value in headers])):
        raise RuntimeError("a header's value holds a control character")


def without_a_body_to_come(cycle: RequestResponseCycle, app: ASGI3Application) -> ASGI3Application:
    """Closes the connection with the answer, if the answer begins before the body was asked for (RFC 9110 §10.1.1).

    The client may then send its body or not: what comes next could be the body or another request.
    """

    async def closing(scope: Any, receive: Any, send: Any) -> None:
        async def send_and_close(message: Any) -> None:
            if message["type"] == "http.response.start" and cycle.waiting_for_100_continue:
                cycle.keep_alive = False
            await send(message)

        await app(scope, receive, send_and_close)

    return closing
