"""AWS::Lambda::Function and Permission: functions that triggers and routes call, with the code that lies here.

Source: CloudFormation template reference, AWS Lambda.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.templates import assets
from halfday.server.templates.errors import CallRefused, TemplateRefused
from halfday.server.templates.kinds.kind import Kind, Properties, Site, words
from halfday.server.templates.kinds.tags import tags_of
from halfday.server.templates.stacks import Made

_LAMBDA = "lambda"
_SETTINGS = words(
    "DeadLetterConfig Description Environment EphemeralStorage FileSystemConfigs Handler ImageConfig Layers "
    "LoggingConfig MemorySize Role Runtime SnapStart Timeout TracingConfig VpcConfig"
)
_AT_FIRST = words("Architectures CodeSigningConfigArn PackageType")
_DEFAULTS: Mapping[str, Any] = {
    "Description": "",
    "Environment": {"Variables": {}},
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "EphemeralStorage": {"Size": 512},
}
"""What a setting is again once it has left the template (Lambda API reference, CreateFunction)."""
_DECLARED = "Declared"
_FILES = {"python": "index.py", "nodejs": "index.js"}
_PUBLISHED_BY_S3 = words("S3Bucket S3Key S3ObjectVersion")


class Function(Kind):
    """Its code is compared by content: where a build lies, and what it is called in S3, makes no difference."""

    type = "AWS::Lambda::Function"
    properties = _SETTINGS | _AT_FIRST | words("Code FunctionName Tags KmsKeyArn")
    fixed = words("FunctionName PackageType")
    required = words("Code Role")
    attributes = words("Arn")

    def normal(self, site: Site, given: Properties) -> Properties:
        """With the digest of the code in place of where it is. Raises TemplateRefused."""
        code = given["Code"]
        if "ImageUri" in code:
            raise TemplateRefused("a function from an image is not run here: make it from a folder or a zip")
        if "ZipFile" in code:
            content = _inline(str(code["ZipFile"]), str(given.get("Runtime", "")))
        elif _PUBLISHED_BY_S3 & code.keys():
            content = assets.code_of(site.folder, code)
        else:
            raise TemplateRefused("its Code has neither ZipFile nor S3Bucket and S3Key")
        digest = assets.digest_of(content)
        site.codes[digest] = content
        return {**given, "Code": {"Sha256": digest}}

    async def create(self, site: Site, given: Properties) -> Made:
        name = given.get("FunctionName") or site.name(64)
        code = {"ZipFile": site.codes[given["Code"]["Sha256"]]}
        members = {one: given[one] for one in (_SETTINGS | _AT_FIRST) & given.keys()}
        called = {"FunctionName": name, "Code": code, **members, "KMSKeyArn": given.get("KmsKeyArn")}
        which = {"FunctionName": name}
        if tags := given.get("Tags"):
            called["Tags"] = tags_of(tags)
        try:
            answer = await site.call(_LAMBDA, "CreateFunction", called)
        except CallRefused as refused:
            if refused.code != "ResourceConflictException" or await site.find(_LAMBDA, "GetFunction", which):
                raise
            return self._declared(site, str(name))
        return Made(self.type, str(name), attributes={"Arn": answer["FunctionArn"]})

    def _declared(self, site: Site, name: str) -> Made:
        """What has the name, and is none of Lambda's, is a function that the server was told of. It stands for the
        template's: its code is being worked on.
        """
        arn = f"arn:aws:lambda:{site.calls.region}:{site.calls.account}:function:{name}"
        return Made(self.type, name, attributes={"Arn": arn, _DECLARED: True})

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        if made.attributes.get(_DECLARED):
            return replace(made)
        which, old = {"FunctionName": made.physical_id}, made.properties
        if old.get("Code") != given["Code"] or old.get("Architectures") != given.get("Architectures"):
            code = {"ZipFile": site.codes[given["Code"]["Sha256"]], "Architectures": given.get("Architectures")}
            await site.call(_LAMBDA, "UpdateFunctionCode", {**which, **code})
        changed = {name: given.get(name, _DEFAULTS.get(name)) for name in _SETTINGS if old.get(name) != given.get(name)}
        if changed:
            await site.call(_LAMBDA, "UpdateFunctionConfiguration", {**which, **changed})
        await self._retag(site, made, given)
        return replace(made)

    async def _retag(self, site: Site, made: Made, given: Properties) -> None:
        before, after = tags_of(made.properties.get("Tags") or {}), tags_of(given.get("Tags") or {})
        resource = {"Resource": made.attributes["Arn"]}
        if gone := [key for key in before if key not in after]:
            await site.call(_LAMBDA, "UntagResource", {**resource, "TagKeys": gone})
        if added := {key: value for key, value in after.items() if before.get(key) != value}:
            await site.call(_LAMBDA, "TagResource", {**resource, "Tags": added})

    async def delete(self, site: Site, made: Made) -> None:
        if not made.attributes.get(_DECLARED):
            await site.delete(_LAMBDA, "DeleteFunction", {"FunctionName": made.physical_id})


def _inline(text: str, runtime: str) -> bytes:
    """The code of a template as the zip that Lambda makes of it: one file, `index`."""
    name = next((file for kind, file in _FILES.items() if runtime.startswith(kind)), None)
    if name is None:
        raise TemplateRefused(f"ZipFile is for Python and Node.js, and its Runtime is {runtime or 'missing'}")
    return assets.zip_of({name: (text.encode(), 0o644)})


class Permission(Kind):
    """A statement of a function's policy. Its id is made up; every property is fixed."""

    type = "AWS::Lambda::Permission"
    properties = words(
        "Action EventSourceToken FunctionName FunctionUrlAuthType InvokedViaFunctionUrl Principal PrincipalOrgID "
        "SourceAccount SourceArn"
    )
    fixed = properties
    required = words("Action FunctionName Principal")
    attributes = words("Id")
    follows = words("SourceArn")

    async def create(self, site: Site, given: Properties) -> Made:
        statement = site.name(100)
        try:
            await site.call(_LAMBDA, "AddPermission", {**given, "StatementId": statement})
        except CallRefused as refused:
            if refused.code != "ResourceNotFoundException" or not await _is_declared(site, given):
                raise
        return Made(self.type, statement, attributes={"Id": statement})

    async def delete(self, site: Site, made: Made) -> None:
        which = {"FunctionName": made.properties["FunctionName"], "StatementId": made.physical_id}
        await site.delete(_LAMBDA, "RemovePermission", which)


async def _is_declared(site: Site, given: Properties) -> bool:
    """Whether a function that the server was told of stands for the template's: it has no policy."""
    return any(one.attributes.get(_DECLARED) for one in site.functions(str(given["FunctionName"])))


KINDS: tuple[Kind, ...] = (Function(), Permission())
