"""Routes of [[gateway]]: a declared route, a Cognito authorizer before it, an HTTP backend (or its stand-in) behind it.

Source: facts/apigateway.md §1, the REST API's COGNITO_USER_POOLS authorizer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from halfday.protocol.claims import ClaimsError, VerifiedClaims
from halfday.server import reachability as reach
from halfday.server.domain.failures import kind_of
from halfday.server.domain.gateway.claims import rest_claims
from halfday.server.domain.gateway.declared_routes import ECHO, GatewayRoute
from halfday.server.domain.text.header_fields import is_field_value
from halfday.server.flows.tokens.tokens import reason_of, verify_pool_token
from halfday.server.http.answers import header_bytes
from halfday.server.http.cookies import sets_own_cookie, without_own_cookies
from halfday.server.http.edge import ROUTE, note, request_id
from halfday.server.http.requests.parameters import FORM_LIMIT_BYTES, BodyTooLarge, body_within, raw_path
from halfday.server.http.requests.presented import presented
from halfday.server.http.requests.proxies import forwarded_headers
from halfday.server.outside.connections import too_late, unreachable
from halfday.server.services import Services
from halfday.server.storage.errors import Missing

BODY_LIMIT_BYTES = 10 * 1024 * 1024

_CONTEXT = "context.authorizer.claims."
_TRACE = "x-amzn-trace-id"
_BLANK_SEGMENTS = re.compile("//+")
_HOP_BY_HOP = frozenset(
    (
        "connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade "
        "host content-length"
    ).split()
)
_NOT_PASSED_BACK = _HOP_BY_HOP | {"content-encoding", "date", "server"}


async def find_route(path: str, services: Services) -> GatewayRoute | None:
    """The most specific route over this decoded path. Blank segments are left out, as most backends do."""
    plain = _BLANK_SEGMENTS.sub("/", path)
    return next((route for route in await services.store.gateway_routes.all() if route.covers(plain)), None)


async def handle(request: Request, route: GatewayRoute, services: Services) -> Response:
    """Authorizes the request, then forwards it. A preflight goes to the backend without a token."""
    request.scope[ROUTE] = route.path
    note(request, pool=route.pool_id)
    rest = _rest(request, route)
    if rest is None:
        note(request, why="the path spells the route another way, or holds dot segments")
        return _answer(400, "Bad Request", "BadRequestException")
    if request.method == "OPTIONS":
        return await _forward(request, route, services, rest, {})
    try:
        claims = await _authorize(request, route, services)
    except ClaimsError as refused:
        note(request, why=reason_of(refused))
        expired = refused.claim == "exp"
        return _refusal("The incoming token has expired" if expired else "Unauthorized")
    except Missing:
        note(request, why=f"the route's pool {route.pool_id} is gone")
        return _answer(500, None, "AuthorizerConfigurationException")
    return await _forward(request, route, services, rest, rest_claims(claims))


async def _authorize(request: Request, route: GatewayRoute, services: Services) -> VerifiedClaims:
    """The verified token: for a route with scopes an access token that has one of them, else an ID token.

    It may be of any client of the pool. Raises ClaimsError, Missing.
    """
    authorization = presented(request).authorization
    if not authorization.header:
        raise ClaimsError("token", "the Authorization header is missing")
    token = authorization.of_scheme("bearer") or authorization.header.strip()
    pool = await services.store.pools.get(route.pool_id)
    token_use = "access" if route.scopes else "id"
    claims = await verify_pool_token(services, pool, token, token_use=token_use, client_id=None)
    if route.scopes and not claims.scopes & set(route.scopes):
        raise ClaimsError("scope", f"none of the scopes {' '.join(route.scopes)} is in the token")
    return claims


def _rest(request: Request, route: GatewayRoute) -> bytes | None:
    """The path as it came, without the route's: the backend's URL is continued with it. None where it is ambiguous.

    A backend that decodes or resolves it would otherwise see another path than the one that was authorized.
    """
    raw, prefix = raw_path(request), quote(route.path.rstrip("/")).encode()
    rest = raw[len(prefix) :]
    if not raw.startswith(prefix) or rest[:1] not in (b"", b"/"):
        return None
    decoded = unquote_to_bytes(rest).replace(b"\\", b"/")
    return None if {b".", b".."} & set(decoded.split(b"/")) else rest


async def _forward(
    request: Request, route: GatewayRoute, services: Services, rest: bytes, claims: Mapping[str, str]
) -> Response:
    """Sends the request to the backend. A preflight has no caller yet, and so its body is kept short."""
    query: bytes = request.scope["query_string"]
    try:
        body = await body_within(request, BODY_LIMIT_BYTES if request.method != "OPTIONS" else FORM_LIMIT_BYTES)
        if route.backend == ECHO:
            return _echo(request, route, rest, body, claims)
        await services.http.ready()
        from httpx2 import URL

        url = URL(route.backend.rstrip("/"))
        target = (url.raw_path.rstrip(b"/") + rest or b"/") + (b"?" + query if query else b"")
        answer = await services.http.request(
            request.method,
            url.copy_with(raw_path=target),
            headers=_headers(request, route, claims),
            content=body,
        )
    except BodyTooLarge as problem:
        note(request, why=str(problem))
        return _answer(413, "Request Too Long", "RequestTooLargeException")
    except unreachable() as problem:
        note(request, why=f"the backend {route.backend} did not answer: {kind_of(problem)}")
        return _answer(504 if isinstance(problem, too_late()) else 502, "Internal server error", None)
    response = Response(answer.content, answer.status_code)
    response.raw_headers += [(name.lower(), value) for name, value in answer.headers.raw if _goes_back(name, value)]
    return response


def _goes_back(name: bytes, value: bytes) -> bool:
    lowered = name.decode("latin-1").lower()
    mine = sets_own_cookie(lowered, value.decode("latin-1"))
    return lowered not in _NOT_PASSED_BACK and is_field_value(value) and not mine


def _echo(request: Request, route: GatewayRoute, rest: bytes, body: bytes, claims: Mapping[str, str]) -> Response:
    """Answers with what a backend would have been sent: method, path, the mapped claims, and the body as text."""
    sent = {
        "method": request.method,
        "path": (rest or b"/").decode("latin-1"),
        "query": request.scope["query_string"].decode("latin-1"),
        "headers": _mapped(route, claims),
        "body": body.decode(errors="replace"),
    }
    told = {name: value for name, value in sent.items() if value}
    return JSONResponse(told, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})


def _mapped(route: GatewayRoute, claims: Mapping[str, str]) -> dict[str, str]:
    """Those of the route's headers for which the claims have a value, by lower-case name."""
    found = {name.lower(): claims.get(source.removeprefix(_CONTEXT)) for name, source in route.headers.items()}
    return {name: value for name, value in found.items() if value is not None}


