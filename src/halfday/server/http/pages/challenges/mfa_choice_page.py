"""The page on which somebody with several second factors says which one they show."""

from __future__ import annotations

from starlette.responses import Response

from halfday.server import pages
from halfday.server.domain.sign_in.challenge_records import MfaChoice
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.domain.user_pools.pools import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA
from halfday.server.domain.users.confirmation import masked
from halfday.server.domain.users.users import User
from halfday.server.flows.sign_in import challenges, sign_in
from halfday.server.flows.sign_in.challenges import OpenChallenge
from halfday.server.flows.sign_in.one_time_codes import ATTRIBUTE_OF
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome
from halfday.server.http.pages.forms import STALE_FORM, Posted, Visit

PATH = "/mfa/choice"

_LABELS = {SMS_MFA: "Text message", EMAIL_OTP: "Email"}
_CHALLENGE = Challenge.SELECT_MFA_TYPE


async def show(visit: Visit, challenged: Challenged, typed: str) -> Response:
    session = challenged.session or ""
    return _page(visit, await challenges.open_session(visit.services, visit.sign_in, session, _CHALLENGE), session)


async def take(posted: Posted) -> Response | tuple[Outcome, str]:
    visit = posted.visit
    opened = await challenges.open_session(visit.services, visit.sign_in, posted.session, _CHALLENGE)
    if not posted.is_ours:
        return _page(visit, opened, posted.session, error=STALE_FORM)
    started = await sign_in.take_mfa_choice(visit.services, opened, posted.form.get("factor", ""))
    if started is None:
        raise Refusal.INVALID_SESSION.because("the form's factor is none that was offered")
    return started, opened.the_user.username


def _page(visit: Visit, opened: OpenChallenge, session: str, *, error: str | None = None) -> Response:
    form = visit.form(PATH, error=error, session=session)
    factors = opened.kept(MfaChoice).factors
    text = pages.render_choice(
        form,
        title="How do you want to show that it is you?",
        lead="Your password was right. One more thing is asked of you.",
        name="factor",
        choices=[_choice(factor, opened.the_user) for factor in factors],
        sign_in_url=visit.action("/login"),
    )
    return visit.form_page(text, form.csrf)


def _choice(factor: str, user: User) -> pages.Choice:
    if factor == SOFTWARE_TOKEN_MFA:
        return pages.Choice(factor, "Authenticator app")
    attribute = ATTRIBUTE_OF[Challenge(factor)]
    return pages.Choice(factor, _LABELS[factor], masked(attribute, user.attributes[attribute]))
