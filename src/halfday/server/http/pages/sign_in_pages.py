"""The hosted pages: sign-in, and the plain page at `/`. What follows a password is in `challenge_pages`."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from halfday.protocol.endpoints import discovery_url
from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.authentication_levels import Method
from halfday.server.domain.sign_in.next_step import Proof, Refusal
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import KINDS
from halfday.server.domain.users.usernames import is_too_long
from halfday.server.domain.users.users import User
from halfday.server.flows.sign_in import first_factors
from halfday.server.flows.sign_in.sign_in import advance
from halfday.server.http.edge import note
from halfday.server.http.pages import error_facts, handover, naming, snippet_page, ways_on
from halfday.server.http.pages.accounts import recovery_pages, sign_up_page
from halfday.server.http.pages.authorize_requests import for_browsers
from halfday.server.http.pages.challenges import challenge_pages, first_factor_pages
from halfday.server.http.pages.forms import STALE_FORM, Visit, posted_of, visit_of
from halfday.server.http.requests.languages import language_of
from halfday.server.oauth.authentication_requests import unmet
from halfday.server.oauth.authorize import AuthorizationRefused
from halfday.server.services import Services

PATH = "/login"
OTHER_WAYS = "otherWays"
"""The button that begins a sign-in by a choice; its name is ours."""


@for_browsers
async def get_login(request: Request, services: Services) -> Response:
    visit = await visit_of(request, services)
    told = handover.told(visit, PATH)
    username = told.get("username", visit.asked.parameters.get("login_hint", ""))
    page = await _login_page(visit, username=username, notice=told.get("notice"))
    return handover.forget(visit, PATH, page) if told else page


@for_browsers
async def post_login(request: Request, services: Services) -> Response:
    posted = await posted_of(request, services)
    visit, username, user = posted.visit, posted.form.get("username", ""), None
    if not posted.is_ours:
        return await _login_page(visit, username=username, error=STALE_FORM)
    if visit.brand.in_two_steps and not {OTHER_WAYS, "password"} & posted.form.keys():
        return await _login_page(visit, username=username.strip(), step=2 if username.strip() else 1)
    try:
        if OTHER_WAYS in posted.form:
            outcome = await first_factor_pages.begin(visit, naming.typed_name(visit.asked.pool, posted.form))
            return await challenge_pages.follow(visit, outcome, typed=username.strip())
        user = await _check(visit, username, posted.form.get("password", ""))
        outcome = await advance(services, visit.sign_in, user, proof=Proof.PASSWORD, method=Method.PASSWORD)
        return await challenge_pages.follow(visit, outcome, typed=username)
    except Refused as refused:
        note(request, why=refused.detail)
        if (told := unmet(refused)) is not None:
            raise AuthorizationRefused(visit.asked, told) from refused
        further = await ways_on.after(visit, refused, user, username)
        step = 2 if "password" in posted.form else 1
        return further or await _login_page(visit, username=username, error=refused.sentence, step=step)


async def get_index(request: Request, services: Services) -> Response:
    """Says what this server is. On this machine it lists pools and app clients, with links to their sign-in pages."""
    if snippet_page.LIBRARY in request.query_params:
        return await snippet_page.get_snippet(request, services)
    pools = await services.store.pools.page(None, limit=50) if error_facts.at_this_machine(request, services) else []
    summaries = [await _summary(services, pool) for pool in pools]
    text = pages.render_index(origin=services.origin, pools=summaries, language=language_of(request))
    return HTMLResponse(text, headers=dict(pages.SECURITY_HEADERS))


async def _check(visit: Visit, username: str, password: str) -> User:
    if not visit.is_native:
        raise Refusal.WRONG.because("COGNITO is not among the client's SupportedIdentityProviders")
    if not username or not password:
        raise Refusal.WRONG.because("username or password is missing")
    if is_too_long(username):
        raise Refusal.WRONG.because("the username is longer than any can be")
    return await first_factors.user_of_password(visit.services, visit.sign_in, username, password)


async def _login_page(
    visit: Visit, *, username: str, error: str | None = None, notice: str | None = None, step: int = 1
) -> Response:
    """`step`: of a sign-in in two steps, the first of which asks for the name. A choice of factors is the second."""
    asked, query = visit.asked, visit.request.url.query
    in_two, other_ways = visit.brand.in_two_steps, first_factor_pages.is_offered(visit)
    takes_password = "PASSWORD" in asked.pool.first_factors or not visit.brand.offers_choice
    providers = await visit.services.store.providers.of_pool(asked.pool.pool_id)
    buttons = [
        pages.ProviderButton(
            label=KINDS[provider.kind].shown_name or provider.name,
            href=f"/oauth2/authorize?{query}&{urlencode({'identity_provider': provider.name})}",
            kind=provider.kind,
        )
        for provider in providers
        if provider.name in asked.client.identity_providers
    ]
    token = visit.form_token(PATH)
    text = pages.render_login(
        action=visit.action(PATH),
        csrf=token,
        pool_name=asked.pool.name,
        client_name=asked.client.name,
        username_label=naming.label_at_sign_in(asked.pool),
        username_word=naming.word_for_name(asked.pool),
        username="" if is_too_long(username) else username,
        error=error,
        notice=notice,
        providers=buttons,
        native=visit.is_native,
        other_ways=OTHER_WAYS if other_ways else None,
        with_password=takes_password and (not in_two or (step == 2 and not other_ways)),
        username_given=in_two and step == 2 and not other_ways,
        language=visit.language,
        forgot_password_url=visit.action(recovery_pages.PATH) if recovery_pages.is_open(visit) else None,
        sign_up_url=visit.action(sign_up_page.PATH) if sign_up_page.is_open(visit) else None,
        look=visit.brand.look,
    )
    return visit.form_page(text, token)


async def _summary(services: Services, pool: Pool) -> pages.PoolSummary:
    clients = await services.store.app_clients.page(pool.pool_id, limit=50)
    links = [
        pages.ClientLink(c.name, c.client_id, _sign_in_href(c), snippet_page.href_of(c.client_id)) for c in clients
    ]
    return pages.PoolSummary(
        name=pool.name,
        pool_id=pool.pool_id,
        issuer=pool.issuer(services.origin),
        discovery_url=discovery_url(services.origin, pool.pool_id),
        clients=links,
        person=services.declared_people.get(pool.pool_id),
    )


def _sign_in_href(client: AppClient) -> str | None:
    if not client.callback_urls or "code" not in client.oauth_flows or not client.oauth_enabled:
        return None
    pairs = {"response_type": "code", "client_id": client.client_id, "redirect_uri": client.callback_urls[0]}
    return "/login?" + urlencode(pairs)
