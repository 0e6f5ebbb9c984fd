"""What one page tells the next through a redirect: whom it is about, where a code went, what has just been done.

It is sealed in a cookie, which only this server reads, for this page and this app client, and only for some minutes:
nothing of it stands in an address, which browsers keep and logs repeat. Cognito's cookie for it is `cognito-fl`.
Where it is gone a page asks for the name again.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.responses import RedirectResponse, Response

from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.server.http import cookies
from halfday.server.http.pages.forms import Visit

LIFETIME_S = 600
_NONCE_BYTES = 12
_LONGEST = 3800
"""Characters. Browsers drop a cookie that is longer than 4096."""


def go_on(visit: Visit, path: str, **told: str | None) -> Response:
    """The redirect to another page of the same sign-in, which is told this."""
    response = RedirectResponse(visit.action(path), 302)
    known = {name: value for name, value in told.items() if value}
    sealed = _sealed(visit, path, known)
    cookies.set_handover(visit.request, response, path, _sign_in(visit, path), sealed, LIFETIME_S)
    return response


def told(visit: Visit, path: str) -> dict[str, str]:
    """What the page before told this one; {} where it is too late, or was never told."""
    text = cookies.handover_of(visit.request, _sign_in(visit, path))
    if not text or len(text) > _LONGEST:
        return {}
    try:
        raw = b64url_decode(text)
        opened = _cipher(visit).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound_to(visit, path))
    except (ValueError, InvalidTag):
        return {}
    expires_at, known = json.loads(opened)
    return dict(known) if visit.services.clock() < expires_at else {}


def forget(visit: Visit, path: str, response: Response) -> Response:
    """The response, which lets the browser forget what was told to this page."""
    cookies.drop_handover(visit.request, response, path, _sign_in(visit, path))
    return response


def _sign_in(visit: Visit, path: str) -> str:
    """What tells this sign-in from those in other tabs: what the app asked for, and its `state` above all."""
    return json.dumps([path, *sorted(visit.asked.parameters.items())])


def _sealed(visit: Visit, path: str, known: dict[str, str]) -> str:
    nonce = visit.services.random(_NONCE_BYTES)
    text = json.dumps([visit.services.clock() + LIFETIME_S, known]).encode()
    return b64url_encode(nonce + _cipher(visit).encrypt(nonce, text, _bound_to(visit, path)))


def _cipher(visit: Visit) -> AESGCM:
    return AESGCM(hmac.digest(visit.services.form_key, b"handover", hashlib.sha256))


def _bound_to(visit: Visit, path: str) -> bytes:
    return "\n".join((path, visit.asked.pool.pool_id, visit.asked.client.client_id)).encode()
