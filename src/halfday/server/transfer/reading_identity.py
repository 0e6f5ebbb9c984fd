"""Identity pools as the API tells them, and the names of the roles that they and groups name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from halfday.server.transfer.asking import Ask, Members, if_there

IDENTITY = "cognito-identity"


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
