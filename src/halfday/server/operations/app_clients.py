"""App clients: CreateUserPoolClient, DescribeUserPoolClient, UpdateUserPoolClient, ListUserPoolClients, Delete…"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.protocol.identifiers import (
    CLIENT_ID_BYTES,
    CLIENT_ID_PATTERN,
    CLIENT_SECRET_BYTES,
    make_client_id,
    make_client_secret,
)
from halfday.server.domain.app_clients import (
    SECONDS_IN,
    STANDARD_SCOPES,
    AppClient,
    ClientSecret,
    TokenValidity,
    make_secret,
    redirect_uri_objection,
)
from halfday.server.domain.attributes import full_schema
from halfday.server.domain.pools import Pool
from halfday.server.operations import paging
from halfday.server.operations.lookups import invalid, the_client_of, the_pool
from halfday.server.operations.registry import Call, Output, operation
from halfday.server.storage.database import Taken

CUSTOM_ID_TAG = "_custom_id_:"
"""A client has no tags of its own: its id is pinned by its pool's tag of this beginning and the client's name."""

_SETTINGS = (
    "ClientName RefreshTokenValidity AccessTokenValidity IdTokenValidity TokenValidityUnits ReadAttributes "
    "WriteAttributes ExplicitAuthFlows SupportedIdentityProviders CallbackURLs LogoutURLs DefaultRedirectURI "
    "AllowedOAuthFlows AllowedOAuthScopes AllowedOAuthFlowsUserPoolClient PreventUserExistenceErrors "
    "EnableTokenRevocation AuthSessionValidity"
)
_VALIDITY = {  # member: (unit's name, default unit, default, least seconds, most seconds), facts/tokens.md §4
    "AccessTokenValidity": ("AccessToken", "hours", 3600, 300, 86400),
    "IdTokenValidity": ("IdToken", "hours", 3600, 300, 86400),
    "RefreshTokenValidity": ("RefreshToken", "days", 30 * 86400, 3600, 3650 * 86400),
}


@operation("cognito-idp", "CreateUserPoolClient", honours=f"UserPoolId GenerateSecret ClientSecret {_SETTINGS}")
async def create_user_pool_client(call: Call) -> Output:
    pool = await the_pool(call)
    client_id, name = _client_id(call, pool), call.input["ClientName"]
    blank = AppClient(
        pool.pool_id, client_id, name, created_at=call.now, modified_at=call.now, secrets=_secrets(call, client_id)
    )
    client = await _configured(call, pool, blank)
    try:
        await call.services.store.app_clients.insert(client)
    except Taken as problem:
        raise invalid(f"Client {client_id} exists already: what {CUSTOM_ID_TAG}{name} pins must be new.") from problem
    return {"UserPoolClient": _shape(client)}


@operation("cognito-idp", "UpdateUserPoolClient", honours=f"UserPoolId ClientId {_SETTINGS}")
async def update_user_pool_client(call: Call) -> Output:
    """A full replacement: what is left out returns to its default (facts/api.md §10)."""
    pool = await the_pool(call)
    old = await the_client_of(call, pool)
    blank = AppClient(
        pool.pool_id,
        old.client_id,
        call.input.get("ClientName", old.name),
        created_at=old.created_at,
        modified_at=call.now,
        secrets=old.secrets,
    )
    client = await _configured(call, pool, blank)
    await call.services.store.app_clients.update(client)
    return {"UserPoolClient": _shape(client)}


@operation("cognito-idp", "DescribeUserPoolClient", honours="UserPoolId ClientId")
async def describe_user_pool_client(call: Call) -> Output:
    return {"UserPoolClient": _shape(await the_client_of(call, await the_pool(call)))}


@operation("cognito-idp", "ListUserPoolClients", honours="UserPoolId MaxResults NextToken")
async def list_user_pool_clients(call: Call) -> Output:
    pool, limit = await the_pool(call), call.input.get("MaxResults", 60)
    start = paging.after(call.input.get("NextToken"))
    clients = await call.services.store.app_clients.page(pool.pool_id, limit=limit + 1, after=start)
    shown, token = paging.cut(clients, limit, lambda client: client.client_id)
    summaries = [{"ClientId": c.client_id, "UserPoolId": c.pool_id, "ClientName": c.name} for c in shown]
    return paging.page("UserPoolClients", summaries, "NextToken", token)


@operation("cognito-idp", "DeleteUserPoolClient", honours="UserPoolId ClientId")
async def delete_user_pool_client(call: Call) -> Output:
    client = await the_client_of(call, await the_pool(call))
    await call.services.store.app_clients.delete(client.pool_id, client.client_id)
    return {}


def _client_id(call: Call, pool: Pool) -> str:
    """A new id, or the one that the pool's tags pin for a client of this name."""
    pinned = pool.tags.get(CUSTOM_ID_TAG + call.input["ClientName"])
    if pinned is None:
        return make_client_id(call.services.random(CLIENT_ID_BYTES))
    if not CLIENT_ID_PATTERN.fullmatch(pinned):
        raise invalid(f"{pinned!r} cannot be a client id: letters, digits, + and _, 1 to 128 of them.")
    return pinned


