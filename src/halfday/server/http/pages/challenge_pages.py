"""What the hosted pages ask after a password: a password of one's own, and the code of a second factor."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from halfday.protocol.errors import OAuthError
from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.domain.user_pools.password_policy import PasswordPolicy
from halfday.server.flows.sign_in import challenges, sign_in
from halfday.server.flows.sign_in.challenges import OpenChallenge, SignIn
from halfday.server.flows.sign_in.new_password import take_new_password
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, Passed, missing_attributes
from halfday.server.http import cookies, csrf
from halfday.server.http.edge import note
from halfday.server.http.oauth import checked, complete, refusal
from halfday.server.http.parameters import form_of, query_of
from halfday.server.http.request_contexts import context_of
from halfday.server.oauth.checks import CheckedRequest
from halfday.server.services import Services
from halfday.server.storage.errors import Taken

NEW_PASSWORD_PATH = "/newPassword"
CODE_PATH = "/mfa"
STALE_FORM = "This page was open for too long. Please try again."
_CODES = (Challenge.SMS_MFA, Challenge.EMAIL_OTP, Challenge.SOFTWARE_TOKEN_MFA)
_MAY_TRY_AGAIN = (Refusal.WRONG_CODE, Refusal.WRONG_TOTP, Refusal.USED_TOTP)


async def follow(
    request: Request, services: Services, asked: CheckedRequest, outcome: Outcome, *, typed: str
) -> Response:
    """The page of what stands next, or the way back to the app. `typed`: whom the person says they are.

    Raises Refused for what these pages cannot ask yet.
    """
    if isinstance(outcome, Passed):
        return await complete(request, services, asked, outcome.user)
    if outcome.name is Challenge.NEW_PASSWORD_REQUIRED:
        under_way, session = under_way_on_pages(request, asked), outcome.session or ""
        opened = await challenges.open_session(services, under_way, session, outcome.name)
        return _new_password_page(request, services, asked, opened, session, typed=typed)
    if outcome.name in _CODES:
        return _code_page(request, services, asked, outcome)
    raise Refusal.PAGES_CANNOT.because(f"there is no page for {outcome.name} yet: sign in over the API")


async def post_new_password(request: Request, services: Services) -> Response:
    """The session stands for the password that was right; it is used up only when the new one is good."""
    try:
        asked, form = await checked(request, services, query_of(request)), await form_of(request)
    except OAuthError as refused:
        return refusal(request, refused)
    session, username = form.get("session", ""), form.get("username", "")
    under_way = under_way_on_pages(request, asked)
    try:
        opened = await challenges.open_session(services, under_way, session, Challenge.NEW_PASSWORD_REQUIRED)
        if not csrf.form_holds(request, services, asked, form, session=session):
            return _new_password_page(request, services, asked, opened, session, typed=username, error=STALE_FORM)
        if (objection := _objection(asked.pool.password_policy, form)) is not None:
            return _new_password_page(request, services, asked, opened, session, typed=username, error=objection)
        try:
            outcome = await take_new_password(services, opened, form["new_password"], _attributes(form))
        except Refused as refused:
            if refused.is_one_of(*Refusal):
                raise
            return _new_password_page(request, services, asked, opened, session, typed=username, error=refused.sentence)
        except Taken:
            error = "Somebody else uses this address already."
            return _new_password_page(request, services, asked, opened, session, typed=username, error=error)
        return await follow(request, services, asked, outcome, typed=username)
    except Refused as refused:
        return back_to_sign_in(request, asked, refused)


async def post_code(request: Request, services: Services) -> Response:
    """A wrong code leaves the session for another try."""
    try:
        asked, form = await checked(request, services, query_of(request)), await form_of(request)
    except OAuthError as refused:
        return refusal(request, refused)
    session, name = form.get("session", ""), form.get("challenge", "")
    try:
        if name not in _CODES:
            raise Refusal.INVALID_SESSION.because("the form's challenge is none that is answered by a code")
        challenge = Challenge(name)
        under_way = under_way_on_pages(request, asked)
        opened = await challenges.open_session(services, under_way, session, challenge)
        outcome = Challenged(challenge, session, {"CODE_DELIVERY_DESTINATION": form.get("destination", "")})
        if not csrf.form_holds(request, services, asked, form, session=session):
            return _code_page(request, services, asked, outcome, error=STALE_FORM)
        try:
            following = await sign_in.take_code(
                services, opened, challenge, form.get("authentication_code", "").strip()
            )
        except Refused as refused:
            if not refused.is_one_of(*_MAY_TRY_AGAIN):
                raise
            note(request, why=refused.detail)
            return _code_page(request, services, asked, outcome, error=refused.sentence)
        return await follow(request, services, asked, following, typed=opened.the_user.username)
    except Refused as refused:
        return back_to_sign_in(request, asked, refused)


def under_way_on_pages(request: Request, asked: CheckedRequest) -> SignIn:
    return SignIn(asked.pool, asked.client, context=context_of(request, asked.client), on_pages=True)


def back_to_sign_in(request: Request, asked: CheckedRequest, refused: Refused) -> Response:
    """The sign-in is over: from the beginning again, and the page says why."""
    note(request, why=refused.detail)
    text = pages.render_error(
        error=None,
        message=refused.sentence,
        advice=f"Sign in to {asked.client.name} again.",
        back_href=f"/login?{request.url.query}",
        back_label="Back to sign-in",
    )
    return HTMLResponse(text, 400, headers=dict(pages.SECURITY_HEADERS))


def page(request: Request, text: str, token: str) -> Response:
    response = HTMLResponse(text, headers=dict(pages.SECURITY_HEADERS))
    cookies.set_xsrf(request, response, token)
    return response


def _new_password_page(
    request: Request,
    services: Services,
    asked: CheckedRequest,
    opened: OpenChallenge,
    session: str,
    *,
    typed: str,
    error: str | None = None,
) -> Response:
    """For whom, in the name that was typed: in a pool of addresses the username is a UUID, which tells nobody."""
    token = csrf.form_token(request, services, asked, NEW_PASSWORD_PATH, session=session)
    missing = missing_attributes(asked.pool, opened.the_user)
    text = pages.render_new_password(
        action=f"{NEW_PASSWORD_PATH}?{request.url.query}",
        csrf=token,
        client_name=asked.client.name,
        username=typed,
        session=session,
        rules=_rules(asked.pool.password_policy),
        attributes=[pages.RequiredAttribute(name, _label(name)) for name in missing],
        error=error,
    )
    return page(request, text, token)


def _code_page(
    request: Request,
    services: Services,
    asked: CheckedRequest,
    challenged: Challenged,
    *,
    error: str | None = None,
) -> Response:
    token = csrf.form_token(request, services, asked, CODE_PATH, session=challenged.session or "")
    text = pages.render_code(
        action=f"{CODE_PATH}?{request.url.query}",
        csrf=token,
        client_name=asked.client.name,
        session=challenged.session or "",
        challenge=challenged.name,
        destination=challenged.parameters.get("CODE_DELIVERY_DESTINATION", ""),
        device_name=challenged.parameters.get("FRIENDLY_DEVICE_NAME", ""),
        error=error,
    )
    return page(request, text, token)


def _attributes(form: dict[str, str]) -> dict[str, str]:
    prefix = "userAttributes."
    return {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix)}


def _label(name: str) -> str:
    return name.removeprefix("custom:").replace("_", " ").capitalize()


def _objection(policy: PasswordPolicy, form: dict[str, str]) -> str | None:
    if form.get("new_password", "") != form.get("confirm_password", ""):
        return "The two passwords differ."
    reason = policy.objection_to(form.get("new_password", ""))
    return f"Password does not conform to policy: {reason}" if reason else None


def _rules(policy: PasswordPolicy) -> list[str]:
    rules = [
        (True, f"at least {policy.minimum_length} characters"),
        (policy.require_uppercase, "an upper-case letter"),
        (policy.require_lowercase, "a lower-case letter"),
        (policy.require_numbers, "a number"),
        (policy.require_symbols, "a symbol"),
    ]
    return [text for holds, text in rules if holds]
