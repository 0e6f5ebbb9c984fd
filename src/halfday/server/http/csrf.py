"""The `_csrf` of a form: made by this server, for one form of one sign-in, and sent by a page of this server.

It equals the cookie XSRF-TOKEN, as on AWS (facts/oauth.md §2). That alone binds it to nothing: whoever can plant a
cookie, from a neighbouring subdomain or another port, can make up both. So the value proves itself, and a page of
another origin cannot send it.
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
    return (
        _same(given, request.cookies.get(cookies.XSRF, ""))
        and _same(given, expected)
        and _from_own_page(request, services)
    )


def _proof(request: Request, services: Services, asked: ReturnAddress, path: str, session: str, nonce: str) -> str:
    """A MAC over the form, the app's request and the browser's session, so that none of them can be exchanged."""
    signed_in = request.cookies.get(cookies.SESSION, "")
    parts = [nonce, path, asked.pool.pool_id, asked.client.client_id, session, signed_in]
    parts += [text for pair in sorted(asked.parameters.items()) for text in pair]
    digests = b"".join(hashlib.sha256(part.encode("utf-8", "surrogateescape")).digest() for part in parts)
    return b64url_encode(hmac.digest(services.form_key, digests, hashlib.sha256))


def _from_own_page(request: Request, services: Services) -> bool:
    """Whether the form came from a page of this server. Browsers send its Origin; other clients send none."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    if origin == services.origin.lower():
        return True
    schemes = ("https",) if browser_is_on_https(request) else ("http", "https")
    scheme, _, place = origin.partition("://")
    return scheme in schemes and place != "" and place == request.headers.get("host", "").lower()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))
