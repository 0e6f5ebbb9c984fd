"""FastAPI and Starlette: `pip install 'halfday[fastapi]'`.

    app = FastAPI()
    sign_in = SignIn(app)

    @app.get("/")
    def home(session: Annotated[WebSession, Depends(sign_in.signed_in)]): ...

In Starlette a dependency is awaited by hand: `session = await sign_in.signed_in(request)`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar
from urllib.parse import quote

from halfday.client.errors import NetworkError, SettingsError

try:
    from starlette.applications import Starlette
    from starlette.datastructures import MutableHeaders
    from starlette.exceptions import HTTPException
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
except ImportError as problem:
    raise SettingsError("Starlette is not installed", hint="pip install 'halfday[fastapi]'") from problem

from halfday.protocol.claims import VerifiedClaims
from halfday.web.bearer import BearerRefused, BearerTokens
from halfday.web.exchange import Answer, Cookie, Rejection, Visit
from halfday.web.relying_party import RelyingParty
from halfday.web.sessions import WebSession
from halfday.web.visiting import Visiting

__all__ = ["Api", "SignIn", "WebSession"]

_KEY = "halfday.web"

Result = TypeVar("Result")


class Api:
    """Token checks of an API that signs nobody in. `options` are those of BearerTokens, and Cognito()'s settings."""

    def __init__(self, **options: Any) -> None:
        self._tokens = BearerTokens(**options)

    def bearer(self, **wanted: Any) -> Callable[[Request], Awaitable[VerifiedClaims]]:
        """A dependency: the verified claims of the caller's token. `wanted`: scopes, groups, token_use."""

        async def verified(request: Request) -> VerifiedClaims:
            authorization = request.headers.get("authorization")
            try:
                return await asyncio.to_thread(lambda: self._tokens.check(authorization, **wanted))
            except BearerRefused as refusal:
                raise HTTPException(refusal.status, str(refusal), refusal.headers) from refusal

        return verified


class SignIn(Api):
    """Adds /login, /logout and the redirect URI's path to `app`. `options` are those of RelyingParty."""

    def __init__(self, app: Starlette, *, api_client_ids: Collection[str] = (), **options: Any) -> None:
        party = RelyingParty(**options)
        super().__init__(connection=party.connection, client_ids=api_client_ids)
        app.add_middleware(_Middleware, party=party)

    async def session(self, request: Request) -> WebSession | None:
        """A dependency: whoever is signed in, or None."""
        visiting: Visiting = request.scope[_KEY]
        return await _asked(lambda: visiting.session)

    async def signed_in(self, request: Request) -> WebSession:
        """A dependency: whoever is signed in. Everybody else goes to the sign-in, or is answered 401."""
        return await self._required(request, None)

    def in_group(self, *groups: str) -> Callable[[Request], Awaitable[WebSession]]:
        """A dependency: as signed_in, for members of one of the groups. Everybody else is answered 403."""

        async def member(request: Request) -> WebSession:
            return await self._required(request, groups)

        return member

    async def _required(self, request: Request, groups: Collection[str] | None) -> WebSession:
        visiting: Visiting = request.scope[_KEY]
        try:
            return await _asked(lambda: visiting.required(groups))
        except Rejection as rejection:
            answer = rejection.answer
            headers = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
            raise HTTPException(answer.status, headers=headers) from rejection


async def _asked(ask: Callable[[], Result]) -> Result:
    try:
        return await asyncio.to_thread(ask)
    except NetworkError as problem:
        raise HTTPException(503, "Cognito cannot be reached", {"Retry-After": "5"}) from problem


class _Middleware:
    """Answers our own paths, and tells the browser what became of the session."""

    def __init__(self, app: ASGIApp, party: RelyingParty) -> None:
        self._app = app
        self._party = party

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        visiting = Visiting(self._party, _visit(scope))
        if scope["type"] == "http":
            answer = await asyncio.to_thread(visiting.answer)
            if answer is not None:
                return await _response(answer)(scope, receive, send)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and visiting.looked:
                _tell(MutableHeaders(scope=message), visiting.cookies())
            await send(message)

        return await self._app({**scope, _KEY: visiting}, receive, tell)


def _visit(scope: Scope) -> Visit:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Visit(
        method=scope.get("method", "GET"),
        path=quote(scope["path"]),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        cookies=HTTPConnection(scope).cookies,
    )


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, dict(answer.headers))
    _tell(response.headers, answer.cookies)
    return response


def _tell(headers: MutableHeaders, cookies: Collection[Cookie]) -> None:
    headers.add_vary_header("Cookie")
    setter = Response()
    for cookie in cookies:
        setter.set_cookie(cookie.name, cookie.value, **cookie.attributes)
    for value in setter.headers.getlist("set-cookie"):
        headers.append("set-cookie", value)
    if cookies and "cache-control" not in headers:
        headers["cache-control"] = "no-store"
