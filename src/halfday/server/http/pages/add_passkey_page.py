"""`/passkeys/add`: somebody who is signed in registers a passkey, and goes back to the app. It has a script.

It takes a client and one of its redirect URIs, and no other part of an authorize request (facts/oauth.md §2).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from halfday.protocol.errors import OAuthError
from halfday.server import pages
from halfday.server.domain.refusals import Refused, invalid
from halfday.server.domain.users.users import User
from halfday.server.flows.factors import passkeys
from halfday.server.http import cookies, csrf
from halfday.server.http.edge import note
from halfday.server.http.pages.authorize_requests import Handler, for_browsers, note_client
from halfday.server.http.pages.brands import brand_of
from halfday.server.http.pages.forms import STALE_FORM
from halfday.server.http.pages.naming import app_account
from halfday.server.http.requests.hosts import pool_of_host
from halfday.server.http.requests.languages import language_of
from halfday.server.http.requests.parameters import form_of, query_of
from halfday.server.oauth.checks import ReturnAddress, check_return_address
from halfday.server.services import Services

PATH = "/passkeys/add"

_NONE = "No passkey was sent: it needs JavaScript."
_FIRST = "You are not signed in here any more. Sign in at the application, then come back."


@dataclass(frozen=True, slots=True)
class _Visit:
    """A browser at this page, which serves no authorize request."""

    request: Request
    services: Services
    asked: ReturnAddress
    look: pages.Look


@for_browsers
async def get_add(request: Request, services: Services) -> Response:
    visit = await _visit(request, services)
    user = await _user(visit)
    return _not_signed_in(visit) if user is None else await _page(visit, user)


@for_browsers
async def post_add(request: Request, services: Services) -> Response:
    visit, form = await _visit(request, services), await form_of(request)
    user, address = await _user(visit), visit.asked
    if user is None:
        return _not_signed_in(visit)
    if not csrf.form_holds(request, services, address, form):
        return await _page(visit, user, error=STALE_FORM)
    try:
        credential = _parsed(form.get("credential", ""))
        await passkeys.complete_registration(services, address.pool, address.client, user, credential)
    except Refused as refused:
        note(request, why=refused.detail or refused.sentence)
        return await _page(visit, user, error=refused.sentence)
    return RedirectResponse(address.redirect_uri, 302)


def routes() -> list[tuple[str, str, Handler]]:
    return [("GET", PATH, get_add), ("POST", PATH, post_add)]


async def _visit(request: Request, services: Services) -> _Visit:
    """Raises OAuthError, for our own error page, and PagesUnavailable. Classic pages know no passkeys."""
    host_pool_id = await pool_of_host(request, services)
    address = await check_return_address(services, query_of(request), host_pool_id=host_pool_id)
    note_client(request, address.client)
    if not address.client.oauth_enabled:
        raise OAuthError("invalid_request", detail="AllowedOAuthFlowsUserPoolClient is false for the app client")
    brand = await brand_of(request, services, address.pool, address.client)
    if not brand.offers_choice:
        raise OAuthError("invalid_request", detail=f"{PATH} is a page of managed login, and the domain has version 1")
    return _Visit(request, services, address, brand.look)


async def _user(visit: _Visit) -> User | None:
    address, services = visit.asked, visit.services
    session = await cookies.session_of(visit.request, services, address.pool, address.client)
    user = await services.store.users.find(address.pool.pool_id, session.username) if session else None
    return user if user is not None and user.enabled else None


def _parsed(text: str) -> object:
    """Raises Refused."""
    if not text:
        raise invalid(_NONE)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise invalid("Credential is not a public-key credential response.", "it is not JSON") from problem


async def _page(visit: _Visit, user: User, *, error: str | None = None) -> Response:
    request, services, address = visit.request, visit.services, visit.asked
    try:
        options = await passkeys.start_registration(services, address.pool, address.client, user)
    except Refused as refused:
        note(request, why=refused.detail)
        return _over(visit, refused.sentence)
    token = csrf.form_token(request, services, address, PATH)
    form = pages.Form(
        f"{PATH}?{request.url.query}",
        token,
        address.client.name,
        error,
        look=visit.look,
        language=language_of(request),
    )
    text = pages.render_add_passkey(
        form, options=json.dumps(options), username=app_account(user), back_url=address.redirect_uri
    )
    response = HTMLResponse(text, headers=pages.passkey_headers(visit.look))
    cookies.set_xsrf(request, response, token)
    return response


def _not_signed_in(visit: _Visit) -> Response:
    note(visit.request, why="nobody is signed in")
    return _over(visit, _FIRST)


def _over(visit: _Visit, sentence: str) -> Response:
    text = pages.render_error(
        error=None,
        message=sentence,
        back_href=visit.asked.redirect_uri,
        back_label=pages.Sentence("Back to {app}", app=visit.asked.client.name),
        language=language_of(visit.request),
        look=visit.look,
    )
    return HTMLResponse(text, 400, headers=pages.headers_of(visit.look))
