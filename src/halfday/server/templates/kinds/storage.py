"""AWS::S3::Bucket and AWS::DynamoDB::Table: made at the AWS behind the front door.

What stands there may be gone when the server starts again (moto keeps it in memory): then it is made again by its name.
Source: CloudFormation template reference, Amazon S3 and DynamoDB; both services' API references.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.kinds.kind import Kind, Properties, Site, words
from halfday.server.templates.kinds.tags import tags_of
from halfday.server.templates.stacks import Made

_S3, _DYNAMODB = "s3", "dynamodb"
_THROUGHPUT = "ProvisionedThroughput"


def _encryption(given: Any) -> Mapping[str, Any]:
    """A template's rules as the API's: the default's own name differs."""
    rules = []
    for rule in given.get("ServerSideEncryptionConfiguration", ()):
        default = rule.get("ServerSideEncryptionByDefault")
        named = {"ApplyServerSideEncryptionByDefault": default} if default else {}
        rules.append({**{k: v for k, v in rule.items() if k != "ServerSideEncryptionByDefault"}, **named})
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def _cors(given: Any) -> Mapping[str, Any]:
    """Members are in the plural in the API, and MaxAge has its unit."""
    names = {"ExposedHeaders": "ExposeHeaders", "Id": "ID", "MaxAge": "MaxAgeSeconds"}
    rules = [{names.get(name, name): value for name, value in rule.items()} for rule in given.get("CorsRules", ())]
    return {"CORSConfiguration": {"CORSRules": rules}}


_PARTS: Mapping[str, tuple[str, str, Callable[[Any], Mapping[str, Any]]]] = {
    "BucketEncryption": ("PutBucketEncryption", "DeleteBucketEncryption", _encryption),
    "CorsConfiguration": ("PutBucketCors", "DeleteBucketCors", _cors),
    "OwnershipControls": (
        "PutBucketOwnershipControls",
        "DeleteBucketOwnershipControls",
        lambda given: {"OwnershipControls": given},
    ),
    "PublicAccessBlockConfiguration": (
        "PutPublicAccessBlock",
        "DeletePublicAccessBlock",
        lambda given: {"PublicAccessBlockConfiguration": given},
    ),
    "Tags": ("PutBucketTagging", "DeleteBucketTagging", lambda given: {"Tagging": {"TagSet": given}}),
    "VersioningConfiguration": ("PutBucketVersioning", "", lambda given: {"VersioningConfiguration": given}),
}
"""A property, what puts it, what takes it away, and its members."""


class Bucket(Kind):
    type = "AWS::S3::Bucket"
    properties = frozenset(_PARTS) | words("BucketName")
    fixed = words("BucketName")
    attributes = words("Arn DomainName DualStackDomainName RegionalDomainName WebsiteURL")

    async def create(self, site: Site, given: Properties) -> Made:
        name = given.get("BucketName") or site.name(63, lower=True)
        region = site.calls.region
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        await site.call(_S3, "CreateBucket", {"Bucket": name, **place})
        made = Made(
            self.type,
            str(name),
            attributes={
                "Arn": f"arn:aws:s3:::{name}",
                "DomainName": f"{name}.s3.amazonaws.com",
                "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
                "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
                "WebsiteURL": f"http://{name}.s3-website-{region}.amazonaws.com",
            },
        )
        await site.begun(made)
        await _set_parts(site, made, {}, given)
        return made

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        await _set_parts(site, made, made.properties, given)
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        await site.delete(_S3, "DeleteBucket", {"Bucket": made.physical_id})

    def named_again(self, made: Made, given: Properties) -> Properties:
        return {**given, "BucketName": made.physical_id}

    async def stands(self, site: Site, made: Made) -> bool:
        return await site.find(_S3, "HeadBucket", {"Bucket": made.physical_id}) is not None


async def _set_parts(site: Site, made: Made, old: Properties, new: Properties) -> None:
    bucket = {"Bucket": made.physical_id}
    for name, (put, take_away, members) in _PARTS.items():
        if old.get(name) == new.get(name):
            continue
        if name in new:
            await site.call(_S3, put, {**bucket, **members(new[name])})
        elif take_away:
            await site.delete(_S3, take_away, bucket)
        else:
            await site.call(_S3, put, {**bucket, **members({"Status": "Suspended"})})


