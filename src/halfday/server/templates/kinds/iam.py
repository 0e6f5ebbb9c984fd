"""AWS::IAM::*: roles with their policies, managed policies, inline policies of several roles, providers of tokens.

Source: CloudFormation template reference, AWS Identity and Access Management.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from halfday.server.templates.kinds.kind import Kind, Properties, Site, words
from halfday.server.templates.kinds.tags import retag
from halfday.server.templates.stacks import Made

_IAM = "iam"
_MOST_VERSIONS = 5
"""Of a managed policy (IAM user guide, quotas)."""


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


class Role(Kind):
    type = "AWS::IAM::Role"
    properties = words(
        "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path PermissionsBoundary Policies "
        "RoleName Tags"
    )
    fixed = words("Path RoleName")
    required = words("AssumeRolePolicyDocument")
    attributes = words("Arn RoleId")

    async def create(self, site: Site, given: Properties) -> Made:
        name = given.get("RoleName") or site.name(64)
        members = {one: given.get(one) for one in ("Path", "Description", "PermissionsBoundary", "Tags")}
        members["MaxSessionDuration"] = given.get("MaxSessionDuration")
        trust = _text(given["AssumeRolePolicyDocument"])
        called = {"RoleName": name, "AssumeRolePolicyDocument": trust, **members}
        role = (await site.call(_IAM, "CreateRole", called))["Role"]
        made = Made(self.type, str(name), attributes={"Arn": role["Arn"], "RoleId": role["RoleId"]})
        await site.begun(made)
        await _set_policies(site, made, {}, given)
        return made

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        role, old = {"RoleName": made.physical_id}, made.properties
        changed = {name for name in self.properties if old.get(name) != given.get(name)}
        if changed & {"Description", "MaxSessionDuration"}:
            told = {
                "Description": given.get("Description", ""),
                "MaxSessionDuration": given.get("MaxSessionDuration", 3600),
            }
            await site.call(_IAM, "UpdateRole", {**role, **told})
        if "AssumeRolePolicyDocument" in changed:
            document = {"PolicyDocument": _text(given["AssumeRolePolicyDocument"])}
            await site.call(_IAM, "UpdateAssumeRolePolicy", {**role, **document})
        if "PermissionsBoundary" in changed:
            boundary = given.get("PermissionsBoundary")
            operation = "PutRolePermissionsBoundary" if boundary else "DeleteRolePermissionsBoundary"
            await site.call(_IAM, operation, {**role, "PermissionsBoundary": boundary})
        await _set_policies(site, made, old, given)
        await retag(site, _IAM, "TagRole", "UntagRole", role, old.get("Tags"), given.get("Tags"))
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        await _set_policies(site, made, made.properties, {})
        await site.delete(_IAM, "DeleteRole", {"RoleName": made.physical_id})


async def _set_policies(site: Site, made: Made, old: Properties, new: Properties) -> None:
    """Inline and attached ones, those that are no longer there taken away."""
    role = {"RoleName": made.physical_id}
    before = {one["PolicyName"]: _text(one["PolicyDocument"]) for one in old.get("Policies", ())}
    after = {one["PolicyName"]: _text(one["PolicyDocument"]) for one in new.get("Policies", ())}
    for name in before.keys() - after.keys():
        await site.delete(_IAM, "DeleteRolePolicy", {**role, "PolicyName": name})
    for name, document in after.items():
        if before.get(name) != document:
            await site.call(_IAM, "PutRolePolicy", {**role, "PolicyName": name, "PolicyDocument": document})
    attached, wanted = old.get("ManagedPolicyArns", []), new.get("ManagedPolicyArns", [])
    for arn in attached:
        if arn not in wanted:
            await site.delete(_IAM, "DetachRolePolicy", {**role, "PolicyArn": arn})
    for arn in wanted:
        if arn not in attached:
            await site.call(_IAM, "AttachRolePolicy", {**role, "PolicyArn": arn})


class InlinePolicy(Kind):
    """AWS::IAM::Policy: one document, put inline into each of its roles and users."""

    type = "AWS::IAM::Policy"
    properties = words("PolicyDocument PolicyName Roles Users")
    required = words("PolicyDocument PolicyName")
    attributes = words("Id")

    async def create(self, site: Site, given: Properties) -> Made:
        made = Made(self.type, str(given["PolicyName"]), attributes={"Id": str(given["PolicyName"])})
        await self._put(site, given)
        return made

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        await self._put(site, given)
        moved = made.properties.get("PolicyName") != given["PolicyName"]
        kept = {} if moved else given
        for kind in ("Role", "User"):
            gone = [one for one in made.properties.get(f"{kind}s", ()) if one not in kept.get(f"{kind}s", ())]
            await self._take_away(site, kind, gone, made)
        name = str(given["PolicyName"])
        return replace(made, physical_id=name, attributes={"Id": name})

    async def delete(self, site: Site, made: Made) -> None:
        for kind in ("Role", "User"):
            await self._take_away(site, kind, made.properties.get(f"{kind}s", []), made)

    async def _put(self, site: Site, given: Properties) -> None:
        policy = {"PolicyName": given["PolicyName"], "PolicyDocument": _text(given["PolicyDocument"])}
        for kind in ("Role", "User"):
            for name in given.get(f"{kind}s", ()):
                await site.call(_IAM, f"Put{kind}Policy", {f"{kind}Name": name, **policy})

    async def _take_away(self, site: Site, kind: str, names: list[str], made: Made) -> None:
        for name in names:
            given = {f"{kind}Name": name, "PolicyName": made.properties["PolicyName"]}
            await site.delete(_IAM, f"Delete{kind}Policy", given)


class RolePolicy(Kind):
    type = "AWS::IAM::RolePolicy"
    properties = words("PolicyDocument PolicyName RoleName")
    fixed = words("PolicyName RoleName")
    required = words("PolicyDocument PolicyName RoleName")

    async def create(self, site: Site, given: Properties) -> Made:
        await site.call(_IAM, "PutRolePolicy", {**given, "PolicyDocument": _text(given["PolicyDocument"])})
        return Made(self.type, f"{given['PolicyName']}|{given['RoleName']}")

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        await site.call(_IAM, "PutRolePolicy", {**given, "PolicyDocument": _text(given["PolicyDocument"])})
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        which = {name: made.properties[name] for name in ("RoleName", "PolicyName")}
        await site.delete(_IAM, "DeleteRolePolicy", which)


class ManagedPolicy(Kind):
    type = "AWS::IAM::ManagedPolicy"
    properties = words("Description ManagedPolicyName Path PolicyDocument Roles Users")
    fixed = words("Description ManagedPolicyName Path")
    required = words("PolicyDocument")
    attributes = words("PolicyArn PolicyId")

    async def create(self, site: Site, given: Properties) -> Made:
        called = {
            "PolicyName": given.get("ManagedPolicyName") or site.name(128),
            "PolicyDocument": _text(given["PolicyDocument"]),
            "Path": given.get("Path"),
            "Description": given.get("Description"),
        }
        policy = (await site.call(_IAM, "CreatePolicy", called))["Policy"]
        told = {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]}
        made = Made(self.type, policy["Arn"], attributes=told)
        await site.begun(made)
        await self._attach(site, made, {}, given)
        return made

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        if made.properties.get("PolicyDocument") != given["PolicyDocument"]:
            await self._make_room(site, made)
            document = {"PolicyDocument": _text(given["PolicyDocument"]), "SetAsDefault": True}
            await site.call(_IAM, "CreatePolicyVersion", {"PolicyArn": made.physical_id, **document})
        await self._attach(site, made, made.properties, given)
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        await self._attach(site, made, made.properties, {})
        for version in await self._other_versions(site, made):
            await site.delete(_IAM, "DeletePolicyVersion", {"PolicyArn": made.physical_id, "VersionId": version})
        await site.delete(_IAM, "DeletePolicy", {"PolicyArn": made.physical_id})

    async def _make_room(self, site: Site, made: Made) -> None:
        """Deletes the oldest version where no other would fit beside those that there are."""
        others = await self._other_versions(site, made)
        for version in others[: max(0, len(others) + 2 - _MOST_VERSIONS)]:
            await site.delete(_IAM, "DeletePolicyVersion", {"PolicyArn": made.physical_id, "VersionId": version})

    async def _other_versions(self, site: Site, made: Made) -> list[str]:
        """Those that are not the default, the oldest first."""
        answer = await site.find(_IAM, "ListPolicyVersions", {"PolicyArn": made.physical_id})
        listed = answer.get("Versions", []) if answer else []
        others = [one["VersionId"] for one in listed if not one["IsDefaultVersion"]]
        return sorted(others, key=lambda version: int(version.removeprefix("v")))

    async def _attach(self, site: Site, made: Made, old: Properties, new: Properties) -> None:
        for kind in ("Role", "User"):
            before, after = old.get(f"{kind}s", []), new.get(f"{kind}s", [])
            policy = {"PolicyArn": made.physical_id}
            for name in before:
                if name not in after:
                    await site.delete(_IAM, f"Detach{kind}Policy", {f"{kind}Name": name, **policy})
            for name in after:
                if name not in before:
                    await site.call(_IAM, f"Attach{kind}Policy", {f"{kind}Name": name, **policy})


class OpenIdProvider(Kind):
    type = "AWS::IAM::OIDCProvider"
    properties = words("ClientIdList Tags ThumbprintList Url")
    fixed = required = words("Url")
    attributes = words("Arn")

    async def create(self, site: Site, given: Properties) -> Made:
        called = {
            "Url": given["Url"],
            "ClientIDList": given.get("ClientIdList"),
            "ThumbprintList": given.get("ThumbprintList"),
            "Tags": given.get("Tags"),
        }
        output = await site.call(_IAM, "CreateOpenIDConnectProvider", called)
        arn = output["OpenIDConnectProviderArn"]
        return Made(self.type, arn, attributes={"Arn": arn})

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        which, old = {"OpenIDConnectProviderArn": made.physical_id}, made.properties
        if old.get("ThumbprintList") != given.get("ThumbprintList"):
            thumbprints = {"ThumbprintList": given.get("ThumbprintList", [])}
            await site.call(_IAM, "UpdateOpenIDConnectProviderThumbprint", {**which, **thumbprints})
        before, after = old.get("ClientIdList", []), given.get("ClientIdList", [])
        for client in [one for one in after if one not in before]:
            await site.call(_IAM, "AddClientIDToOpenIDConnectProvider", {**which, "ClientID": client})
        for client in [one for one in before if one not in after]:
            await site.call(_IAM, "RemoveClientIDFromOpenIDConnectProvider", {**which, "ClientID": client})
        tag, untag = "TagOpenIDConnectProvider", "UntagOpenIDConnectProvider"
        await retag(site, _IAM, tag, untag, which, old.get("Tags"), given.get("Tags"))
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        await site.delete(_IAM, "DeleteOpenIDConnectProvider", {"OpenIDConnectProviderArn": made.physical_id})


class SamlProvider(Kind):
    type = "AWS::IAM::SAMLProvider"
    properties = words("Name SamlMetadataDocument Tags")
    fixed = words("Name")
    required = words("SamlMetadataDocument")
    attributes = words("Arn")

    async def create(self, site: Site, given: Properties) -> Made:
        called = {
            "Name": given.get("Name") or site.name(128),
            "SAMLMetadataDocument": given["SamlMetadataDocument"],
            "Tags": given.get("Tags"),
        }
        arn = (await site.call(_IAM, "CreateSAMLProvider", called))["SAMLProviderArn"]
        return Made(self.type, arn, attributes={"Arn": arn})

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        which, old = {"SAMLProviderArn": made.physical_id}, made.properties
        if old.get("SamlMetadataDocument") != given["SamlMetadataDocument"]:
            document = {"SAMLMetadataDocument": given["SamlMetadataDocument"]}
            await site.call(_IAM, "UpdateSAMLProvider", {**which, **document})
        tags = (old.get("Tags"), given.get("Tags"))
        await retag(site, _IAM, "TagSAMLProvider", "UntagSAMLProvider", which, *tags)
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        await site.delete(_IAM, "DeleteSAMLProvider", {"SAMLProviderArn": made.physical_id})


KINDS: tuple[Kind, ...] = (
    Role(),
    InlinePolicy(),
    RolePolicy(),
    ManagedPolicy(),
    OpenIdProvider(),
    SamlProvider(),
)
