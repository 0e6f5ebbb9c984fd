"""The `_csrf` of a form: made by this server, for one form of one sign-in, and sent by a page of this server.

It equals the cookie XSRF-TOKEN when the page is sent, as on AWS (facts/oauth.md §2). That alone binds it to nothing:
whoever can plant a cookie, from a neighbouring subdomain or another port, can make up both. So the value proves itself,
and a page of another origin cannot send it. A browser says whose page sends a form; it may have other tabs open, whose
pages have replaced the cookie since, and is not held to it. Whatever does not say so has to show the cookie.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from starlette.requests import Request

from halfday.protocol.encoding import b64url_encode
from halfday.server.http import cookies
from halfday.server.http.requests.proxies import browser_is_on_https
from halfday.server.oauth.checks import ReturnAddress
from halfday.server.services import Services

_NONCE_BYTES = 16


_OF_WHOEVER_IS_SIGNED_IN = frozenset({"/selectAccount", "/passkeys/add", "/login/stepUp"})
"""Forms that act for the session in this browser: good for that session alone. A sign-in form outlives a sign-in in
another tab."""


def form_token(request: Request, services: Services, asked: ReturnAddress, path: str, *, session: str = "") -> str:
    """The `_csrf` of the form that posts to `path`. `session` is the challenge's, if the form answers one."""
    nonce = b64url_encode(services.random(_NONCE_BYTES))
    return f"{nonce}.{_proof(request, services, asked, path, session, nonce)}"


def form_holds(
    request: Request,
    services: Services,
    asked: ReturnAddress,
    form: Mapping[str, str],
    *,
    path: str | None = None,
    session: str = "",
) -> bool:
    """Whether the posted form is one that this browser was given here, for this sign-in.

    `path`: where the form posts to, if another of its buttons has sent it elsewhere.
    """
    given = form.get("_csrf", "")
    nonce = given.partition(".")[0]
    expected = f"{nonce}.{_proof(request, services, asked, path or request.url.path, session, nonce)}"
    from_own_page = _from_own_page(request, services)
    if from_own_page is None:
        from_own_page = _same(given, request.cookies.get(cookies.XSRF, ""))
    return _same(given, expected) and from_own_page


def _proof(request: Request, services: Services, asked: ReturnAddress, path: str, session: str, nonce: str) -> str:
    """A MAC over the form and the app's request, so that none of them can be exchanged; and over the browser's session
    in the pool, where the form acts for it.
    """
    signed_in = cookies.session_secret(request, asked.pool.pool_id) if path in _OF_WHOEVER_IS_SIGNED_IN else ""
    parts = [nonce, path, asked.pool.pool_id, asked.client.client_id, session, signed_in]
    parts += [text for pair in sorted(asked.parameters.items()) for text in pair]
    digests = b"".join(hashlib.sha256(part.encode("utf-8", "surrogateescape")).digest() for part in parts)
    return b64url_encode(hmac.digest(services.form_key, digests, hashlib.sha256))


def _from_own_page(request: Request, services: Services) -> bool | None:
    """Whether the form came from a page of this server; None where nothing says so, as browsers do by its Origin."""
    origin = request.headers.get("origin")
    if origin is None:
        return None
    if origin == services.origin.lower():
        return True
    schemes = ("https",) if browser_is_on_https(request) else ("http", "https")
    scheme, _, place = origin.partition("://")
    return scheme in schemes and place != "" and place == request.headers.get("host", "").lower()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))
