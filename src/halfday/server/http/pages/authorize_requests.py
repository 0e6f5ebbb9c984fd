"""The authorize request that a page serves: checked each time it comes, completed by a code, or refused.

Every page of a sign-in carries the app's request in its query. Nothing of it is kept between two pages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from halfday.protocol.errors import OAuthError
from halfday.server import pages
from halfday.server import reachability as reach
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.authentication_levels import Authentication
from halfday.server.domain.sign_in.codes_and_sessions import BrowserSession
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.users.users import User
from halfday.server.flows.sign_in.step_up import is_recent
from halfday.server.flows.tokens import sso_sessions
from halfday.server.http import cookies
from halfday.server.http.edge import note
from halfday.server.http.pages import error_facts
from halfday.server.http.pages.brands import PagesUnavailable
from halfday.server.http.requests.hosts import pool_of_host
from halfday.server.http.requests.languages import language_of
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.oauth import authorize
from halfday.server.oauth.authorize import AuthorizationRefused
from halfday.server.oauth.checks import CheckedRequest
from halfday.server.services import Services
from halfday.server.storage.errors import Missing

Handler = Callable[[Request, Services], Awaitable[Response]]

_UNAVAILABLE = "Login pages unavailable. Please contact an administrator."
_UNSTYLED = (
    "The domain shows managed login (ManagedLoginVersion 2), where an app client without a style has no pages. "
    "CreateManagedLoginBranding with UseCognitoProvidedValues gives it one."
)
_FEDERATION_ERRORS = ("invalid_request", "server_error")


def for_browsers(handler: Handler) -> Handler:
    """The handler, with each OAuthError that it raises, and what has been deleted meanwhile, answered by `refusal`.

    An app client that has no pages at the domain is answered too. The language that `lang` chooses is remembered,
    whatever comes of the request.
    """

    @wraps(handler)
    async def handle(request: Request, services: Services) -> Response:
        try:
            response = await handler(request, services)
        except OAuthError as refused:
            response = refusal(request, refused)
            error_facts.keep(request, services, response, refused)
        except Missing as gone:  # the user was deleted meanwhile, or the pool
            response = refusal(request, OAuthError("invalid_request", detail=str(gone)))
        except PagesUnavailable as unstyled:
            response = _unavailable(request, services, unstyled.client)
        cookies.remember_language(request, response)
        return response

    return handle


def _unavailable(request: Request, services: Services, client: AppClient) -> Response:
    """AWS's sentence and status; and on the developer's own machine what is missing."""
    note(request, why=f"the app client {client.client_id} has no managed login style")
    advice = None if reach.of_request(services.settings, request.headers.items()).public else _UNSTYLED
    text = pages.render_error(error=None, message=_UNAVAILABLE, advice=advice, language=language_of(request))
    return HTMLResponse(text, 403, headers=dict(pages.SECURITY_HEADERS))


async def checked(request: Request, services: Services, parameters: Mapping[str, str]) -> CheckedRequest:
    """An authorize request found sound. Raises OAuthError. Of a refused one too the record names client and pool."""
    try:
        asked = await authorize.check(services, parameters, host_pool_id=await pool_of_host(request, services))
    except OAuthError:
        note_client(request, await services.store.app_clients.find(parameters.get("client_id", "")))
        raise
    note_client(request, asked.client)
    return asked


def note_client(request: Request, client: AppClient | None) -> None:
    """Puts the app client and its pool into the request's record, where there is such a client."""
    if client is not None:
        note(request, client=client.client_id, pool=client.pool_id)


def refusal(request: Request, refused: OAuthError) -> Response:
    """Redirects to the app where the refusal may travel, else to our error page, as AWS does (facts/oauth.md §1)."""
    note(request, why=refused.reason)
    if isinstance(refused, AuthorizationRefused):
        note(request, client=refused.client_id)
        return RedirectResponse(refused.location, 302)
    pairs = {"error": refused.error, "client_id": request.query_params.get("client_id", "")}
    pairs |= missing(request, "redirect_uri") if refused.error == "redirect_mismatch" else {}
    return RedirectResponse(f"{error_facts.PATH}?" + urlencode(pairs), 302)


def federation_error(refused: Refused) -> OAuthError:
    """The refusal as an OAuth error. An error of the API becomes invalid_request (facts/federation.md §6)."""
    error = refused.code if refused.code in _FEDERATION_ERRORS else "invalid_request"
    return OAuthError(error, description=refused.sentence, may_redirect=True, detail=refused.detail)


def missing(request: Request, name: str) -> dict[str, str]:
    """Tells our error page that a parameter was not sent, which is another fault than a wrong value."""
    return {} if request.query_params.get(name) else {"missing": name}


async def signed_in(request: Request, services: Services, asked: CheckedRequest) -> tuple[User, BrowserSession] | None:
    """Who is signed in to the pool in this browser: recently enough for the app (`max_age`), and still enabled."""
    session = await cookies.session_of(request, services, asked.pool, asked.client)
    if session is None or not is_recent(session.auth_time, asked.max_age_s, services.clock()):
        return None
    user = await services.store.users.find(asked.pool.pool_id, session.username)
    return (user, session) if user is not None and user.enabled else None


async def complete(
    request: Request,
    services: Services,
    asked: CheckedRequest,
    user: User,
    authentication: Authentication,
    *,
    auth_time: float | None = None,
    at_provider: tuple[str, str] = ("", ""),
) -> Response:
    """Ends a sign-in on the pages: a session for the browser in place of any it had, and the redirect with the code.

    `auth_time`: when they signed in who have stepped up now. Of somebody who was disabled, deleted or given another
    password meanwhile the app hears as of the disabled. `at_provider`: the external provider by which the user came,
    and their session there.
    """
    context = context_of(request, asked.client)
    try:
        async with services.store.unit(asked.pool.pool_id):
            await cookies.drop_session(request, services, asked.pool.pool_id)
            value, session = await sso_sessions.begin(
                services,
                asked.pool,
                asked.client,
                user,
                authentication,
                auth_time=auth_time,
                at_provider=at_provider,
            )
            location = await authorize.grant(services, asked, user, session, context, by_provider=bool(at_provider[0]))
    except Missing as gone:
        error = OAuthError("invalid_request", description="User is disabled.", may_redirect=True, detail=str(gone))
        return refusal(request, AuthorizationRefused(asked, error))
    response = RedirectResponse(location, 302)
    cookies.set_session(request, services, response, value, session)
    note(request, user=user.sub)
    return response
