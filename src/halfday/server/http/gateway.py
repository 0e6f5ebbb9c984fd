"""The API gateway: a declared route, a Cognito authorizer before it, an HTTP backend behind it.

Source: facts/apigateway.md §1, the REST API's COGNITO_USER_POOLS authorizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from halfday.protocol.claims import ClaimsError, VerifiedClaims
from halfday.server.domain.gateway import GatewayRoute, authorizer_claims
from halfday.server.flows.tokens import verify_pool_token
from halfday.server.http.edge import note, request_id
from halfday.server.services import Services
from halfday.server.storage.database import Missing

_CONTEXT = "context.authorizer.claims."
_HOP_BY_HOP = frozenset(
    (
        "connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade "
        "host content-length"
    ).split()
)
_NOT_PASSED_BACK = _HOP_BY_HOP | {"content-encoding", "date", "server"}


async def find_route(path: str, services: Services) -> GatewayRoute | None:
    return next((route for route in await services.store.gateway_routes.all() if route.covers(path)), None)


async def handle(request: Request, route: GatewayRoute, services: Services) -> Response:
    """Authorized, then forwarded. A preflight is answered by the backend without a token."""
    note(request, route=route.path, pool=route.pool_id)
    if request.method == "OPTIONS":
        return await _forward(request, route, services, {})
    try:
        claims = await _authorize(request, route, services)
    except ClaimsError as refused:
        note(request, why=str(refused))
        expired = refused.claim == "exp"
        return _refusal("The incoming token has expired" if expired else "Unauthorized")
    except Missing:
        note(request, why=f"the route's pool {route.pool_id} is gone")
        return _answer(500, None, "AuthorizerConfigurationException")
    return await _forward(request, route, services, authorizer_claims(claims))


async def _authorize(request: Request, route: GatewayRoute, services: Services) -> VerifiedClaims:
    """With scopes an access token that has one of them, without an ID token. Any client of the pool may come."""
    header = request.headers.get("authorization", "")
    if not header:
        raise ClaimsError("token", "the Authorization header is missing")
    token = header[7:].strip() if header[:7].lower() == "bearer " else header.strip()
    pool = await services.store.pools.get(route.pool_id)
    token_use = "access" if route.scopes else "id"
    claims = await verify_pool_token(services, pool, token, token_use=token_use, client_id=None)
    if route.scopes and not claims.scopes & set(route.scopes):
        raise ClaimsError("scope", f"none of the scopes {' '.join(route.scopes)} is in the token")
    return claims


async def _forward(request: Request, route: GatewayRoute, services: Services, claims: Mapping[str, str]) -> Response:
    rest = request.url.path.removeprefix(route.path.rstrip("/"))
    query = f"?{request.url.query}" if request.url.query else ""
    try:
        answer = await services.http.request(
            request.method,
            route.backend.rstrip("/") + rest + query,
            headers=_headers(request, route, claims),
            content=await request.body(),
        )
    except httpx2.HTTPError as problem:
        note(request, why=f"the backend {route.backend} did not answer: {problem or type(problem).__name__}")
        return _answer(504 if isinstance(problem, httpx2.TimeoutException) else 502, "Internal server error", None)
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_BACK}
    return Response(answer.content, answer.status_code, headers=headers)


def _headers(request: Request, route: GatewayRoute, claims: Mapping[str, str]) -> list[tuple[str, str]]:
    """The caller's headers, and the claims that the route maps. A caller cannot send the mapped ones."""
    mapped = {name.lower(): claims.get(source.removeprefix(_CONTEXT)) for name, source in route.headers.items()}
    kept = [(n, v) for n, v in request.headers.items() if n.lower() not in _HOP_BY_HOP and n.lower() not in mapped]
    added = [(name, value) for name, value in mapped.items() if value is not None]
    return [*kept, *added, ("x-amzn-trace-id", f"Self={request_id(request)}")]


def _refusal(message: str) -> Response:
    return _answer(401, message, "UnauthorizedException")


def _answer(status: int, message: str | None, error_type: str | None) -> Response:
    headers = {"x-amzn-ErrorType": error_type} if error_type else {}
    body: dict[str, Any] = {"message": message}
    return JSONResponse(body, status, headers=headers)
