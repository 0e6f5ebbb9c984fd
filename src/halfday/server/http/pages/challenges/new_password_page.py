"""The page that asks for a password of one's own, and for attributes that the pool requires and the person lacks."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.flows.sign_in import challenges
from halfday.server.flows.sign_in.challenges import OpenChallenge
from halfday.server.flows.sign_in.new_password import take_new_password
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, missing_attributes
from halfday.server.http.pages import attribute_fields
from halfday.server.http.pages.forms import STALE_FORM, Posted, Visit
from halfday.server.http.pages.passwords import objection_to, rules_of
from halfday.server.storage.errors import Taken

PATH = "/newPassword"

_CHALLENGE = Challenge.NEW_PASSWORD_REQUIRED


async def show(visit: Visit, challenged: Challenged, typed: str) -> Response:
    session = challenged.session or ""
    opened = await challenges.open_session(visit.services, visit.sign_in, session, _CHALLENGE)
    return _page(visit, opened, session, typed=typed)


async def take(posted: Posted) -> Response | tuple[Outcome, str]:
    """The session stands for the password that was right; it is used up only when the new one is good."""
    visit, form, typed = posted.visit, posted.form, posted.form.get("username", "")
    opened = await challenges.open_session(visit.services, visit.sign_in, posted.session, _CHALLENGE)
    objection = STALE_FORM if not posted.is_ours else _objection(visit, form)
    if objection is None:
        try:
            outcome = await take_new_password(visit.services, opened, form["new_password"], _attributes(form))
            return outcome, typed
        except Refused as refused:
            if refused.is_one_of(*Refusal):
                raise
            objection = refused.sentence
        except Taken:
            objection = "Somebody else uses this address already."
    return _page(visit, opened, posted.session, typed=typed, error=objection)


def _page(visit: Visit, opened: OpenChallenge, session: str, *, typed: str, error: str | None = None) -> Response:
    """For whom, in the name that was typed: in a pool of addresses the username is a UUID, which tells nobody."""
    pool, token = visit.asked.pool, visit.form_token(PATH, session)
    text = pages.render_new_password(
        action=visit.action(PATH),
        csrf=token,
        client_name=visit.asked.client.name,
        username=typed,
        session=session,
        rules=rules_of(pool.password_policy),
        attributes=[attribute_fields.field(name) for name in missing_attributes(pool, opened.the_user)],
        error=error,
        look=visit.brand.look,
        language=visit.language,
    )
    return visit.form_page(text, token)


def _objection(visit: Visit, form: Mapping[str, str]) -> str | None:
    typed, again = form.get("new_password", ""), form.get("confirm_password", "")
    return objection_to(visit.asked.pool.password_policy, typed, again)


def _attributes(form: Mapping[str, str]) -> dict[str, str]:
    prefix = "userAttributes."
    return {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix)}
