"""Resource servers and their scopes: CreateResourceServer, DescribeResourceServer, Update…, List…, Delete…."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.pools import ResourceServer
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

MOST_SERVERS = 25
"""In a pool (developer guide, Quotas); the sentence for more is [inferred]."""


@operation("cognito-idp", "CreateResourceServer", honours="UserPoolId Identifier Name Scopes")
async def create_resource_server(call: Call) -> Output:
    pool = await the_pool(call)
    server = ResourceServer(pool.pool_id, call.input["Identifier"], call.input["Name"], _scopes(call))
    try:
        async with call.services.store.unit(pool.pool_id):
            if len(await call.services.store.resource_servers.of_pool(pool.pool_id)) >= MOST_SERVERS:
                message = f"Exceeded the limit of {MOST_SERVERS} resource servers in user pool {pool.pool_id}."
                raise Refused("LimitExceededException", message)
            await call.services.store.resource_servers.insert(server)
    except Taken as problem:
        message = f"{server.identifier} already exists in user pool {pool.pool_id}."
        raise invalid(message) from problem
    return {"ResourceServer": _shape(server)}


@operation("cognito-idp", "DescribeResourceServer", honours="UserPoolId Identifier")
async def describe_resource_server(call: Call) -> Output:
    return {"ResourceServer": _shape(await _the_server(call))}


@operation("cognito-idp", "UpdateResourceServer", honours="UserPoolId Identifier Name Scopes")
async def update_resource_server(call: Call) -> Output:
    """Without Scopes it loses its scopes (API reference: what is not provided is set to its default)."""
    server = await _the_server(call)
    change = partial(replace, name=call.input["Name"], scopes=_scopes(call))
    changed = await call.services.store.resource_servers.change(server.pool_id, server.identifier, change)
    return {"ResourceServer": _shape(changed)}


@operation("cognito-idp", "DeleteResourceServer", honours="UserPoolId Identifier")
async def delete_resource_server(call: Call) -> Output:
    server = await _the_server(call)
    await call.services.store.resource_servers.delete(server.pool_id, server.identifier)
    return {}


@operation("cognito-idp", "ListResourceServers", honours="UserPoolId MaxResults NextToken")
async def list_resource_servers(call: Call) -> Output:
    """A pool has at most 25, so all are read and the page is cut here."""
    pool = await the_pool(call)
    servers = await call.services.store.resource_servers.of_pool(pool.pool_id)
    fetch = paging.among(servers, _identifier)
    return await paging.listing(call, "ResourceServers", fetch, key=_identifier, shape=_shape, most=50)


async def _the_server(call: Call) -> ResourceServer:
    pool, identifier = await the_pool(call), call.input["Identifier"]
    try:
        return await call.services.store.resource_servers.get(pool.pool_id, identifier)
    except Missing as problem:
        raise Refused("ResourceNotFoundException", f"Resource server {identifier} does not exist.") from problem


def _scopes(call: Call) -> dict[str, str]:
    """Scope name → description. Raises Refused for a name that is given twice; the sentence is [inferred]."""
    given = call.input.get("Scopes", ())
    scopes = {scope["ScopeName"]: scope["ScopeDescription"] for scope in given}
    if len(scopes) < len(given):
        raise invalid("Scope names of a resource server must be unique.")
    return scopes


def _shape(server: ResourceServer) -> dict[str, Any]:
    return {
        "UserPoolId": server.pool_id,
        "Identifier": server.identifier,
        "Name": server.name,
        "Scopes": [{"ScopeName": name, "ScopeDescription": text} for name, text in server.scopes.items()],
    }


def _identifier(server: ResourceServer) -> str:
    return server.identifier
