"""One connection: uvicorn's HTTP/1.1 over httptools, with limits on what the parser is given.

uvicorn and httptools limit nothing: headers, chunk extensions and trailers may be endless, a request that is half sent
is waited for without a deadline, an answer that nobody reads is kept, and requests sent ahead pile up. Here each byte
belongs to a phase, which has a limit and a deadline. A request that breaks one is answered (400, 408, 413, 414, 431,
505) and its connection is closed. Trailers are never merged into the headers, which were checked before they arrive.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from halfday.server.connections.answering import Answer, FindRoad, Signal, without_a_body_to_come
from halfday.server.connections.flow import BODY_SLICE_BYTES, HEAD_SLICE_BYTES, Flow, Phase, refusal, unsent_bytes
from halfday.server.connections.heads import check_head
from halfday.server.connections.measures import RequestRefused, Size, Window
from halfday.server.connections.registry import Connections, Waits
from halfday.server.runs import start

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol for one connection, with the limits of `connections` applied."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        connections: Connections,
        body_bytes: int | None = None,
        find_road: FindRoad | None = None,
    ) -> None:
        """`body_bytes` limits each body, for servers whose applications do not limit bodies themselves.

        `find_road` is asked of each request for a way past ASGI. The body of one that has one is held whole here.
        """
        super().__init__(config, server_state, app_state)
        self._connections, self._limits = connections, connections.limits
        self._find_road = find_road
        self._unfed, self._fed, self._feeding = b"", 0, False
        self._whole: Answer | None = None
        self._phase, self._since = Phase.START, self.loop.time()  # and when that began
        self._served = False
        self._active: RequestResponseCycle | None = None
        self._last_words: bytes | None = None
        self._ends_at: float | None = None
        self._size = Size(self._limits, body_bytes)
        self._incoming, self._outgoing = Window(self._limits), Window(self._limits)

    # Calls from the transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow: Flow = Flow(transport, self._feed)
        self._connections.opened(self, Waits.HALF_SENT)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.closed(self)
        self._unfed, self._fed = b"", 0
        for cycle in (self._active, *(queued for queued, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        self._leave_the_road()
        self.pipeline.clear()
        super().connection_lost(exc)
        self.flow.let_go()

    def data_received(self, data: bytes) -> None:
        if self._ending:
            self._drop(len(data))
            return
        self._unfed, self._fed = (self._unfed[self._fed :] + data if self._unfed else data), 0
        if not self._feed():
            self.flow.pause_reading()

    def eof_received(self) -> bool:  # type: ignore[override]
        """True keeps the connection open for the answer: a peer may still read. TLS does not close one direction."""
        if self.scheme == "https" or not self._answering or self._phase is not Phase.START:
            return False
        self.cycle.keep_alive = False
        return True

    def shutdown(self) -> None:
        """Answers the complete requests. Incomplete ones are dropped."""
        if self._ending or (self._phase is not Phase.START and not self._answering):
            self._abort()
        else:
            super().shutdown()

    # Calls from the parser

    def on_message_begin(self) -> None:
        self.url, self.expect_100_continue, self.headers = b"", False, []
        self._size.begin()
        self._enter(Phase.HEAD)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._size.url(len(self.url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Sizes are counted with the head, or with the piece of input: a piece has few headers."""
        if self._phase is Phase.HEAD:  # else a trailer: its bytes are counted as framing
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        version, headers = self.parser.get_http_version(), self.headers
        self._size.headers(headers)
        if version not in ("1.0", "1.1"):
            raise RequestRefused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "its version is neither HTTP/1.1 nor HTTP/1.0")
        check_head(version, self.url, headers)
        for name, value in headers:
            if name == b"content-length":
                self._size.declared(int(value))
            elif name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
        self._make_scope(version)
        self._begin_answer()
        if self.parser.should_upgrade():  # answered without an upgrade: what follows may be another protocol
            self.cycle.keep_alive = False
        self._phase, self._since = Phase.BODY, self.loop.time()
        self._incoming.begin(self._since)

    def _make_scope(self, version: str) -> None:
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,  # type: ignore[typeddict-item]
            "root_path": self.root_path,
            "headers": self.headers,
            "state": self.app_state.copy(),
            "method": self.parser.get_method().decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": url.path,
            "query_string": url.query or b"",
        }

    def _begin_answer(self) -> None:
        """Calls the application; of a request that was sent ahead once the answer before it is complete."""
        before = self.cycle
        answer = self.cycle = Answer(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=Signal(),  # type: ignore[arg-type]
            expect_100_continue=self.expect_100_continue,
            keep_alive=self.scope["http_version"] != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if self._find_road is not None and not self.expect_100_continue:
            answer.road = self._find_road(self.scope)
        if before is None or before.response_complete:
            self._start_asgi_task(answer, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((answer, self.app))

    def on_body(self, body: bytes) -> None:
        self._size.body_came(len(body))
        if self.cycle.response_complete:
            self._size.dropped(len(body))
        self._connections.progressed(self)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._enter(Phase.START)
        if (answer := self.cycle).response_complete:
            return
        answer.more_body = False
        answer.message_event.set()
        self._connections.answering(self)
        if answer is self._active and isinstance(answer, Answer) and answer.road is not None:
            self._whole = answer

    # Calls from the answer of a request

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._active = cycle
        if isinstance(cycle, Answer) and cycle.road is not None:
            if not cycle.more_body:  # it was sent ahead: the answer before it has just left
                self.loop.call_soon(self._go_straight, cycle)
            return
        super()._start_asgi_task(cycle, without_a_body_to_come(cycle, app) if cycle.waiting_for_100_continue else app)

    def _go_straight(self, answer: Answer) -> None:
        """Answers a request that is whole. Most are answered when this returns (server/runs)."""
        road, answer.road = answer.road, None
        if road is None or answer.disconnected or self.transport.is_closing():
            return
        if (task := start(answer.go_straight(road))) is not None:
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def _leave_the_road(self) -> None:
        """A request whose body will not come whole goes to the application, which makes a record of it."""
        active = self._active
        if isinstance(active, Answer) and active.road is not None and active.more_body:
            active.road = None
            super()._start_asgi_task(active, self.app)

    def on_response_complete(self) -> None:
        """The next request begins, if it has come already; else the connection waits, and `check` ends it."""
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            if self.pipeline:  # before more is read: that comes after it
                self._start_asgi_task(*self.pipeline.pop())
            self._read_on()
        self._served, self._since = True, self.loop.time()
        if self._answering or self.transport.is_closing():
            return
        self._connections.answered(self)
        if self._last_words is not None:
            self._end(self._last_words)
        else:
            self._read_on()

    def _read_on(self) -> None:
        if self._unfed or self.flow.read_paused:
            self.flow.resume_reading()

    # Feeding the parser and ending the connection

    @property
    def _ending(self) -> bool:
        return self._ends_at is not None or self._last_words is not None

    @property
    def _answering(self) -> bool:
        return self._active is not None and not self._active.response_complete

    def _enter(self, phase: Phase) -> None:
        self._phase, self._since = phase, self.loop.time()

    def _feed(self) -> bool:
        """Gives the parser the input that came, while there is room for what it produces. True if all was given.

        An answer that is complete at once asks for more within this, and is told what is left.
        """
        if self._feeding:
            return self._fed >= len(self._unfed)
        self._feeding = True
        try:
            while self._fed < len(self._unfed) and self._has_room():
                size = BODY_SLICE_BYTES if self._phase is Phase.BODY else HEAD_SLICE_BYTES
                piece = self._unfed[self._fed : self._fed + size]
                self._fed += len(piece)
                if not self._parse(piece):
                    self._unfed, self._fed = b"", 0
                if (whole := self._whole) is not None:
                    self._whole = None
                    self._go_straight(whole)
        finally:
            self._feeding = False
        self._unfed, self._fed = self._unfed[self._fed :], 0
        return not self._unfed

    def _has_room(self) -> bool:
        if self._ending or self.parser is None or self.transport.is_closing() or self.pipeline:
            return False
        return self.cycle is None or self.cycle.response_complete or len(self.cycle.body) <= HIGH_WATER_LIMIT

    def _parse(self, piece: bytes) -> bool:
        """Parses one piece. True if the input that follows is still HTTP and may be parsed."""
        before, requests, idle = self._size.of_all_bodies, self._size.requests, self._phase is Phase.START
        try:
            self.parser.feed_data(piece)
            if idle and self._size.requests == requests:
                self._size.blank(len(piece))
            elif self._phase is Phase.BODY:
                self._size.body_fed(len(piece), of_body=self._size.of_all_bodies - before)
            elif self._phase is Phase.HEAD:
                self._size.headers(self.headers)
                self._size.head_fed(len(piece))
        except httptools.HttpParserUpgrade:
            return False
        except RequestRefused as refused:
            self._refuse(refused.status, refused.why)
        except httptools.HttpParserError as problem:
            cause = problem.__context__
            if isinstance(cause, RequestRefused):
                cause.__traceback__ = None  # the parser keeps the exception, and its frames would keep the input
                self._refuse(cause.status, cause.why)
            else:
                self._refuse(HTTPStatus.BAD_REQUEST, "it is not HTTP/1.1")
        return not self._ending

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """Answers the request after those that came before it; closes at once if its answer has already begun."""
        self._connections.tell(f"{status.value} {why}")
        self._unfed, self._fed = b"", 0
        words = refusal(status, why)
        if self._phase is Phase.BODY and self.cycle.response_complete:
            self._abort()
        elif not self._answering:
            self._end(words)
        elif self._phase is Phase.BODY and self.cycle is self._active:
            self._cut_off(words)
        else:
            if self._phase is Phase.BODY:
                self.pipeline.popleft()  # the newest request: its answer has not begun
            self._last_words = words

    def _cut_off(self, words: bytes) -> None:
        """Ends the request that the application is working on: the application is told that the client is gone."""
        begun = self.cycle.response_started
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self._leave_the_road()
        if begun:
            self._abort()
        else:
            self._end(words)

    def _drop(self, size: int) -> None:
        """Drops input that comes after the last answer, up to a number of bytes. `check` limits the time."""
        try:
            self._size.dropped(size)
        except RequestRefused as refused:
            self._close(refused.why)

    def _end(self, words: bytes) -> None:
        """Sends the last answer of the connection. Input is dropped until the peer has read the answer and closes."""
        self._ends_at, self._last_words = self.loop.time() + self._limits.linger_s, None
        if self.transport.is_closing():
            return
        try:
            self.transport.write(words)
            if self.transport.can_write_eof():  # not over TLS
                self.transport.write_eof()
            self.flow.resume_reading()
        except OSError:  # the peer is gone already
            self._abort()

    # Calls from the registry

    def give_way(self) -> None:
        self._close("connections that waited gave way to new ones")

    def check(self, now: float) -> None:
        """Closes the connection, or refuses its request, if the deadline of its phase has passed."""
        limits = self._limits
        if self._ends_at is not None:
            if now > self._ends_at:
                self._abort()
        elif self._outgoing.stalled(now, -(unsent := unsent_bytes(self.transport)), rests=unsent == 0):
            self._close("answers that nobody fetches")
        elif self._last_words is not None or self._unfed:
            self._incoming.begin(now, self._size.body)  # it waits for this server
        elif self._phase is Phase.HEAD:
            if now > self._since + limits.head_s:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"its headers were not whole within {limits.head_s:g} s")
        elif self._phase is Phase.BODY:
            self._check_incoming(now)
        elif self._answering:
            return
        elif self._served and now > self._since + limits.keep_alive_s:
            self.transport.close()  # nobody is refused: its client had its answers
        elif not self._served and now > self._since + limits.first_byte_s:
            self._close("connections without a request")

    def _check_incoming(self, now: float) -> None:
        if self.cycle.response_complete:  # answered already: the rest of its body is dropped
            if now > self._since + self._limits.linger_s:
                self._close("requests that went on after their answer")
        elif self._incoming.stalled(now, self._size.body, rests=self.flow.read_paused):
            limits = self._limits
            why = f"less than {limits.window_bytes} bytes of its body came in {limits.window_s:g} s"
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, why)

    def _close(self, why: str) -> None:
        self._connections.tell(why)
        self._abort()

    def _abort(self) -> None:
        """Closes at once. An ordinary close would wait until everything is written, which may never happen."""
        self._connections.closed(self)
        self.transport.abort()
