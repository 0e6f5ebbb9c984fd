"""Hands a secret link to the person's browser by a one-time address on loopback, and tells whether it arrived.

The address answers once, with a redirect (as AWS advises: IAM user guide, Enable custom identity broker access). Until
then it is worth as much as the link, and so it is never put on a command line (`private_page`).
"""

from __future__ import annotations

import secrets
import threading
from types import TracebackType

from halfday.client.transport.loopback_server import Handler, LoopbackServer

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Length": "0"}


class Handover:
    """Listens within `with`. `url` answers the first GET with a redirect to the link, and later ones with 404."""

    def __init__(self, link: str) -> None:
        self._link: str | None = link
        self._lock = threading.Lock()
        self._path = f"/{secrets.token_urlsafe(24)}"
        self._taken = threading.Event()
        self._server = LoopbackServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}{self._path}"

    def __enter__(self) -> Handover:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, timeout_s: float) -> bool:
        """Whether a browser fetched it within the time."""
        return self._taken.wait(timeout_s)

    def take(self, path: str) -> str | None:
        """The link for the right path, once."""
        with self._lock:
            known = secrets.compare_digest(path.encode(), self._path.encode())
            link, self._link = (self._link, None) if known else (None, self._link)
        return link

    def taken(self) -> None:
        self._taken.set()


def _handler(handover: Handover) -> type[Handler]:
    class Answer(Handler):
        def do_GET(self) -> None:
            link = handover.take(self.path)
            self.send_response(302 if link else 404)
            for name, value in {**_HEADERS, **({"Location": link} if link else {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.flush()
            if link:
                handover.taken()

    return Answer
