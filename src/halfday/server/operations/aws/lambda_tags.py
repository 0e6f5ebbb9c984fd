"""Tags of Lambda's functions."""

from __future__ import annotations

from dataclasses import replace

from halfday.server.domain.aws.functions import LambdaFunction
from halfday.server.operations.framework.lambda_functions import bad_value, the_function
from halfday.server.operations.framework.registry import Call, Output, operation

MOST_TAGS = 50


@operation("lambda", "ListTags", honours="Resource")
async def list_tags(call: Call) -> Output:
    return {"Tags": dict((await the_function(call, "Resource")).tags)}


@operation("lambda", "TagResource", honours="Resource Tags")
async def tag_resource(call: Call) -> Output:
    def tagged(known: LambdaFunction) -> LambdaFunction:
        tags = {**known.tags, **call.input["Tags"]}
        if len(tags) > MOST_TAGS:
            raise bad_value(f"The resource would have more than {MOST_TAGS} tags.")
        return replace(known, tags=tags)

    await call.services.store.lambda_functions.change(await the_function(call, "Resource"), tagged)
    return {}


@operation("lambda", "UntagResource", honours="Resource TagKeys")
async def untag_resource(call: Call) -> Output:
    def untagged(known: LambdaFunction) -> LambdaFunction:
        left = {key: value for key, value in known.tags.items() if key not in call.input["TagKeys"]}
        return replace(known, tags=left)

    await call.services.store.lambda_functions.change(await the_function(call, "Resource"), untagged)
    return {}
