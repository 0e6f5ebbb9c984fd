"""Which page asks for the answer to which challenge, and what follows the answer.

A page more is a file that shows it and takes its form, and a row of the table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, Passed
from halfday.server.http.pages import code_page, new_password_page
from halfday.server.http.pages.authorize_requests import Handler, checked, complete, for_browsers
from halfday.server.http.pages.forms import Posted, Visit
from halfday.server.http.requests.parameters import form_of, query_of
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


_NEW_PASSWORD = ChallengePage(new_password_page.PATH, new_password_page.show, new_password_page.take)
_CODE = ChallengePage(code_page.PATH, code_page.show, code_page.take)

PAGES: Mapping[Challenge, ChallengePage] = {
    Challenge.NEW_PASSWORD_REQUIRED: _NEW_PASSWORD,
    **dict.fromkeys(code_page.CHALLENGES, _CODE),
}


def routes() -> list[tuple[str, str, Handler]]:
    """Method, path and handler of each page's form."""
    pages = {page.path: page for page in PAGES.values()}
    return [("POST", path, for_browsers(partial(_post, page=page))) for path, page in pages.items()]


async def follow(visit: Visit, outcome: Outcome, *, typed: str) -> Response:
    """The page of what stands next, or the way back to the app. `typed`: whom the person says they are.

    Raises Refused for what these pages cannot ask yet.
    """
    if isinstance(outcome, Passed):
        return await complete(visit.request, visit.services, visit.asked, outcome.user)
    if outcome.name not in PAGES:
        raise Refusal.PAGES_CANNOT.because(f"there is no page for {outcome.name} yet: sign in over the API")
    return await PAGES[outcome.name].show(visit, outcome, typed)


async def _post(request: Request, services: Services, *, page: ChallengePage) -> Response:
    """Raises OAuthError."""
    asked, form = await checked(request, services, query_of(request)), await form_of(request)
    visit = Visit(request, services, asked)
    try:
        taken = await page.take(Posted(visit, form))
        if isinstance(taken, Response):
            return taken
        outcome, typed = taken
        return await follow(visit, outcome, typed=typed)
    except Refused as refused:
        return visit.back_to_sign_in(refused)
