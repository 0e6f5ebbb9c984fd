"""Identity pools and their roles: CreateIdentityPool, UpdateIdentityPool, …, SetIdentityPoolRoles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from halfday.protocol.identifiers import IDENTITY_ID_PATTERN, POOL_ID_PATTERN, is_role_arn, make_identity_id
from halfday.server.domain.aws.identity_pools import IdentityPool, UserPoolProvider
from halfday.server.domain.refusals import Refused, not_authorized
from halfday.server.domain.user_pools import tags
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Taken

CUSTOM_ID_TAG = "_custom_id_"

_SETTINGS = "IdentityPoolName AllowUnauthenticatedIdentities AllowClassicFlow CognitoIdentityProviders IdentityPoolTags"
_KINDS = ("authenticated", "unauthenticated")


@operation("cognito-identity", "CreateIdentityPool", honours=_SETTINGS)
async def create_identity_pool(call: Call) -> Output:
    pinned = call.input.get("IdentityPoolTags", {}).get(CUSTOM_ID_TAG)
    if pinned is not None and not IDENTITY_ID_PATTERN.fullmatch(pinned):
        raise invalid(f"{CUSTOM_ID_TAG} {pinned!r} is not an identity pool id: REGION:UUID.")
    if pinned is not None and _region_of(pinned) != call.region:
        raise invalid(f"{CUSTOM_ID_TAG} {pinned} is an id of another Region than the call's, {call.region}.")
    pool_id = pinned or make_identity_id(call.region, call.services.random(16))
    pool = _configured(IdentityPool(pool_id, call.input["IdentityPoolName"], call.now), call.input)
    try:
        await call.services.store.identity_pools.insert(pool)
    except Taken as problem:
        message = f"IdentityPool '{pool_id}' exists already: {CUSTOM_ID_TAG} must be new."
        raise Refused("ResourceConflictException", message) from problem
    return _shape(pool)


@operation("cognito-identity", "UpdateIdentityPool", honours=f"IdentityPoolId {_SETTINGS}")
async def update_identity_pool(call: Call) -> Output:
    """Replaces everything but the roles and the id, and keeps tags that are left out [inferred].

    terraform-provider-aws updates a pool without its tags, and tags by TagResource: they would be lost at each change.
    """
    old = await the_identity_pool(call)

    def replaced(known: IdentityPool) -> IdentityPool:
        blank = IdentityPool(
            known.identity_pool_id, call.input["IdentityPoolName"], known.created_at, roles=known.roles
        )
        return _configured(blank, {"IdentityPoolTags": known.tags, **call.input})

    return _shape(await call.services.store.identity_pools.change(old.identity_pool_id, replaced))


@operation("cognito-identity", "DescribeIdentityPool", honours="IdentityPoolId")
async def describe_identity_pool(call: Call) -> Output:
    return _shape(await the_identity_pool(call))


@operation("cognito-identity", "ListIdentityPools", honours="MaxResults NextToken")
async def list_identity_pools(call: Call) -> Output:
    fetch = partial(call.services.store.identity_pools.page, call.region)
    return await paging.listing(
        call,
        "IdentityPools",
        fetch,
        key=lambda pool: pool.identity_pool_id,
        shape=lambda pool: {"IdentityPoolId": pool.identity_pool_id, "IdentityPoolName": pool.name},
    )


@operation("cognito-identity", "DeleteIdentityPool", honours="IdentityPoolId")
async def delete_identity_pool(call: Call) -> Output:
    pool = await the_identity_pool(call)
    await call.services.store.identity_pools.delete(pool.identity_pool_id)
    return {}


@operation("cognito-identity", "SetIdentityPoolRoles", honours="IdentityPoolId Roles")
async def set_identity_pool_roles(call: Call) -> Output:
    pool, roles = await the_identity_pool(call), call.input["Roles"]
    for kind, arn in roles.items():
        if kind not in _KINDS:
            raise invalid(f"Roles has authenticated and unauthenticated, not {kind}.")
        _check_role_arn(call, arn)
    await call.services.store.identity_pools.change(pool.identity_pool_id, partial(replace, roles=dict(roles)))
    return {}


@operation("cognito-identity", "GetIdentityPoolRoles", honours="IdentityPoolId")
async def get_identity_pool_roles(call: Call) -> Output:
    pool = await the_identity_pool(call)
    return {"IdentityPoolId": pool.identity_pool_id, "Roles": pool.roles}


async def the_identity_pool(call: Call) -> IdentityPool:
    pool_id = call.input["IdentityPoolId"]
    pool = await call.services.store.identity_pools.find(pool_id)
    if pool is None or not call.is_of_region(_region_of(pool_id)):
        raise Refused("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.")
    return pool


def _region_of(identity_pool_id: str) -> str:
    return identity_pool_id.partition(":")[0]


def _configured(blank: IdentityPool, given: Mapping[str, Any]) -> IdentityPool:
    return replace(
        blank,
        allow_guests=given["AllowUnauthenticatedIdentities"],
        allow_classic_flow=given.get("AllowClassicFlow", False),
        user_pool_providers=tuple(map(_provider, given.get("CognitoIdentityProviders", ()))),
        tags=tags.merged({}, given.get("IdentityPoolTags", {})),
    )


def _provider(given: Mapping[str, Any]) -> UserPoolProvider:
    """Checks the form of the names. AWS does not check either whether the user pool or app client exists.

    Source of the sentence: aws/aws-cdk#11054, amazon-quicksight-embedding-sample#1 (no ProviderName), cdk-preflight's
    measurements. Terraform's acceptance tests create pools of clients that do not exist.
    """
    name, client_id = given.get("ProviderName", ""), given.get("ClientId")
    host, _, user_pool_id = name.partition("/")
    named = POOL_ID_PATTERN.fullmatch(user_pool_id)
    if not client_id or named is None or host != f"cognito-idp.{named['region']}.amazonaws.com":
        raise invalid("Invalid Cognito Identity Provider")
    return UserPoolProvider(name, client_id, given.get("ServerSideTokenCheck", False))


def _check_role_arn(call: Call, text: str) -> None:
    """Raises Refused unless it is the ARN of a role of this account. AWS answers alike for names, malformed ARNs and
    roles of other accounts: aws/aws-sdk-js#908, boto/boto3#73, danilop/LambdAuth#40. Whether the role exists is not
    checked [inferred].
    """
    if not is_role_arn(text, call.account):
        raise not_authorized(f"Access to Role '{text}' is forbidden.")


def _shape(pool: IdentityPool) -> dict[str, Any]:
    providers = [
        {"ProviderName": p.provider_name, "ClientId": p.client_id, "ServerSideTokenCheck": p.server_side_token_check}
        for p in pool.user_pool_providers
    ]
    return {
        "IdentityPoolId": pool.identity_pool_id,
        "IdentityPoolName": pool.name,
        "AllowUnauthenticatedIdentities": pool.allow_guests,
        "AllowClassicFlow": pool.allow_classic_flow,
        "CognitoIdentityProviders": providers or None,
        "IdentityPoolTags": pool.tags or None,
    }
