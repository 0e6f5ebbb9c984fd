"""Tags of user pools: TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from dataclasses import replace

from halfday.protocol.errors import ServiceError
from halfday.protocol.identifiers import parse_arn
from halfday.server.domain import tags
from halfday.server.domain.pools import Pool
from halfday.server.operations.lookups import invalid
from halfday.server.operations.registry import Call, Output, operation


@operation("cognito-idp", "TagResource", honours="ResourceArn Tags")
async def tag_resource(call: Call) -> Output:
    pool = await _tagged_pool(call)
    changed = {**pool.tags, **call.input["Tags"]}
    objection = tags.objection(changed)
    if objection is not None:
        raise invalid(objection)
    await _set_tags(call, pool, changed)
    return {}


@operation("cognito-idp", "UntagResource", honours="ResourceArn TagKeys")
async def untag_resource(call: Call) -> Output:
    pool = await _tagged_pool(call)
    await _set_tags(call, pool, {n: v for n, v in pool.tags.items() if n not in call.input["TagKeys"]})
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
        raise ServiceError("ResourceNotFoundException", f"Resource not found: {arn}")
    return pool


async def _set_tags(call: Call, pool: Pool, changed: dict[str, str]) -> None:
    await call.services.store.pools.update(replace(pool, tags=changed, modified_at=call.now))
