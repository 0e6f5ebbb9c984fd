"""The cookies of the pages. Source: facts/oauth.md §2, Session cookies."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from halfday.server.domain.sign_in.codes_and_sessions import FEDERATION_LIFETIME_S, BrowserSession, digest
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.flows.tokens import sso_sessions
from halfday.server.http.requests import languages
from halfday.server.http.requests.proxies import browser_is_on_https
from halfday.server.services import Services

SESSION = "cognito"
XSRF = "XSRF-TOKEN"
FEDERATION = "csrf-state"
HANDOVER = "cognito-fl"
ERROR_FACTS = "halfday-error"


def set_session(request: Request, response: Response, value: str, session: BrowserSession) -> None:
    """Signs the browser in to the pool's pages, for as long as the session lasts."""
    _set(request, response, SESSION, value, int(session.expires_at - session.auth_time))


async def session_of(request: Request, services: Services, pool: Pool, client: AppClient) -> BrowserSession | None:
    """The browser's live session in this pool, if it has one that this client takes."""
    session = await session_in(request, services, pool.pool_id)
    return session if session and sso_sessions.serves(session, pool, client, services.clock()) else None


async def session_in(request: Request, services: Services, pool_id: str) -> BrowserSession | None:
    """The browser's session in this pool, live or expired."""
    value = request.cookies.get(SESSION)
    return await services.store.browser_sessions.find(pool_id, digest(value)) if value else None


async def drop_session(request: Request, services: Services, pool_id: str) -> None:
    """Ends the browser's session in this pool, if it has one. The cookie is the caller's to replace or to delete."""
    value = request.cookies.get(SESSION)
    if value:
        await services.store.browser_sessions.delete(pool_id, digest(value))


async def end_session(request: Request, services: Services, response: Response, pool_id: str) -> None:
    await drop_session(request, services, pool_id)
    response.delete_cookie(SESSION, path="/")


def remember_language(request: Request, response: Response) -> None:
    """Where this request's `lang` chooses a language, the browser is spoken to in it from now on, as on AWS."""
    if chosen := languages.chosen_language(request):
        _set(request, response, languages.COOKIE, chosen, None)


def set_error_facts(request: Request, response: Response, value: str, *, path: str) -> None:
    """What the error page at this path tells whoever develops on this machine."""
    secure = browser_is_on_https(request)
    response.set_cookie(ERROR_FACTS, value, max_age=60, path=path, secure=secure, httponly=True, samesite="lax")


def set_xsrf(request: Request, response: Response, value: str) -> None:
    _set(request, response, XSRF, value, None)


def set_handover(request: Request, response: Response, value: str, lasts_s: int) -> None:
    _set(request, response, HANDOVER, value, lasts_s)


def drop_handover(request: Request, response: Response) -> None:
    if HANDOVER in request.cookies:
        secure = browser_is_on_https(request)
        response.delete_cookie(HANDOVER, path="/", secure=secure, httponly=True, samesite="lax")


def set_federation(request: Request, response: Response, value: str) -> None:
    """The secret by which this browser is known when it comes back from a provider."""
    _set(request, response, _federation_name(request), value, FEDERATION_LIFETIME_S)


def federation_of(request: Request) -> str:
    """The secret that this browser was given when it went away; "" for none."""
    return request.cookies.get(_federation_name(request), "")


def drop_federation(request: Request, response: Response) -> None:
    """Deletes the secret: it is good for one return."""
    secure = browser_is_on_https(request)
    response.delete_cookie(_federation_name(request), path="/", secure=secure, httponly=True, samesite="lax")


def _federation_name(request: Request) -> str:
    """On https a name that no other host can set, a neighbouring subdomain neither (RFC 6265bis §4.1.3.2).

    Browsers have nothing like it on http: there a page on another port of this host can set any cookie.
    """
    return f"__Host-{FEDERATION}" if browser_is_on_https(request) else FEDERATION


def _set(request: Request, response: Response, name: str, value: str, max_age_s: int | None) -> None:
    secure = browser_is_on_https(request)
    response.set_cookie(name, value, max_age=max_age_s, path="/", secure=secure, httponly=True, samesite="lax")
