"""AddCustomAttributes: a pool's schema grows. No operation changes or removes an attribute of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from halfday.server.domain.user_pools.attributes import STANDARD_NAMES
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.operations.framework.lookups import invalid, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.user_pools.pool_checks import refuse_while_importing
from halfday.server.operations.user_pools.pool_schema import MOST_CUSTOM, custom_attribute


@operation("cognito-idp", "AddCustomAttributes", honours="UserPoolId CustomAttributes")
async def add_custom_attributes(call: Call) -> Output:
    pool, given, now = await the_pool(call), call.input["CustomAttributes"], call.now
    async with call.services.store.unit(pool.pool_id):
        await refuse_while_importing(call, pool)
        await call.services.store.pools.change(pool.pool_id, lambda old: replace(_grown(old, given), modified_at=now))
    return {}


def _grown(pool: Pool, given: Sequence[Mapping[str, Any]]) -> Pool:
    """The pool with all of the new attributes. Raises Refused, and then none is added; the sentence about their number
    is [inferred].
    """
    schema = list(pool.schema)
    for each in given:
        attribute = custom_attribute(each)
        if any(attribute.name == known.name for known in schema):
            raise invalid(f"{attribute.name}: Existing attribute already has name {attribute.name}.")
        schema.append(attribute)
    if sum(known.name not in STANDARD_NAMES for known in schema) > MOST_CUSTOM:
        raise invalid(f"The number of custom attributes in a user pool cannot exceed {MOST_CUSTOM}.")
    return replace(pool, schema=tuple(schema))
