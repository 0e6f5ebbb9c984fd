"""One connection: uvicorn's HTTP/1.1 over httptools, whose parser is fed no more than the limits allow.

Neither of the two bounds anything: headers, chunk extensions and trailers may go on for ever, a request half sent is
waited for without end, an answer that nobody reads is kept, and requests sent ahead of their answers pile up. Here each
byte that comes in belongs to a phase, each phase has its limit and its deadline, and what breaks one is answered (400,
408, 413, 414, 431, 505) and the connection closed. A trailer is never a header: it comes when all is decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from halfday.server.connections.measures import Refused, Size, Window, unfetched
from halfday.server.connections.registry import Connections, Waits

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

HEAD_SLICE_BYTES = 2048
"""What the parser is fed at once between bodies: as many requests as fit into it may be queued, and no more."""
BODY_SLICE_BYTES = 8192


class Phase(Enum):
    """What of a request the parser waits for."""

    START = "its first byte"
    HEAD = "the end of its headers"
    BODY = "the end of its body"


class BoundedProtocol(HttpToolsProtocol):
    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        connections: Connections,
        body_bytes: int | None = None,
    ) -> None:
        """`body_bytes` is for servers whose entrances do not bound their bodies themselves."""
        super().__init__(config, server_state, app_state)
        self._connections, self._limits = connections, connections.limits
        self._unfed = b""
        self._phase = Phase.START
        self._since = self.loop.time()  # when the phase began
        self._served = False
        self._active: RequestResponseCycle | None = None
        self._last_words: bytes | None = None
        self._ends_at: float | None = None
        self._size = Size(self._limits, body_bytes)
        self._incoming, self._outgoing = Window(self._limits), Window(self._limits)

    # What the transport tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow: _Flow = _Flow(transport, self._feed)
        self._connections.opened(self, Waits.HALF_SENT)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.closed(self)
        self._unfed = b""
        for cycle in (self._active, *(queued for queued, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)
        self.flow.let_go()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._ending:
            self._drop(len(data))
            return
        self._unfed = self._unfed + data if self._unfed else data
        if not self._feed():
            self.flow.pause_reading()

    def eof_received(self) -> bool:  # type: ignore[override]
        """A peer that has said all it has to say may listen still: true keeps the connection for its answer."""
        if not self._answering or self._phase is not Phase.START:
            return False
        self.cycle.keep_alive = False
        return True

    def shutdown(self) -> None:
        """Whole requests are answered still; nobody waits for the rest of the others."""
        if self._ending or (self._phase is not Phase.START and not self._answering):
            self._abort()
        else:
            super().shutdown()

    # What the parser tells

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._size.begin()
        self._enter(Phase.HEAD)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._size.url(len(self.url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase is not Phase.HEAD:
            return  # a trailer: counted with the framing
        super().on_header(name, value)
        self._size.header(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            raise Refused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "its version is neither HTTP/1.1 nor HTTP/1.0")
        self._size.declared(next((int(value) for name, value in self.headers if name == b"content-length"), 0))
        super().on_headers_complete()
        if self.parser.should_upgrade():  # answered without: what follows would be of another protocol
            self.cycle.keep_alive = False
        self._incoming.begin(self.loop.time())
        self._enter(Phase.BODY)

    def on_body(self, body: bytes) -> None:
        self._size.body_came(len(body))
        if self.cycle.response_complete:
            self._size.dropped(len(body))
        self._connections.progressed(self)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._enter(Phase.START)
        if not self.cycle.response_complete:
            self._connections.answering(self)

    # What a request's answer tells

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._active = cycle
        super()._start_asgi_task(cycle, _without_a_body_to_come(cycle, app) if cycle.waiting_for_100_continue else app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._served, self._since = True, self.loop.time()
        if self._answering or self.transport.is_closing():
            return
        self._connections.answered(self)
        if self._last_words is not None:
            self._end(self._last_words)
        else:
            self.flow.resume_reading()

    # What is done

    @property
    def _ending(self) -> bool:
        return self._ends_at is not None or self._last_words is not None

    @property
    def _answering(self) -> bool:
        return self._active is not None and not self._active.response_complete

    def _enter(self, phase: Phase) -> None:
        self._phase, self._since = phase, self.loop.time()

    def _feed(self) -> bool:
        """Gives the parser what came, as far as there is room for what it makes of it. Whether all of it was given."""
        data, at = self._unfed, 0
        while at < len(data) and self._has_room():
            size = BODY_SLICE_BYTES if self._phase is Phase.BODY else HEAD_SLICE_BYTES
            piece = data[at : at + size]
            at += len(piece)
            if not self._parse(piece):
                at = len(data)
        self._unfed = data[at:]
        return not self._unfed

    def _has_room(self) -> bool:
        if self._ending or self.parser is None or self.transport.is_closing() or self.pipeline:
            return False
        return self.cycle is None or self.cycle.response_complete or len(self.cycle.body) <= HIGH_WATER_LIMIT

    def _parse(self, piece: bytes) -> bool:
        """Whether what follows is HTTP still, and may be parsed."""
        before, requests = self._size.of_all_bodies, self._size.requests
        idle = self._phase is Phase.START
        try:
            self.parser.feed_data(piece)
            if idle and self._size.requests == requests:
                self._size.blank(len(piece))
            elif self._phase is Phase.BODY:
                self._size.body_fed(len(piece), of_body=self._size.of_all_bodies - before)
            elif self._phase is Phase.HEAD:
                self._size.head_fed(len(piece))
        except httptools.HttpParserUpgrade:
            return False
        except Refused as refused:
            self._refuse(refused.status, refused.why)
        except httptools.HttpParserError as problem:
            cause = problem.__context__
            if isinstance(cause, Refused):
                cause.__traceback__ = None  # the parser keeps it, and it would keep the frames, to what has come
                self._refuse(cause.status, cause.why)
            else:
                self._refuse(HTTPStatus.BAD_REQUEST, "it is not HTTP/1.1")
        return not self._ending

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """Answers in its turn: after those that were sent before it, and not at all where its answer has begun."""
        self._connections.tell(f"{status.value} {why}")
        self._unfed = b""
        words = _answer(status, why)
        if self._phase is Phase.BODY and self.cycle.response_complete:
            self._abort()
        elif not self._answering:
            self._end(words)
        elif self._phase is Phase.BODY and self.cycle is self._active:
            self._cut_off(words)
        else:
            if self._phase is Phase.BODY:
                self.pipeline.popleft()  # the newest: it is not begun
            self._last_words = words

    def _cut_off(self, words: bytes) -> None:
        """The request that is being worked at is the one that cannot be taken: its worker hears of a disconnect."""
        begun = self.cycle.response_started
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        if begun:
            self._abort()
        else:
            self._end(words)

    def _drop(self, size: int) -> None:
        """What comes after the last words, up to a bound of bytes: `check` has the bound of time."""
        try:
            self._size.dropped(size)
        except Refused as refused:
            self._close(refused.why)

    def _end(self, words: bytes) -> None:
        """Says the last that is said here, and drops what comes until the peer has read it and closes."""
        self._ends_at, self._last_words = self.loop.time() + self._limits.linger_s, None
        if self.transport.is_closing():
            return
        try:
            self.transport.write(words)
            self.transport.write_eof()
            self.flow.resume_reading()
        except OSError:  # the peer is gone already
            self._abort()

    # What the registry asks

    def give_way(self) -> None:
        self._connections.tell("connections that waited gave way to new ones")
        self._abort()

    def check(self, now: float) -> None:
        limits = self._limits
        if self._ends_at is not None:
            if now > self._ends_at:
                self._abort()
        elif self._outgoing.stalled(now, -(unsent := self._unsent()), rests=unsent == 0):
            self._close("answers that nobody fetches")
        elif self._last_words is not None or self._unfed:
            self._incoming.begin(now, self._size.body)  # it waits for us
        elif self._phase is Phase.HEAD:
            if now > self._since + limits.head_s:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"its headers were not whole within {limits.head_s:g} s")
        elif self._phase is Phase.BODY:
            self._check_incoming(now)
        elif not self._answering and now > self._since + (limits.keep_alive_s if self._served else limits.first_byte_s):
            self._close("connections without a request")

    def _check_incoming(self, now: float) -> None:
        if self.cycle.response_complete:  # answered already, and the rest of it is dropped
            if now > self._since + self._limits.linger_s:
                self._close("requests that went on after their answer")
        elif self._incoming.stalled(now, self._size.body, rests=self.flow.read_paused):
            limits = self._limits
            why = f"less than {limits.window_bytes} bytes of its body came in {limits.window_s:g} s"
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, why)

    def _unsent(self) -> int:
        """Bytes of answers that the peer has still to fetch; none, where the system has taken all of them."""
        held = self.transport.get_write_buffer_size()
        return held and held + unfetched(self.transport.get_extra_info("socket"))

    def _close(self, why: str) -> None:
        self._connections.tell(why)
        self._abort()

    def _abort(self) -> None:
        """At once, where a mere close would wait until all is written, which may be never."""
        self._connections.closed(self)
        self.transport.abort()


class _Flow(FlowControl):
    """Reads on when all that was read before has been given to the parser."""

    def __init__(self, transport: asyncio.Transport, feed: Callable[[], bool]) -> None:
        super().__init__(transport)
        self._feed: Callable[[], bool] | None = feed

    def resume_reading(self) -> None:
        if self._feed is not None and self._feed():
            super().resume_reading()

    def let_go(self) -> None:
        """Of the connection, which holds this: so a flood's go at once, and leave nothing to the garbage collector."""
        self._feed = None


def _without_a_body_to_come(cycle: RequestResponseCycle, app: ASGI3Application) -> ASGI3Application:
    """Answered before it was asked for its body, a client may send it or not: what comes next could be either.

    So the connection ends with the answer (RFC 9110 §10.1.1).
    """

    async def closing(scope: Any, receive: Any, send: Any) -> None:
        async def send_and_close(message: Any) -> None:
            if message["type"] == "http.response.start" and cycle.waiting_for_100_continue:
                cycle.keep_alive = False
            await send(message)

        await app(scope, receive, send_and_close)

    return closing


def _answer(status: HTTPStatus, why: str) -> bytes:
    body = f"The request cannot be taken: {why}.\n".encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
