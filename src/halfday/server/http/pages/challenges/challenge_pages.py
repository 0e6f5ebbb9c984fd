"""Which page asks for the answer to which challenge, and what follows the answer.

A page more is a file that shows it and takes its form, and a row of the table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, Passed
from halfday.server.flows.triggers.authentication import post_authentication
from halfday.server.http import cookies
from halfday.server.http.pages.authorize_requests import Handler, complete, for_browsers
from halfday.server.http.pages.challenges import (
    code_page,
    first_factor_pages,
    mfa_choice_page,
    mfa_setup_page,
    new_password_page,
    passkey_page,
)
from halfday.server.http.pages.forms import Posted, Visit, posted_of, visit_of
from halfday.server.services import Services

Taken = Response | tuple[Outcome, str]
"""The page once more, or what comes of the answer and whom the person says they are."""


@dataclass(frozen=True, slots=True)
class ChallengePage:
    """`show` makes the page for a challenge, and whom the person says they are; `take` answers its form.

    Both raise Refused, and then the sign-in is over.
    """

    path: str
    show: Callable[[Visit, Challenged, str], Awaitable[Response]]
    take: Callable[[Posted], Awaitable[Taken]]


_CODE = ChallengePage(code_page.PATH, code_page.show, code_page.take)

PAGES: Mapping[Challenge, ChallengePage] = {
    **dict.fromkeys(code_page.CHALLENGES, _CODE),
    Challenge.NEW_PASSWORD_REQUIRED: ChallengePage(
        new_password_page.PATH, new_password_page.show, new_password_page.take
    ),
    Challenge.SELECT_MFA_TYPE: ChallengePage(mfa_choice_page.PATH, mfa_choice_page.show, mfa_choice_page.take),
    Challenge.MFA_SETUP: ChallengePage(mfa_setup_page.PATH, mfa_setup_page.show, mfa_setup_page.take),
    Challenge.SELECT_CHALLENGE: ChallengePage(
        first_factor_pages.PATH, first_factor_pages.show_choice, first_factor_pages.take_choice
    ),
    Challenge.PASSWORD: ChallengePage(
        first_factor_pages.PASSWORD, first_factor_pages.show_password, first_factor_pages.take_password
    ),
    Challenge.WEB_AUTHN: ChallengePage(passkey_page.PATH, passkey_page.show, passkey_page.take),
}


def routes() -> list[tuple[str, str, Handler]]:
    """Method, path and handler of each page's form. Whoever comes to one by its address alone begins at sign-in."""
    pages = {page.path: page for page in PAGES.values()}
    posts = [("POST", path, for_browsers(partial(_post, page=page))) for path, page in pages.items()]
    return [*posts, *(("GET", path, to_sign_in) for path in pages)]


@for_browsers
async def to_sign_in(request: Request, services: Services) -> Response:
    visit = await visit_of(request, services)
    return RedirectResponse(visit.action("/login"), 302)


async def follow(visit: Visit, outcome: Outcome, *, typed: str) -> Response:
    """The page of what stands next, or the way back to the app. `typed`: whom the person says they are.

    Raises Refused for what these pages cannot ask yet.
    """
    if isinstance(outcome, Passed):
        return await _passed(visit, outcome)
    if outcome.name not in PAGES:
        raise Refusal.PAGES_CANNOT.because(f"there is no page for {outcome.name} yet: sign in over the API")
    return await PAGES[outcome.name].show(visit, outcome, typed)


async def _passed(visit: Visit, passed: Passed) -> Response:
    """The way back to the app. Who has stepped up is still signed in by the session from which they did.

    Raises Refused where they signed out meanwhile, or somebody else signed in.
    """
    sign_in, asked, provider = passed.sign_in, visit.asked, ("", "")
    if sign_in.auth_time is not None:
        session = await cookies.session_of(visit.request, visit.services, asked.pool, asked.client)
        if session is None or session.username != passed.user.username:
            raise Refusal.INVALID_SESSION.because("whoever steps up is not signed in here any more")
        provider = (session.provider_name, session.provider_session)
    await post_authentication(visit.services, sign_in.pool, passed.user, sign_in.context)
    return await complete(
        visit.request,
        visit.services,
        asked,
        passed.user,
        sign_in.shown,
        auth_time=sign_in.auth_time,
        at_provider=provider,
    )


async def _post(request: Request, services: Services, *, page: ChallengePage) -> Response:
    """Raises OAuthError."""
    posted = await posted_of(request, services)
    visit = posted.visit
    try:
        taken = await page.take(posted)
        if isinstance(taken, Response):
            return taken
        outcome, typed = taken
        return await follow(visit, outcome, typed=typed)
    except Refused as refused:
        return visit.back_to_sign_in(refused)
