"""The page on which somebody signs up: their name, a password, and the attributes that the pool requires."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused, not_authorized
from halfday.server.domain.users.users import UserStatus
from halfday.server.flows.sign_in import from_sign_up
from halfday.server.flows.sign_in.from_sign_up import SignedUp
from halfday.server.http.edge import note
from halfday.server.http.pages import attribute_fields, handover, naming
from halfday.server.http.pages.accounts import confirm_page, terms
from halfday.server.http.pages.authorize_requests import Handler, for_browsers
from halfday.server.http.pages.forms import STALE_FORM, Posted, Visit, posted_of, visit_of
from halfday.server.http.pages.passwords import rules_of
from halfday.server.http.pages.ways_on import to_confirm
from halfday.server.services import Services

PATH = "/signup"

_WAITS = "Your account has been created. An administrator has to confirm it before you can sign in."


@for_browsers
async def get_sign_up(request: Request, services: Services) -> Response:
    visit = await visit_of(request, services)
    closed = _closed(visit)
    return visit.back_to_sign_in(closed) if closed else await _page(visit, {})


@for_browsers
async def post_sign_up(request: Request, services: Services) -> Response:
    posted = await posted_of(request, services)
    visit, form = posted.visit, posted.form
    if closed := _closed(visit):
        return visit.back_to_sign_in(closed)
    if not posted.is_ours:
        return await _page(visit, form, error=STALE_FORM)
    try:
        made = await _sign_up(posted)
    except Refused as refused:
        note(request, why=refused.detail)
        return await _page(visit, form, error=refused.sentence)
    return await _go_on(visit, form["username"].strip(), made)


def routes() -> list[tuple[str, str, Handler]]:
    return [("GET", PATH, get_sign_up), ("POST", PATH, post_sign_up)]


def is_open(visit: Visit) -> bool:
    """Whether people may sign up by themselves here."""
    return _closed(visit) is None


def _closed(visit: Visit) -> Refused | None:
    if visit.is_native and not visit.asked.pool.admin_create_user_only:
        return None
    return not_authorized("SignUp is not permitted for this user pool")


async def _sign_up(posted: Posted) -> SignedUp:
    """Raises Refused."""
    visit, form = posted.visit, posted.form
    pool, client = visit.asked.pool, visit.asked.client
    name = naming.typed_name(pool, form)
    attributes = attribute_fields.given_at_sign_up(pool, client, form)
    attribute_fields.check_reachable(pool, name, attributes)
    password = form.get("password") or (None if pool.passwordless else "")
    return await from_sign_up.sign_up(visit.services, visit.sign_in, name, password, attributes)


async def _go_on(visit: Visit, name: str, made: SignedUp) -> Response:
    note(visit.request, user=made.user.sub)
    if made.user.status is UserStatus.CONFIRMED and made.session is not None:
        return await confirm_page.signed_in(visit, name, made.session)
    if made.delivery is None:
        return handover.go_on(visit, "/login", username=name, notice=_WAITS)
    return to_confirm(visit, name, made.session, made.delivery)


async def _page(visit: Visit, given: Mapping[str, str], *, error: str | None = None) -> Response:
    """What was typed is kept, but for the password."""
    pool, client = visit.asked.pool, visit.asked.client
    form = visit.form(PATH, error=error)
    text = pages.render_sign_up(
        form,
        username_label=naming.label_at_sign_up(pool),
        username_kind=naming.kind_at_sign_up(pool),
        username=given.get("username", ""),
        attributes=attribute_fields.at_sign_up(pool, client, attribute_fields.posted(given)),
        with_password="PASSWORD" in pool.first_factors,
        password_optional=pool.passwordless,
        rules=rules_of(pool.password_policy),
        sign_in_url=visit.action("/login"),
        terms=await terms.links_of(visit),
    )
    return visit.form_page(text, form.csrf)
