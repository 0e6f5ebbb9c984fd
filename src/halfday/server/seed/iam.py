"""What the seed file declares of IAM's principals: roles, and users with key pairs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.policies import Kind, check_policy
from halfday.server.domain.aws.roles import DEFAULT_SESSION_DURATION_S, Role
from halfday.server.domain.refusals import Refused
from halfday.server.flows.pinned_principals import NOBODY_IN, NobodyThere, pinned, pins_of
from halfday.server.seed.calls import call
from halfday.server.seed.translation import policy_document, required, trust_policy
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services
from halfday.server.transfer.access_keys import KeyRefused, keep_access_key

Table = Mapping[str, Any]


class IamSeeder:
    def __init__(self, services: Services) -> None:
        self._services, self._store = services, services.store
        self._account = services.settings.account_id
        self._trusts: dict[str, dict[str, Any]] = {}

    async def role(self, table: Table) -> None:
        """A role that names others which are not there yet lets nobody in until `trust` is called."""
        name = required(table, "name", "[[role]]")
        trust = self._trusts[name] = trust_policy(table)
        found = await self._store.roles.find(self._account, name)
        lasts, description = table.get("max_session_s", DEFAULT_SESSION_DURATION_S), table.get("description")
        if found is None:
            given = {
                "RoleName": name,
                "AssumeRolePolicyDocument": json.dumps(await self._trust_now(trust)),
                "MaxSessionDuration": lasts,
                **({"Description": description} if description is not None else {}),
                **_path(table),
                "Tags": pairs(table.get("tags", {})),
            }
            await self._call("CreateRole", given)
        else:
            check_path(table, found.path, f"[[role]] {name}")
            try:
                check_policy(trust, kind=Kind.TRUST)
            except Refused as refused:
                raise SeedRefused(f"[[role]] {name}: {refused.sentence}") from refused
            changes = {"max_session_duration_s": lasts, "description": description}
            changes |= {"tags": dict(table["tags"])} if "tags" in table else {}
            await self._store.roles.change(found.account, name, lambda role: replace(_followed(role, table), **changes))
        await self._policies("Role", name, table)

    async def trust(self) -> None:
        """Every declared role trusts whom the file says, now that all are there. Raises SeedRefused."""
        for name, trust in self._trusts.items():
            role = await self._store.roles.get(self._account, name)
            try:
                is_so = role.trust_policy == await pinned(self._store, self._account, trust)
            except NobodyThere:
                is_so = False
            if not is_so:
                given = {"RoleName": name, "PolicyDocument": json.dumps(trust)}
                await self._call("UpdateAssumeRolePolicy", given)

    async def _trust_now(self, trust: dict[str, Any]) -> dict[str, Any]:
        try:
            await pins_of(self._store, self._account, trust)
        except NobodyThere:
            return NOBODY_IN
        return trust

    async def user(self, table: Table) -> None:
        """Key pairs of the file are made again where they are gone; others of the user stay."""
        name = required(table, "name", "[[iam_user]]")
        found = await self._store.iam_users.find(self._account, name)
        if found is None:
            await self._call("CreateUser", {"UserName": name, **_path(table), "Tags": pairs(table.get("tags", {}))})
        else:
            if table.get("path", found.path) != found.path:
                await self._call("UpdateUser", {"UserName": name, "NewPath": table["path"]})
            tags = dict(table.get("tags", found.tags))
            change = self._store.iam_users.change
            await change(self._account, name, lambda user: replace(_followed(user, table), tags=tags))
        await self._policies("User", name, table)
        for key in table.get("access_key", ()):
            await self._access_key(name, key)

    async def _policies(self, kind: str, name: str, table: Table) -> None:
        """Inline policies and, where the file says any, attached ones and the boundary."""
        whose = {f"{kind}Name": name}
        for policy_name, document in table.get("policies", {}).items():
            text = json.dumps(policy_document(document))
            await self._call(f"Put{kind}Policy", {**whose, "PolicyName": policy_name, "PolicyDocument": text})
        for policy in table.get("managed_policies", ()):
            await self._call(f"Attach{kind}Policy", {**whose, "PolicyArn": await self._arn(policy)})
        if "permissions_boundary" in table:
            boundary = {"PermissionsBoundary": await self._arn(table["permissions_boundary"])}
            await self._call(f"Put{kind}PermissionsBoundary", {**whose, **boundary})
        if "managed_policies" in table:
            await self._detach_others(kind, name, [await self._arn(one) for one in table["managed_policies"]])

    async def _detach_others(self, kind: str, name: str, declared: list[str]) -> None:
        attached = await self._call(f"ListAttached{kind}Policies", {f"{kind}Name": name})
        for policy in attached["AttachedPolicies"]:
            if policy["PolicyArn"] not in declared:
                await self._call(f"Detach{kind}Policy", {f"{kind}Name": name, "PolicyArn": policy["PolicyArn"]})

    async def _arn(self, name: str) -> str:
        """Of a policy that is named by its ARN, or by the name of one of the account's own."""
        if name.startswith("arn:"):
            return name
        policy = await self._store.managed_policies.find(self._account, name)
        return policy.arn if policy is not None else f"arn:aws:iam::{self._account}:policy/{name}"

    async def _access_key(self, user_name: str, table: Table) -> None:
        place = f"[[iam_user.access_key]] of {user_name}"
        key_id, secret = required(table, "id", place), required(table, "secret", place)
        try:
            active = table.get("active", True)
            await keep_access_key(self._services, user_name, key_id, secret, active=active)
        except KeyRefused as refused:
            raise SeedRefused(f"{place}: {refused}") from refused

    async def _call(self, operation: str, given: dict[str, Any]) -> Mapping[str, Any]:
        return await call(self._services, "iam", operation, given)


P = TypeVar("P", Role, IamUser)


def _followed(principal: P, table: Table) -> P:
    """Inline policies that the file has no more are taken away."""
    declared = table.get("policies", {})
    return replace(principal, policies={name: kept for name, kept in principal.policies.items() if name in declared})


def _path(table: Table) -> dict[str, str]:
    return {"Path": table["path"]} if "path" in table else {}


def check_path(table: Table, has: str, place: str) -> None:
    """Raises SeedRefused: IAM changes the path of nothing but a user."""
    if table.get("path", has) != has:
        raise SeedRefused(f"{place}: path is fixed once it is made, as on AWS: it is {has}, and not {table['path']}")


def pairs(tags: Table) -> list[dict[str, Any]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
