"""Tags of user pools: TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from halfday.protocol.identifiers import parse_arn
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import tags
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.framework.registry import Call, Output, operation

Tags = dict[str, str]


@operation("cognito-idp", "TagResource", honours="ResourceArn Tags")
async def tag_resource(call: Call) -> Output:
    await _change_tags(call, await _tagged_pool(call), lambda known: tags.merged(known, call.input["Tags"]))
    return {}


@operation("cognito-idp", "UntagResource", honours="ResourceArn TagKeys")
async def untag_resource(call: Call) -> Output:
    await _change_tags(call, await _tagged_pool(call), lambda known: tags.without(known, call.input["TagKeys"]))
    return {}


@operation("cognito-idp", "ListTagsForResource", honours="ResourceArn")
async def list_tags_for_resource(call: Call) -> Output:
    return {"Tags": (await _tagged_pool(call)).tags}


async def _tagged_pool(call: Call) -> Pool:
    arn = call.input["ResourceArn"]
    try:
        pool_id = parse_arn(arn).resource.removeprefix("userpool/")
    except ValueError as problem:
        raise invalid(f"{arn} is not the ARN of a user pool.") from problem
    pool = await call.services.store.pools.find(pool_id)
    if pool is None or pool.arn(call.account) != arn or not call.is_of_region(pool.region):
        raise Refused("ResourceNotFoundException", f"Resource not found: {arn}")
    return pool


async def _change_tags(call: Call, pool: Pool, change: Callable[[Tags], Tags]) -> None:
    await call.services.store.pools.change(
        pool.pool_id, lambda known: replace(known, tags=change(known.tags), modified_at=call.now)
    )
