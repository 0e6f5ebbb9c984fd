"""A line to a server that a test may cut, or stop: what comes is then kept waiting until it goes on."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Line:
    def __init__(self) -> None:
        self.origin = ""
        self.waiting = 0
        self._cut = False
        self._guard = threading.Lock()
        self._goes_on = threading.Event()
        self._goes_on.set()

    def cut(self) -> None:
        """Every connection ends at its next byte."""
        self._cut = True

    def mend(self) -> None:
        self._cut = False
        self._goes_on.set()

    def stop(self) -> None:
        """Nothing is answered any more, and nothing ends."""
        self._goes_on.clear()

    def carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while part := one.recv(65536):
                if self._cut:
                    break
                self._wait()
                other.sendall(part)
            one.close()

    def _wait(self) -> None:
        if not self._goes_on.is_set():
            with self._guard:
                self.waiting += 1
            self._goes_on.wait(60)


@contextmanager
def on_a_line(origin: str) -> Iterator[Line]:
    """The same server by another port."""
    target, line = urlsplit(origin), Line()

    class End(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((target.hostname or "", target.port or 80)) as far:
                threading.Thread(target=line.carry, args=(far, self.request), daemon=True).start()
                line.carry(self.request, far)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 128

    with Server(("127.0.0.1", 0), End) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        line.origin = f"http://127.0.0.1:{server.server_address[1]}"
        yield line
        line.mend()
        server.shutdown()
