"""IAM users: made, shown, listed, renamed, tagged, deleted; and what the account says of itself."""

from __future__ import annotations

from dataclasses import replace

from halfday.protocol.identifiers import make_iam_id
from halfday.server.domain.aws.iam_tags import new_tags, with_tags, without_tags
from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.principals import check_can_go
from halfday.server.domain.refusals import Refused
from halfday.server.operations.aws.iam.answers import created_user, listed_user, shown_user
from halfday.server.operations.aws.iam.callers import root_of, user_of_call
from halfday.server.operations.aws.iam.lookups import change_user, check_boundary, no_such_user, the_user
from halfday.server.operations.aws.iam.pages import page, page_of_tags
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

UNIQUE_ID_BYTES = 17


@operation("iam", "CreateUser", honours="Path UserName PermissionsBoundary Tags")
async def create_user(call: Call) -> Output:
    given = call.input
    user = IamUser(
        account=call.account,
        name=given["UserName"],
        user_id=make_iam_id("AIDA", call.services.random(UNIQUE_ID_BYTES)),
        created_at=call.now,
        path=given.get("Path", "/"),
        permissions_boundary=given.get("PermissionsBoundary"),
        tags=new_tags(given.get("Tags", ()), any_case=True),
    )
    store = call.services.store
    try:
        async with store.unit(call.account):
            if user.permissions_boundary is not None:
                await check_boundary(call, user.permissions_boundary)
            await _check_name(call, user.name)
            await store.iam_users.insert(user)
    except Taken as problem:
        raise _name_taken(user.name) from problem
    return {"User": created_user(user)}


@operation("iam", "GetUser", honours="UserName")
async def get_user(call: Call) -> Output:
    """Without a name the caller: a user, or the account's root."""
    root = root_of(call)
    if root is not None and "UserName" not in call.input:
        return {"User": {"UserId": call.account, "Arn": root.arn, "CreateDate": 0.0}}
    return {"User": shown_user(await user_of_call(call))}


@operation("iam", "ListUsers", honours="PathPrefix Marker MaxItems")
async def list_users(call: Call) -> Output:
    prefix = call.input.get("PathPrefix", "/")
    users = await call.services.store.iam_users.of_account(call.account)
    found = [user for user in users if user.path.startswith(prefix)]
    return page(call, "Users", found, key=lambda user: user.name, shape=listed_user)


@operation("iam", "UpdateUser", honours="UserName NewPath NewUserName")
async def update_user(call: Call) -> Output:
    """Under another name the user keeps id, keys and policies."""
    given, store = call.input, call.services.store
    try:
        async with store.unit(call.account):
            user = await the_user(call)
            name = given.get("NewUserName", user.name)
            if name.lower() != user.name.lower():
                await _check_name(call, name)
            renamed = replace(user, name=name, path=given.get("NewPath", user.path))
            await store.iam_users.rename(user, renamed)
    except Taken as problem:
        raise _name_taken(given["NewUserName"]) from problem
    return {}


@operation("iam", "DeleteUser", honours="UserName")
async def delete_user(call: Call) -> Output:
    store, name = call.services.store, call.input["UserName"]
    async with store.unit(call.account):
        check_can_go(await the_user(call))
        if await store.access_keys.of_user(call.account, name):
            raise Refused("DeleteConflict", "Cannot delete entity, must delete access keys first.")
        try:
            await store.iam_users.delete(call.account, name)
        except Missing as problem:
            raise no_such_user(name) from problem
    return {}


@operation("iam", "TagUser", honours="UserName Tags")
async def tag_user(call: Call) -> Output:
    added = new_tags(call.input["Tags"], any_case=True)
    await change_user(call, lambda user: replace(user, tags=with_tags(user.tags, added, any_case=True)))
    return {}


@operation("iam", "UntagUser", honours="UserName TagKeys")
async def untag_user(call: Call) -> Output:
    keys = call.input["TagKeys"]
    await change_user(call, lambda user: replace(user, tags=without_tags(user.tags, keys, any_case=True)))
    return {}


@operation("iam", "ListUserTags", honours="UserName Marker MaxItems")
async def list_user_tags(call: Call) -> Output:
    return page_of_tags(call, (await the_user(call)).tags)


@operation("iam", "ListGroupsForUser", honours="UserName Marker MaxItems")
async def list_groups_for_user(call: Call) -> Output:
    """None: there are no groups of IAM here. Terraform asks before it deletes a user."""
    await the_user(call)
    return {"Groups": [], "IsTruncated": False}


@operation("iam", "ListAccountAliases", honours="Marker MaxItems")
async def list_account_aliases(call: Call) -> Output:
    """None. Terraform's data source of the same name asks."""
    return {"AccountAliases": [], "IsTruncated": False}


async def _check_name(call: Call, name: str) -> None:
    if await call.services.store.iam_users.find_in_any_case(call.account, name) is not None:
        raise _name_taken(name)


def _name_taken(name: str) -> Refused:
    """Names are not distinguished by case (API reference, CreateUser)."""
    return Refused("EntityAlreadyExists", f"User with name {name} already exists.")
