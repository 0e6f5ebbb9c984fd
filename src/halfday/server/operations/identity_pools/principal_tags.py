"""Attributes for access control: SetPrincipalTagAttributeMap, GetPrincipalTagAttributeMap. How they become tags of a
session: domain/aws/principal_tags.
"""

from __future__ import annotations

from dataclasses import replace

from halfday.server.domain.aws.identity_pools import IdentityPool
from halfday.server.domain.aws.principal_tags import PrincipalTagMap
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.identity_pools.lookups import the_identity_pool

MOST_BYTES = 460
"""Of the tag names and attribute names of one provider together (developer guide, Using attributes for access control).
"""


@operation(
    "cognito-identity",
    "SetPrincipalTagAttributeMap",
    honours="IdentityPoolId IdentityProviderName UseDefaults PrincipalTags",
)
async def set_principal_tag_attribute_map(call: Call) -> Output:
    """With UseDefaults the tags that are given are kept and not used [inferred]."""
    pool, name = await the_identity_pool(call), call.input["IdentityProviderName"]
    _check_provider(pool, name)
    tags = call.input.get("PrincipalTags", {})
    if sum(len(f"{tag}{claim}".encode()) for tag, claim in tags.items()) > MOST_BYTES:
        raise invalid(f"PrincipalTags are longer than {MOST_BYTES} bytes.")
    found = PrincipalTagMap(call.input.get("UseDefaults", False), tuple(tags.items()))

    def with_map(known: IdentityPool) -> IdentityPool:
        return replace(known, principal_tags={**known.principal_tags, name: found})

    await call.services.store.identity_pools.change(pool.identity_pool_id, with_map)
    return _shape(pool, name, found)


@operation("cognito-identity", "GetPrincipalTagAttributeMap", honours="IdentityPoolId IdentityProviderName")
async def get_principal_tag_attribute_map(call: Call) -> Output:
    """Of a provider for which none was set: no tags, and no usual ones [inferred]."""
    pool, name = await the_identity_pool(call), call.input["IdentityProviderName"]
    _check_provider(pool, name)
    return _shape(pool, name, pool.principal_tags.get(name, PrincipalTagMap()))


def _check_provider(pool: IdentityPool, name: str) -> None:
    """By its key of Logins; an OIDC provider by its ARN, as Terraform's acceptance tests name it. [inferred]"""
    if name not in pool.provider_names and name not in pool.principal_tags:
        raise invalid(f"{name} is not a provider of this identity pool.")


def _shape(pool: IdentityPool, name: str, found: PrincipalTagMap) -> Output:
    return {
        "IdentityPoolId": pool.identity_pool_id,
        "IdentityProviderName": name,
        "UseDefaults": found.use_defaults,
        "PrincipalTags": dict(found.tags),
    }
