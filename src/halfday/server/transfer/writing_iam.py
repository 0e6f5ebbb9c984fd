"""What a document has of IAM: policies, roles, users with their keys, and trusted providers."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from halfday.server.domain.aws.policies.pins import without_principals
from halfday.server.flows.pinned_principals import NOBODY_IN, nobodies_of
from halfday.server.transfer.access_keys import KeyRefused, keep_access_key
from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.policy_versions import make_policy
from halfday.server.transfer.reading_iam import document_of, issuer_url
from halfday.server.transfer.writing import Writer

IAM = "iam"
_VERSION_ID = re.compile(r"v([1-9][0-9]{0,6})")


class IamWriter:
    """IAM is the same in every Region."""

    def __init__(self, writer: Writer) -> None:
        self._w = writer
        self._account = writer.services.settings.account_id
        self._trusts: dict[str, dict[str, Any]] = {}

    async def policy(self, entry: Mapping[str, Any]) -> None:
        policy = dict(entry["Policy"])
        name, place = policy["PolicyName"], f"policy {policy['PolicyName']}"
        if await self._w.store.managed_policies.find(self._account, name) is not None:
            self._w.told.there_already.append(place)
            return
        default = _number(policy.get("DefaultVersionId", "v1"), place)
        versions = {_number(one.get("VersionId"), place): one.get("Document", {}) for one in entry.get("Versions", ())}
        documents = {number: document_of(one) for number, one in versions.items()}
        documents[default] = document_of(entry.get("Document", {}))

        async def call(name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
            return await self._call(name, given, place)

        await make_policy(self._w.services, call, policy, documents, default)
        self._w.told.count("policies")

    async def role(self, entry: Mapping[str, Any]) -> None:
        role = dict(entry["Role"])
        name, place = role["RoleName"], f"role {role['RoleName']}"
        trust = document_of(role.get("AssumeRolePolicyDocument", {}))
        found = await self._w.store.roles.find(self._account, name)
        if found is None or found.trust_policy == NOBODY_IN:
            self._trusts[name] = trust
        if found is not None:
            self._w.told.there_already.append(place)
            return
        if isinstance(trust, Mapping) and await nobodies_of(self._w.store, self._account, trust):
            trust = NOBODY_IN
        async with self._w.store.unit(name):  # all or none: a role without its policies allows something else
            given = {**self._bounded(role), "AssumeRolePolicyDocument": json.dumps(trust)}
            await self._call("CreateRole", given, place)
            await self._policies("Role", name, entry, place)
        self._w.told.count("roles")

    async def trust(self) -> None:
        """Every role that was made trusts those whom the document says, as far as they are here. The others are told:
        whoever has their ARN later is somebody else.
        """
        for name, trust in self._trusts.items():
            role = await self._w.store.roles.get(self._account, name)
            if role.trust_policy != NOBODY_IN:
                continue
            place = f"role {name}"
            gone = await nobodies_of(self._w.store, self._account, trust)
            self._w.told.left_out += [f"{place}: AssumeRolePolicyDocument: {one} is not here" for one in gone]
            given = {"RoleName": name, "PolicyDocument": json.dumps(without_the_gone(trust, gone))}
            await self._call("UpdateAssumeRolePolicy", given, place)

    async def user(self, entry: Mapping[str, Any]) -> None:
        """A key whose secret is not in the document is left out, as nobody would know the new one."""
        user = dict(entry["User"])
        name, place = user["UserName"], f"IAM user {user['UserName']}"
        if await self._w.store.iam_users.find(self._account, name) is not None:
            self._w.told.there_already.append(place)
            return
        async with self._w.store.unit(name):
            await self._call("CreateUser", self._bounded(user), place)
            await self._policies("User", name, entry, place)
            for key in entry.get("AccessKeys", ()):
                await self._access_key(name, key, f"{place}: access key {key.get('AccessKeyId')}")
        self._w.told.count("IAM users")

    async def _access_key(self, user_name: str, key: Mapping[str, Any], place: str) -> None:
        if "SecretAccessKey" not in key:
            self._w.told.left_out.append(f"{place}: its secret is not in the document")
            return
        key_id, secret, active = (
            str(key.get("AccessKeyId")),
            str(key["SecretAccessKey"]),
            key.get("Status") != "Inactive",
        )
        try:
            await keep_access_key(self._w.services, user_name, key_id, secret, active=active)
        except KeyRefused as refused:
            raise TransferRefused(place, str(refused)) from refused

    def _bounded(self, principal: Mapping[str, Any]) -> dict[str, Any]:
        """As CreateRole and CreateUser take it: the ARN alone of the boundary."""
        given = {name: value for name, value in principal.items() if name != "PermissionsBoundary"}
        boundary = principal.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return {**given, **({"PermissionsBoundary": boundary} if boundary else {})}

    async def _policies(self, kind: str, name: str, entry: Mapping[str, Any], place: str) -> None:
        whose = {f"{kind}Name": name}
        for policy, document in entry.get("Policies", {}).items():
            put = {**whose, "PolicyName": policy, "PolicyDocument": json.dumps(document_of(document))}
            await self._call(f"Put{kind}Policy", put, f"{place}: policy {policy}")
        for arn in entry.get("Attached", ()):
            await self._call(f"Attach{kind}Policy", {**whose, "PolicyArn": arn}, f"{place}: {arn}")

    async def oidc_provider(self, entry: Mapping[str, Any]) -> None:
        url = str(entry.get("Url", ""))
        place = f"OIDC provider {url}"
        if await self._w.store.oidc_providers.find(self._account, url) is not None:
            self._w.told.there_already.append(place)
            return
        await self._call("CreateOpenIDConnectProvider", {**entry, "Url": issuer_url(url)}, place)
        self._w.told.count("OIDC providers")

    async def saml_provider(self, entry: Mapping[str, Any]) -> None:
        name = str(entry.get("Arn", "")).rpartition("/")[2]
        place = f"SAML provider {name}"
        if await self._w.store.saml_providers.find(self._account, name) is not None:
            self._w.told.there_already.append(place)
            return
        mode = "AssertionEncryptionMode"
        given = {one: value for one, value in entry.items() if (one, value) != (mode, "Allowed")}  # the usual one
        await self._call("CreateSAMLProvider", {**given, "Name": name}, place)
        self._w.told.count("SAML providers")

    async def _call(self, name: str, given: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        return await self._w.call(IAM, name, given, place, region=self._w.services.settings.region)


def _number(version_id: Any, place: str) -> int:
    matched = _VERSION_ID.fullmatch(str(version_id))
    if matched is None:
        raise TransferRefused(place, f"{str(version_id)[:20]!r} is no VersionId, such as v1")
    return int(matched[1])


def without_the_gone(trust: Mapping[str, Any], gone: Collection[str]) -> Mapping[str, Any]:
    """A trust policy without these principals. Where that leaves nobody, or everyone, it lets nobody in."""
    try:
        left = without_principals(trust, gone)
    except ValueError:
        return NOBODY_IN
    return left if left["Statement"] else NOBODY_IN
