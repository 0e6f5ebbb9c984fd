"""A listening socket and who connects to it.

asyncio's own loop goes on accepting when the descriptors end: it fails as many times as its backlog is long, logs each
of them with a traceback, and does so again a second later. Here the socket rests, and one line a minute says so.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

from halfday.server.connections.registry import Connections

AT_ONCE = 16
"""With something to say, and not yet set up: more wait for the event loop's next turn, so that others have theirs."""
SILENT_AT_ONCE = 64
REST_S = 0.5
GIVE_WAY = 8
"""Connections that give way when the descriptors end: otherwise who holds them would decide when we go on."""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_FULL = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\nretry-after: 1\r\n\r\n"


class Silent:
    """A connection that has sent nothing yet: a descriptor and no more, so that thousands of them cost little time.

    Whoever sends a request with the connection passes all of them by.
    """

    def __init__(
        self,
        accepted: socket.socket,
        loop: asyncio.AbstractEventLoop,
        connections: Connections,
        among: set[Silent],
        begin: Callable[[socket.socket], None],
    ) -> None:
        self._socket, self._loop, self._connections = accepted, loop, connections
        self._among, self._begin = among, begin
        self._until = loop.time() + connections.limits.first_byte_s
        among.add(self)
        connections.opened(self)
        loop.add_reader(accepted.fileno(), self._speaks)

    def check(self, now: float) -> None:
        if now > self._until:
            self._connections.tell("connections without a request")
            self.end()

    def give_way(self) -> None:
        self._connections.tell("connections that waited gave way to new ones")
        self.end()

    def end(self) -> None:
        self._let_go()
        self._socket.close()

    def _speaks(self) -> None:
        """Or it is closed by its peer, which its protocol finds out."""
        self._let_go()
        self._begin(self._socket)

    def _let_go(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._among.discard(self)
        self._connections.closed(self)


class Accepting:
    """Accepts until closed. uvicorn closes it, and waits for it, as it does with asyncio's servers."""

    def __init__(
        self, listening: socket.socket, make_protocol: Callable[[], asyncio.Protocol], connections: Connections
    ) -> None:
        self._listening, self._make_protocol, self._connections = listening, make_protocol, connections
        self._at_once = max(1, min(AT_ONCE, connections.most // 4))
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._silent: set[Silent] = set()
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
            for silent in list(self._silent):
                silent.end()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self) -> None:
        self._rest = None
        self._loop.add_reader(self._listening.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(SILENT_AT_ONCE):
            if len(self._tasks) >= self._at_once:
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
        """Whatever it is, trying again at once would be a busy loop: the socket stays readable."""
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
        if _has_spoken(accepted):
            self._begin(accepted)
        else:
            Silent(accepted, self._loop, self._connections, self._silent, self._begin)

    def _begin(self, accepted: socket.socket) -> None:
        task = self._loop.create_task(self._connect(accepted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make_protocol, accepted)
        except OSError:  # it is gone already
            accepted.close()

    @staticmethod
    def _refuse(accepted: socket.socket) -> None:
        with accepted:
            try:
                accepted.send(_FULL)
            except OSError:
                return


def _has_spoken(accepted: socket.socket) -> bool:
    try:
        accepted.recv(1, socket.MSG_PEEK)
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:  # reset already
        return True
    return True
