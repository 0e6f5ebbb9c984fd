"""An HTTP server that never leaves this machine, for everything of ours that listens."""

from __future__ import annotations

import http.server
import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


class LoopbackServer(http.server.ThreadingHTTPServer):
    """Bound to loopback. Elsewhere than on Windows, address reuse only skips TIME_WAIT and shares nothing."""

    daemon_threads = True
    allow_reuse_address = sys.platform != "win32"

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[http.server.BaseHTTPRequestHandler],
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Raises OSError when the port is taken. With `tls` each connection shakes hands in its own thread."""
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves, or does not like a certificate, is nothing to be told on the terminal."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def server_bind(self) -> None:
        """HTTPServer's own looks the host's name up, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(self.allow_reuse_address))
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
