"""The page that asks for a passkey. It has a script, as browsers give passkeys to scripts only."""

from __future__ import annotations

from starlette.responses import Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.flows.sign_in import challenges, first_factors
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome
from halfday.server.http.pages import ways_on
from halfday.server.http.pages.forms import STALE_FORM, Posted, Visit

PATH = "/login/passkey"

_CHALLENGE = Challenge.WEB_AUTHN
_NONE = "No passkey was sent: it needs JavaScript."


async def show(visit: Visit, challenged: Challenged, typed: str) -> Response:
    return _page(visit, challenged.parameters.get("CREDENTIAL_REQUEST_OPTIONS", "{}"), challenged.session or "")


async def take(posted: Posted) -> Response | tuple[Outcome, str]:
    """A passkey that is refused ends the sign-in: the browser has shown what it has."""
    visit, credential = posted.visit, posted.form.get("credential", "")
    opened = await challenges.open_session(visit.services, visit.sign_in, posted.session, _CHALLENGE)
    if not posted.is_ours or not credential:
        sentence = STALE_FORM if credential else _NONE
        return visit.back_to_sign_in(Refused(Refusal.WRONG.code, sentence, "no passkey, or the form is not ours"))
    name = opened.begun.name or opened.pending.username
    try:
        return await first_factors.take_passkey(visit.services, opened, credential), name
    except Refused as refused:
        if further := await ways_on.after(visit, refused, opened.user, name):
            return further
        raise


def _page(visit: Visit, options: str, session: str) -> Response:
    form = visit.form(PATH, session=session)
    text = pages.render_passkey(form, options=options, sign_in_url=visit.action("/login"))
    response = visit.form_page(text, form.csrf)
    response.headers.update(pages.passkey_headers(visit.brand.look))
    return response
