"""The OAuth endpoints that browsers come to: /oauth2/authorize and /logout. Of apps: http/token_endpoints."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from halfday.protocol.errors import OAuthError
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.codes_and_sessions import BrowserSession
from halfday.server.domain.user_pools.acr_names import asked_of_provider
from halfday.server.domain.users.users import User
from halfday.server.flows.federation import federation
from halfday.server.flows.federation import sign_out as federation_sign_out
from halfday.server.http import cookies
from halfday.server.http.edge import note
from halfday.server.http.pages import account_choice_page, error_facts
from halfday.server.http.pages.authorize_requests import (
    checked,
    federation_error,
    for_browsers,
    missing,
    note_client,
    signed_in,
)
from halfday.server.http.pages.challenges import step_up_page
from halfday.server.http.pages.forms import visit_for
from halfday.server.http.requests.hosts import origin_of, pool_of_host
from halfday.server.http.requests.parameters import query_of
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.oauth import authorize, logout
from halfday.server.oauth.authorize import AuthorizationRefused
from halfday.server.oauth.checks import CheckedRequest
from halfday.server.services import Services
from halfday.server.storage.errors import Missing


@for_browsers
async def get_authorize(request: Request, services: Services) -> Response:
    """Redirects to the provider that was named, to the app with a code where somebody is signed in, or to /login.

    With prompt=none nobody is sent where they would be asked, to a provider neither.
    """
    asked = await checked(request, services, query_of(request))
    if asked.provider is not None and "none" not in asked.prompts:
        return await _away(request, services, asked, asked.provider)
    return await _at_once(request, services, asked) or _to_login(request)


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
    state, browser = services.token(), services.token()
    hints = {h: asked.parameters[h] for h in ("login_hint", "prompt") if h in asked.parameters}
    hints["acr_values"] = asked_of_provider(provider.acr_mapping, asked.levels or ())
    host_pool = await pool_of_host(request, services)
    try:
        location = await federation.begin(
            services,
            provider,
            origin=origin_of(request, services, host_pool),
            query=request.url.query,
            state=state,
            browser=browser,
            hints=hints,
        )
    except Refused as refused:
        raise AuthorizationRefused(asked, federation_error(refused)) from refused
    response = RedirectResponse(location, 302)
    cookies.set_federation(request, response, state, browser)
    return response
