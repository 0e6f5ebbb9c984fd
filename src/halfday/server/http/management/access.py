"""Who is let in at management, which gives out codes.

Without a token it listens on loopback only. What keeps web pages out that are open on this machine are the headers that
a page cannot choose: a request with an Origin was made by a page, one for another Host by DNS rebinding. One that a
proxy has forwarded may come from anywhere. With a token everybody has to show it, from wherever; web pages stay out.
"""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from halfday.server import reachability as reach
from halfday.server.http.edge import note
from halfday.server.http.management.answers import answer


class Guarded:
    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        objection = reach.objection_to_management(request.headers.items(), with_token=bool(self._token))
        if objection is not None:
            note(request, why=objection)
            await answer({"message": objection}, 403)(scope, receive, send)
        elif self._token and not self._shows_token(request):
            note(request, why="the management token was not shown, or is another")
            refused = answer({"message": "Management asks for its token: Authorization: Bearer TOKEN."}, 401)
            refused.headers["WWW-Authenticate"] = "Bearer"
            await refused(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _shows_token(self, request: Request) -> bool:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        expected = self._token.encode()
        return scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), expected)
