"""What a function of Lambda's API is told of: read from CreateFunction and UpdateFunctionConfiguration, and checked.

Source: Lambda API reference; Lambda developer guide, Lambda runtimes, and Environment variables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from halfday.protocol.identifiers import parse_arn
from halfday.server.domain.aws.functions import trusts_lambda
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework.lambda_functions import bad_value
from halfday.server.operations.framework.lookups import not_built
from halfday.server.operations.framework.registry import Call

SETTINGS = (
    "Runtime Role Handler Description Timeout MemorySize Environment TracingConfig EphemeralStorage SnapStart "
    "LoggingConfig"
)
MOST_OF_AN_ENVIRONMENT = 4096
LONGEST_S, MOST_RAM_MB, MOST_EPHEMERAL_MB = 900, 10_240, 10_240
"""Lambda's limits (Lambda quotas), which its public model omits or has higher."""

_MEMBERS = {
    "Runtime": "runtime",
    "Role": "role",
    "Handler": "handler",
    "Description": "description",
    "Timeout": "timeout_s",
    "MemorySize": "ram_mb",
}
_RETIRED = frozenset(
    "python2.7 python3.6 python3.7 python3.8 nodejs nodejs4.3 nodejs4.3-edge nodejs6.10 nodejs8.10 nodejs10.x "
    "nodejs12.x nodejs14.x nodejs16.x".split()
)
"""AWS takes no new function of these."""
_RESERVED = frozenset(
    "_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME "
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE "
    "AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY "
    "AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR".split()
)
_UNCONFIGURED = (
    "Lambda was unable to configure your environment variables because the environment variables you have provided"
)
_PLAIN: Mapping[str, tuple[str, str]] = {
    "TracingConfig": ("Mode", "PassThrough"),
    "SnapStart": ("ApplyOn", "None"),
    "LoggingConfig": ("LogFormat", "Text"),
}
"""Members of which the default is honoured, and no other value."""


async def check_settings(call: Call) -> None:
    """Raises Refused."""
    given = call.input
    for member, (inner, value) in _PLAIN.items():
        for name, found in given.get(member, {}).items():
            if (name, found) != (inner, value) and not _is_own_group(call, member, name, found):
                raise not_built(f"{member}.{name} {found}", "functions")
    for name, value, most in (
        ("timeout", given.get("Timeout", 0), LONGEST_S),
        ("memorySize", given.get("MemorySize", 0), MOST_RAM_MB),
        ("ephemeralStorage.size", given.get("EphemeralStorage", {}).get("Size", 0), MOST_EPHEMERAL_MB),
    ):
        if value > most:
            sentence = f"Value '{value}' at '{name}' failed to satisfy constraint: Member must have value less than"
            raise Refused("ValidationException", f"1 validation error detected: {sentence} or equal to {most}")
    if "Runtime" in given:
        _check_runtime(given["Runtime"])
    if "Environment" in given:
        _check_environment(given["Environment"].get("Variables", {}))
    if "Role" in given:
        await _check_role(call, given["Role"])


def settings_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a LambdaFunction, of what the call says."""
    found = {field: given[member] for member, field in _MEMBERS.items() if member in given}
    if "Environment" in given:
        found["environment"] = given["Environment"].get("Variables", {})
    if "EphemeralStorage" in given:
        found["ephemeral_mb"] = given["EphemeralStorage"]["Size"]
    return found


def _is_own_group(call: Call, member: str, name: str, value: Any) -> bool:
    """The log group that a function has anyway, which Terraform and CDK may name."""
    own = f"/aws/lambda/{call.input['FunctionName'].rpartition(':')[2]}"
    return (member, name, value) == ("LoggingConfig", "LogGroup", own)


def _check_runtime(runtime: str) -> None:
    if runtime in _RETIRED:
        sentence = (
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
            "We recommend you use a supported runtime while creating or updating functions."
        )
        raise bad_value(sentence)
    if not runtime.startswith(("python3.", "nodejs")):
        raise not_built(f"Runtime {runtime}, for functions here are of Python or Node.js", "functions")


def _check_environment(variables: Mapping[str, str]) -> None:
    reserved = sorted(_RESERVED & variables.keys())
    if reserved:
        sentence = (
            f"{_UNCONFIGURED} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
        raise bad_value(sentence)
    measured = json.dumps(dict(variables), separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > MOST_OF_AN_ENVIRONMENT:
        raise bad_value(f"{_UNCONFIGURED} exceeded the 4KB limit. String measured: {measured}")


async def _check_role(call: Call, arn: str) -> None:
    """The role is there, in this account, and Lambda may assume it."""
    try:
        named = parse_arn(arn)
    except ValueError as problem:
        raise bad_value(f"{arn} is no role's ARN") from problem
    if named.account != call.account:
        raise bad_value("Cross-account pass role is not allowed.")
    role = await call.services.store.roles.find(named.account, named.resource.rpartition("/")[2])
    if role is None or role.arn != arn or not trusts_lambda(role.trust_policy):
        what = "its trust policy does not name lambda.amazonaws.com" if role else "there is no such role"
        raise bad_value("The role defined for the function cannot be assumed by Lambda.", f"{arn}: {what}")
