"""Where the server speaks https on the same port, a person's browser is sent on to it, and keeps its cookies to it.

Tools on this machine may call by plain http; of other machines nothing is taken that way (encrypted).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from halfday.server.http.edge import note
from halfday.server.http.notices import wants_page
from halfday.server.http.requests.headers import objection_to_headers
from halfday.server.http.requests.proxies import see_through_proxies
from halfday.server.settings import Settings


class PlainRequests:
    """ASGI middleware: answers browsers that open a page by http. All else passes."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plain = scope["type"] == "http" and scope["scheme"] == "http"
        answer = self._answer(Request(scope, receive)) if plain else None
        await (answer or self._app)(scope, receive, send)

    def _answer(self, request: Request) -> Response | None:
        if not _opens_a_page(request) or objection_to_headers(request.scope["headers"]) is not None:
            return None
        see_through_proxies(request.scope, self._settings)
        return _to_https(request) if request.scope["scheme"] == "http" else None


def _to_https(request: Request) -> Response:
    """The same address by https. The path is told as it was sent."""
    note(request, why="a page was opened by http")
    path, query = request.scope["raw_path"].decode("latin-1"), request.url.query
    return RedirectResponse(f"https://{request.url.netloc}{path}{f'?{query}' if query else ''}", 307)


def _opens_a_page(request: Request) -> bool:
    """Whether a browser opens it in a tab or a frame. Where http is not trusted, it says so by its name alone."""
    if request.method not in ("GET", "HEAD"):
        return False
    mode = request.headers.get("sec-fetch-mode")
    by_name = wants_page(request) and request.headers.get("user-agent", "").startswith("Mozilla/")
    return mode == "navigate" or (mode is None and by_name)
