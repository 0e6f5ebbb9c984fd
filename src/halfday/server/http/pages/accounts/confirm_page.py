"""The page on which a sign-up is confirmed by its code, and another code asked for.

People come here from the sign-up, and from the sign-in page when they are not confirmed yet. Whoever proved their
password on the way is signed in as soon as the code is right [inferred]. What stands behind a link is `/confirmUser`.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.flows.account.sign_up import resend_code
from halfday.server.flows.sign_in import from_sign_up
from halfday.server.http.edge import note
from halfday.server.http.pages import handover, naming
from halfday.server.http.pages.authorize_requests import Handler, for_browsers
from halfday.server.http.pages.challenges import challenge_pages
from halfday.server.http.pages.forms import STALE_FORM, Visit, posted_of, visit_of
from halfday.server.http.pages.ways_on import CONFIRM, to_confirm
from halfday.server.services import Services

PATH = CONFIRM
RESEND = "/resendcode"

_CONFIRMED = "Your account is confirmed. You can sign in now."
_SENT_AGAIN = "We sent a new one. What came before is not valid any more."


@for_browsers
async def get_confirm(request: Request, services: Services) -> Response:
    visit = await visit_of(request, services)
    told = handover.told(visit, PATH)
    by_link = visit.asked.pool.templates.by_link and told.get("medium") != "SMS"
    return _page(visit, told, by_link=by_link, notice=told.get("notice"))


@for_browsers
async def post_confirm(request: Request, services: Services) -> Response:
    posted = await posted_of(request, services)
    visit, form = posted.visit, posted.form
    if not posted.is_ours:
        return _page(visit, form, error=STALE_FORM)
    try:
        name = naming.typed_name(visit.asked.pool, form)
        session = await from_sign_up.confirm(
            services,
            visit.sign_in,
            name,
            form.get("verification_code", "").strip(),
            session=posted.session or None,
            force_alias=False,
        )
    except Refused as refused:
        note(request, why=refused.detail)
        return _page(visit, form, error=refused.sentence)
    if not session:
        return _to_sign_in(visit, name)
    return handover.forget(visit, PATH, await signed_in(visit, name, session))


@for_browsers
async def post_resend(request: Request, services: Services) -> Response:
    """The button stands in the form of `/confirm`, whose `_csrf` it sends."""
    posted = await posted_of(request, services)
    visit, form = posted.visit, posted.form
    if not posted.is_ours_of(PATH):
        return _page(visit, form, error=STALE_FORM)
    try:
        name = naming.typed_name(visit.asked.pool, form)
        asked = visit.asked
        delivery = await resend_code(services, asked.pool, asked.client, name, visit.sign_in.context)
    except Refused as refused:
        note(request, why=refused.detail)
        return _page(visit, form, error=refused.sentence)
    return to_confirm(visit, name, posted.session, delivery, notice=_SENT_AGAIN)


@for_browsers
async def get_resend(request: Request, services: Services) -> Response:
    """Nothing is sent for a link that was followed."""
    visit = await visit_of(request, services)
    return RedirectResponse(visit.action(PATH), 302)


def routes() -> list[tuple[str, str, Handler]]:
    return [
        ("GET", PATH, get_confirm),
        ("POST", PATH, post_confirm),
        ("GET", RESEND, get_resend),
        ("POST", RESEND, post_resend),
    ]


async def signed_in(visit: Visit, name: str, session: str) -> Response:
    try:
        outcome = await from_sign_up.sign_in_confirmed(visit.services, visit.sign_in, session, name)
        return await challenge_pages.follow(visit, outcome, typed=name)
    except Refused as refused:
        return visit.back_to_sign_in(refused)


def _to_sign_in(visit: Visit, name: str) -> Response:
    return handover.go_on(visit, "/login", username=name, notice=_CONFIRMED)


def _page(
    visit: Visit,
    known: Mapping[str, str],
    *,
    by_link: bool = False,
    error: str | None = None,
    notice: str | None = None,
) -> Response:
    """`known`: what the page before told, or the form that was posted."""
    form = visit.form(PATH, error=error, notice=notice, session=known.get("session", ""))
    text = pages.render_confirm(
        form,
        username=known.get("username", "").strip(),
        username_label=naming.label_at_sign_in(visit.asked.pool),
        destination=known.get("destination", ""),
        by_link=by_link,
        resend_action=visit.action(RESEND),
        sign_in_url=visit.action("/login"),
    )
    return visit.form_page(text, form.csrf)
