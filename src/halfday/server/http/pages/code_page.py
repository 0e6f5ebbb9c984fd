"""The page that asks for the code of a second factor: sent by SMS or e-mail, or shown by an app."""

from __future__ import annotations

from starlette.responses import Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.flows.sign_in import challenges, sign_in
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome
from halfday.server.http.edge import note
from halfday.server.http.pages.forms import STALE_FORM, Posted, Visit

PATH = "/mfa"
CHALLENGES = (Challenge.SMS_MFA, Challenge.EMAIL_OTP, Challenge.SOFTWARE_TOKEN_MFA)

_MAY_TRY_AGAIN = (Refusal.WRONG_CODE, Refusal.WRONG_TOTP, Refusal.USED_TOTP)


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
    code = posted.form.get("authentication_code", "").strip()
    try:
        outcome = await sign_in.take_code(visit.services, opened, challenge, code)
    except Refused as refused:
        if not refused.is_one_of(*_MAY_TRY_AGAIN):
            raise
        note(visit.request, why=refused.detail)
        return _page(visit, challenged, error=refused.sentence)
    return outcome, opened.the_user.username


def _page(visit: Visit, challenged: Challenged, *, error: str | None = None) -> Response:
    session = challenged.session or ""
    token = visit.form_token(PATH, session)
    text = pages.render_code(
        action=visit.action(PATH),
        csrf=token,
        client_name=visit.asked.client.name,
        session=session,
        challenge=challenged.name,
        destination=challenged.parameters.get("CODE_DELIVERY_DESTINATION", ""),
        device_name=challenged.parameters.get("FRIENDLY_DEVICE_NAME", ""),
        error=error,
    )
    return visit.form_page(text, token)