class Table(Kind):
    type = "AWS::DynamoDB::Table"
    properties = words(
        "AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes KeySchema "
        "LocalSecondaryIndexes PointInTimeRecoverySpecification ProvisionedThroughput SSESpecification "
        "StreamSpecification TableClass TableName Tags TimeToLiveSpecification"
    )
    fixed = words("KeySchema LocalSecondaryIndexes TableName")
    required = words("KeySchema")
    attributes = words("Arn StreamArn")

    async def create(self, site: Site, given: Properties) -> Made:
        name = given.get("TableName") or site.name(255)
        apart = words("PointInTimeRecoverySpecification TimeToLiveSpecification SSESpecification StreamSpecification")
        called = {one: value for one, value in given.items() if one not in apart}
        called.update(_stream(given), TableName=name)
        if "SSESpecification" in given:
            called["SSESpecification"] = _encrypted(given)
        table = (await site.call(_DYNAMODB, "CreateTable", called))["TableDescription"]
        told = {"Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn", "")}
        made = Made(self.type, str(name), attributes=told)
        await site.begun(made)
        await _set_apart(site, made, {}, given)
        return made

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        old, called = made.properties, {}
        for name in ("BillingMode", "ProvisionedThroughput", "DeletionProtectionEnabled", "TableClass"):
            if old.get(name) != given.get(name) and name in given:
                called[name] = given[name]
        if old.get("StreamSpecification") != given.get("StreamSpecification"):
            called.update(_stream(given) or {"StreamSpecification": {"StreamEnabled": False}})
        if old.get("SSESpecification") != given.get("SSESpecification"):
            called["SSESpecification"] = _encrypted(given)
        if indexes := _index_changes(old, given):
            called["GlobalSecondaryIndexUpdates"] = indexes
            called["AttributeDefinitions"] = given.get("AttributeDefinitions")
        if called:
            await site.call(_DYNAMODB, "UpdateTable", {"TableName": made.physical_id, **called})
        await _set_apart(site, made, old, given)
        await self._retag(site, made, given)
        return replace(made)

    async def _retag(self, site: Site, made: Made, given: Properties) -> None:
        before, after = tags_of(made.properties.get("Tags") or {}), tags_of(given.get("Tags") or {})
        which = {"ResourceArn": made.attributes["Arn"]}
        if gone := [key for key in before if before[key] != after.get(key)]:
            await site.call(_DYNAMODB, "UntagResource", {**which, "TagKeys": gone})
        if added := [{"Key": key, "Value": value} for key, value in after.items() if before.get(key) != value]:
            await site.call(_DYNAMODB, "TagResource", {**which, "Tags": added})

    async def delete(self, site: Site, made: Made) -> None:
        await site.delete(_DYNAMODB, "DeleteTable", {"TableName": made.physical_id})

    def named_again(self, made: Made, given: Properties) -> Properties:
        return {**given, "TableName": made.physical_id}

    async def stands(self, site: Site, made: Made) -> bool:
        return await site.find(_DYNAMODB, "DescribeTable", {"TableName": made.physical_id}) is not None


def _encrypted(given: Properties) -> dict[str, Any]:
    sse = given.get("SSESpecification", {})
    kept = {member: value for member, value in sse.items() if member != "SSEEnabled"}
    return {"Enabled": sse.get("SSEEnabled", False), **kept}


def _stream(given: Properties) -> dict[str, Any]:
    if "StreamSpecification" not in given:
        return {}
    return {"StreamSpecification": {"StreamEnabled": True, **given["StreamSpecification"]}}


def _index_changes(old: Properties, new: Properties) -> list[dict[str, Any]]:
    before = {one["IndexName"]: one for one in old.get("GlobalSecondaryIndexes", ())}
    after = {one["IndexName"]: one for one in new.get("GlobalSecondaryIndexes", ())}
    changes: list[dict[str, Any]] = [{"Delete": {"IndexName": name}} for name in before if name not in after]
    for name, index in after.items():
        if name not in before:
            changes.append({"Create": index})
        elif index != before[name]:
            if {**index, _THROUGHPUT: None} != {**before[name], _THROUGHPUT: None} or _THROUGHPUT not in index:
                raise TemplateRefused(f"index {name}: its keys and projection cannot be changed; give it another name")
            changes.append({"Update": {"IndexName": name, _THROUGHPUT: index[_THROUGHPUT]}})
    return changes


async def _set_apart(site: Site, made: Made, old: Properties, new: Properties) -> None:
    """What DynamoDB has operations of its own for."""
    which = {"TableName": made.physical_id}
    name = "TimeToLiveSpecification"
    if old.get(name) != new.get(name):
        wanted = new.get(name) or {**old[name], "Enabled": False}
        await site.call(_DYNAMODB, "UpdateTimeToLive", {**which, name: wanted})
    name = "PointInTimeRecoverySpecification"
    if old.get(name) != new.get(name):
        wanted = new.get(name) or {"PointInTimeRecoveryEnabled": False}
        await site.call(_DYNAMODB, "UpdateContinuousBackups", {**which, name: wanted})


KINDS: tuple[Kind, ...] = (Bucket(), Table())
