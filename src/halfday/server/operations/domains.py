"""Domains of user pools: CreateUserPoolDomain, DescribeUserPoolDomain, DeleteUserPoolDomain."""

from __future__ import annotations

from typing import Any

from halfday.protocol.identifiers import DOMAIN_PREFIX_PATTERN
from halfday.server.domain.pools import PoolDomain
from halfday.server.operations.lookups import invalid, the_pool
from halfday.server.operations.registry import Call, Output, operation
from halfday.server.storage.database import Missing, Taken


@operation("cognito-idp", "CreateUserPoolDomain", honours="Domain UserPoolId ManagedLoginVersion")
async def create_user_pool_domain(call: Call) -> Output:
    pool, name = await the_pool(call), call.input["Domain"]
    if "." not in name and not DOMAIN_PREFIX_PATTERN.match(name):
        raise invalid("Domain prefix must be lower-case letters, digits and hyphens.")
    if any(word in name for word in ("aws", "amazon", "cognito")) and "." not in name:
        raise invalid("Domain cannot contain reserved word: aws, amazon or cognito.")
    if call.input.get("ManagedLoginVersion", 1) != 1:
        raise invalid("Halfday shows the classic pages only, and so refuses ManagedLoginVersion 2 for now.")
    try:
        await call.services.store.domains.insert(PoolDomain(name, pool.pool_id, 1, call.now))
    except Taken as problem:
        raise invalid("Domain already associated with another user pool.") from problem
    return {"ManagedLoginVersion": 1}


@operation("cognito-idp", "DescribeUserPoolDomain", honours="Domain")
async def describe_user_pool_domain(call: Call) -> Output:
    """A domain that is nobody's is described by nothing, not by an error: as on AWS."""
    domain = await call.services.store.domains.find(call.input["Domain"])
    if domain is None:
        return {"DomainDescription": {}}
    description: dict[str, Any] = {
        "UserPoolId": domain.pool_id,
        "AWSAccountId": call.account,
        "Domain": domain.domain,
        "Status": "ACTIVE",
        "CustomDomainConfig": {} if "." not in domain.domain else None,
        "ManagedLoginVersion": domain.managed_login_version,
    }
    return {"DomainDescription": description}


@operation("cognito-idp", "DeleteUserPoolDomain", honours="Domain UserPoolId")
async def delete_user_pool_domain(call: Call) -> Output:
    pool = await the_pool(call)
    try:
        await call.services.store.domains.delete(pool.pool_id, call.input["Domain"])
    except Missing as problem:
        raise invalid("No such domain or user pool exists.") from problem
    return {}
