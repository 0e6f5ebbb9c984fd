"""Connections whose TLS handshake is going on. They give way as others do, and end when it takes too long.

The certificate is chosen by the context (certificates/leaves).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, cast

from halfday.server.connections.registry import Connections, Waits

HELLO = b"\x16"
"""The first byte of a TLS handshake (RFC 8446 §5.1). No request of HTTP begins with it."""
_SENTENCE = b"This server takes https alone from other machines: ask for the same address with https://.\n"
_TLS_WANTED = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
    b"connection: close\r\n\r\n%b" % (len(_SENTENCE), _SENTENCE)
)
GOODBYE_S = 1.0
"""How long a closed connection waits for its peer's close_notify. Every answer tells its length, so none is needed."""


class Handshakes:
    """The handshakes of one listener, and the tasks that they run in."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs the handshake in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.current_task()
        assert task is not None
        waiting = _Handshake(task, self._connections)
        self._connections.opened(waiting, Waits.HALF_SENT)
        try:
            await work
        except OSError:  # it took too long, was no TLS, or the peer did not like the certificate
            return
        finally:
            self._connections.closed(waiting)


class _Handshake:
    """One of the registry's connections. asyncio ends a handshake that takes too long."""

    def __init__(self, task: asyncio.Task[Any], connections: Connections) -> None:
        self._task, self._connections = task, connections

    def check(self, now: float) -> None:
        return

    def give_way(self) -> None:
        self._connections.tell("TLS handshakes gave way to new connections")
        self._task.cancel()


class Tls:
    """The TLS side of a listener: what a connection speaks once its handshake is done, and by which certificate."""

    def __init__(
        self,
        context: ssl.SSLContext,
        make_protocol: Callable[[], asyncio.Protocol],
        connections: Connections,
        *,
        takes_plain: Callable[[str], bool],
    ) -> None:
        """`takes_plain`: from which addresses connections without TLS are taken."""
        self._context, self._make_protocol, self._connections = context, make_protocol, connections
        self._takes_plain = takes_plain
        self._handshakes = Handshakes(connections)

    def takes_plain(self, accepted: socket.socket) -> bool:
        try:
            return self._takes_plain(accepted.getpeername()[0].partition("%")[0])
        except OSError:  # the peer is gone already
            return True

    def close(self) -> None:
        self._handshakes.close()

    def accept(self, accepted: socket.socket) -> None:
        """Takes a connection of which nothing was read yet."""
        self._handshakes.begin(self._accept(accepted))

    def upgrade(self, transport: asyncio.Transport, protocol: asyncio.Protocol) -> None:
        """Takes a connection over, whose `protocol` has read all that was sent before the handshake."""
        self._handshakes.begin(self._upgrade(transport, protocol))

    async def _accept(self, accepted: socket.socket) -> None:
        loop, limits = asyncio.get_running_loop(), self._connections.limits
        try:
            await loop.connect_accepted_socket(
                self._make_protocol,
                accepted,
                ssl=self._context,
                ssl_handshake_timeout=limits.head_s,
                ssl_shutdown_timeout=GOODBYE_S,
            )
        except BaseException:
            accepted.close()
            raise

    async def _upgrade(self, transport: asyncio.Transport, protocol: asyncio.Protocol) -> None:
        loop, limits = asyncio.get_running_loop(), self._connections.limits
        early = _Early()
        encrypted = await loop.start_tls(
            transport,
            early,
            self._context,
            server_side=True,
            ssl_handshake_timeout=limits.head_s,
            ssl_shutdown_timeout=GOODBYE_S,
        )
        if encrypted is not None:
            early.hand_over(encrypted, self._make_protocol())


class TlsWanted(asyncio.Protocol):
    """Answers whatever a connection says without TLS by 400, and closes it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(_TLS_WANTED)
        self._transport.close()


class _Early(asyncio.Protocol):
    """Keeps what came together with the handshake's end: asyncio gives it out before it gives out the transport."""

    def __init__(self) -> None:
        self._data, self._ended = b"", False

    def data_received(self, data: bytes) -> None:
        self._data += data

    def eof_received(self) -> bool:
        self._ended = True
        return False

    def hand_over(self, transport: asyncio.Transport, protocol: asyncio.Protocol) -> None:
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if self._data:
            protocol.data_received(self._data)
        if self._ended:
            protocol.eof_received()
