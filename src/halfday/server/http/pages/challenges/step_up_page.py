"""The page on which somebody who is signed in goes on to a level that the app asked for (`acr_values`).

It lists what they can show next, and nothing is sent before a button is pressed: whoever follows a link causes no
message. What AWS's page for this looks like is not known [inferred].
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.codes_and_sessions import BrowserSession
from halfday.server.domain.sign_in.next_step import Challenge
from halfday.server.domain.sign_in.stepping_up import PASSWORD, WEB_AUTHN
from halfday.server.domain.user_pools.pools import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA
from halfday.server.domain.users.confirmation import masked
from halfday.server.domain.users.users import User
from halfday.server.flows.sign_in import step_up
from halfday.server.flows.sign_in.one_time_codes import ATTRIBUTE_OF
from halfday.server.http.edge import note
from halfday.server.http.pages.authorize_requests import Handler, for_browsers, signed_in
from halfday.server.http.pages.challenges import challenge_pages
from halfday.server.http.pages.forms import STALE_FORM, Visit, posted_of, visit_of
from halfday.server.http.pages.naming import app_account
from halfday.server.oauth.authentication_requests import unreachable
from halfday.server.oauth.authorize import AuthorizationRefused
from halfday.server.services import Services

PATH = "/login/stepUp"

_LABELS = {
    PASSWORD: "Password",
    WEB_AUTHN: "Passkey",
    SOFTWARE_TOKEN_MFA: "Authenticator app",
    SMS_MFA: "Text message",
    EMAIL_OTP: "Email",
}


async def lacking(visit: Visit, user: User, session: BrowserSession) -> tuple[str, ...] | None:
    """What somebody who is signed in can show next to reach the level; () where they have it.

    None where this session does not count, since its provider said how strong it was, and is to be asked again. Raises
    AuthorizationRefused where the person cannot reach the level.
    """
    ways = await step_up.ways_in(visit.services, visit.sign_in, session, user)
    if ways is not None:
        return ways
    if session.provider_name:
        return None
    raise AuthorizationRefused(visit.asked, unreachable(detail="no factor of the person leads to the level"))


def action(visit: Visit) -> str:
    return visit.action(PATH)


@for_browsers
async def get_step_up(request: Request, services: Services) -> Response:
    visit = await visit_of(request, services)
    known = await _known(visit)
    return _from_the_beginning(visit) if known is None else _page(visit, *known)


@for_browsers
async def post_step_up(request: Request, services: Services) -> Response:
    posted = await posted_of(request, services)
    visit = posted.visit
    known = await _known(visit)
    if known is None:
        return _from_the_beginning(visit)
    user, session, ways = known
    if not posted.is_ours:
        return _page(visit, user, session, ways, error=STALE_FORM)
    try:
        chosen = posted.form.get("factor", "")
        challenged = await step_up.begin(services, visit.sign_in, session, user, chosen)
        return await challenge_pages.follow(visit, challenged, typed=user.username)
    except Refused as refused:
        note(request, why=refused.detail)
        return _page(visit, user, session, ways, error=refused.sentence)


def routes() -> list[tuple[str, str, Handler]]:
    return [("GET", PATH, get_step_up), ("POST", PATH, post_step_up)]


async def _known(visit: Visit) -> tuple[User, BrowserSession, tuple[str, ...]] | None:
    """Who is signed in, and what they can show; None where nobody is, or nothing is missing."""
    known = await signed_in(visit.request, visit.services, visit.asked)
    ways = await lacking(visit, *known) if known else None
    return (*known, ways) if known and ways else None


def _from_the_beginning(visit: Visit) -> Response:
    """To where a sign-in begins: it knows what is missing, if anything is."""
    return RedirectResponse(visit.action("/oauth2/authorize"), 302)


def _page(
    visit: Visit, user: User, session: BrowserSession, ways: tuple[str, ...], *, error: str | None = None
) -> Response:
    form = visit.form(PATH, error=error)
    text = pages.render_choice(
        form,
        title="How do you want to show that it is you?",
        lead=pages.Sentence("as {username}", username=app_account(user)),
        name="factor",
        choices=[_choice(way, user) for way in ways],
        sign_in_url=visit.action("/login"),
    )
    return visit.form_page(text, form.csrf)


def _choice(way: str, user: User) -> pages.Choice:
    attribute = ATTRIBUTE_OF.get(Challenge(way))
    told = "" if attribute is None else masked(attribute, user.attributes[attribute])
    return pages.Choice(way, _LABELS[way], told)
