"""What a call to IAM asks of policies: on which resource, under which conditions, and what else it needs.

Source: service authorization reference, Actions, resources, and condition keys for AWS Identity and Access Management;
how AWS writes resources in its refusals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.server.domain.aws.callers import SignedCaller, SignedUser
from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.policies import KNOWN_ANYWHERE, KnownKeys, known_keys
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import tag_context
from halfday.server.services import Services

KNOWN: KnownKeys = KNOWN_ANYWHERE | known_keys(
    ("aws:TagKeys", "iam:PermissionsBoundary", "iam:PolicyARN"),
    prefixes=("aws:RequestTag/", "aws:ResourceTag/", "iam:ResourceTag/"),
)

_LISTS = {"ListRoles": "role", "ListUsers": "user"}
_OWN_USER = frozenset({"GetUser", "CreateAccessKey", "ListAccessKeys", "UpdateAccessKey", "DeleteAccessKey"})
"""Operations that are about the caller where they name no user."""

Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """All of `actions` are needed, on each of `resources`."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Mapping[str, Any] = field(default_factory=dict)


async def asked_of_iam(services: Services, caller: SignedCaller, name: str, given: Given) -> Asked:
    """What operation `name` with these members asks."""
    account = services.settings.account_id
    found = _Resources(services, account)
    resource, tags, boundary = await found.find(caller, name, given)
    context: dict[str, Any] = {
        **dict(tag_context("aws:ResourceTag", tags)),
        **dict(tag_context("iam:ResourceTag", tags)),
        **_request_tags(given),
    }
    if "PermissionsBoundary" in given or boundary is not None:
        context["iam:PermissionsBoundary"] = given.get("PermissionsBoundary", boundary)
    if name.startswith(("Attach", "Detach")):
        context["iam:PolicyARN"] = given["PolicyArn"]
    actions = (f"iam:{name}", *_also(name, given))
    return Asked(actions, (resource, *found.to_be(resource, name, given)), context)


def _request_tags(given: Given) -> dict[str, Any]:
    tags = {tag["Key"]: tag["Value"] for tag in given.get("Tags", ())}
    keys = [*tags, *given.get("TagKeys", ())]
    return {**dict(tag_context("aws:RequestTag", tags)), **({"aws:TagKeys": keys} if keys else {})}


def _also(name: str, given: Given) -> tuple[str, ...]:
    """Whoever creates something with tags has to be allowed to tag it."""
    return (f"iam:{name.replace('Create', 'Tag', 1)}",) if name.startswith("Create") and given.get("Tags") else ()


Found = tuple[str, Mapping[str, str], str | None]
"""A resource as policies name it, its tags, and its permissions boundary."""


class _Resources:
    def __init__(self, services: Services, account: str) -> None:
        self._store, self._account = services.store, account

    async def find(self, caller: SignedCaller, name: str, given: Given) -> Found:
        user = given.get("UserName")
        if user is None and name in _OWN_USER and isinstance(caller, SignedUser):
            user = caller.user.name
        if "RoleName" in given:
            role = await self._store.roles.find(self._account, given["RoleName"])
            return self._of(role, "role", given, given["RoleName"])
        if user is not None:
            return self._of(await self._store.iam_users.find(self._account, user), "user", given, user)
        if name in _LISTS:
            return self._arn(_LISTS[name], given.get("PathPrefix", "/"), ""), {}, None
        if name == "ListPolicies":
            return f"policy path {given.get('PathPrefix', '/')}", {}, None
        return await self._of_another(name, given)

    async def _of_another(self, name: str, given: Given) -> Found:
        if "PolicyArn" in given:
            return given["PolicyArn"], await self._policy_tags(given["PolicyArn"]), None
        if "PolicyName" in given:
            return self._arn("policy", given.get("Path", "/"), given["PolicyName"]), {}, None
        if "OpenIDConnectProvider" in name:
            return await self._openid_provider(given), {}, None
        if "SAMLProvider" in name:
            return given.get("SAMLProviderArn") or self._arn("saml-provider", "/", given.get("Name", "*")), {}, None
        return "*", {}, None

    async def _policy_tags(self, arn: str) -> Mapping[str, str]:
        policy = await self._store.managed_policies.find(self._account, arn.rpartition("/")[2])
        return policy.tags if policy is not None and policy.arn == arn else {}

    async def _openid_provider(self, given: Given) -> str:
        arn: str | None = given.get("OpenIDConnectProviderArn")
        return arn or self._arn("oidc-provider", "/", given.get("Url", "*").partition("://")[2] or "*")

    def to_be(self, resource: str, name: str, given: Given) -> tuple[str, ...]:
        """A renamed user's next name: who renames needs permission on both (API reference, UpdateUser)."""
        if name != "UpdateUser" or not {"NewUserName", "NewPath"} & set(given):
            return ()
        path, _, old = resource.partition(":user")[2].rpartition("/")
        return (self._arn("user", given.get("NewPath", f"{path}/"), given.get("NewUserName", old)),)

    def _of(self, known: Role | IamUser | None, kind: str, given: Given, name: str) -> Found:
        """As it is named where it is there, or is to be."""
        if known is None:
            return self._arn(kind, given.get("Path", "/"), name), {}, None
        return known.arn, known.tags, known.permissions_boundary

    def _arn(self, kind: str, path: str, name: str) -> str:
        return f"arn:aws:iam::{self._account}:{kind}{path}{name}"
