"""Identity pools of a document, and the roles, policies and providers of IAM."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.protocol.identifiers import region_of_identity
from halfday.server.domain.aws.policies.pins import without_principals
from halfday.server.flows.pinned_principals import NOBODY_IN, nobodies_of
from halfday.server.operations.identity_pools import identity_pools
from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.own_records import keep_identities
from halfday.server.transfer.reading_identity import document_of
from halfday.server.transfer.writing import Writer

IDENTITY, IAM = "cognito-identity", "iam"


async def write_identity_pool(writer: Writer, entry: Mapping[str, Any]) -> None:
    pool = dict(entry["IdentityPool"])
    pool_id, tags = pool["IdentityPoolId"], dict(pool.get("IdentityPoolTags", {}))
    place = f"identity pool {pool_id}"
    _region(pool_id)
    if await writer.store.identity_pools.find(pool_id) is not None:
        writer.told.there_already.append(place)
    else:
        async with writer.store.unit(pool_id):  # all or none: what is there counts as whole
            await _make_identity_pool(writer, entry, pool, place)
            await writer.store.identity_pools.change(pool_id, lambda known: replace(known, tags=tags))
        writer.told.count("identity pools")
    if identities := entry.get("Identities"):
        kept = await keep_identities(writer.services, pool_id, identities, place)
        writer.told.count("identities", kept)


async def _make_identity_pool(writer: Writer, entry: Mapping[str, Any], pool: Mapping[str, Any], place: str) -> None:
    named, region = {"IdentityPoolId": pool["IdentityPoolId"]}, _region(pool["IdentityPoolId"])
    pins = {**pool, "IdentityPoolTags": {identity_pools.CUSTOM_ID_TAG: pool["IdentityPoolId"]}}
    await writer.call(IDENTITY, "CreateIdentityPool", pins, place, region=region)
    if entry.get("Roles") or entry.get("RoleMappings"):
        roles = {"Roles": entry.get("Roles", {}), "RoleMappings": entry.get("RoleMappings", {})}
        await writer.call(IDENTITY, "SetIdentityPoolRoles", {**named, **roles}, place, region=region)
    for one in entry.get("PrincipalTags", ()):
        await writer.call(IDENTITY, "SetPrincipalTagAttributeMap", {**one, **named}, place, region=region)


def _region(pool_id: str) -> str:
    try:
        return region_of_identity(pool_id)
    except ValueError as problem:
        raise TransferRefused(f"identity pool {pool_id}", "is no identity pool id: REGION:UUID") from problem


class IamWriter:
    """IAM is the same in every Region."""

    def __init__(self, writer: Writer) -> None:
        self._w = writer
        self._account = writer.services.settings.account_id
        self._trusts: dict[str, dict[str, Any]] = {}

    def arn(self, arn: str) -> str:
        """The ARN in this server's account: what was another account's own is this one's now. AWS's own stay."""
        parts = str(arn).split(":", 5)
        return ":".join([*parts[:4], self._account, parts[5]]) if len(parts) == 6 and parts[4].isdigit() else str(arn)

    async def policy(self, entry: Mapping[str, Any]) -> None:
        policy = dict(entry["Policy"])
        name, place = policy["PolicyName"], f"policy {policy['PolicyName']}"
        if await self._w.store.managed_policies.find(self._account, name) is not None:
            self._w.told.there_already.append(place)
            return
        given = {**policy, "PolicyDocument": json.dumps(document_of(entry.get("Document", {})))}
        await self._call("CreatePolicy", given, place)
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
        boundary = role.pop("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        given = {**role, "AssumeRolePolicyDocument": json.dumps(trust)}
        if boundary:
            given["PermissionsBoundary"] = self.arn(boundary)
        async with self._w.store.unit(name):  # all or none: a role without its policies allows something else
            await self._call("CreateRole", given, place)
            for policy, document in entry.get("Policies", {}).items():
                put = {"RoleName": name, "PolicyName": policy, "PolicyDocument": json.dumps(document_of(document))}
                await self._call("PutRolePolicy", put, f"{place}: policy {policy}")
            for arn in entry.get("Attached", ()):
                await self._call("AttachRolePolicy", {"RoleName": name, "PolicyArn": self.arn(arn)}, f"{place}: {arn}")
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
            try:
                left = without_principals(trust, gone)
            except ValueError:
                left = NOBODY_IN
            if left["Statement"]:
                given = {"RoleName": name, "PolicyDocument": json.dumps(left)}
                await self._call("UpdateAssumeRolePolicy", given, place)

    async def oidc_provider(self, entry: Mapping[str, Any]) -> None:
        url = str(entry.get("Url", ""))
        place = f"OIDC provider {url}"
        if await self._w.store.oidc_providers.find(self._account, url) is not None:
            self._w.told.there_already.append(place)
            return
        await self._call("CreateOpenIDConnectProvider", {**entry, "Url": f"https://{url}"}, place)
        self._w.told.count("OIDC providers")

    async def saml_provider(self, entry: Mapping[str, Any]) -> None:
        name = str(entry.get("Arn", "")).rpartition("/")[2]
        place = f"SAML provider {name}"
        if await self._w.store.saml_providers.find(self._account, name) is not None:
            self._w.told.there_already.append(place)
            return
        await self._call("CreateSAMLProvider", {**entry, "Name": name}, place)
        self._w.told.count("SAML providers")

    async def _call(self, name: str, given: Mapping[str, Any], place: str) -> None:
        await self._w.call(IAM, name, given, place, region=self._w.services.settings.region)
