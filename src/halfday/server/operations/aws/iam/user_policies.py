"""What a user may do: inline policies, attached managed policies, and the permissions boundary."""

from __future__ import annotations

from halfday.server.domain.aws import principals
from halfday.server.operations.aws.iam.attached import page_of_attached
from halfday.server.operations.aws.iam.documents import encoded, inline_policy
from halfday.server.operations.aws.iam.lookups import change_user, check_attachable, check_boundary, the_user
from halfday.server.operations.aws.iam.pages import page
from halfday.server.operations.framework.registry import Call, Output, operation


@operation("iam", "PutUserPolicy", honours="UserName PolicyName PolicyDocument")
async def put_user_policy(call: Call) -> Output:
    """The size is checked before the text is read, and again within the change: another policy may have been put
    meanwhile.
    """
    name, text = call.input["PolicyName"], call.input["PolicyDocument"]
    principals.check_inline_size(await the_user(call), name, text)
    document = inline_policy(text)
    await change_user(call, lambda user: principals.with_inline(user, name, text, document))
    return {}


@operation("iam", "GetUserPolicy", honours="UserName PolicyName")
async def get_user_policy(call: Call) -> Output:
    user, name = await the_user(call), call.input["PolicyName"]
    document = principals.inline_document(user, name)
    return {"UserName": user.name, "PolicyName": name, "PolicyDocument": encoded(document)}


@operation("iam", "ListUserPolicies", honours="UserName Marker MaxItems")
async def list_user_policies(call: Call) -> Output:
    return page(call, "PolicyNames", (await the_user(call)).policies, key=str, shape=str)


@operation("iam", "DeleteUserPolicy", honours="UserName PolicyName")
async def delete_user_policy(call: Call) -> Output:
    await change_user(call, lambda user: principals.without_inline(user, call.input["PolicyName"]))
    return {}


@operation("iam", "AttachUserPolicy", honours="UserName PolicyArn")
async def attach_user_policy(call: Call) -> Output:
    arn = call.input["PolicyArn"]
    async with call.services.store.unit(call.account):
        await the_user(call)
        await check_attachable(call, arn)
        await change_user(call, lambda user: principals.with_attached(user, arn))
    return {}


@operation("iam", "DetachUserPolicy", honours="UserName PolicyArn")
async def detach_user_policy(call: Call) -> Output:
    await change_user(call, lambda user: principals.without_attached(user, call.input["PolicyArn"]))
    return {}


@operation("iam", "ListAttachedUserPolicies", honours="UserName PathPrefix Marker MaxItems")
async def list_attached_user_policies(call: Call) -> Output:
    return page_of_attached(call, await the_user(call))


@operation("iam", "PutUserPermissionsBoundary", honours="UserName PermissionsBoundary")
async def put_user_permissions_boundary(call: Call) -> Output:
    arn = call.input["PermissionsBoundary"]
    async with call.services.store.unit(call.account):
        await the_user(call)
        await check_boundary(call, arn)
        await change_user(call, lambda user: principals.with_boundary(user, arn))
    return {}


@operation("iam", "DeleteUserPermissionsBoundary", honours="UserName")
async def delete_user_permissions_boundary(call: Call) -> Output:
    await change_user(call, lambda user: principals.with_boundary(user, None))
    return {}
