"""The pages of a sign-in that begins by a choice (USER_AUTH): which first factor, and a password if that is chosen."""

from __future__ import annotations

from starlette.responses import Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.challenge_records import FirstFactorChoice
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.flows.sign_in import challenges, first_factors
from halfday.server.flows.sign_in.challenges import OpenChallenge
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome
from halfday.server.flows.users import find_user
from halfday.server.http.edge import note
from halfday.server.http.pages import ways_on
from halfday.server.http.pages.forms import STALE_FORM, Posted, Visit

PATH = "/login/choice"
PASSWORD = "/login/password"

_LABELS = {
    Challenge.WEB_AUTHN: "Passkey",
    Challenge.EMAIL_OTP: "Code by email",
    Challenge.SMS_OTP: "Code by text message",
    Challenge.PASSWORD: "Password",
}
"""What these pages can ask for. PASSWORD_SRP is a program's way of showing a password."""


def is_offered(visit: Visit) -> bool:
    """Whether people may begin by something else than a password here."""
    asked = visit.asked
    may_choose = visit.brand.offers_choice and asked.client.allows_flow("ALLOW_USER_AUTH")
    return visit.is_native and may_choose and {"PASSWORD"} != {*asked.pool.first_factors}


async def begin(visit: Visit, name: str) -> Outcome:
    """The choice of first factors, also where there is one: nothing is sent for a name alone, and the work is the same
    for whoever has that name. Raises Refused.
    """
    if not is_offered(visit):
        raise Refusal.WRONG.because("this client, pool or domain takes passwords alone")
    await first_factors.announce(visit.services, visit.sign_in, name)
    user = await find_user(visit.services, visit.asked.pool, name)
    return await first_factors.offer(visit.services, visit.sign_in, user, name)


async def show_choice(visit: Visit, challenged: Challenged, typed: str) -> Response:
    session = challenged.session or ""
    opened = await challenges.open_session(visit.services, visit.sign_in, session, Challenge.SELECT_CHALLENGE)
    return _choice_page(visit, opened, session)


async def take_choice(posted: Posted) -> Response | tuple[Outcome, str]:
    visit, chosen = posted.visit, posted.form.get("factor", "")
    opened = await challenges.open_session(visit.services, visit.sign_in, posted.session, Challenge.SELECT_CHALLENGE)
    if not posted.is_ours:
        return _choice_page(visit, opened, posted.session, error=STALE_FORM)
    if chosen not in opened.kept(FirstFactorChoice).available or chosen not in _LABELS:
        raise Refusal.INVALID_SESSION.because("the form's factor is none that was offered")
    try:
        return await first_factors.take_choice(visit.services, opened, Challenge(chosen)), _name(opened)
    except Refused as refused:
        if refused.code != "LimitExceededException":
            raise
        note(visit.request, why=refused.detail)
        return _choice_page(visit, opened, posted.session, error=refused.sentence)


async def show_password(visit: Visit, challenged: Challenged, typed: str) -> Response:
    return _password_page(visit, typed, challenged.session or "")


async def take_password(posted: Posted) -> Response | tuple[Outcome, str]:
    """A wrong password leaves the session for another try, as far as the lock-out lets it."""
    visit = posted.visit
    opened = await challenges.open_session(visit.services, visit.sign_in, posted.session, Challenge.PASSWORD)
    name = _name(opened)
    if not posted.is_ours:
        return _password_page(visit, name, posted.session, error=STALE_FORM)
    try:
        password = posted.form.get("password", "")
        return await first_factors.take_password(visit.services, opened, name, password), name
    except Refused as refused:
        if further := await ways_on.after(visit, refused, opened.user, name):
            return further
        if not refused.is_one_of(Refusal.WRONG):
            raise
        note(visit.request, why=refused.detail)
        return _password_page(visit, name, posted.session, error=refused.sentence)


def _name(opened: OpenChallenge) -> str:
    """What the person called themselves when they began."""
    return opened.begun.name or opened.pending.username


def _choice_page(visit: Visit, opened: OpenChallenge, session: str, *, error: str | None = None) -> Response:
    """Nothing is told of the person: nobody has proven yet to be them."""
    form = visit.form(PATH, error=error, session=session)
    available = opened.kept(FirstFactorChoice).available
    text = pages.render_choice(
        form,
        title="How do you want to sign in?",
        lead=pages.Sentence("as {username}", username=_name(opened)),
        name="factor",
        choices=[pages.Choice(factor, label) for factor, label in _LABELS.items() if factor in available],
        sign_in_url=visit.action("/login"),
    )
    return visit.form_page(text, form.csrf)


def _password_page(visit: Visit, name: str, session: str, *, error: str | None = None) -> Response:
    form = visit.form(PASSWORD, error=error, session=session)
    text = pages.render_password(form, username=name, sign_in_url=visit.action("/login"))
    return visit.form_page(text, form.csrf)
