"""Identity pools, and the roles, policies and providers of IAM that they and groups name, as the APIs tell them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from halfday.server.transfer.asking import Ask, Members, every, if_there

IDENTITY, IAM = "cognito-identity", "iam"


async def read_identity_pool(ask: Ask, pool_id: str) -> Members:
    given = {"IdentityPoolId": pool_id}
    pool = dict(await ask(IDENTITY, "DescribeIdentityPool", given))
    roles = await if_there(ask, IDENTITY, "GetIdentityPoolRoles", given)
    found: Members = {
        "IdentityPool": pool,
        "Roles": roles.get("Roles", {}),
        "RoleMappings": roles.get("RoleMappings", {}),
        "PrincipalTags": [
            dict(tags)
            for name in provider_names(pool)
            if (tags := await _principal_tags(ask, {**given, "IdentityProviderName": name}))
        ],
    }
    return {name: value for name, value in found.items() if value}


async def _principal_tags(ask: Ask, given: Members) -> Mapping[str, Any]:
    found = await if_there(ask, IDENTITY, "GetPrincipalTagAttributeMap", given)
    return found if found.get("PrincipalTags") or found.get("UseDefaults") else {}


def provider_names(pool: Mapping[str, Any]) -> list[str]:
    """What principal tags may be for."""
    names = [one["ProviderName"] for one in pool.get("CognitoIdentityProviders", ())]
    names += [*pool.get("SupportedLoginProviders", {}), *pool.get("OpenIdConnectProviderARNs", ())]
    return list(dict.fromkeys([*names, *pool.get("SamlProviderARNs", ())]))


def named_roles(pools: Iterable[Mapping[str, Any]], identity_pools: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of the roles that groups and identity pools name."""
    arns = [group["RoleArn"] for pool in pools for group in pool.get("Groups", ()) if group.get("RoleArn")]
    for one in identity_pools:
        arns += one.get("Roles", {}).values()
        for mapping in one.get("RoleMappings", {}).values():
            arns += [rule["RoleARN"] for rule in mapping.get("RulesConfiguration", {}).get("Rules", ())]
    return list(dict.fromkeys(arn.rpartition("/")[2] for arn in arns))


async def all_roles(ask: Ask) -> list[str]:
    return [one["RoleName"] async for one in every(ask, IAM, "ListRoles", {}, "Roles")]


async def read_role(ask: Ask, name: str) -> Members:
    """Nothing where there is no such role any more."""
    given = {"RoleName": name}
    role = dict((await if_there(ask, IAM, "GetRole", given)).get("Role", {}))
    if not role:
        return {}
    role["AssumeRolePolicyDocument"] = document_of(role["AssumeRolePolicyDocument"])
    policies = {
        one: document_of((await ask(IAM, "GetRolePolicy", {**given, "PolicyName": one}))["PolicyDocument"])
        async for one in every(ask, IAM, "ListRolePolicies", given, "PolicyNames")
    }
    attached = [
        one["PolicyArn"] async for one in every(ask, IAM, "ListAttachedRolePolicies", given, "AttachedPolicies")
    ]
    return {"Role": role, "Policies": policies, "Attached": attached}


async def read_policies(ask: Ask, roles: Iterable[Mapping[str, Any]], *, everything: bool) -> list[Members]:
    """The account's own managed policies: all, or those that the roles name."""
    named = {arn for role in roles for arn in role["Attached"]}
    named |= {role["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for role in roles}
    if everything:
        named |= {one["Arn"] async for one in every(ask, IAM, "ListPolicies", {"Scope": "Local"}, "Policies")}
    own = sorted(arn for arn in named if arn and not arn.startswith("arn:aws:iam::aws:"))
    return [await _policy(ask, arn) for arn in own]


async def _policy(ask: Ask, arn: str) -> Members:
    policy = dict((await ask(IAM, "GetPolicy", {"PolicyArn": arn}))["Policy"])
    asked = {"PolicyArn": arn, "VersionId": policy["DefaultVersionId"]}
    version = (await ask(IAM, "GetPolicyVersion", asked))["PolicyVersion"]
    return {"Policy": policy, "Document": document_of(version["Document"])}


async def read_providers(ask: Ask, pools: Iterable[Mapping[str, Any]], *, everything: bool) -> Members:
    """IAM's OIDC and SAML providers that identity pools name, or all."""
    oidc = {arn for one in pools for arn in one["IdentityPool"].get("OpenIdConnectProviderARNs", ())}
    saml = {arn for one in pools for arn in one["IdentityPool"].get("SamlProviderARNs", ())}
    if everything:
        oidc |= {one["Arn"] for one in (await ask(IAM, "ListOpenIDConnectProviders", {}))["OpenIDConnectProviderList"]}
        saml |= {one["Arn"] for one in (await ask(IAM, "ListSAMLProviders", {}))["SAMLProviderList"]}
    asked = {
        "OidcProviders": [("GetOpenIDConnectProvider", "OpenIDConnectProviderArn", arn) for arn in sorted(oidc)],
        "SamlProviders": [("GetSAMLProvider", "SAMLProviderArn", arn) for arn in sorted(saml)],
    }
    found: Members = {
        name: [
            {"Arn": arn, **answer}
            for call, member, arn in each
            if (answer := await if_there(ask, IAM, call, {member: arn}))  # a pool may name one that is gone
        ]
        for name, each in asked.items()
    }
    return {name: value for name, value in found.items() if value}


def document_of(given: Any) -> Any:
    """A policy as a structure: IAM's wire has it as JSON, percent-encoded."""
    return json.loads(unquote(given)) if isinstance(given, str) else given
