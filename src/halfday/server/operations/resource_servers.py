"""Resource servers and their scopes: CreateResourceServer, DescribeResourceServer."""

from __future__ import annotations

from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.server.domain.pools import ResourceServer
from halfday.server.operations.lookups import invalid, the_pool
from halfday.server.operations.registry import Call, Output, operation
from halfday.server.storage.database import Missing, Taken


@operation("cognito-idp", "CreateResourceServer", honours="UserPoolId Identifier Name Scopes")
async def create_resource_server(call: Call) -> Output:
    pool = await the_pool(call)
    scopes = {scope["ScopeName"]: scope["ScopeDescription"] for scope in call.input.get("Scopes", ())}
    server = ResourceServer(pool.pool_id, call.input["Identifier"], call.input["Name"], scopes)
    try:
        await call.services.store.resource_servers.insert(server)
    except Taken as problem:
        message = f"{server.identifier} already exists in user pool {pool.pool_id}."
        raise invalid(message) from problem
    return {"ResourceServer": _shape(server)}


@operation("cognito-idp", "DescribeResourceServer", honours="UserPoolId Identifier")
async def describe_resource_server(call: Call) -> Output:
    pool, identifier = await the_pool(call), call.input["Identifier"]
    try:
        return {"ResourceServer": _shape(await call.services.store.resource_servers.get(pool.pool_id, identifier))}
    except Missing as problem:
        raise ServiceError("ResourceNotFoundException", f"Resource server {identifier} does not exist.") from problem


def _shape(server: ResourceServer) -> dict[str, Any]:
    return {
        "UserPoolId": server.pool_id,
        "Identifier": server.identifier,
        "Name": server.name,
        "Scopes": [{"ScopeName": name, "ScopeDescription": text} for name, text in server.scopes.items()],
    }
