"""Lambda's functions: made, shown, changed and deleted. What triggers need of them is honoured, the rest is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.aws.callers import Anonymous, TokenUser
from halfday.server.domain.aws.functions import LambdaFunction, function_arn
from halfday.server.domain.aws.permissions import Permissions
from halfday.server.domain.refusals import Refused
from halfday.server.flows.functions import code
from halfday.server.flows.functions.code import KeptCode
from halfday.server.operations.framework.lambda_functions import (
    bad_value,
    check_revision,
    checked_tags,
    configuration,
    not_found,
    reference,
    the_function,
)
from halfday.server.operations.framework.lambda_settings import SETTINGS, check_settings, settings_of
from halfday.server.operations.framework.lookups import not_built
from halfday.server.operations.framework.paging import after, cut
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

_FROM_S3 = ("S3Bucket", "S3Key", "S3ObjectVersion")
_MOST_LISTED = 50
LONGEST_NAME = 64
"""Characters of a name by itself: the model allows 140, of an ARN."""
MOST_UPLOADED_BYTES = 52_428_800
"""Of a zip that comes with the call (Lambda quotas, Deployment package size)."""


@operation(
    "lambda",
    "CreateFunction",
    honours="FunctionName Code.ZipFile Code.S3Bucket Code.S3Key Code.S3ObjectVersion PackageType Publish Tags "
    f"Architectures {SETTINGS}",
)
async def create_function(call: Call) -> Output:
    given = call.input
    if given.get("PackageType", "Zip") != "Zip":
        raise not_built(f"PackageType {given['PackageType']}", "CreateFunction")
    _check_unpublished(call)
    if not (given.get("Runtime") and given.get("Handler")):
        sentence = "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        raise bad_value(sentence)
    await check_settings(call)
    named = reference(call)
    _check_name(named.name)
    arn = function_arn(call.region, call.account, named.name)
    if call.services.functions.has(named.name):
        raise _taken(named.name, f"{arn} is declared here: [[function]], --functions or --functions-folder")
    content = await _code_of(call, given["Code"])
    kept = await code.keep(call.services, content)
    function = LambdaFunction(
        account=call.account,
        region=call.region,
        name=named.name,
        **_code_members(kept),
        **_new_revision(call),
        **settings_of(given),
        architecture=_architecture(given),
        tags=checked_tags(given.get("Tags", {})),
    )
    try:
        await call.services.store.lambda_functions.insert(function)
    except Taken as problem:
        await code.delete(call.services, kept.code_id)
        raise _taken(named.name) from problem
    return configuration(function)


@operation("lambda", "GetFunction", honours="FunctionName Qualifier")
async def get_function(call: Call) -> Output:
    """Its code has no address here: there is no S3 that keeps it."""
    function = await the_function(call)
    return {"Configuration": configuration(function), "Code": {"RepositoryType": "S3"}, "Tags": dict(function.tags)}


@operation("lambda", "GetFunctionConfiguration", honours="FunctionName Qualifier")
async def get_function_configuration(call: Call) -> Output:
    return configuration(await the_function(call))


@operation("lambda", "ListFunctions", honours="Marker MaxItems FunctionVersion MasterRegion")
async def list_functions(call: Call) -> Output:
    """All versions are the latest, and MasterRegion ALL is every function's here."""
    limit = min(call.input.get("MaxItems", _MOST_LISTED), _MOST_LISTED)
    try:
        last = after(call.input.get("Marker"))
    except Refused as refused:
        raise bad_value("Invalid marker", refused.detail) from refused
    functions = await call.services.store.lambda_functions.page(call.account, call.region, limit=limit + 1, after=last)
    shown, following = cut(functions, limit, lambda function: function.name)
    qualified = call.input.get("FunctionVersion") == "ALL"
    return {"Functions": [configuration(each, qualified=qualified) for each in shown], "NextMarker": following}


@operation("lambda", "ListVersionsByFunction", honours="FunctionName Marker MaxItems")
async def list_versions_by_function(call: Call) -> Output:
    """No version is published here: there is the latest."""
    return {"Versions": [configuration(await the_function(call), qualified=True)]}


@operation("lambda", "GetFunctionCodeSigningConfig", honours="FunctionName")
async def get_function_code_signing_config(call: Call) -> Output:
    """No function here has one."""
    return {"CodeSigningConfigArn": "", "FunctionName": (await the_function(call)).name}


