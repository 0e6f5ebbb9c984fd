"""The pages on which a second factor is set up in the middle of a sign-in: an app, or an address that codes go to.

Where the pool takes several, which one is asked first. What AWS asks for text messages there is [inferred]: its API has
no way to set them up.
"""

from __future__ import annotations

from starlette.responses import Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import Challenge, Refusal, can_set_up
from halfday.server.domain.user_pools.pools import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA
from halfday.server.flows.factors import software_tokens
from halfday.server.flows.sign_in import challenges, mfa_setup
from halfday.server.flows.sign_in.challenges import OpenChallenge
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome
from halfday.server.http.edge import note
from halfday.server.http.pages.attribute_fields import field
from halfday.server.http.pages.forms import STALE_FORM, Posted, Visit
from halfday.server.http.pages.naming import app_account

PATH = "/mfa/setup"

_CHALLENGE = Challenge.MFA_SETUP
_ADDRESSES = {EMAIL_OTP: "email", SMS_MFA: "phone_number"}
_LABELS = {SOFTWARE_TOKEN_MFA: "Authenticator app", EMAIL_OTP: "Email", SMS_MFA: "Text message"}


async def show(visit: Visit, challenged: Challenged, typed: str) -> Response:
    """The one factor that can be set up, or which one."""
    session, factors = challenged.session or "", can_set_up(visit.asked.pool)
    if len(factors) > 1:
        return _choice_page(visit, session)
    return await _begin(visit, await _open(visit, session), session, factors[0])


async def take(posted: Posted) -> Response | tuple[Outcome, str]:
    """What is typed wrong may be typed again; the session stands until the factor is set up."""
    visit, form = posted.visit, posted.form
    opened = await _open(visit, posted.session)
    factor = form.get("factor") or form.get("setting_up", "")
    if factor and factor not in can_set_up(visit.asked.pool):
        raise Refusal.INVALID_SESSION.because("the form's factor is none that can be set up here")
    if not factor or "another" in form:
        return _choice_page(visit, posted.session)
    if "factor" in form and posted.is_ours:
        return await _begin(visit, opened, posted.session, factor)
    error = None if posted.is_ours else STALE_FORM
    try:
        if error is None:
            return await _set_up(posted, opened, factor), opened.the_user.username
    except Refused as refused:
        if refused.is_one_of(*Refusal):
            raise
        note(visit.request, why=refused.detail)
        error = refused.sentence
    return await _again(posted, opened, factor, error)


async def _open(visit: Visit, session: str) -> OpenChallenge:
    return await challenges.open_session(visit.services, visit.sign_in, session, _CHALLENGE)


async def _begin(visit: Visit, opened: OpenChallenge, session: str, factor: str) -> Response:
    """Raises Refused."""
    if factor == SOFTWARE_TOKEN_MFA:
        secret, session = await mfa_setup.associate_in(visit.services, opened)
        return _app_page(visit, opened, session, secret)
    return _address_page(visit, session, factor)


async def _set_up(posted: Posted, opened: OpenChallenge, factor: str) -> Outcome:
    """Raises Refused."""
    services, form = posted.visit.services, posted.form
    if factor != SOFTWARE_TOKEN_MFA:
        address = form.get(_ADDRESSES[factor], "").strip()
        return await mfa_setup.take_address(services, opened, Challenge(factor), address)
    code = form.get("authentication_code", "").strip()
    session = await mfa_setup.verify_in(services, opened, code, device_name=None)
    return await mfa_setup.take_setup(services, await _open(posted.visit, session), email=None)


async def _again(posted: Posted, opened: OpenChallenge, factor: str, error: str | None) -> Response:
    """The same page once more, with the same secret."""
    visit = posted.visit
    if factor != SOFTWARE_TOKEN_MFA:
        value = posted.form.get(_ADDRESSES[factor], "")
        return _address_page(visit, posted.session, factor, value=value, error=error)
    secret = await software_tokens.waiting_secret(visit.services, visit.asked.pool, opened.the_user)
    return _app_page(visit, opened, posted.session, secret, error=error)


def _choice_page(visit: Visit, session: str) -> Response:
    form = visit.form(PATH, session=session)
    text = pages.render_choice(
        form,
        title="Set up a second factor",
        lead="This account asks for more than a password. Choose what you want to show beside it from now on.",
        name="factor",
        choices=[pages.Choice(factor, _LABELS[factor]) for factor in can_set_up(visit.asked.pool)],
        sign_in_url=visit.action("/login"),
    )
    return visit.form_page(text, form.csrf)


def _app_page(visit: Visit, opened: OpenChallenge, session: str, secret: str, *, error: str | None = None) -> Response:
    form = visit.form(PATH, error=error, session=session)
    text = pages.render_app_setup(
        form,
        secret=secret,
        issuer=visit.asked.pool.name,
        account=app_account(opened.the_user),
        others=len(can_set_up(visit.asked.pool)) > 1,
        setting_up=SOFTWARE_TOKEN_MFA,
        sign_in_url=visit.action("/login"),
    )
    return visit.form_page(text, form.csrf)


def _address_page(visit: Visit, session: str, factor: str, *, value: str = "", error: str | None = None) -> Response:
    form, asked = visit.form(PATH, error=error, session=session), field(_ADDRESSES[factor])
    text = pages.render_address_setup(
        form,
        asked,
        value=value,
        others=len(can_set_up(visit.asked.pool)) > 1,
        setting_up=factor,
        sign_in_url=visit.action("/login"),
    )
    return visit.form_page(text, form.csrf)
