"""Groups: CreateGroup, GetGroup, AdminAddUserToGroup, AdminRemoveUserFromGroup, AdminListGroupsForUser."""

from __future__ import annotations

from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.server.domain.users import Group
from halfday.server.operations import paging
from halfday.server.operations.lookups import the_group, the_pool, the_user
from halfday.server.operations.registry import Call, Output, operation
from halfday.server.storage.database import Taken


@operation("cognito-idp", "CreateGroup", honours="GroupName UserPoolId Description RoleArn Precedence")
async def create_group(call: Call) -> Output:
    pool, given = await the_pool(call), call.input
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
        raise ServiceError("GroupExistsException", message) from problem
    return {"Group": _shape(group)}


@operation("cognito-idp", "GetGroup", honours="GroupName UserPoolId")
async def get_group(call: Call) -> Output:
    return {"Group": _shape(await the_group(call, await the_pool(call)))}


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
    start, limit = paging.after(call.input.get("NextToken")), call.input.get("Limit") or 60
    groups = [g for g in await call.services.store.groups.of_user(pool.pool_id, user.username) if g.name > start]
    shown, token = paging.cut(groups, limit, lambda group: group.name)
    return paging.page("Groups", [_shape(group) for group in shown], "NextToken", token)


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
