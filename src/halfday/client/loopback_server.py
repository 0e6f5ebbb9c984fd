"""An HTTP server that never leaves this machine, for everything of ours that listens."""

from __future__ import annotations

import http.server
import socket
import sys


class LoopbackServer(http.server.ThreadingHTTPServer):
    """Bound to loopback. Elsewhere than on Windows, address reuse only skips TIME_WAIT and shares nothing."""

    daemon_threads = True
    allow_reuse_address = sys.platform != "win32"

    def __init__(self, address: tuple[str, int], handler: type[http.server.BaseHTTPRequestHandler]) -> None:
        """Raises OSError when the port is taken."""
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """HTTPServer's own looks the host's name up, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(self.allow_reuse_address))
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