@operation(
    "lambda",
    "UpdateFunctionCode",
    honours="FunctionName ZipFile S3Bucket S3Key S3ObjectVersion Publish DryRun RevisionId Architectures",
)
async def update_function_code(call: Call) -> Output:
    """Who invokes it meanwhile gets the answer of the code that was there. The older code is deleted."""
    _check_unpublished(call)
    function = await the_function(call)
    check_revision(call, function.revision_id)
    content = await _code_of(call, call.input)
    revision = _new_revision(call)
    if call.input.get("DryRun"):
        planned: dict[str, Any] = {"code_sha256": code.digest(content), "code_bytes": len(content)}
        return configuration(replace(function, **planned, **revision))
    kept = await code.keep(call.services, content)
    architecture = _architecture(call.input) if "Architectures" in call.input else function.architecture
    replaced: list[str] = []

    def with_code(known: LambdaFunction) -> LambdaFunction:
        check_revision(call, known.revision_id)
        replaced[:] = [known.code_id]
        return replace(known, architecture=architecture, **_code_members(kept), **revision)

    try:
        changed = await _change(call, function, with_code)
    except BaseException:
        await code.delete(call.services, kept.code_id)
        raise
    await code.delete(call.services, replaced[0])
    return configuration(changed)


@operation("lambda", "UpdateFunctionConfiguration", honours=f"FunctionName RevisionId {SETTINGS}")
async def update_function_configuration(call: Call) -> Output:
    function = await the_function(call)
    await check_settings(call)
    changes, revision = settings_of(call.input), _new_revision(call)

    def with_settings(known: LambdaFunction) -> LambdaFunction:
        check_revision(call, known.revision_id)
        return replace(known, **changes, **revision)

    return configuration(await _change(call, function, with_settings))


@operation("lambda", "DeleteFunction", honours="FunctionName Qualifier")
async def delete_function(call: Call) -> Output:
    """Who has invoked it gets the answer. Its code and its policy are gone."""
    named = reference(call)
    if named.qualifier:
        raise bad_value("$LATEST version cannot be deleted without deleting the function.")
    name = named.name
    arn = function_arn(call.region, call.account, name)
    deleted = await call.services.store.lambda_functions.take(call.account, call.region, name)
    if deleted is None:
        raise not_found(arn)
    call.services.functions.forget(arn)
    await code.delete(call.services, deleted.code_id)
    return {"StatusCode": 204}


async def _change(call: Call, function: LambdaFunction, change: Any) -> LambdaFunction:
    try:
        return await call.services.store.lambda_functions.change(function, change)
    except Missing as problem:
        raise not_found(function.arn) from problem


async def _code_of(call: Call, given: Mapping[str, Any]) -> bytes:
    """The zip, checked. Raises Refused."""
    from_s3 = [member for member in _FROM_S3 if member in given]
    if "ZipFile" in given and from_s3:
        raise bad_value("Please do not provide other FunctionCode parameters when providing a ZipFile.")
    if "ZipFile" in given:
        content: bytes = given["ZipFile"]
        if len(content) >= MOST_UPLOADED_BYTES:
            sentence = f"Zipped size must be smaller than {MOST_UPLOADED_BYTES} bytes"
            raise Refused("RequestEntityTooLargeException", sentence)
    elif "S3Bucket" in given and "S3Key" in given:
        content = await _from_s3(call, given)
    else:
        raise bad_value("Please provide a source for function code.")
    await code.check(content)
    return content


async def _from_s3(call: Call, given: Mapping[str, Any]) -> bytes:
    bucket, key = given["S3Bucket"], given["S3Key"]
    caller = call.caller
    if not isinstance(caller, (Anonymous, TokenUser)):
        try:
            Permissions(caller, "s3").check("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}", {})
        except Refused as refused:
            sentence = (
                "Your access has been denied by S3, please make sure your request credentials have permission to "
                f"GetObject for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
            )
            raise Refused("AccessDeniedException", sentence, refused.detail) from refused
    return await code.read_from_s3(call.services, bucket, key, given.get("S3ObjectVersion"))


def _check_name(name: str) -> None:
    """The sentence was recorded by LocalStack."""
    if len(name) > LONGEST_NAME:
        shown = f"Value '{name}' at 'functionName' failed to satisfy constraint"
        raise bad_value(
            f"1 validation error detected: {shown}: Member must have length less than or equal to {LONGEST_NAME}"
        )


def _check_unpublished(call: Call) -> None:
    if call.input.get("Publish"):
        raise not_built("Publish", "CreateFunction and UpdateFunctionCode")


def _taken(name: str, detail: str | None = None) -> Refused:
    return Refused("ResourceConflictException", f"Function already exist: {name}", detail)


def _code_members(kept: KeptCode) -> dict[str, Any]:
    return {"code_id": kept.code_id, "code_sha256": kept.sha256, "code_bytes": kept.size}


def _new_revision(call: Call) -> dict[str, Any]:
    return {"revision_id": call.services.uuid4(), "modified_at": call.now}


def _architecture(given: Mapping[str, Any]) -> str:
    """What it runs on here is this machine."""
    named: list[str] = given.get("Architectures") or ["x86_64"]
    return named[0]
