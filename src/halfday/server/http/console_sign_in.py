"""`/federation`, the console's sign-in: `Action=getSigninToken` for programs, `Action=login` for the browser.

There is no console here. The page says who signed in, and which of its pages the browser would be at on AWS.
Source: IAM user guide, Enable custom identity broker access to the AWS console.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from halfday.protocol.endpoints import LOOPBACK_HOSTS
from halfday.protocol.errors import OAuthError
from halfday.server.domain.refusals import Refused
from halfday.server.flows.identity.console_sign_in import session_by, signin_token
from halfday.server.http.edge import note
from halfday.server.http.pages import console_page
from halfday.server.http.requests.parameters import form_of, query_of
from halfday.server.services import Services

PATH = "/federation"
_CONSOLE = re.compile(
    r"(?:[a-z0-9-]+\.)*(?:console\.aws\.amazon\.com|aws\.amazon\.com|amazonaws-us-gov\.com|amazonaws\.cn)"
)

Handler = Callable[[Request, Services], Awaitable[Response]]


def routes() -> tuple[tuple[str, str, Handler], ...]:
    return (("GET", PATH, federation), ("POST", PATH, federation))


async def federation(request: Request, services: Services) -> Response:
    """By GET with a query, or by POST with a form, which keeps the credentials out of addresses."""
    try:
        given = await form_of(request) if request.method == "POST" else query_of(request)
    except OAuthError as problem:
        return _refused(request, "HTTP Status 400 - Bad Request", str(problem.detail))
    action = given.get("Action", "")
    if action == "getSigninToken":
        return await _get_signin_token(request, services, given)
    if action == "login":
        return await _login(request, services, given)
    return _refused(request, "HTTP Status 400 - Invalid Action parameter", "neither getSigninToken nor login")


async def _get_signin_token(request: Request, services: Services, given: Mapping[str, str]) -> Response:
    note(request, operation="signin getSigninToken")
    if given.get("SessionType", "json") != "json":
        return _refused(request, "HTTP Status 400 - Invalid SessionType parameter", "another SessionType than json")
    try:
        token = await signin_token(services, given.get("Session", ""), given.get("SessionDuration"))
    except Refused as refused:
        return _refused(request, refused.sentence, refused.detail or refused.sentence)
    return JSONResponse({"SigninToken": token})


async def _login(request: Request, services: Services, given: Mapping[str, str]) -> Response:
    note(request, operation="signin login")
    destination, issuer = given.get("Destination", ""), _link_to(given.get("Issuer", ""))
    session = await session_by(services, given.get("SigninToken", ""))
    if session is None or not _is_console(destination):
        why = "the sign-in token is none, or too old" if session is None else "the destination is no console's page"
        note(request, why=why)
        return console_page.not_signed_in(request, issuer=issuer, token_is_good=session is not None)
    note(request, caller=session.caller.kind)
    until = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(session.ends_at))
    caller = session.caller
    return console_page.signed_in(request, arn=caller.arn, account=caller.account, until=until, destination=destination)


def _refused(request: Request, sentence: str, why: str) -> Response:
    note(request, why=why)
    return PlainTextResponse(sentence, 400)


def _is_console(destination: str) -> bool:
    """Whether it is an https page of the console, of any partition."""
    parts = _parts(destination)
    return parts is not None and parts[0] == "https" and _CONSOLE.fullmatch(parts[1]) is not None


def _link_to(issuer: str) -> str | None:
    """The broker's own page, which AWS's links back to; None where Issuer is no address that a page may link to."""
    parts = _parts(issuer)
    if parts is None or not (parts[0] == "https" or (parts[0] == "http" and parts[1] in LOOPBACK_HOSTS)):
        return None
    return issuer


def _parts(url: str) -> tuple[str, str] | None:
    """(scheme, host); None for what is no URL with a host, or has a name or control characters before it."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for what is no port
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or "\\" in url or any(char <= " " for char in url):
        return None
    return parts.scheme, parts.hostname
