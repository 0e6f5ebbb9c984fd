"""The two pages of a forgotten password: a code is asked for, and sets a new password, with which one signs in."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused, not_authorized
from halfday.server.flows.account import recovery
from halfday.server.http.edge import note
from halfday.server.http.pages import handover, naming
from halfday.server.http.pages.authorize_requests import Handler, for_browsers
from halfday.server.http.pages.forms import STALE_FORM, Posted, Visit, posted_of, visit_of
from halfday.server.http.pages.passwords import objection_to, rules_of
from halfday.server.http.pages.ways_on import NEW_PASSWORD
from halfday.server.services import Services

PATH = "/forgotPassword"
CONFIRM = NEW_PASSWORD
RESET = "/resetPassword"
"""Where AWS sends people whose password was reset by an administrator (facts/oauth.md §2). Here it is CONFIRM."""

_CHANGED = "Your password has been changed. Sign in with it."


@for_browsers
async def get_forgot(request: Request, services: Services) -> Response:
    visit = await visit_of(request, services)
    closed = _closed(visit)
    return visit.back_to_sign_in(closed) if closed else _ask_page(visit, visit.asked.parameters.get("login_hint", ""))


@for_browsers
async def post_forgot(request: Request, services: Services) -> Response:
    """Sent by its own form, and by a button of the next page for another code."""
    posted = await posted_of(request, services)
    visit, form, asked = posted.visit, posted.form, posted.visit.asked
    if closed := _closed(visit):
        return visit.back_to_sign_in(closed)
    if not (posted.is_ours or posted.is_ours_of(CONFIRM)):
        return _ask_page(visit, form.get("username", ""), error=STALE_FORM)
    try:
        name = naming.typed_name(asked.pool, form)
        sent = await recovery.begin(services, asked.pool, asked.client, name, visit.sign_in.context)
    except Refused as refused:
        note(request, why=refused.detail)
        return _ask_page(visit, form.get("username", ""), error=refused.sentence)
    return handover.go_on(visit, CONFIRM, username=name, destination=sent.destination)


@for_browsers
async def get_confirm(request: Request, services: Services) -> Response:
    visit = await visit_of(request, services)
    if closed := _closed(visit):
        return visit.back_to_sign_in(closed)
    told = handover.told(visit, CONFIRM)
    return _set_page(visit, told, notice=told.get("notice"))


@for_browsers
async def post_confirm(request: Request, services: Services) -> Response:
    posted = await posted_of(request, services)
    visit, form = posted.visit, posted.form
    if closed := _closed(visit):
        return visit.back_to_sign_in(closed)
    if not posted.is_ours:
        return _set_page(visit, form, error=STALE_FORM)
    typed, again = form.get("password", ""), form.get("confirm_password", "")
    if objection := objection_to(visit.asked.pool.password_policy, typed, again):
        return _set_page(visit, form, error=objection)
    try:
        name = await _set(posted)
    except Refused as refused:
        note(request, why=refused.detail)
        return _set_page(visit, form, error=refused.sentence)
    return handover.go_on(visit, "/login", username=name, notice=_CHANGED)


@for_browsers
async def get_reset(request: Request, services: Services) -> Response:
    visit = await visit_of(request, services)
    return RedirectResponse(visit.action(CONFIRM), 302)


def routes() -> list[tuple[str, str, Handler]]:
    return [
        ("GET", PATH, get_forgot),
        ("POST", PATH, post_forgot),
        ("GET", CONFIRM, get_confirm),
        ("POST", CONFIRM, post_confirm),
        ("GET", RESET, get_reset),
    ]


def is_open(visit: Visit) -> bool:
    """Whether people may set a new password by themselves here."""
    return _closed(visit) is None


def _closed(visit: Visit) -> Refused | None:
    if visit.is_native and recovery.may_recover(visit.asked.pool):
        return None
    return not_authorized("Contact administrator to reset password.")


async def _set(posted: Posted) -> str:
    """Whose password is new now. Raises Refused."""
    asked, form = posted.visit.asked, posted.form
    name, code = naming.typed_name(asked.pool, form), form.get("code", "").strip()
    await recovery.finish(
        posted.visit.services, asked.pool, asked.client, name, code, form["password"], posted.visit.sign_in.context
    )
    return name


def _ask_page(visit: Visit, name: str, *, error: str | None = None) -> Response:
    form = visit.form(PATH, error=error)
    text = pages.render_forgot_password(
        form,
        username=name,
        username_label=naming.label_at_sign_in(visit.asked.pool),
        sign_in_url=visit.action("/login"),
    )
    return visit.form_page(text, form.csrf)


def _set_page(
    visit: Visit, known: Mapping[str, str], *, error: str | None = None, notice: str | None = None
) -> Response:
    form = visit.form(CONFIRM, error=error, notice=notice)
    text = pages.render_confirm_forgot_password(
        form,
        username=known.get("username", "").strip(),
        username_label=naming.label_at_sign_in(visit.asked.pool),
        destination=known.get("destination", ""),
        rules=rules_of(visit.asked.pool.password_policy),
        resend_action=visit.action(PATH),
        sign_in_url=visit.action("/login"),
    )
    return visit.form_page(text, form.csrf)
