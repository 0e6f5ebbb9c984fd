"""The cookies of the pages, under Cognito's names. Source: facts/oauth.md §2, Session cookies; docs/decisions/0057.

Many pools, and many sign-ins in many tabs, share an origin here: none replaces what another left in the browser.
`cognito` holds a session a pool. What belongs to one sign-in (`csrf-state`, `cognito-fl`) has a name of its own for
each. `XSRF-TOKEN` is the last page's, and asked for only of clients that do not say where a form comes from (csrf.py).
"""

from __future__ import annotations

import hashlib
import math

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.encoding import b64url_encode
from halfday.server.domain.sign_in.codes_and_sessions import FEDERATION_LIFETIME_S, BrowserSession, digest
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.flows.tokens import sso_sessions
from halfday.server.http.requests import languages
from halfday.server.http.requests.proxies import browser_is_on_https
from halfday.server.http.requests.session_lists import SessionList, session_list
from halfday.server.services import Services

SESSION = "cognito"
XSRF = "XSRF-TOKEN"
FEDERATION = "csrf-state"
HANDOVER = "cognito-fl"
ERROR_FACTS = "halfday-error"

_OWN = (SESSION, FEDERATION, HANDOVER, ERROR_FACTS)

_TAG_BYTES = 9
MOST_HANDOVERS = 4
"""At one page. One of a sign-in that was left stays for some minutes, and each is sent along."""


def without_own_cookies(header: str) -> str:
    """A Cookie header without what the pages keep in the browser: it is for nobody behind this server."""
    parts = [part.strip() for part in header.split(";")]
    return "; ".join(part for part in parts if part and not is_own_cookie(part.partition("=")[0]))


def sets_own_cookie(name: str, value: str) -> bool:
    """Whether a header of an answer from behind this server would replace a cookie of the pages: it is left out."""
    return name == "set-cookie" and is_own_cookie(value.partition("=")[0].strip())


def is_own_cookie(name: str) -> bool:
    """By its name, or by what a name of one sign-in's own begins with."""
    return any(name == own or name.startswith(f"{own}.") for own in _OWN)


def set_session(request: Request, services: Services, response: Response, value: str, session: BrowserSession) -> None:
    """Signs the browser in to the pool's pages, for as long as the session lasts. Its other pools are left alone."""
    others = _sessions(request).live(services.clock())
    _send_sessions(request, services, response, others.with_session(session.pool_id, value, session.expires_at))


async def session_of(request: Request, services: Services, pool: Pool, client: AppClient) -> BrowserSession | None:
    """The browser's live session in this pool, if it has one that this client takes."""
    session = await session_in(request, services, pool.pool_id)
    return session if session and sso_sessions.serves(session, pool, client, services.clock()) else None


async def session_in(request: Request, services: Services, pool_id: str) -> BrowserSession | None:
    """The browser's session in this pool, live or expired."""
    value = session_secret(request, pool_id)
    return await services.store.browser_sessions.find(pool_id, digest(value)) if value else None


def session_secret(request: Request, pool_id: str) -> str:
    """What stands for the browser's session in this pool; "" for none."""
    return _sessions(request).secret_of(pool_id)


async def drop_session(request: Request, services: Services, pool_id: str) -> None:
    """Ends the browser's session in this pool, if it has one. The cookie is the caller's to replace or to delete."""
    value = session_secret(request, pool_id)
    if value:
        await services.store.browser_sessions.delete(pool_id, digest(value))


async def end_session(request: Request, services: Services, response: Response, pool_id: str) -> None:
    """Signs the browser out of this pool, and of no other."""
    await drop_session(request, services, pool_id)
    _send_sessions(request, services, response, _sessions(request).live(services.clock()).without(pool_id))


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


def set_handover(request: Request, response: Response, path: str, sign_in: str, value: str, lasts_s: int) -> None:
    """What is told to the page at `path`, to which alone it is sent. `sign_in` tells one sign-in from another."""
    _set(request, response, _named(HANDOVER, sign_in), value, lasts_s, path=path)


def handover_of(request: Request, sign_in: str) -> str:
    """What was told for this sign-in; "" for nothing."""
    return request.cookies.get(_named(HANDOVER, sign_in), "")


def drop_handover(request: Request, response: Response, path: str, sign_in: str) -> None:
    """Deletes what was told for this sign-in, and the oldest of too many others."""
    own = _named(HANDOVER, sign_in)
    others = [name for name in request.cookies if name.startswith(f"{HANDOVER}.") and name != own]
    for name in [own, *others[: max(0, len(others) - MOST_HANDOVERS)]]:
        if name in request.cookies:
            _delete(request, response, name, path=path)


def set_federation(request: Request, response: Response, state: str, value: str) -> None:
    """The secret by which this browser is known when it comes back from a provider with this state."""
    _set(request, response, _federation_name(request, state), value, FEDERATION_LIFETIME_S)


def federation_of(request: Request, state: str) -> str:
    """The secret that this browser was given when it went away with this state; "" for none."""
    return request.cookies.get(_federation_name(request, state), "")


def drop_federation(request: Request, response: Response, state: str) -> None:
    """Deletes the secret: it is good for one return."""
    _delete(request, response, _federation_name(request, state))


def _sessions(request: Request) -> SessionList:
    return session_list(request.cookies.get(SESSION, ""))


def _send_sessions(request: Request, services: Services, response: Response, sessions: SessionList) -> None:
    if sessions.entries:
        lasts_s = max(0, math.ceil(sessions.ends_at - services.clock()))
        _set(request, response, SESSION, str(sessions), lasts_s)
    else:
        _delete(request, response, SESSION)


def _federation_name(request: Request, state: str) -> str:
    """On https a name that no other host can set, a neighbouring subdomain neither (RFC 6265bis §4.1.3.2).

    Browsers have nothing like it on http: there a page on another port of this host can set any cookie.
    """
    name = _named(FEDERATION, state)
    return f"__Host-{name}" if browser_is_on_https(request) else name


def _named(name: str, sign_in: str) -> str:
    """The cookie's name for one sign-in."""
    digested = hashlib.sha256(sign_in.encode("utf-8", "surrogateescape")).digest()[:_TAG_BYTES]
    return f"{name}.{b64url_encode(digested)}"


def _set(
    request: Request, response: Response, name: str, value: str, max_age_s: int | None, *, path: str = "/"
) -> None:
    secure = browser_is_on_https(request)
    response.set_cookie(name, value, max_age=max_age_s, path=path, secure=secure, httponly=True, samesite="lax")


def _delete(request: Request, response: Response, name: str, *, path: str = "/") -> None:
    secure = browser_is_on_https(request)
    response.delete_cookie(name, path=path, secure=secure, httponly=True, samesite="lax")
