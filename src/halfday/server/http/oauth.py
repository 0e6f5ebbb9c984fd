"""The OAuth endpoints over HTTP: /oauth2/authorize, token, userInfo, revoke, and /logout."""

from __future__ import annotations

import json
from contextlib import suppress
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from halfday.protocol.errors import OAuthError
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.codes_and_sessions import BrowserSession
from halfday.server.domain.users.users import User
from halfday.server.flows.federation import federation
from halfday.server.flows.federation import sign_out as federation_sign_out
from halfday.server.http import cookies
from halfday.server.http.answers import Ready, prepared, quoted
from halfday.server.http.edge import note
from halfday.server.http.pages import account_choice_page, error_facts, step_up_page
from halfday.server.http.pages.authorize_requests import (
    checked,
    federation_error,
    for_browsers,
    missing,
    note_client,
    signed_in,
)
from halfday.server.http.pages.forms import visit_for
from halfday.server.http.requests.hosts import origin_of, pool_of_host
from halfday.server.http.requests.parameters import form_of, query_of
from halfday.server.http.requests.presented import presented
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.oauth import authorize, grants, logout, revoke, token, user_info
from halfday.server.oauth.authorize import AuthorizationRefused
from halfday.server.oauth.checks import CheckedRequest
from halfday.server.services import Services
from halfday.server.storage.errors import Missing

ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_JSON = "application/json;charset=UTF-8"
_HEADERS = prepared({**ANY_ORIGIN, **_NO_STORE, "Content-Type": _JSON})
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@for_browsers
async def get_authorize(request: Request, services: Services) -> Response:
    """Redirects to the provider that was named, to the app with a code where somebody is signed in, or to /login.

    With prompt=none nobody is sent where they would be asked, to a provider neither.
    """
    asked = await checked(request, services, query_of(request))
    if asked.provider is not None and "none" not in asked.prompts:
        return await _away(request, services, asked, asked.provider)
    return await _at_once(request, services, asked) or _to_login(request)


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


async def get_logout(request: Request, services: Services) -> Response:
    try:
        client, location = await logout.destination(services, query_of(request))
    except OAuthError as error:
        note(request, why=error.reason)
        note_client(request, await services.store.app_clients.find(request.query_params.get("client_id", "")))
        pairs = {"error": error.error, "client_id": request.query_params.get("client_id", ""), "at": "logout"}
        pairs |= missing(request, "logout_uri")
        response = RedirectResponse(f"{error_facts.PATH}?{urlencode(pairs)}", 302)
        error_facts.keep(request, services, response, error)
        return response
    note(request, client=client.client_id, pool=client.pool_id)
    response = RedirectResponse(await _out_by_provider(request, services, client.pool_id) or location, 302)
    await cookies.end_session(request, services, response, client.pool_id)
    return response


async def _out_by_provider(request: Request, services: Services, pool_id: str) -> str | None:
    """The provider's own page for signing out, where whoever is signed in comes from one that has such a page."""
    session = await cookies.session_in(request, services, pool_id)
    user = await services.store.users.find(pool_id, session.username) if session else None
    if session is None or user is None:
        return None
    origin = origin_of(request, services, await pool_of_host(request, services))
    try:
        return await federation_sign_out.begin(services, user, session, origin=origin, query=request.url.query)
    except Refused as refused:
        note(request, why=refused.detail)
        return None


async def preflight(request: Request, services: Services) -> Response:
    """CORS, for the endpoints that a single-page app calls (facts/oauth.md §0)."""
    headers = {
        **ANY_ORIGIN,
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": "authorization, content-type, x-amz-user-agent, amz-sdk-request",
        "Access-Control-Max-Age": "7200",
    }
    return Response(status_code=200, headers=headers)


async def _at_once(request: Request, services: Services, asked: CheckedRequest) -> Response | None:
    """The redirect for a browser that is signed in: to the app, or to what it has to show yet. None for others.

    The session's own auth_time goes into the tokens. Raises AuthorizationRefused.
    """
    known = None if "login" in asked.prompts else await signed_in(request, services, asked)
    further = await _further(request, services, asked, *known) if known else None
    if further is None and "none" in asked.prompts:
        detail = "prompt=none, and nobody is signed in, or not as recently or as strongly as was asked for"
        raise AuthorizationRefused(asked, OAuthError("login_required", may_redirect=True, detail=detail))
    return further


async def _further(
    request: Request, services: Services, asked: CheckedRequest, user: User, session: BrowserSession
) -> Response | None:
    """Where somebody who is signed in goes on; None for to the sign-in. Raises AuthorizationRefused."""
    if {"select_account"} == asked.prompts - {"consent"}:
        return RedirectResponse(f"{account_choice_page.PATH}?{request.url.query}", 302)
    visit = await visit_for(request, services, asked)
    missing = await step_up_page.lacking(visit, user, session)
    if missing == ():
        with suppress(Missing):
            location = await authorize.grant(services, asked, user, session, context_of(request, asked.client))
            return RedirectResponse(location, 302)
    return RedirectResponse(step_up_page.action(visit), 302) if missing and "none" not in asked.prompts else None


def _to_login(request: Request) -> Response:
    return RedirectResponse(f"/login?{request.url.query}", 302)


async def _away(request: Request, services: Services, asked: CheckedRequest, name: str) -> Response:
    provider = await services.store.providers.get(asked.pool.pool_id, name)
    browser = services.token()
    hints = {h: asked.parameters[h] for h in ("login_hint", "prompt") if h in asked.parameters}
    host_pool = await pool_of_host(request, services)
    try:
        location = await federation.begin(
            services,
            provider,
            origin=origin_of(request, services, host_pool),
            query=request.url.query,
            browser=browser,
            hints=hints,
        )
    except Refused as refused:
        raise AuthorizationRefused(asked, federation_error(refused)) from refused
    response = RedirectResponse(location, 302)
    cookies.set_federation(request, response, browser)
    return response


def _oauth_error(request: Request, error: OAuthError) -> Response:
    """AWS's body, which mostly has the code alone. The reason goes to the log."""
    note(request, why=error.reason)
    described = {"error_description": error.description} if error.description else {}
    headers = {**ANY_ORIGIN, **_NO_STORE}
    return JSONResponse({"error": error.error, **described}, error.status, headers=headers, media_type=_JSON)
