"""An HTTP server that never leaves this machine, for everything of ours that listens.

Other users of the machine can reach it too. A client that connects and sends nothing, or does not end its request,
takes one of MOST places until the deadline, and loses it earlier when a later client needs it. A client that does not
speak HTTP gets an error or is closed, and nothing is printed on the terminal.
"""

from __future__ import annotations

import contextlib
import http.server
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

MOST = 32
"""Connections at once, and so threads."""
HEAD_TIMEOUT_S = 10.0
"""From the connection's beginning, TLS included, to the end of the request's headers."""
_MOMENT_S = 0.05


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request a connection, and tells the terminal nothing: a request line may hold a code."""

    server_version, sys_version = "loopback", ""
    timeout = HEAD_TIMEOUT_S

    def parse_request(self) -> bool:
        """Marks the connection as heard: its request is whole, and it waits for our answer."""
        understood = super().parse_request()
        if isinstance(self.server, LoopbackServer):
            self.server.is_heard(self.connection)
        return understood

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: stderr is for people, or for the command that runs beside us."""


class LoopbackServer(http.server.ThreadingHTTPServer):
    """Bound to loopback. Elsewhere than on Windows, address reuse only skips TIME_WAIT and shares nothing."""

    daemon_threads = True
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 128
    head_timeout_s = HEAD_TIMEOUT_S

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[Handler],
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Raises OSError when the port is taken. With `tls` each connection shakes hands in its own thread."""
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self._connections = threading.Lock()
        self._silent: dict[Any, float] = {}
        """Connections whose request is not whole yet, the oldest first, with the time at which they began."""
        self._heard: set[Any] = set()
        super().__init__(address, handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def get_request(self) -> tuple[Any, Any]:
        """The next connection. While all places are taken by requests, further ones wait in the system's queue."""
        if len(self._heard) >= MOST:
            time.sleep(_MOMENT_S)
            raise OSError("every place is taken")
        try:
            return super().get_request()
        except OSError:
            time.sleep(_MOMENT_S)  # out of descriptors, most likely: trying again at once would only use the CPU
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections:
            while self._silent and len(self._silent) + len(self._heard) >= MOST:
                self._leave(next(iter(self._silent)))
            self._silent[request] = time.monotonic()
        super().process_request(request, client_address)

    def is_heard(self, connection: Any) -> None:
        """The connection's request is whole: it keeps its place until it is answered."""
        with self._connections:
            if self._silent.pop(connection, None) is not None:
                self._heard.add(connection)

    def service_actions(self) -> None:
        """Closes connections whose time is over. It is called between any two polls for a new one."""
        ended = time.monotonic() - self.head_timeout_s
        with self._connections:
            for connection in [one for one, since in self._silent.items() if since < ended]:
                self._leave(connection)

    def shutdown_request(self, request: Any) -> None:
        with self._connections:
            self._silent.pop(request, None)
            self._heard.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing when a browser leaves or refuses the certificate."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def server_bind(self) -> None:
        """As HTTPServer's, without looking up the host's name, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(self.allow_reuse_address))
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def _leave(self, connection: Any) -> None:
        """Shuts the connection down, so that its thread ends and closes it."""
        self._silent.pop(connection, None)
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
