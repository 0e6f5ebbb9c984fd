"""POST /oauth2/revoke: ends a refresh token and all that came of the same sign-in. Source: facts/oauth.md §5."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.protocol.errors import OAuthError
from halfday.server.domain.text.authorization import Authorization
from halfday.server.flows.tokens import tokens
from halfday.server.oauth.client_authentication import authenticate
from halfday.server.services import Services


async def revoke(services: Services, form: Mapping[str, str], *, authorization: Authorization) -> None:
    """Returns for unknown tokens too. Raises OAuthError."""
    token = form.get("token")
    if not token:
        raise OAuthError("invalid_request", detail="token is missing")
    client = await authenticate(services, form, authorization, status=401)
    if not client.token_revocation:
        raise OAuthError("invalid_request", detail=f"EnableTokenRevocation is false for client {client.client_id}")
    if tokens.is_a_jwt(token):
        raise OAuthError("unsupported_token_type", detail="the token is a JWT; only refresh tokens can be revoked")
    await tokens.revoke(services, client, token)
