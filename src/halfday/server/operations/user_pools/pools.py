"""User pools: CreateUserPool, UpdateUserPool, DescribeUserPool, ListUserPools, DeleteUserPool.

pool_settings says what their members set, pool_checks what goes together, pool_shapes how a pool is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from halfday.protocol.identifiers import POOL_ID_PATTERN, POOL_NAME_BYTES, make_pool_id, region_of_pool
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.pools import IssuerKind, Pool
from halfday.server.domain.user_pools.triggers import Trigger
from halfday.server.flows.signing_keys import begin_keys, give_back, keys_ready
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, not_built, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.user_pools import pool_settings
from halfday.server.operations.user_pools.pool_checks import check_named, check_tags, refuse_while_importing
from halfday.server.operations.user_pools.pool_shapes import summary_shape, user_pool_shape
from halfday.server.storage.errors import Taken

CUSTOM_ID_TAG = "_custom_id_"
ISSUER_TAG = "_issuer_"

MOST_POOLS = 1000

_SENDERS = frozenset({Trigger.CUSTOM_SMS_SENDER, Trigger.CUSTOM_EMAIL_SENDER})

_SETTINGS = (
    "PoolName Policies DeletionProtection LambdaConfig AutoVerifiedAttributes SmsVerificationMessage "
    "EmailVerificationMessage EmailVerificationSubject VerificationMessageTemplate SmsAuthenticationMessage "
    "MfaConfiguration UserAttributeUpdateSettings DeviceConfiguration EmailConfiguration SmsConfiguration UserPoolTags "
    "AdminCreateUserConfig UserPoolAddOns AccountRecoverySetting UserPoolTier KeyConfiguration.KeyType "
    "IssuerConfiguration.Type AcrConfiguration"
)


@operation(
    "cognito-idp",
    "CreateUserPool",
    honours=f"{_SETTINGS} Schema AliasAttributes UsernameAttributes UsernameConfiguration",
)
async def create_user_pool(call: Call) -> Output:
    services, given, pool_id = call.services, call.input, _pool_id(call)
    _refuse_unbuilt(call, "CreateUserPool", given)
    _check_named(call, call.region)
    kind = issuer_kind(given.get("UserPoolTags", {}), services.settings.issuer)
    blank = Pool(pool_id, given["PoolName"], kind, created_at=call.now, modified_at=call.now)
    pool = pool_settings.created(blank, given)
    await _check_quota(call)
    keys = await keys_ready(services, pool.pool_id)
    try:
        async with services.store.unit(pool.pool_id):
            await _check_quota(call)  # others were served meanwhile
            await services.store.pools.insert(pool, keys)
    except Taken as problem:
        raise invalid(f"User pool {pool.pool_id} exists already: {CUSTOM_ID_TAG} must be new.") from problem
    if not keys:
        begin_keys(services, pool.pool_id)
    return {"UserPool": await user_pool_shape(call, pool)}


@operation("cognito-idp", "UpdateUserPool", honours=f"UserPoolId {_SETTINGS}")
async def update_user_pool(call: Call) -> Output:
    """Replaces nearly all settings: pool_settings.configured says which stay when they are left out."""
    pool, given, now = await the_pool(call), call.input, call.now
    _refuse_unbuilt(call, "UpdateUserPool", given)
    _check_named(call, pool.region)

    def change(old: Pool) -> Pool:
        return replace(pool_settings.configured(old, given), modified_at=now)

    async with call.services.store.unit(pool.pool_id):
        await refuse_while_importing(call, pool)
        await call.services.store.pools.change(pool.pool_id, change)
    return {}


@operation("cognito-idp", "DescribeUserPool", honours="UserPoolId")
async def describe_user_pool(call: Call) -> Output:
    return {"UserPool": await user_pool_shape(call, await the_pool(call))}


@operation("cognito-idp", "ListUserPools", honours="NextToken MaxResults")
async def list_user_pools(call: Call) -> Output:
    fetch = partial(call.services.store.pools.page, call.region)
    return await paging.listing(call, "UserPools", fetch, key=lambda pool: pool.pool_id, shape=summary_shape)


@operation("cognito-idp", "DeleteUserPool", honours="UserPoolId")
async def delete_user_pool(call: Call) -> Output:
    pool = await the_pool(call)
    keys = await call.services.store.signing_keys.of(pool.pool_id)
    await call.services.store.pools.delete(pool.pool_id, lambda: _check_deletable(call))
    give_back(call.services, keys)
    return {}


async def _check_deletable(call: Call) -> None:
    """Runs in the unit in which the pool is deleted. Raises Refused."""
    pool = await the_pool(call)
    if pool.deletion_protection:
        message = (
            "The user pool cannot be deleted because deletion protection is activated. "
            "Deletion protection must be inactivated first."
        )
        raise invalid(message)
    if await call.services.store.domains.of_pool(pool.pool_id):
        raise invalid("User pool cannot be deleted. It has a domain configured that should be deleted first.")
    await refuse_while_importing(call, pool)


def issuer_kind(tags: Mapping[str, str], default: str) -> IssuerKind:
    """The issuer of the `_issuer_` tag, or the server's setting. Raises Refused."""
    kind = tags.get(ISSUER_TAG, default)
    if kind == "local":
        return "local"
    if kind == "aws":
        return "aws"
    raise invalid(f"{ISSUER_TAG} must be local or aws, not {kind!r}.")


def _pool_id(call: Call) -> str:
    """A new pool id, or the one in the tag `_custom_id_`, which other local servers have too."""
    pinned = call.input.get("UserPoolTags", {}).get(CUSTOM_ID_TAG)
    if pinned is None:
        return make_pool_id(call.region, call.services.random(POOL_NAME_BYTES))
    if not POOL_ID_PATTERN.fullmatch(pinned):
        raise invalid(f"{CUSTOM_ID_TAG} {pinned!r} is not a user pool id: REGION_NAME, such as us-east-1_AbCdEf123.")
    if region_of_pool(pinned) != call.region:
        raise invalid(f"{CUSTOM_ID_TAG} {pinned} is an id of another Region than the call's, {call.region}.")
    return str(pinned)


def _check_named(call: Call, region: str) -> None:
    given = call.input
    check_named(call, region, email=given.get("EmailConfiguration", {}), sms=given.get("SmsConfiguration", {}))
    check_tags(given.get("UserPoolTags", {}))


async def _check_quota(call: Call) -> None:
    """The quota is AWS's for a Region; its sentence is [inferred]."""
    if await call.services.store.pools.count(call.region) >= MOST_POOLS:
        raise Refused("LimitExceededException", f"Exceeded the limit of {MOST_POOLS} user pools.")


def _refuse_unbuilt(call: Call, operation_name: str, given: Mapping[str, Any]) -> None:
    """Values that would change what a pool does, of members that are honoured otherwise. Raises Refused."""
    senders = [f"LambdaConfig.{trigger}" for trigger in given.get("LambdaConfig", {}) if trigger in _SENDERS]
    unbuilt = [f"{sender} without the setting kms_url" for sender in senders if call.services.code_encryption is None]
    if given.get("KeyConfiguration", {}).get("KeyType") == "CUSTOMER_MANAGED_KEY":
        unbuilt.append("KeyConfiguration.KeyType CUSTOMER_MANAGED_KEY")
    if unbuilt:
        raise not_built(", ".join(unbuilt), operation_name)
