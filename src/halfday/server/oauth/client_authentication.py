"""Who the client is: Basic, client_id and client_secret in the body, or a public client's id alone (RFC 6749 §2.3)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import unquote

from halfday.protocol.errors import OAuthError
from halfday.server.domain.text.authorization import Authorization
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.services import Services


async def authenticate(
    services: Services, form: Mapping[str, str], authorization: Authorization, *, status: int = 400
) -> AppClient:
    """The client, proven by its secret. A public client has none, and proves nothing. Raises OAuthError invalid_client.

    Everything is status 400 at the token endpoint, as on AWS, and 401 at revocation (facts/oauth.md §3, §5).
    """
    client_id, secret = _presented(form, authorization, status)
    if not client_id:
        raise OAuthError("invalid_client", status=status, detail="client_id is missing")
    client = await services.store.app_clients.find(client_id)
    if client is None:
        raise OAuthError("invalid_client", status=status, detail="no app client has this client_id")
    if client.secrets and (not secret or not client.secret_matches(secret)):
        what = "wrong" if secret else "missing"
        detail = f"the client secret of {client_id} is {what}"
        raise OAuthError("invalid_client", description="invalid_client_secret", status=status, detail=detail)
    if not client.secrets and secret is not None:
        detail = f"app client {client_id} has no secret, but one was sent: leave out Authorization and client_secret"
        raise OAuthError("invalid_client", status=status, detail=detail)
    return client


def _presented(form: Mapping[str, str], authorization: Authorization, status: int) -> tuple[str, str | None]:
    """(client_id, secret) from wherever they were sent; None for no secret at all."""
    if authorization.header is None:
        return form.get("client_id", ""), form.get("client_secret")
    client_id, secret = _read_basic(authorization, status)
    if form.get("client_id", client_id) != client_id:
        detail = "the Authorization header names one client, the body another"
        raise OAuthError("invalid_client", status=status, detail=detail)
    if form.get("client_secret", secret) != secret:
        detail = "two client secrets were sent that differ: one in the Authorization header, one in the body"
        raise OAuthError("invalid_client", status=status, detail=detail)
    return client_id, secret


def _read_basic(authorization: Authorization, status: int) -> tuple[str, str]:
    """(client_id, secret). The log repeats nothing of the header: without a scheme it may be all secret.

    Most clients leave out the form-encoding of RFC 6749 §2.3.1. A "+" is therefore a plus, which secrets may hold, and
    never a blank, which they may not.
    """
    encoded = authorization.of_scheme("basic")
    if encoded is None:
        detail = "the Authorization header is not Basic BASE64(client_id:client_secret): its scheme is another"
        raise OAuthError("invalid_client", status=status, detail=detail)
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except ValueError as problem:
        detail = "the Authorization header is not Basic BASE64(client_id:client_secret)"
        raise OAuthError("invalid_client", status=status, detail=detail) from problem
    client_id, colon, secret = text.partition(":")
    if not colon:
        detail = "the Authorization header holds no colon: it is BASE64(client_id:client_secret)"
        raise OAuthError("invalid_client", status=status, detail=detail)
    return unquote(client_id), unquote(secret)
