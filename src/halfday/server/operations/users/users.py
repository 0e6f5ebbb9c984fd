"""Users by an administrator: AdminGetUser, AdminUpdateUserAttributes, AdminDisableUser …, ListUsers."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.attributes import check_attributes, full_schema
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.user_filter import parse_filter
from halfday.server.domain.users.users import User, UserStatus, aliases_in
from halfday.server.flows.account import own_attributes
from halfday.server.flows.account.new_users import taken_alias
from halfday.server.flows.factors.passwords import compared_with_hashes, set_password
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, the_pool, the_user
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import context_of
from halfday.server.operations.users.user_shapes import alias_exists, attributes_in, mfa_shape, user_shape
from halfday.server.storage.errors import Taken


@operation("cognito-idp", "AdminGetUser", honours="UserPoolId Username")
async def admin_get_user(call: Call) -> Output:
    user = await the_user(call, await the_pool(call))
    shape = user_shape(user)
    shape["UserAttributes"] = shape.pop("Attributes")
    return {**shape, **mfa_shape(user)}


@operation("cognito-idp", "AdminSetUserPassword", honours="UserPoolId Username Password Permanent")
async def admin_set_user_password(call: Call) -> Output:
    pool = await the_pool(call)
    user, password = await the_user(call, pool), call.input["Password"]
    permanent = call.input.get("Permanent", False)
    status = UserStatus.CONFIRMED if permanent else UserStatus.FORCE_CHANGE_PASSWORD
    until = 0.0 if permanent else call.now + pool.password_policy.temporary_validity_days * 86400
    compared = await compared_with_hashes(call.services, pool, user, password)
    await set_password(call.services, pool, user, password, status=status, temporary_until=until, compared=compared)
    return {}


@operation("cognito-idp", "AdminUpdateUserAttributes", honours="UserPoolId Username UserAttributes ClientMetadata")
async def admin_update_user_attributes(call: Call) -> Output:
    """A blank value deletes its attribute. A new address is unverified, unless the same call says that it is not."""
    pool = await the_pool(call)
    user = await the_user(call, pool)
    changes = attributes_in(call.input["UserAttributes"])
    check_attributes(pool.schema, changes, creating=False)
    try:
        await own_attributes.update(call.services, pool, user, changes, context_of(call))
    except Taken as problem:
        taken = await taken_alias(call.services, pool, user.username, changes)
        raise Refused("AliasExistsException", alias_exists(taken or "alias")) from problem
    return {}


@operation("cognito-idp", "AdminDeleteUserAttributes", honours="UserPoolId Username UserAttributeNames")
async def admin_delete_user_attributes(call: Call) -> Output:
    pool = await the_pool(call)
    user = await the_user(call, pool)
    blank = dict.fromkeys(call.input["UserAttributeNames"], "")
    check_attributes(pool.schema, blank, creating=False)

    def without(known: User) -> User:
        left = {name: value for name, value in known.attributes.items() if name not in blank}
        return known.with_attributes(left, at=call.now)

    await call.services.store.users.change(pool.pool_id, user.username, without, aliases=aliases_in(pool))
    return {}


@operation("cognito-idp", "AdminEnableUser", honours="UserPoolId Username")
async def admin_enable_user(call: Call) -> Output:
    user = await the_user(call, await the_pool(call))
    await call.services.store.users.enable(user.pool_id, user.username, now=call.now)
    return {}


@operation("cognito-idp", "AdminDisableUser", honours="UserPoolId Username")
async def admin_disable_user(call: Call) -> Output:
    """The user's tokens end, and AdminEnableUser does not revive them (facts/tokens.md §5)."""
    user = await the_user(call, await the_pool(call))
    await call.services.store.users.disable(user.pool_id, user.username, now=call.now)
    return {}


@operation("cognito-idp", "AdminDeleteUser", honours="UserPoolId Username")
async def admin_delete_user(call: Call) -> Output:
    user = await the_user(call, await the_pool(call))
    await call.services.store.users.delete(user.pool_id, user.username)
    return {}


@operation("cognito-idp", "AdminUserGlobalSignOut", honours="UserPoolId Username")
async def admin_user_global_sign_out(call: Call) -> Output:
    user = await the_user(call, await the_pool(call))
    await call.services.store.token_families.revoke_all_of(user.pool_id, user.username)
    return {}


@operation("cognito-idp", "ListUsers", honours="UserPoolId AttributesToGet Limit PaginationToken Filter")
async def list_users(call: Call) -> Output:
    pool, wanted = await the_pool(call), list(call.input.get("AttributesToGet", ()))
    _check_known(pool, wanted)
    only = parse_filter(call.input.get("Filter", ""))
    return await paging.listing(
        call,
        "Users",
        partial(call.services.store.users.page, pool.pool_id, only=only),
        key=lambda user: f"{only.place(user) if only else ''}\0{user.username}",
        shape=lambda user: user_shape(user, wanted),
        token="PaginationToken",
        read_token=paging.place,
    )


def _check_known(pool: Pool, names: Collection[str]) -> None:
    """Two independent clients of AWS look for this sentence."""
    if not {attribute.name for attribute in full_schema(pool.schema)} | {"identities"} >= set(names):
        raise invalid("One or more requested attributes do not exist.")
