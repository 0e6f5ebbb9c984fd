"""Tokens over the API: RevokeToken, GetTokensFromRefreshToken."""

from __future__ import annotations

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.flows.tokens.tokens import is_a_jwt, refresh, revoke
from halfday.server.operations.framework.lookups import invalid, the_client
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import context_of


@operation("cognito-idp", "RevokeToken", honours="Token ClientId ClientSecret RevokeAssociatedSessions")
async def revoke_token(call: Call) -> Output:
    """Ends the refresh token and every access token of the same sign-in. An unknown one is no error.

    LINKED ends the browser session too by which the sign-in came, but nothing else that came by it. The sentences of
    its refusals are [inferred].
    """
    client = await call.services.store.app_clients.find(call.input["ClientId"])
    if client is None:
        raise invalid(f"User pool client {call.input['ClientId']} does not exist.")
    if not _secret_is_right(call, client):
        raise Refused("UnauthorizedException", f"Unable to verify secret for client {client.client_id}")
    if not client.token_revocation:
        raise Refused("UnsupportedOperationException", "Token revocation is not enabled for this client.")
    if is_a_jwt(call.input["Token"]):
        raise Refused("UnsupportedTokenTypeException", "Only refresh tokens can be revoked.")
    async with call.services.store.unit(client.pool_id):
        ended = await revoke(call.services, client, call.input["Token"])
        if ended and ended.sso_session_id and call.input.get("RevokeAssociatedSessions") == "LINKED":
            browser_sessions = call.services.store.browser_sessions
            await browser_sessions.delete_session(ended.pool_id, ended.username, ended.sso_session_id)
    return {}


@operation(
    "cognito-idp",
    "GetTokensFromRefreshToken",
    honours="RefreshToken ClientId ClientSecret DeviceKey ClientMetadata",
)
async def get_tokens_from_refresh_token(call: Call) -> Output:
    client, pool = await the_client(call)
    if not _secret_is_right(call, client):
        raise Refused("NotAuthorizedException", f"Unable to verify secret for client {client.client_id}")
    presented, device_key, context = call.input["RefreshToken"], call.input.get("DeviceKey"), context_of(call, client)
    tokens = await refresh(call.services, pool, client, presented, context, device_key=device_key, may_rotate=True)
    result = {
        "AccessToken": tokens.access_token,
        "ExpiresIn": tokens.expires_in,
        "TokenType": "Bearer",
        "RefreshToken": tokens.refresh_token,
        "IdToken": tokens.id_token,
    }
    return {"AuthenticationResult": result}


def _secret_is_right(call: Call, client: AppClient) -> bool:
    presented = call.input.get("ClientSecret")
    if not client.secrets:
        return presented is None
    return presented is not None and client.secret_matches(presented)
