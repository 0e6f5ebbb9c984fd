"""The page behind a link that confirms a sign-up, in pools that send links in place of codes (facts/oauth.md §2)."""

from __future__ import annotations

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from halfday.protocol.endpoints import Domain
from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.users.usernames import is_too_long
from halfday.server.flows.account.confirmations import no_such_code
from halfday.server.flows.account.sign_up import check_sign_up_code, confirm_sign_up
from halfday.server.flows.protection.limits import count_attempt, counted_name
from halfday.server.flows.triggers.sign_up import post_confirmation
from halfday.server.flows.users import find_user
from halfday.server.http.edge import note
from halfday.server.http.pages.brands import PagesUnavailable, brand_of
from halfday.server.http.requests.languages import language_of
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.services import Services

PATH = Domain("").confirm_user


async def get_confirm_user(request: Request, services: Services) -> Response:
    """Confirms the account when the link is opened, as AWS does. A refusal has the API's sentence."""
    query = request.query_params
    client = await services.store.app_clients.find(query.get("client_id", ""))
    try:
        if client is None:
            raise no_such_code("the link names no app client of this server")
        await _confirm(request, services, client, query.get("user_name", ""), query.get("confirmation_code", ""))
    except Refused as refused:
        note(request, why=refused.detail or refused.sentence)
        look = await _look(request, services, client)
        return _page(request, look, "This link did not confirm your account", refused.sentence, 400)
    look = await _look(request, services, client)
    back = pages.Sentence("You can go back to {app} and sign in now.", app=client.name)
    return _page(request, look, "Your registration has been confirmed!", back, 200)


async def _confirm(request: Request, services: Services, client: AppClient, name: str, code: str) -> None:
    if is_too_long(name):
        raise no_such_code("the username is longer than any can be")
    pool = await services.store.pools.get(client.pool_id)
    user = await find_user(services, pool, name)
    await count_attempt(services, pool, counted_name(pool, name, user), "ConfirmSignUp")
    if user is None or client.hide_unknown_users:
        user = await check_sign_up_code(services, pool, client, user, name, code)
    confirmed = await confirm_sign_up(services, pool, user, code, force_alias=False)
    await post_confirmation(services, pool, confirmed, context_of(request, client))


async def _look(request: Request, services: Services, client: AppClient | None) -> pages.Look:
    """The client's. The link was sent whether or not it has a style: one without has the plain pages here."""
    if client is None:
        return pages.PLAIN
    with suppress(PagesUnavailable):
        pool = await services.store.pools.get(client.pool_id)
        return (await brand_of(request, services, pool, client)).look
    return pages.PLAIN


def _page(request: Request, look: pages.Look, title: str, text: str, status: int) -> Response:
    content = pages.render_message(title=title, text=text, look=look, language=language_of(request))
    return HTMLResponse(content, status, headers=pages.headers_of(look))
