"""POST /oauth2/token. The phases live here: content type, client, grant type, then the grant itself.

Errors are AWS's, bare ones included; why stands in the detail, for the log. Source: facts/oauth.md §3.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from halfday.protocol.errors import OAuthError
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.text.authorization import Authorization
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.flows.tokens.tokens import Tokens
from halfday.server.oauth import grants, unbuilt
from halfday.server.oauth.client_authentication import authenticate
from halfday.server.services import Services

CONTENT_TYPE = "application/x-www-form-urlencoded"

Grant = Callable[[Services, AppClient, Mapping[str, str], RequestContext], Awaitable[Tokens]]

GRANTS: Mapping[str, Grant] = {
    "authorization_code": grants.authorization_code,
    "refresh_token": grants.refresh_token,
    "client_credentials": grants.client_credentials,
}


async def redeem(
    services: Services,
    form: Mapping[str, str],
    *,
    authorization: Authorization,
    host_pool_id: str | None,
    context: RequestContext,
) -> dict[str, Any]:
    """The token answer's members. Raises OAuthError."""
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise OAuthError("invalid_request", detail="grant_type is missing: is the body form-encoded?")
    client = await authenticate(services, form, authorization)
    if host_pool_id not in (None, client.pool_id):
        detail = f"app client {client.client_id} belongs to pool {client.pool_id}, this domain to {host_pool_id}"
        raise OAuthError("invalid_client", detail=detail)
    if grant_type not in GRANTS:
        raise OAuthError("unsupported_grant_type", detail=f"grant_type is none of {', '.join(GRANTS)}")
    unbuilt.check_token(form)
    context = replace(context, client_id=client.client_id)
    return _answer(await GRANTS[grant_type](services, client, form, context))


def _answer(tokens: Tokens) -> dict[str, Any]:
    members = {
        "id_token": tokens.id_token,
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_in": tokens.expires_in,
        "token_type": "Bearer",
    }
    return {name: value for name, value in members.items() if value is not None}
