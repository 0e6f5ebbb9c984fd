"""Tags of Lambda's functions."""

from __future__ import annotations

from dataclasses import replace

from halfday.server.domain.aws.functions import LambdaFunction
from halfday.server.operations.framework.lambda_functions import few_enough, the_function
from halfday.server.operations.framework.registry import Call, Output, operation


@operation("lambda", "ListTags", honours="Resource")
async def list_tags(call: Call) -> Output:
    return {"Tags": dict((await the_function(call, "Resource")).tags)}


@operation("lambda", "TagResource", honours="Resource Tags")
async def tag_resource(call: Call) -> Output:
    def tagged(known: LambdaFunction) -> LambdaFunction:
        return replace(known, tags=few_enough({**known.tags, **call.input["Tags"]}))

    await call.services.store.lambda_functions.change(await the_function(call, "Resource"), tagged)
    return {}


@operation("lambda", "UntagResource", honours="Resource TagKeys")
async def untag_resource(call: Call) -> Output:
    def untagged(known: LambdaFunction) -> LambdaFunction:
        left = {key: value for key, value in known.tags.items() if key not in call.input["TagKeys"]}
        return replace(known, tags=left)

    await call.services.store.lambda_functions.change(await the_function(call, "Resource"), untagged)
    return {}
