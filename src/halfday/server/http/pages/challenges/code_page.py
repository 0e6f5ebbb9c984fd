"""The page that asks for a code: sent by SMS or e-mail, or shown by an app; of a first factor or of a second."""

from __future__ import annotations

from starlette.responses import Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.challenge_records import OneTimeCode
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.flows.sign_in import challenges, first_factors, one_time_codes, sign_in
from halfday.server.flows.sign_in.challenges import OpenChallenge
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome
from halfday.server.http.edge import note
from halfday.server.http.pages import ways_on
from halfday.server.http.pages.forms import STALE_FORM, Posted, Visit

PATH = "/mfa"
CHALLENGES = (Challenge.SMS_MFA, Challenge.EMAIL_OTP, Challenge.SMS_OTP, Challenge.SOFTWARE_TOKEN_MFA)

_MAY_TRY_AGAIN = (Refusal.WRONG_CODE, Refusal.WRONG_TOTP, Refusal.USED_TOTP)
_TITLES = {Challenge.SOFTWARE_TOKEN_MFA: "Enter the code of your app"}
_SENT_AGAIN = "We sent a new code. The one before is not valid any more."


async def show(visit: Visit, challenged: Challenged, typed: str) -> Response:
    return _page(visit, challenged)


async def take(posted: Posted) -> Response | tuple[Outcome, str]:
    """A wrong code leaves the session for another try."""
    visit, name = posted.visit, posted.form.get("challenge", "")
    if name not in CHALLENGES:
        raise Refusal.INVALID_SESSION.because("the form's challenge is none that is answered by a code")
    challenge = Challenge(name)
    opened = await challenges.open_session(visit.services, visit.sign_in, posted.session, challenge)
    destination = {"CODE_DELIVERY_DESTINATION": posted.form.get("destination", "")}
    challenged = Challenged(challenge, posted.session, destination)
    if not posted.is_ours:
        return _page(visit, challenged, error=STALE_FORM)
    try:
        if "resend" in posted.form:
            return await _send_again(visit, opened, challenge)
        outcome = await _checked(visit, opened, challenge, posted.form.get("authentication_code", "").strip())
    except Refused as refused:
        if further := await ways_on.after(visit, refused, opened.user, opened.begun.name or opened.pending.username):
            return further
        if not (refused.is_one_of(*_MAY_TRY_AGAIN) or refused.code == "LimitExceededException"):
            raise
        note(visit.request, why=refused.detail)
        return _page(visit, challenged, error=refused.sentence)
    return outcome, opened.begun.name or opened.the_user.username


async def _checked(visit: Visit, opened: OpenChallenge, challenge: Challenge, code: str) -> Outcome:
    """Raises Refused."""
    if isinstance(opened.record, OneTimeCode) and opened.record.first:
        return await first_factors.take_first_code(visit.services, opened, code)
    return await sign_in.take_code(visit.services, opened, challenge, code)


async def _send_again(visit: Visit, opened: OpenChallenge, challenge: Challenge) -> Response:
    """Raises Refused."""
    session, parameters = await one_time_codes.send_again(visit.services, opened, challenge)
    return _page(visit, Challenged(challenge, session, parameters), notice=_SENT_AGAIN)


def _page(visit: Visit, challenged: Challenged, *, error: str | None = None, notice: str | None = None) -> Response:
    form = visit.form(PATH, error=error, notice=notice, session=challenged.session or "")
    text = pages.render_code(
        form,
        title=_TITLES.get(challenged.name, "Enter your code"),
        challenge=challenged.name,
        destination=challenged.parameters.get("CODE_DELIVERY_DESTINATION", ""),
        device_name=challenged.parameters.get("FRIENDLY_DEVICE_NAME", ""),
        label="Code",
        sign_in_url=visit.action("/login"),
    )
    return visit.form_page(text, form.csrf)
