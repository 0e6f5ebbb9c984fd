"""Managed policies of the seed file: one document that is followed, or every version by its number."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.aws.managed_policies import MOST_VERSIONS, ManagedPolicy
from halfday.server.seed.calls import call
from halfday.server.seed.iam import check_path, pairs
from halfday.server.seed.translation import policy_document, required
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services
from halfday.server.transfer.policy_versions import make_policy, make_version

Table = Mapping[str, Any]
Documents = dict[int, dict[str, Any]]
MOST_NUMBERS = 10_000_000


class ManagedPolicies:
    def __init__(self, services: Services) -> None:
        self._services, self._policies = services, services.store.managed_policies
        self._account = services.settings.account_id

    async def declare(self, table: Table) -> None:
        """Raises SeedRefused."""
        name = required(table, "name", "[[managed_policy]]")
        documents, default = _versions(table, f"[[managed_policy]] {name}")
        found = await self._policies.find(self._account, name)
        if found is None:
            named = (("Description", "description"), ("Path", "path"))
            given = {member: table[key] for member, key in named if key in table}
            given |= {"PolicyName": name, "Tags": pairs(table.get("tags", {}))}
            await make_policy(self._services, self._call, given, documents, default)
            return
        check_path(table, found.path, f"[[managed_policy]] {name}")
        if "version" in table:
            await self._follow_versions(found, documents, default)
        else:
            await self._follow_document(found, documents[default])
        if "tags" in table:
            tags = dict(table["tags"])
            await self._policies.change(self._account, name, lambda known: replace(known, tags=tags))

    async def _follow_document(self, policy: ManagedPolicy, document: dict[str, Any]) -> None:
        """A document that is another one becomes the default version; the oldest version makes room."""
        versions = await self._policies.versions(self._account, policy.name)
        if any(one.number == policy.default_version and one.document == document for one in versions):
            return
        if len(versions) >= MOST_VERSIONS:
            oldest = next(one for one in versions if one.number != policy.default_version)
            await self._delete(policy, oldest.number)
        given = {"PolicyArn": policy.arn, "PolicyDocument": json.dumps(document), "SetAsDefault": True}
        await self._call("CreatePolicyVersion", given)

    async def _follow_versions(self, policy: ManagedPolicy, documents: Documents, default: int) -> None:
        """The policy has the versions of the file and no others; one that is there is fixed, as on AWS."""
        has = {one.number: one.document for one in await self._policies.versions(self._account, policy.name)}
        for number in sorted(documents.keys() & has.keys()):
            if has[number] != documents[number]:
                place = f"[[managed_policy]] {policy.name}: version {number}"
                raise SeedRefused(f"{place} has another document, and IAM changes none: give it another number")
        async with self._services.store.unit(self._account):
            await self._replace(policy, documents, has.keys())
            if policy.default_version != default or default not in has:
                await self._set_default(policy, default)

    async def _replace(self, policy: ManagedPolicy, documents: Documents, has: Collection[int]) -> None:
        """The default version cannot be deleted, and a sixth cannot be made: another one is the default meanwhile."""
        gone, missing = {*has} - {*documents}, sorted({*documents} - {*has})
        for number in sorted(gone - {policy.default_version}):
            await self._delete(policy, number)
        if policy.default_version in gone:
            kept = sorted({*documents} & {*has})
            if not kept:
                kept = [missing.pop(0)]
                await self._make(policy, kept[0], documents)
            await self._set_default(policy, kept[0])
            await self._delete(policy, policy.default_version)
        for number in missing:
            await self._make(policy, number, documents)

    async def _make(self, policy: ManagedPolicy, number: int, documents: Documents) -> None:
        await make_version(self._services, self._call, policy.arn, number, documents[number])

    async def _set_default(self, policy: ManagedPolicy, number: int) -> None:
        await self._call("SetDefaultPolicyVersion", {"PolicyArn": policy.arn, "VersionId": f"v{number}"})

    async def _delete(self, policy: ManagedPolicy, number: int) -> None:
        await self._call("DeletePolicyVersion", {"PolicyArn": policy.arn, "VersionId": f"v{number}"})

    async def _call(self, operation: str, given: dict[str, Any]) -> Mapping[str, Any]:
        return await call(self._services, "iam", operation, given)


def _versions(table: Table, place: str) -> tuple[Documents, int]:
    """The documents by their numbers, and which is the default. Raises SeedRefused."""
    listed = table.get("version", ())
    if ("document" in table) is bool(listed):
        raise SeedRefused(f"{place}: it needs a document, or a [[managed_policy.version]] for each of its versions")
    if not listed:
        return {1: policy_document(table["document"])}, 1
    numbers = [one["number"] for one in listed]
    if len({*numbers}) != len(numbers) or not all(0 < number < MOST_NUMBERS for number in numbers):
        raise SeedRefused(f"{place}: each version has a number of its own, from 1 on")
    chosen = numbers if len(numbers) == 1 else [one["number"] for one in listed if one.get("default")]
    if len(chosen) != 1:
        raise SeedRefused(f"{place}: default = true stands at one version, which counts")
    return {one["number"]: policy_document(one["document"]) for one in listed}, chosen[0]