def _headers(request: Request, route: GatewayRoute, claims: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """The caller's headers, and the claims that the route maps. A caller cannot send the mapped ones.

    Not with underscores for hyphens either: to a WSGI backend both are the same.
    """
    own = {_folded(name) for name in (*route.headers, _TRACE)} | _HOP_BY_HOP | _nominated(request)
    sent = [(name, _of_the_backend(name, value)) for name, value in request.headers.raw]
    kept = [
        (name, value)
        for name, value in sent
        if _passed_on(_folded(name.decode("latin-1")), own) and (value or name != b"cookie")
    ]
    ours = [*_mapped(route, claims).items(), (_TRACE, f"Self={request_id(request)}")]
    told = ((name.encode(), header_bytes(value)) for name, value in ours)
    return [*kept, *forwarded_headers(request), *told]


def _passed_on(name: str, own: set[str] | frozenset[str]) -> bool:
    """Whether the caller's header goes on. Only this server says who the caller is, and by which proxies they came."""
    return name not in own and not reach.is_forwarded(name)


def _of_the_backend(name: bytes, value: bytes) -> bytes:
    """A route shares its origin with the sign-in pages: their cookies do not go on."""
    return without_own_cookies(value.decode("latin-1")).encode("latin-1") if name == b"cookie" else value


def _nominated(request: Request) -> set[str]:
    """The headers that Connection names: they are for this hop only (RFC 9110 §7.6.1)."""
    return {_folded(name.strip()) for name in ",".join(request.headers.getlist("connection")).split(",")}


def _folded(name: str) -> str:
    return name.lower().replace("_", "-")


def _refusal(message: str) -> Response:
    return _answer(401, message, "UnauthorizedException")


def _answer(status: int, message: str | None, error_type: str | None) -> Response:
    headers = {"x-amzn-ErrorType": error_type} if error_type else {}
    body: dict[str, Any] = {"message": message}
    return JSONResponse(body, status, headers=headers)