def _secrets(call: Call, client_id: str) -> tuple[ClientSecret, ...]:
    value = call.input.get("ClientSecret")
    if value is None and call.input.get("GenerateSecret"):
        value = make_client_secret(call.services.random(CLIENT_SECRET_BYTES))
    return () if value is None else (make_secret(client_id, value, call.now),)


async def _configured(call: Call, pool: Pool, blank: AppClient) -> AppClient:
    given = call.input
    _check_redirects(given)
    await _check_oauth(call, pool, blank)
    await _check_providers(call, pool)
    return replace(
        blank,
        auth_flows=_optional(given, "ExplicitAuthFlows"),
        oauth_enabled=given.get("AllowedOAuthFlowsUserPoolClient", False),
        oauth_flows=tuple(given.get("AllowedOAuthFlows", ())),
        scopes=tuple(given.get("AllowedOAuthScopes", ())),
        callback_urls=tuple(given.get("CallbackURLs", ())),
        logout_urls=tuple(given.get("LogoutURLs", ())),
        default_redirect_uri=given.get("DefaultRedirectURI"),
        identity_providers=tuple(given.get("SupportedIdentityProviders", ())),
        read_attributes=_attributes(pool, given, "ReadAttributes"),
        write_attributes=_attributes(pool, given, "WriteAttributes"),
        validity=_validity(given),
        declared_validity={name: given[name] for name in _VALIDITY if name in given},
        validity_units=dict(given.get("TokenValidityUnits", {})),
        hide_unknown_users=_hide_unknown_users(given),
        token_revocation=given.get("EnableTokenRevocation", True),
        session_validity_minutes=given.get("AuthSessionValidity", 3),
    )


def _optional(given: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    return tuple(given[name]) if name in given else None


def _hide_unknown_users(given: Mapping[str, Any]) -> bool | None:
    return given["PreventUserExistenceErrors"] == "ENABLED" if "PreventUserExistenceErrors" in given else None


def _check_redirects(given: Mapping[str, Any]) -> None:
    for uri in (*given.get("CallbackURLs", ()), *given.get("LogoutURLs", ())):
        if (objection := redirect_uri_objection(uri)) is not None:
            raise invalid(objection)
    default = given.get("DefaultRedirectURI")
    if default is not None and default not in given.get("CallbackURLs", ()):
        raise invalid("The default redirect URI must be in the CallbackURLs list.")


async def _check_oauth(call: Call, pool: Pool, client: AppClient) -> None:
    flows = set(call.input.get("AllowedOAuthFlows", ()))
    if "client_credentials" in flows and len(flows) > 1:
        message = "client_credentials flow can not be selected along with code flow or implicit flow."
        raise ServiceError("InvalidOAuthFlowException", message)
    if "client_credentials" in flows and not client.secrets:
        message = "client_credentials flow can not be selected if client does not have a client secret."
        raise ServiceError("InvalidOAuthFlowException", message)
    servers = await call.services.store.resource_servers.of_pool(pool.pool_id)
    known = {*STANDARD_SCOPES, *(name for server in servers for name in server.scope_names)}
    missing = [scope for scope in call.input.get("AllowedOAuthScopes", ()) if scope not in known]
    if missing:
        raise ServiceError("ScopeDoesNotExistException", f"Invalid scope requested: {', '.join(missing)}")


async def _check_providers(call: Call, pool: Pool) -> None:
    for name in call.input.get("SupportedIdentityProviders", ()):
        if name != "COGNITO" and await call.services.store.providers.find(pool.pool_id, name) is None:
            raise invalid(f"The provider {name} does not exist for User Pool {pool.pool_id}.")


def _attributes(pool: Pool, given: Mapping[str, Any], member: str) -> tuple[str, ...] | None:
    names = _optional(given, member)
    known = {attribute.name for attribute in full_schema(pool.schema)}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise invalid(
            f"Invalid {member[0].lower()}{member[1:]} specified while creating a client: {', '.join(unknown)}"
        )
    return names


def _validity(given: Mapping[str, Any]) -> TokenValidity:
    access, identity, refresh = (_seconds(given, member) for member in _VALIDITY)
    if refresh < access or refresh < identity:
        raise invalid("Access and ID tokens cannot live longer than the refresh token.")
    return TokenValidity(access, identity, refresh)


def _seconds(given: Mapping[str, Any], member: str) -> int:
    unit_name, default_unit, default, least, most = _VALIDITY[member]
    amount = given.get(member)
    if not amount:
        return default
    unit = given.get("TokenValidityUnits", {}).get(unit_name, default_unit)
    seconds = int(amount) * SECONDS_IN[unit]
    if not least <= seconds <= most:
        raise invalid(f"Invalid range for token validity: {member} of {amount} {unit}.")
    return seconds


def _shape(client: AppClient) -> dict[str, Any]:
    """UserPoolClientType: what was not set is not echoed (facts/api.md §10)."""
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
        "PreventUserExistenceErrors": None if hide is None else ("ENABLED" if hide else "LEGACY"),
        "EnableTokenRevocation": client.token_revocation,
        "EnablePropagateAdditionalUserContextData": False,
        "AuthSessionValidity": client.session_validity_minutes,
    }


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
