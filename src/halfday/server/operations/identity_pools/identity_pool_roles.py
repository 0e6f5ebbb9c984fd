"""Which roles an identity pool gives: SetIdentityPoolRoles, GetIdentityPoolRoles. How one is chosen:
domain/aws/role_mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.aws.identity_pools import IdentityPool
from halfday.server.domain.aws.role_mapping import BY_RULES, MOST_RULES, MappingRule, RoleMapping
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.identity_pools.lookups import check_role_arn, the_identity_pool

_KINDS = ("authenticated", "unauthenticated")


@operation("cognito-identity", "SetIdentityPoolRoles", honours="IdentityPoolId Roles RoleMappings")
async def set_identity_pool_roles(call: Call) -> Output:
    """Replaces both: mappings that are left out are gone [inferred]. Terraform's destroy sends two empty maps."""
    pool, roles = await the_identity_pool(call), dict(call.input["Roles"])
    for kind, arn in roles.items():
        if kind not in _KINDS:
            raise invalid(f"Roles has authenticated and unauthenticated, not {kind}.")
        check_role_arn(call, arn)
    mappings = {key: _mapping(call, pool, key, given) for key, given in call.input.get("RoleMappings", {}).items()}

    def with_roles(known: IdentityPool) -> IdentityPool:
        return replace(known, roles=roles, role_mappings=mappings)

    await call.services.store.identity_pools.change(pool.identity_pool_id, with_roles)
    return {}


@operation("cognito-identity", "GetIdentityPoolRoles", honours="IdentityPoolId")
async def get_identity_pool_roles(call: Call) -> Output:
    pool = await the_identity_pool(call)
    mappings = {key: _shape(mapping) for key, mapping in pool.role_mappings.items()}
    return {"IdentityPoolId": pool.identity_pool_id, "Roles": pool.roles, "RoleMappings": mappings or None}


def _mapping(call: Call, pool: IdentityPool, key: str, given: Mapping[str, Any]) -> RoleMapping:
    """Raises Refused. The first and the last sentence are AWS's (aws/aws-cdk#22951; cdk-preflight, measured); that the
    others are refused is measured there too, in which words is [inferred].
    """
    if key not in pool.mapping_keys:
        raise invalid(f"({key}) is not a valid RoleMapping ProviderName or is not a configured provider.")
    rules, kind = given.get("RulesConfiguration", {}).get("Rules", ()), given["Type"]
    if "AmbiguousRoleResolution" not in given:
        raise invalid(f"AmbiguousRoleResolution is required for the role mapping of {key}.")
    if kind == BY_RULES and not rules:
        raise invalid(f"RulesConfiguration is required for the role mapping of {key}, of type Rules.")
    if kind != BY_RULES and rules:
        raise invalid(f"RulesConfiguration is not allowed for the role mapping of {key}, of type {kind}.")
    if len(rules) > MOST_RULES:
        raise invalid(f"The number of rules in the request exceeded {MOST_RULES}.")
    return RoleMapping(kind, given["AmbiguousRoleResolution"], tuple(_rule(call, rule) for rule in rules))


def _rule(call: Call, given: Mapping[str, str]) -> MappingRule:
    check_role_arn(call, given["RoleARN"])
    return MappingRule(given["Claim"], given["MatchType"], given["Value"], given["RoleARN"])


def _shape(mapping: RoleMapping) -> dict[str, Any]:
    rules = [
        {"Claim": rule.claim, "MatchType": rule.match_type, "Value": rule.value, "RoleARN": rule.role_arn}
        for rule in mapping.rules
    ]
    return {
        "Type": mapping.kind,
        "AmbiguousRoleResolution": mapping.resolution,
        "RulesConfiguration": {"Rules": rules} if rules else None,
    }
