"""Tags of identity pools: TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from halfday.protocol.identifiers import parse_arn
from halfday.server.domain.aws.identity_pools import IdentityPool
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import tags
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.framework.registry import Call, Output, operation

Tags = dict[str, str]


@operation("cognito-identity", "TagResource", honours="ResourceArn Tags")
async def tag_resource(call: Call) -> Output:
    await _change_tags(call, lambda known: tags.merged(known, call.input["Tags"]))
    return {}


@operation("cognito-identity", "UntagResource", honours="ResourceArn TagKeys")
async def untag_resource(call: Call) -> Output:
    await _change_tags(call, lambda known: tags.without(known, call.input["TagKeys"]))
    return {}


@operation("cognito-identity", "ListTagsForResource", honours="ResourceArn")
async def list_tags_for_resource(call: Call) -> Output:
    return {"Tags": (await _tagged_pool(call)).tags}


async def _tagged_pool(call: Call) -> IdentityPool:
    text = call.input["ResourceArn"]
    try:
        arn = parse_arn(text)
    except ValueError as problem:
        raise invalid(f"{text} is not the ARN of an identity pool.") from problem
    pool = await call.services.store.identity_pools.find(arn.resource.removeprefix("identitypool/"))
    if pool is None or pool.arn(call.account) != text or not call.is_of_region(pool.region):
        raise Refused("ResourceNotFoundException", f"Resource not found: {text}")
    return pool


async def _change_tags(call: Call, change: Callable[[Tags], Tags]) -> None:
    pool = await _tagged_pool(call)
    await call.services.store.identity_pools.change(
        pool.identity_pool_id, lambda known: replace(known, tags=change(known.tags))
    )
