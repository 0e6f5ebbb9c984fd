"""What IAM has, as its API tells it: roles, users with their keys, policies with their versions, trusted providers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from halfday.protocol.endpoints import LOOPBACK_HOSTS
from halfday.server.transfer.asking import Ask, Members, every, if_there

IAM = "iam"


async def all_roles(ask: Ask) -> list[str]:
    return [one["RoleName"] async for one in every(ask, IAM, "ListRoles", {}, "Roles")]


async def read_role(ask: Ask, name: str) -> Members:
    """Nothing where there is no such role any more."""
    given = {"RoleName": name}
    role = dict((await if_there(ask, IAM, "GetRole", given)).get("Role", {}))
    if not role:
        return {}
    role["AssumeRolePolicyDocument"] = document_of(role["AssumeRolePolicyDocument"])
    return {"Role": role, **await _policies_of(ask, "Role", given)}


async def read_iam_users(ask: Ask) -> list[Members]:
    """All of the account's, with the ids of their access keys: no call tells a secret."""
    return [await _iam_user(ask, one["UserName"]) async for one in every(ask, IAM, "ListUsers", {}, "Users")]


async def _iam_user(ask: Ask, name: str) -> Members:
    given = {"UserName": name}
    user = dict((await ask(IAM, "GetUser", given))["User"])
    keys = [dict(one) async for one in every(ask, IAM, "ListAccessKeys", given, "AccessKeyMetadata")]
    return {"User": user, **await _policies_of(ask, "User", given), **({"AccessKeys": keys} if keys else {})}


async def _policies_of(ask: Ask, kind: str, given: Members) -> Members:
    """The documents of inline policies by their names, and the ARNs of managed ones."""
    inline = {
        one: document_of((await ask(IAM, f"Get{kind}Policy", {**given, "PolicyName": one}))["PolicyDocument"])
        async for one in every(ask, IAM, f"List{kind}Policies", given, "PolicyNames")
    }
    listed = every(ask, IAM, f"ListAttached{kind}Policies", given, "AttachedPolicies")
    return {"Policies": inline, "Attached": [one["PolicyArn"] async for one in listed]}


async def read_policies(ask: Ask, principals: Iterable[Mapping[str, Any]], *, everything: bool) -> list[Members]:
    """The account's own managed policies: all, or those that these roles and users name."""
    named: set[str | None] = set()
    for one in principals:
        named |= {*one["Attached"], _boundary_of(one)}
    if everything:
        named |= {one["Arn"] async for one in every(ask, IAM, "ListPolicies", {"Scope": "Local"}, "Policies")}
    own = sorted(arn for arn in named if arn and not arn.startswith("arn:aws:iam::aws:"))
    return [await _policy(ask, arn) for arn in own]


def _boundary_of(principal: Mapping[str, Any]) -> str | None:
    shown = principal.get("Role") or principal["User"]
    arn: str | None = shown.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return arn


async def _policy(ask: Ask, arn: str) -> Members:
    """`Document` is the default version's, `Versions` are the others, the oldest first."""
    policy = dict((await ask(IAM, "GetPolicy", {"PolicyArn": arn}))["Policy"])
    ids = [one["VersionId"] async for one in every(ask, IAM, "ListPolicyVersions", {"PolicyArn": arn}, "Versions")]
    documents = {one: await _version(ask, arn, one) for one in sorted(ids, key=lambda one: int(one[1:]))}
    found: Members = {"Policy": policy, "Document": documents.pop(policy["DefaultVersionId"])}
    others = [{"VersionId": one, "Document": document} for one, document in documents.items()]
    return {**found, **({"Versions": others} if others else {})}


async def _version(ask: Ask, arn: str, version_id: str) -> Any:
    found = await ask(IAM, "GetPolicyVersion", {"PolicyArn": arn, "VersionId": version_id})
    return document_of(found["PolicyVersion"]["Document"])


async def read_providers(ask: Ask, pools: Iterable[Mapping[str, Any]], *, everything: bool) -> Members:
    """IAM's OIDC and SAML providers that identity pools name, or all."""
    oidc = {arn for one in pools for arn in one["IdentityPool"].get("OpenIdConnectProviderARNs", ())}
    saml = {arn for one in pools for arn in one["IdentityPool"].get("SamlProviderARNs", ())}
    if everything:
        oidc |= {one["Arn"] for one in (await ask(IAM, "ListOpenIDConnectProviders", {}))["OpenIDConnectProviderList"]}
        saml |= {one["Arn"] for one in (await ask(IAM, "ListSAMLProviders", {}))["SAMLProviderList"]}
    found: Members = {
        "OidcProviders": await _shown(ask, "GetOpenIDConnectProvider", "OpenIDConnectProviderArn", oidc),
        "SamlProviders": await _shown(ask, "GetSAMLProvider", "SAMLProviderArn", saml),
    }
    return {name: value for name, value in found.items() if value}


async def _shown(ask: Ask, name: str, member: str, arns: Iterable[str]) -> list[Members]:
    """Those that are there: an identity pool may name one that is gone."""
    found = [(arn, await if_there(ask, IAM, name, {member: arn})) for arn in sorted(arns)]
    return [{"Arn": arn, **shown} for arn, shown in found if shown]


def document_of(given: Any) -> Any:
    """A policy as a structure: IAM's wire has it as JSON, percent-encoded."""
    return json.loads(unquote(given)) if isinstance(given, str) else given


def issuer_url(url: str) -> str:
    """The address of an OIDC provider that IAM tells without its scheme: stand-ins on this machine have no TLS."""
    return f"{'http' if urlsplit(f'//{url}').hostname in LOOPBACK_HOSTS else 'https'}://{url}"
