"""Replicas of a pool in other regions, as records: nothing is replicated here. Source: API reference."""

from __future__ import annotations

from functools import partial
from typing import Any

from halfday.protocol.identifiers import REGION_PATTERN
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.configuration import Replica
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.user_pools.pool_checks import check_tags
from halfday.server.storage.errors import Taken

_ON_A_PAGE = 60


@operation("cognito-idp", "CreateUserPoolReplica", honours="UserPoolId RegionName UserPoolTags")
async def create_user_pool_replica(call: Call) -> Output:
    """A new replica is INACTIVE, until UpdateUserPoolReplica activates it [inferred]."""
    pool, region = await the_pool(call), call.input["RegionName"]
    if not REGION_PATTERN.fullmatch(region) or region == pool.region:
        raise invalid(f"{region} is not another region than the user pool's, {pool.region}.")
    if pool.tier == "LITE":
        message = "User pool replicas are not available in this user pool's feature plan."
        raise Refused("FeatureUnavailableInTierException", message)
    check_tags(call.input.get("UserPoolTags", {}))
    replica = Replica(pool.pool_id, region, "INACTIVE", dict(call.input.get("UserPoolTags", {})))
    try:
        await call.services.store.replicas.insert(replica)
    except Taken as problem:
        raise invalid(f"The user pool has a replica in {region} already.") from problem
    return {"UserPoolReplica": _shape(call, pool, replica)}


@operation("cognito-idp", "UpdateUserPoolReplica", honours="UserPoolId RegionName Status")
async def update_user_pool_replica(call: Call) -> Output:
    pool = await the_pool(call)
    replica, status = await _the_replica(call, pool), call.input["Status"]
    await call.services.store.replicas.set_status(pool.pool_id, replica.region, status)
    return {"UserPoolReplica": {**_shape(call, pool, replica), "Status": status}}


@operation("cognito-idp", "DeleteUserPoolReplica", honours="UserPoolId RegionName")
async def delete_user_pool_replica(call: Call) -> Output:
    """Only an INACTIVE replica can be deleted (API reference)."""
    pool = await the_pool(call)
    replica = await _the_replica(call, pool)
    if replica.status != "INACTIVE":
        raise invalid("Only a replica in the INACTIVE status can be deleted.")
    await call.services.store.replicas.delete(pool.pool_id, replica.region)
    return {"UserPoolReplica": {**_shape(call, pool, replica), "Status": "DELETING"}}


@operation("cognito-idp", "ListUserPoolReplicas", honours="UserPoolId NextToken")
async def list_user_pool_replicas(call: Call) -> Output:
    """If the pool has replicas, the first page begins with the pool itself as the PRIMARY [inferred]."""
    pool = await the_pool(call)
    answer = await paging.listing(
        call,
        "UserPoolReplicas",
        partial(call.services.store.replicas.page, pool.pool_id),
        key=lambda replica: replica.region,
        shape=partial(_shape, call, pool),
        most=_ON_A_PAGE,
    )
    if answer["UserPoolReplicas"] and "NextToken" not in call.input:
        primary = {"RegionName": pool.region, "Status": "ACTIVE", "Role": "PRIMARY"}
        answer["UserPoolReplicas"].insert(0, {**primary, "UserPoolArn": pool.arn(call.account)})
    return answer


async def _the_replica(call: Call, pool: Pool) -> Replica:
    region = call.input["RegionName"]
    replica = await call.services.store.replicas.find(pool.pool_id, region)
    if replica is None:
        raise Refused("ResourceNotFoundException", f"User pool {pool.pool_id} has no replica in {region}.")
    return replica


def _shape(call: Call, pool: Pool, replica: Replica) -> dict[str, Any]:
    arn = pool.arn(call.account).replace(f":{pool.region}:", f":{replica.region}:", 1)
    return {
        "RegionName": replica.region,
        "Status": replica.status,
        "Role": "SECONDARY",
        "UserPoolArn": arn,
    }
