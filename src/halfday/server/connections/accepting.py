"""The listening socket, and accepted connections until their first byte arrives. Then `protocol` takes over.

When a process has no descriptors left, asyncio's own loop goes on accepting: it fails as many times as its backlog is
long, logs each failure with a traceback, and starts again a second later. Here accepting pauses for REST_S, and one log
line a minute says so.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from itertools import islice

from halfday.server.connections.handshakes import HELLO, Tls, TlsWanted
from halfday.server.connections.registry import Connections, Waits

ACCEPTED_AT_ONCE = 128
"""Connections accepted in one turn of the event loop; each takes about 50 µs. The number is large so that the system's
queue does not overflow while turns are long: a full queue drops the first packet of a new connection, and the client
sends it again after 1, 3 and 7 s.
"""
AT_ONCE = 32
"""Connections with data that are set up in one turn; each takes about 300 µs. Other work runs between the turns."""
UNREAD_SHARE = 2
"""At most half of all connections (1 / UNREAD_SHARE) may have sent data and not be set up. Further ones wait in the
system's queue, so that a connection that was accepted and sent data is answered and not closed because of load.
"""
REST_S = 0.5
GIVE_WAY = 8
"""Connections that are closed when the descriptors run out. Without that, whoever holds the descriptors would decide
when this server can accept again.
"""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_FULL = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\nretry-after: 1\r\n\r\n"


class Unread:
    """An accepted connection of which nothing was read yet. It holds only a descriptor, so thousands of them are cheap.

    Clients that send a request as they connect are served before the connections that stay silent.
    """

    def __init__(self, accepted: socket.socket, accepting: Accepting, connections: Connections, now: float) -> None:
        self.socket, self._accepting, self._connections = accepted, accepting, connections
        self._until: float | None = now + connections.limits.first_byte_s
        connections.opened(self, Waits.SILENT)

    def speaks(self) -> None:
        self._until = None
        self._connections.spoke(self)
        self._accepting.spoke(self)

    def check(self, now: float) -> None:
        if self._until is not None and now > self._until:
            self._connections.tell("connections without a request")
            self.end()

    def give_way(self) -> None:
        self._connections.tell("connections that waited gave way to new ones")
        self.end()

    def end(self) -> None:
        self.let_go()
        self.socket.close()

    def let_go(self) -> None:
        self._connections.closed(self)
        self._accepting.let_go(self)


class Accepting:
    """Accepts connections until it is closed. uvicorn closes it and waits for it, as it does with asyncio's servers."""

    def __init__(
        self,
        listening: socket.socket,
        make_protocol: Callable[[], asyncio.Protocol],
        connections: Connections,
        tls: Tls | None = None,
    ) -> None:
        """`tls` takes the connections whose first byte begins a TLS handshake; without it they are taken as any."""
        self._listening, self._make_protocol, self._connections = listening, make_protocol, connections
        self._tls = tls
        self._at_once = max(1, min(AT_ONCE, connections.most // 4))
        self._most_unread = max(1, connections.most // UNREAD_SHARE)
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._silent: set[Unread] = set()
        self._spoken: dict[Unread, None] = {}
        self._next_turn: asyncio.Handle | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._closed = False
        listening.setblocking(False)
        self._start()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            if self._rest is not None:
                self._rest.cancel()
            self._loop.remove_reader(self._listening.fileno())
            for unread in [*self._silent, *self._spoken]:
                unread.end()
            if self._tls is not None:
                self._tls.close()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self) -> None:
        self._rest = None
        self._loop.add_reader(self._listening.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if len(self._spoken) + len(self._tasks) >= self._most_unread:
                return
            try:
                accepted, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as problem:
                self._exhausted(problem)
                return
            self._take(accepted)

    def _exhausted(self, problem: OSError) -> None:
        """Pauses accepting, whatever the error: the socket stays readable, so trying again at once is a busy loop."""
        known = problem.errno in _EXHAUSTED
        reason = "the descriptors or the memory for connections are used up" if known else "accept failed"
        self._connections.tell(f"{reason} (errno {problem.errno})")
        for _ in range(GIVE_WAY):
            self._connections.end_oldest()
        self._loop.remove_reader(self._listening.fileno())
        self._rest = self._loop.call_later(REST_S, self._start)

    def _take(self, accepted: socket.socket) -> None:
        if not self._connections.make_room(also=len(self._tasks)):
            self._connections.tell("every connection is being answered")
            self._refuse(accepted)
            return
        accepted.setblocking(False)
        unread, sent = Unread(accepted, self, self._connections, self._loop.time()), _peek(accepted)
        if sent is None:
            self._silent.add(unread)
            self._loop.add_reader(accepted.fileno(), self._hear, unread)
        else:
            unread.speaks()

    def _hear(self, silent: Unread) -> None:
        self._loop.remove_reader(silent.socket.fileno())
        self._silent.discard(silent)
        silent.speaks()

    def spoke(self, unread: Unread) -> None:
        self._spoken[unread] = None
        if self._next_turn is None:
            self._next_turn = self._loop.call_soon(self._begin_some)

    def let_go(self, unread: Unread) -> None:
        self._spoken.pop(unread, None)
        if unread in self._silent:
            self._silent.discard(unread)
            self._loop.remove_reader(unread.socket.fileno())

    def _begin_some(self) -> None:
        self._next_turn = None
        for unread in list(islice(self._spoken, self._at_once)):
            if first := _peek(unread.socket):
                unread.let_go()
                self._begin(unread.socket, first)
            else:  # the peer closed without sending anything
                unread.end()
        if self._spoken:
            self._next_turn = self._loop.call_soon(self._begin_some)

    def _begin(self, accepted: socket.socket, first: bytes) -> None:
        if self._tls is not None and first == HELLO:
            self._tls.accept(accepted)
            return
        refused = self._tls is not None and not self._tls.takes_plain(accepted)
        task = self._loop.create_task(self._connect(accepted, TlsWanted if refused else self._make_protocol))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, accepted: socket.socket, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        try:
            await self._loop.connect_accepted_socket(make_protocol, accepted)
        except OSError:  # the peer is gone already
            accepted.close()

    @staticmethod
    def _refuse(accepted: socket.socket) -> None:
        with accepted:
            try:
                accepted.send(_FULL)
            except OSError:
                return


def _peek(accepted: socket.socket) -> bytes | None:
    """The first byte that the peer sent; b"" if the peer is gone; None if it has sent nothing yet."""
    try:
        return accepted.recv(1, socket.MSG_PEEK)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:  # reset already
        return b""
