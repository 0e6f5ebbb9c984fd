"""The OAuth endpoints that apps call: /oauth2/token, userInfo and revoke. They load no page."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from halfday.protocol.errors import OAuthError
from halfday.server.http.answers import Ready, prepared, quoted
from halfday.server.http.edge import note
from halfday.server.http.requests.hosts import pool_of_host
from halfday.server.http.requests.parameters import form_of, query_of
from halfday.server.http.requests.presented import presented
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.oauth import grants, revoke, token, user_info
from halfday.server.services import Services

ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_JSON = "application/json;charset=UTF-8"
_HEADERS = prepared({**ANY_ORIGIN, **_NO_STORE, "Content-Type": _JSON})
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


async def post_token(request: Request, services: Services) -> Response:
    """Parameters may stand in the query too (facts/oauth.md §3)."""
    try:
        form = {**query_of(request), **await form_of(request)}
        note(request, grant=grant if (grant := form.get("grant_type")) in token.GRANTS else None)
        answer = await token.redeem(
            services,
            form,
            authorization=presented(request).authorization,
            host_pool_id=await pool_of_host(request, services),
            context=context_of(request),
        )
    except OAuthError as error:
        return _oauth_error(request, error)
    note(request, remark=grants.remark(form))
    return Ready(_ENCODER.encode(answer).encode(), _HEADERS)


async def post_revoke(request: Request, services: Services) -> Response:
    try:
        await revoke.revoke(services, await form_of(request), authorization=presented(request).authorization)
    except OAuthError as error:
        return _oauth_error(request, error)
    return Response(status_code=200, headers=ANY_ORIGIN)


async def get_user_info(request: Request, services: Services) -> Response:
    """By GET or POST, with the token in the header (OpenID Connect Core §5.3.1)."""
    try:
        answer = await user_info.user_info(services, presented(request).authorization)
    except OAuthError as error:
        note(request, why=error.reason)
        challenge = f"error={quoted(error.error)}, error_description={quoted(error.description or '')}"
        body = {"error": error.error, "error_description": error.description}
        return JSONResponse(body, error.status, headers={**ANY_ORIGIN, "WWW-Authenticate": challenge}, media_type=_JSON)
    return Ready(_ENCODER.encode(answer).encode(), _HEADERS)


async def preflight(request: Request, services: Services) -> Response:
    """CORS, for the endpoints that a single-page app calls (facts/oauth.md §0)."""
    headers = {
        **ANY_ORIGIN,
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": "authorization, content-type, x-amz-user-agent, amz-sdk-request",
        "Access-Control-Max-Age": "7200",
    }
    return Response(status_code=200, headers=headers)


def _oauth_error(request: Request, error: OAuthError) -> Response:
    """AWS's body, which mostly has the code alone. The reason goes to the log."""
    note(request, why=error.reason)
    described = {"error_description": error.description} if error.description else {}
    headers = {**ANY_ORIGIN, **_NO_STORE}
    return JSONResponse({"error": error.error, **described}, error.status, headers=headers, media_type=_JSON)
