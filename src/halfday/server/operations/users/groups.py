"""Groups and their members: CreateGroup, UpdateGroup, ListUsersInGroup, AdminAddUserToGroup, …."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import named_resources
from halfday.server.domain.users.users import Group
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, the_group, the_pool, the_user
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.users.user_shapes import user_shape
from halfday.server.storage.errors import Taken


@operation("cognito-idp", "CreateGroup", honours="GroupName UserPoolId Description RoleArn Precedence")
async def create_group(call: Call) -> Output:
    pool, given = await the_pool(call), call.input
    _check_role(call)
    group = Group(
        pool_id=pool.pool_id,
        name=given["GroupName"],
        created_at=call.now,
        modified_at=call.now,
        description=given.get("Description"),
        role_arn=given.get("RoleArn"),
        precedence=given.get("Precedence"),
    )
    try:
        await call.services.store.groups.insert(group)
    except Taken as problem:
        message = f"A group with the name {group.name} already exists."
        raise Refused("GroupExistsException", message) from problem
    return {"Group": _shape(group)}


@operation("cognito-idp", "GetGroup", honours="GroupName UserPoolId")
async def get_group(call: Call) -> Output:
    return {"Group": _shape(await the_group(call, await the_pool(call)))}


@operation("cognito-idp", "UpdateGroup", honours="GroupName UserPoolId Description RoleArn Precedence")
async def update_group(call: Call) -> Output:
    """Members that are left out stay as they are [inferred]: the reference names no defaults."""
    group = await the_group(call, await the_pool(call))
    _check_role(call)
    members = (("description", "Description"), ("role_arn", "RoleArn"), ("precedence", "Precedence"))
    changes = {ours: call.input[theirs] for ours, theirs in members if theirs in call.input}
    change = partial(replace, modified_at=call.now, **changes)
    changed = await call.services.store.groups.change(group.pool_id, group.name, change)
    return {"Group": _shape(changed)}


@operation("cognito-idp", "DeleteGroup", honours="GroupName UserPoolId")
async def delete_group(call: Call) -> Output:
    group = await the_group(call, await the_pool(call))
    await call.services.store.groups.delete(group.pool_id, group.name)
    return {}


@operation("cognito-idp", "ListGroups", honours="UserPoolId Limit NextToken")
async def list_groups(call: Call) -> Output:
    pool = await the_pool(call)
    fetch = partial(call.services.store.groups.page, pool.pool_id)
    return await paging.listing(call, "Groups", fetch, key=_name, shape=_shape)


@operation("cognito-idp", "ListUsersInGroup", honours="UserPoolId GroupName Limit NextToken")
async def list_users_in_group(call: Call) -> Output:
    group = await the_group(call, await the_pool(call))
    fetch = partial(call.services.store.groups.page_of_members, group.pool_id, group.name)
    return await paging.listing(call, "Users", fetch, key=lambda user: user.username, shape=user_shape)


@operation("cognito-idp", "AdminAddUserToGroup", honours="UserPoolId Username GroupName")
async def admin_add_user_to_group(call: Call) -> Output:
    pool = await the_pool(call)
    user, group = await the_user(call, pool), await the_group(call, pool)
    await call.services.store.groups.add_member(pool.pool_id, group.name, user.username)
    return {}


@operation("cognito-idp", "AdminRemoveUserFromGroup", honours="UserPoolId Username GroupName")
async def admin_remove_user_from_group(call: Call) -> Output:
    pool = await the_pool(call)
    user, group = await the_user(call, pool), await the_group(call, pool)
    await call.services.store.groups.remove_member(pool.pool_id, group.name, user.username)
    return {}


@operation("cognito-idp", "AdminListGroupsForUser", honours="UserPoolId Username Limit NextToken")
async def admin_list_groups_for_user(call: Call) -> Output:
    pool = await the_pool(call)
    user = await the_user(call, pool)
    groups = await call.services.store.groups.of_user(pool.pool_id, user.username)
    return await paging.listing(call, "Groups", paging.among(groups, _name), key=_name, shape=_shape)


def _check_role(call: Call) -> None:
    """Raises Refused unless the role, if one is given, is this account's."""
    role = call.input.get("RoleArn")
    objection = named_resources.role(role, call.account) if role else None
    if objection is not None:
        raise invalid(objection)


def _name(group: Group) -> str:
    return group.name


def _shape(group: Group) -> dict[str, Any]:
    return {
        "GroupName": group.name,
        "UserPoolId": group.pool_id,
        "Description": group.description,
        "RoleArn": group.role_arn,
        "Precedence": group.precedence,
        "LastModifiedDate": group.modified_at,
        "CreationDate": group.created_at,
    }
