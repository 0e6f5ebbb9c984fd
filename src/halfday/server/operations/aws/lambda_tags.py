"""Tags of Lambda's functions."""

from __future__ import annotations

from dataclasses import replace

from halfday.server.domain.aws.functions import LambdaFunction, Reference
from halfday.server.operations.framework.lambda_functions import bad_value, checked_tags, the_function
from halfday.server.operations.framework.registry import Call, Output, operation


@operation("lambda", "ListTags", honours="Resource")
async def list_tags(call: Call) -> Output:
    return {"Tags": dict((await _whole_function(call)).tags)}


@operation("lambda", "TagResource", honours="Resource Tags")
async def tag_resource(call: Call) -> Output:
    if not call.input["Tags"]:
        raise bad_value("An error occurred and the request cannot be processed.")

    def tagged(known: LambdaFunction) -> LambdaFunction:
        return replace(known, tags=checked_tags({**known.tags, **call.input["Tags"]}))

    await call.services.store.lambda_functions.change(await _whole_function(call), tagged)
    return {}


@operation("lambda", "UntagResource", honours="Resource TagKeys")
async def untag_resource(call: Call) -> Output:
    def untagged(known: LambdaFunction) -> LambdaFunction:
        left = {key: value for key, value in known.tags.items() if key not in call.input["TagKeys"]}
        return replace(known, tags=left)

    await call.services.store.lambda_functions.change(await _whole_function(call), untagged)
    return {}


async def _whole_function(call: Call) -> LambdaFunction:
    """Raises Refused for a version or an alias of one. Sentences were recorded by LocalStack."""
    named = Reference.read(call.input["Resource"])
    if named is not None and named.qualifier:
        raise bad_value("Tags on function aliases and versions are not supported. Please specify a function ARN.")
    return await the_function(call, "Resource")
