"""App clients: CreateUserPoolClient, DescribeUserPoolClient, UpdateUserPoolClient, ListUserPoolClients, Delete…"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from halfday.protocol.identifiers import (
    CLIENT_ID_BYTES,
    CLIENT_ID_PATTERN,
    CLIENT_SECRET_BYTES,
    make_client_id,
    make_client_secret,
)
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.app_clients import AppClient, ClientSecret, make_secret
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.operations.app_clients.client_settings import (
    ANALYTICS,
    ROTATION,
    SETTINGS,
    configured,
    surroundings,
)
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, the_client_of, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Taken

CUSTOM_ID_TAG = "_custom_id_:"
"""App clients have no tags, so a tag of the pool pins the id of a client: this prefix and the client's name."""

MOST_CLIENTS = 1000


@operation("cognito-idp", "CreateUserPoolClient", honours=f"UserPoolId GenerateSecret ClientSecret {SETTINGS}")
async def create_user_pool_client(call: Call) -> Output:
    pool = await the_pool(call)
    client_id, name = _client_id(call, pool), call.input["ClientName"]
    blank = AppClient(
        pool.pool_id, client_id, name, created_at=call.now, modified_at=call.now, secrets=_secrets(call, client_id)
    )
    client = configured(blank, call.input, await surroundings(call, pool), doing="creating")
    try:
        async with call.services.store.unit(pool.pool_id):
            await _check_quota(call, pool)
            await call.services.store.app_clients.insert(client)
    except Taken as problem:
        raise invalid(f"Client {client_id} exists already: what {CUSTOM_ID_TAG}{name} pins must be new.") from problem
    return {"UserPoolClient": _shape(client)}


@operation("cognito-idp", "UpdateUserPoolClient", honours=f"UserPoolId ClientId {SETTINGS}")
async def update_user_pool_client(call: Call) -> Output:
    """Replaces all settings: one that is left out returns to its default (facts/api.md §10). Secrets and sessions
    stay.
    """
    pool, given, now = await the_pool(call), call.input, call.now
    client, around = await the_client_of(call, pool), await surroundings(call, pool)

    def change(old: AppClient) -> AppClient:
        return replace(configured(old, given, around, doing="updating"), modified_at=now)

    changed = await call.services.store.app_clients.change(pool.pool_id, client.client_id, change)
    return {"UserPoolClient": _shape(changed)}


@operation("cognito-idp", "DescribeUserPoolClient", honours="UserPoolId ClientId")
async def describe_user_pool_client(call: Call) -> Output:
    return {"UserPoolClient": _shape(await the_client_of(call, await the_pool(call)))}


@operation("cognito-idp", "ListUserPoolClients", honours="UserPoolId MaxResults NextToken")
async def list_user_pool_clients(call: Call) -> Output:
    pool = await the_pool(call)
    return await paging.listing(
        call,
        "UserPoolClients",
        partial(call.services.store.app_clients.page, pool.pool_id),
        key=lambda client: client.client_id,
        shape=lambda c: {"ClientId": c.client_id, "UserPoolId": c.pool_id, "ClientName": c.name},
    )


@operation("cognito-idp", "DeleteUserPoolClient", honours="UserPoolId ClientId")
async def delete_user_pool_client(call: Call) -> Output:
    client = await the_client_of(call, await the_pool(call))
    await call.services.store.app_clients.delete(client.pool_id, client.client_id)
    return {}


def _client_id(call: Call, pool: Pool) -> str:
    """A new ClientId, or the one that a tag of the pool pins for this client name."""
    pinned = pool.tags.get(CUSTOM_ID_TAG + call.input["ClientName"])
    if pinned is None:
        return make_client_id(call.services.random(CLIENT_ID_BYTES))
    if not CLIENT_ID_PATTERN.fullmatch(pinned):
        raise invalid(f"{pinned!r} cannot be a client id: letters, digits, + and _, 1 to 128 of them.")
    return pinned


async def _check_quota(call: Call, pool: Pool) -> None:
    """The quota is AWS's for a pool; its sentence is [inferred]."""
    if await call.services.store.app_clients.count(pool.pool_id) >= MOST_CLIENTS:
        sentence = f"Exceeded the limit of {MOST_CLIENTS} app clients in user pool {pool.pool_id}."
        raise Refused("LimitExceededException", sentence)


def _secrets(call: Call, client_id: str) -> tuple[ClientSecret, ...]:
    """The sentence is the API reference's; that AWS answers with it is [inferred]."""
    value, generate = call.input.get("ClientSecret"), call.input.get("GenerateSecret")
    if value is not None and generate:
        raise invalid("You cannot specify both GenerateSecret as true and provide a ClientSecret value.")
    if generate:
        value = make_client_secret(call.services.random(CLIENT_SECRET_BYTES))
    return () if value is None else (make_secret(client_id, value, call.now),)


def _shape(client: AppClient) -> dict[str, Any]:
    """UserPoolClientType. Members that were never set are left out (facts/api.md §10)."""
    hide = client.hide_unknown_users
    return {
        "UserPoolId": client.pool_id,
        "ClientName": client.name,
        "ClientId": client.client_id,
        "ClientSecret": client.secrets[0].value if client.secrets else None,
        "LastModifiedDate": client.modified_at,
        "CreationDate": client.created_at,
        "RefreshTokenValidity": client.declared_validity.get("RefreshTokenValidity", 30),
        "AccessTokenValidity": client.declared_validity.get("AccessTokenValidity"),
        "IdTokenValidity": client.declared_validity.get("IdTokenValidity"),
        "TokenValidityUnits": client.validity_units,
        "ReadAttributes": _listed(client.read_attributes),
        "WriteAttributes": _listed(client.write_attributes),
        "ExplicitAuthFlows": _listed(client.auth_flows),
        "SupportedIdentityProviders": _listed(client.identity_providers or None),
        "CallbackURLs": _listed(client.callback_urls or None),
        "LogoutURLs": _listed(client.logout_urls or None),
        "DefaultRedirectURI": client.default_redirect_uri,
        "AllowedOAuthFlows": _listed(client.oauth_flows or None),
        "AllowedOAuthScopes": _listed(client.scopes or None),
        "AllowedOAuthFlowsUserPoolClient": client.oauth_enabled,
        "AnalyticsConfiguration": client.declared.get(ANALYTICS),
        "PreventUserExistenceErrors": None if hide is None else ("ENABLED" if hide else "LEGACY"),
        "EnableTokenRevocation": client.token_revocation,
        "EnablePropagateAdditionalUserContextData": client.propagate_user_context,
        "AuthSessionValidity": client.session_validity_minutes,
        "RefreshTokenRotation": client.declared.get(ROTATION),
    }


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
