"""The page on which somebody who is signed in says whether they go on as they are (`prompt=select_account`).

AWS hands that prompt on to the provider and asks nothing itself (facts/oauth.md §1); of the pool's own session it is
asked here [inferred].
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from halfday.server import pages
from halfday.server.domain.sign_in.codes_and_sessions import BrowserSession
from halfday.server.domain.users.users import User
from halfday.server.http.pages.authorize_requests import Handler, for_browsers, signed_in
from halfday.server.http.pages.challenges import step_up_page
from halfday.server.http.pages.forms import STALE_FORM, Visit, posted_of, visit_of
from halfday.server.http.pages.naming import app_account
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.oauth import authorize
from halfday.server.services import Services

PATH = "/selectAccount"


@for_browsers
async def get_choice(request: Request, services: Services) -> Response:
    visit = await visit_of(request, services)
    known = await _known(visit)
    return _to_sign_in(visit) if known is None else _page(visit, known[0])


@for_browsers
async def post_choice(request: Request, services: Services) -> Response:
    """Goes on to the app as whoever is signed in. The session's own auth_time goes into the tokens."""
    posted = await posted_of(request, services)
    visit, known = posted.visit, await _known(posted.visit)
    if known is None:
        return _to_sign_in(visit)
    user, session = known
    if not posted.is_ours:
        return _page(visit, user, error=STALE_FORM)
    if (missing := await step_up_page.lacking(visit, user, session)) != ():
        return RedirectResponse(step_up_page.action(visit), 302) if missing else _to_sign_in(visit)
    context = context_of(request, visit.asked.client)
    return RedirectResponse(await authorize.grant(services, visit.asked, user, session, context), 302)


def routes() -> list[tuple[str, str, Handler]]:
    return [("GET", PATH, get_choice), ("POST", PATH, post_choice)]


async def _known(visit: Visit) -> tuple[User, BrowserSession] | None:
    return await signed_in(visit.request, visit.services, visit.asked)


def _to_sign_in(visit: Visit) -> Response:
    return RedirectResponse(visit.action("/login"), 302)


def _page(visit: Visit, user: User, *, error: str | None = None) -> Response:
    form = visit.form(PATH, error=error)
    text = pages.render_choose_account(form, username=app_account(user), other_url=visit.action("/login"))
    return visit.form_page(text, form.csrf)
