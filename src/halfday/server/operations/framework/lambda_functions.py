"""The function that a call of Lambda's API names, or Lambda's refusal; and a function as Lambda shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from halfday.server.domain.aws.functions import LATEST, LambdaFunction, Reference, function_arn
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework.registry import Call

MOST_TAGS = 50


def bad_value(sentence: str, detail: str | None = None) -> Refused:
    """Lambda's commonest refusal."""
    return Refused("InvalidParameterValueException", sentence, detail)


def not_found(arn: str) -> Refused:
    return Refused("ResourceNotFoundException", f"Function not found: {arn}", "there is no such function")


def reference(call: Call, member: str = "FunctionName") -> Reference:
    """What the call names, in its own Region and account. Raises Refused for a version, which none here has."""
    named = Reference.read(call.input[member])
    if named is None:
        raise Refused("ValidationException", f"1 validation error detected: Value at '{_lower(member)}' is no function")
    if named.region not in (None, call.region):
        sentence = f"Functions from '{named.region}' are not reachable in this region ('{call.region}')"
        raise Refused("ResourceNotFoundException", sentence)
    if named.qualifier and call.input.get("Qualifier", named.qualifier) != named.qualifier:
        raise bad_value("The derived qualifier from the function name does not match the specified qualifier.")
    qualifier = call.input.get("Qualifier") or named.qualifier
    arn = function_arn(call.region, named.account or call.account, named.name)
    if qualifier not in (None, LATEST):
        raise not_found(f"{arn}:{qualifier}")
    if named.account not in (None, call.account):
        raise not_found(arn)
    return replace(named, qualifier=qualifier)


async def find_function(call: Call, member: str = "FunctionName") -> LambdaFunction | None:
    """Raises Refused for what names none of this account and Region."""
    named = reference(call, member)
    return await call.services.store.lambda_functions.find(call.account, call.region, named.name)


async def the_function(call: Call, member: str = "FunctionName") -> LambdaFunction:
    """Raises Refused."""
    function = await find_function(call, member)
    if function is None:
        named = reference(call, member)
        arn = function_arn(call.region, call.account, named.name)
        raise not_found(f"{arn}:{named.qualifier}" if named.qualifier else arn)
    return function


def check_revision(call: Call, actual: str) -> None:
    """Raises Refused where the call is about another revision."""
    if call.input.get("RevisionId", actual) != actual:
        sentence = (
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
            "retrieve the latest Revision Id"
        )
        raise Refused("PreconditionFailedException", sentence)


def configuration(function: LambdaFunction, *, qualified: bool = False) -> dict[str, Any]:
    """Members of FunctionConfiguration. A function here is ready as soon as it is made."""
    environment = {"Variables": dict(function.environment)} if function.environment else None
    return {
        "FunctionName": function.name,
        "FunctionArn": f"{function.arn}:{LATEST}" if qualified else function.arn,
        "Runtime": function.runtime,
        "Role": function.role,
        "Handler": function.handler,
        "CodeSize": function.code_bytes,
        "Description": function.description,
        "Timeout": function.timeout_s,
        "MemorySize": function.ram_mb,
        "LastModified": _time(function.modified_at),
        "CodeSha256": function.code_sha256,
        "Version": LATEST,
        "Environment": environment,
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": function.revision_id,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [function.architecture],
        "EphemeralStorage": {"Size": function.ephemeral_mb},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.name}"},
    }


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def checked_tags(tags: Mapping[str, str]) -> Mapping[str, str]:
    """The tags. Raises Refused for more than a function may have, in the sentence that LocalStack recorded, and for
    AWS's own, in one that is [inferred].
    """
    if any(key.lower().startswith("aws:") for key in tags):
        raise bad_value("aws: prefixed tag key names are not allowed for external use.")
    if len(tags) > MOST_TAGS:
        raise bad_value("Number of tags exceeds resource tag limit.")
    return tags
