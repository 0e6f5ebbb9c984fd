"""The listener on loopback that the browser comes back to (RFC 8252 §7.3), on the port that was registered.

It waits for one callback: the registered path with our state. Other requests, such as favicons and old tabs, get a 404
(facts/failures.md 1.26). The browser gets its page only after the code was redeemed or refused.
"""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from halfday.client.browser.final_page import HEADERS, stray_page
from halfday.client.errors import SettingsError
from halfday.client.transport.loopback_server import Handler, LoopbackServer
from halfday.protocol.urls import Url, UrlError, parse_url

if TYPE_CHECKING:
    import ssl

PAGE_TIMEOUT_S = 60.0

_BIND = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1", "::1": "::1"}


def can_listen(redirect_uri: str) -> bool:
    """Whether the redirect URI is http or https on loopback: a browser can bring the code back to this process."""
    return _place(redirect_uri) is not None


def _place(redirect_uri: str) -> Url | None:
    """Where to listen. None for a URI that is not on loopback, or that browsers might read in another way."""
    try:
        url = parse_url(redirect_uri)
    except UrlError:
        return None
    return url if url.host in _BIND else None


class Listener:
    """Listens while it is open. `on_callback` is called, from a thread, with the URL that came back."""

    def __init__(
        self, redirect_uri: str, state: str, on_callback: Callable[[str], None], *, tls: ssl.SSLContext | None = None
    ) -> None:
        """`tls` for an https redirect URI. Raises SettingsError when the port is taken."""
        place = _place(redirect_uri)
        if place is None:
            raise SettingsError(f"nothing can listen on {redirect_uri}", hint="sign in at a terminal and paste")
        self.host, self.port, self.path = _BIND[place.host], place.port, place.path
        self._page: queue.Queue[tuple[int, str]] = queue.Queue()
        self._answered = threading.Event()
        self._seen = threading.Event()
        self._first = threading.Lock()
        self._state, self._origin, self._on_callback = state, place.origin, on_callback
        try:
            self._server = LoopbackServer((self.host, self.port), self._handler(), tls=tls)
        except OSError as problem:
            sentence = f"port {self.port}, which {redirect_uri} names, cannot be listened on: {problem.strerror}"
            raise SettingsError(sentence) from problem
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def finish(self, page: str, *, status: int = 200) -> None:
        """Shows the page to the browser that waits, if one does, and waits until it is written."""
        if self._seen.is_set():
            self._page.put((status, page))
            self._answered.wait(PAGE_TIMEOUT_S)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _is_ours(self, target: str) -> bool:
        """By the target as it came (RFC 9112 §3.2.1), which is never read as an address."""
        path, _, query = target.partition("?")
        members = dict(parse_qsl(query))
        known = secrets.compare_digest(members.get("state", "").encode(errors="replace"), self._state.encode())
        return path == self.path and known and not self._seen.is_set()

    def _receive(self, target: str) -> tuple[int, str]:
        """(status, page) for one request; for our callback, after the exchange."""
        with self._first:
            if not self._is_ours(target):
                return 404, stray_page()
            self._seen.set()
        self._on_callback(self._origin + target)
        try:
            return self._page.get(timeout=PAGE_TIMEOUT_S)
        except queue.Empty:
            return 504, stray_page()

    def _handler(self) -> type[Handler]:
        listener = self

        class Answer(Handler):
            def do_GET(self) -> None:
                status, page = listener._receive(self.path)
                try:
                    self._show(status, page.encode())
                finally:  # a browser that has left is not waited for either
                    if status != 404:
                        listener._answered.set()

            def _show(self, status: int, body: bytes) -> None:
                self.send_response(status)
                for name, value in HEADERS.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

        return Answer
