"""FastAPI and Starlette: `pip install 'halfday[fastapi]'`.

    app = FastAPI()
    sign_in = SignIn(app)

    @app.get("/")
    def home(session: Annotated[WebSession, Depends(sign_in.signed_in)]): ...

In Starlette a dependency is awaited by hand: `session = await sign_in.signed_in(request)`. Websockets have the same
dependencies; a caller that is refused gets an answer before the websocket is open.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Collection
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote

from halfday.client.errors import SettingsError

try:
    from starlette.applications import Starlette
    from starlette.datastructures import MutableHeaders
    from starlette.exceptions import HTTPException, WebSocketException
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
except ImportError as problem:
    raise SettingsError("Starlette is not installed", hint="pip install 'halfday[fastapi]'") from problem

from halfday.protocol.claims import VerifiedClaims
from halfday.web.bearer import BearerRefused, BearerTokens, checked_requirements
from halfday.web.cookies import read_cookies
from halfday.web.http_messages import Cookie, Rejection, WebRequest, WebResponse
from halfday.web.relying_party import RelyingParty
from halfday.web.request_session import RequestSession
from halfday.web.sessions import WebSession
from halfday.web.settings import client_ids, group_names
from halfday.web.threads import Threads, Waiting

__all__ = ["Api", "SignIn", "WebSession"]

_KEY = "halfday.web"

Result = TypeVar("Result")

REFUSED, NOT_NOW = 1008, 1013
"""Why a websocket is closed (RFC 6455 §7.4.1)."""


class Api:
    """Token checks of an API that signs nobody in. `options` are those of BearerTokens, and Cognito()'s settings."""

    def __init__(self, **options: Any) -> None:
        tokens = BearerTokens(**options)
        self._make_tokens: Callable[[], BearerTokens] = lambda: tokens
        self._keys = Threads("keys", threads=4)

    def bearer(self, **wanted: Any) -> Callable[[HTTPConnection], Awaitable[VerifiedClaims]]:
        """A dependency: the verified claims of the caller's token. `wanted`: scopes, groups, token_use."""
        tokens, asked = self._make_tokens(), checked_requirements(**wanted)

        async def verified(request: HTTPConnection) -> VerifiedClaims:
            authorization = _headers(request.scope).get("authorization")
            try:
                if tokens.can_check(authorization):
                    return tokens.check(authorization, **asked)
                return await self._keys.run(lambda: tokens.check(authorization, **asked))
            except BearerRefused as refusal:
                _refuse(request, refusal)
            except Rejection as rejection:
                _reject(request, rejection.answer)

        return verified


class SignIn(Api):
    """Adds /login, /logout and the redirect URI's path to `app`. `options` are those of RelyingParty.

    `bearer` raises SettingsError where user_pool_id is not set: an API has to say whose tokens it takes.
    """

    def __init__(self, app: Starlette, *, api_client_ids: str | Collection[str] = (), **options: Any) -> None:
        party = RelyingParty(**options)
        callers = client_ids(api_client_ids)
        self._make_tokens = functools.cache(lambda: BearerTokens(connection=party.connection, client_ids=callers))
        self._keys = Threads("keys", threads=4)
        self._waiting = Waiting(keeps_at_hand=party.keeps_at_hand)
        app.add_middleware(_Middleware, party=party, waiting=self._waiting)
        app.add_exception_handler(_Rejected, _show)

    async def session(self, request: HTTPConnection) -> WebSession | None:
        """A dependency: whoever is signed in, or None."""
        return await self._asked(request, lambda request_session: request_session.session)

    async def signed_in(self, request: HTTPConnection) -> WebSession:
        """A dependency: only whoever is signed in. Everybody else goes to the sign-in, or is answered 401."""
        return await self._asked(request, lambda request_session: request_session.required())

    def in_group(self, *groups: str) -> Callable[[HTTPConnection], Awaitable[WebSession]]:
        """A dependency: as signed_in, for members of one of the groups. Everybody else is answered 403."""
        names = group_names(groups)

        async def member(request: HTTPConnection) -> WebSession:
            return await self._asked(request, lambda request_session: request_session.required(names))

        return member

    async def _asked(self, request: HTTPConnection, ask: Callable[[RequestSession], Result]) -> Result:
        """Looked up by the first who asks in this request; the others wait for it."""
        state: _Request = request.scope[_KEY]
        async with state.turn:
            if not state.request_session.settled:
                await self._waiting.look(state.request_session)
        try:
            return ask(state.request_session)
        except Rejection as rejection:
            _reject(request, rejection.answer)


class _Request:
    """What the middleware and the dependencies know of one request."""

    def __init__(self, request_session: RequestSession) -> None:
        self.request_session = request_session
        self.turn = asyncio.Lock()
        self.denial: WebResponse | None = None
        """What a websocket is answered instead of being opened."""


class _Middleware:
    """Answers our own paths, and tells the browser what became of the session. All else passes through untouched."""

    def __init__(self, app: ASGIApp, party: RelyingParty, waiting: Waiting) -> None:
        self._app = app
        self._party = party
        self._waiting = waiting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        own = self._party.at(scope["method"], quote(scope["path"])) if scope["type"] == "http" else None
        if own is not None:
            return await _response(await self._answer(own, _web_request(scope)))(scope, receive, send)
        state = _Request(RequestSession(self._party, lambda: _web_request(scope)))
        tell = _telling(state, send) if scope["type"] == "http" else _telling_a_websocket(state, scope, send)
        return await self._app({**scope, _KEY: state}, receive, tell)

    async def _answer(self, own: Callable[[WebRequest], WebResponse], web_request: WebRequest) -> WebResponse:
        """A sign-in is begun at once; to end one, and to sign out, Cognito is asked."""
        if own == self._party.begin:
            return own(web_request)
        try:
            return await self._waiting.sign_ins.run(lambda: own(web_request))
        except Rejection as rejection:
            return rejection.answer


def _telling(state: _Request, send: Send) -> Send:
    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start" and state.request_session.looked:
            _tell(MutableHeaders(scope=message), state.request_session.cookies())
        await send(message)

    return tell


def _telling_a_websocket(state: _Request, scope: Scope, send: Send) -> Send:
    """Adds cookies to a websocket's handshake, its only answer with headers, or denies the websocket instead."""
    may_deny = "websocket.http.response" in scope.get("extensions", {})

    async def tell(message: Message) -> None:
        nonlocal may_deny
        if message["type"] == "websocket.close" and state.denial is not None and may_deny:
            await _deny(state, state.denial, send)
            return
        if message["type"] == "websocket.accept":
            may_deny = False
            message.setdefault("headers", [])
            if state.request_session.looked:
                _tell(MutableHeaders(scope=message), state.request_session.cookies())
        await send(message)

    return tell


async def _deny(state: _Request, denial: WebResponse, send: Send) -> None:
    response = _response(denial)
    _tell(response.headers, state.request_session.cookies())
    start = {"type": "websocket.http.response.start", "status": response.status_code, "headers": response.raw_headers}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": response.body})


def _reject(request: HTTPConnection, answer: WebResponse) -> NoReturn:
    """Raises the framework's own exception, which an application may show in its own way (`_show`)."""
    if request.scope["type"] == "websocket":
        state: _Request | None = request.scope.get(_KEY)
        if state is not None:
            state.denial = answer
        raise WebSocketException(NOT_NOW if answer.status == 503 else REFUSED)
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
    raise _Rejected(answer, headers)


class _Rejected(HTTPException):
    """What a page's dependency refuses, with the page that says so."""

    def __init__(self, answer: WebResponse, headers: dict[str, str]) -> None:
        super().__init__(answer.status, headers=headers)
        self.answer = answer


async def _show(request: Request, rejected: Exception) -> Response:
    """The application's own way, where it has one; else the page for browsers, and what programs always got.

    FastAPI's handler, which answers JSON, is there in every application: it is nobody's choice.
    """
    assert isinstance(rejected, _Rejected)
    own = request.app.exception_handlers.get(HTTPException)
    chosen = own is not None and not own.__module__.startswith("fastapi.")
    if not chosen and "text/html" in request.headers.get("accept", ""):
        response = Response(rejected.answer.body, rejected.status_code, dict(rejected.answer.headers))
    elif own is not None:
        shown = own(request, rejected)
        response = await shown if isinstance(shown, Awaitable) else shown
    else:
        response = Response(rejected.detail, rejected.status_code, rejected.headers, "text/plain")
    response.headers.add_vary_header("Accept")
    return response


def _refuse(request: HTTPConnection, refusal: BearerRefused) -> NoReturn:
    if request.scope["type"] == "websocket":
        _reject(request, WebResponse(refusal.status, f"{refusal}\n", {"Content-Type": "text/plain", **refusal.headers}))
    raise HTTPException(refusal.status, str(refusal), refusal.headers)


def _web_request(scope: Scope) -> WebRequest:
    headers = _headers(scope)
    return WebRequest(
        method=scope.get("method", "GET"),
        path=quote(scope["path"]),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        cookies=read_cookies(headers.get("cookie", "")),
        is_upgrade=scope["type"] == "websocket",
    )


def _headers(scope: Scope) -> dict[str, str]:
    """Headers by name. Lines of one name are joined: HTTP/2 may cut cookies into several."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        between = "; " if name == "cookie" else ", "
        joined[name] = f"{joined[name]}{between}{value}" if name in joined else value
    return joined


def _response(answer: WebResponse) -> Response:
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
