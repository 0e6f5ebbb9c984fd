"""What a role may do: inline policies, attached managed policies, and the permissions boundary."""

from __future__ import annotations

from halfday.server.domain.aws import principals
from halfday.server.operations.aws.iam.attached import page_of_attached
from halfday.server.operations.aws.iam.documents import encoded, inline_policy
from halfday.server.operations.aws.iam.lookups import change_role, check_attachable, check_boundary, the_role
from halfday.server.operations.aws.iam.pages import page
from halfday.server.operations.framework.registry import Call, Output, operation


@operation("iam", "PutRolePolicy", honours="RoleName PolicyName PolicyDocument")
async def put_role_policy(call: Call) -> Output:
    """The size is checked before the text is read, and again within the change: another policy may have been put
    meanwhile.
    """
    name, text = call.input["PolicyName"], call.input["PolicyDocument"]
    principals.check_inline_size(await the_role(call), name, text)
    document = inline_policy(text)
    await change_role(call, lambda role: principals.with_inline(role, name, text, document))
    return {}


@operation("iam", "GetRolePolicy", honours="RoleName PolicyName")
async def get_role_policy(call: Call) -> Output:
    role, name = await the_role(call), call.input["PolicyName"]
    document = principals.inline_document(role, name)
    return {"RoleName": role.name, "PolicyName": name, "PolicyDocument": encoded(document)}


@operation("iam", "ListRolePolicies", honours="RoleName Marker MaxItems")
async def list_role_policies(call: Call) -> Output:
    return page(call, "PolicyNames", (await the_role(call)).policies, key=str, shape=str)


@operation("iam", "DeleteRolePolicy", honours="RoleName PolicyName")
async def delete_role_policy(call: Call) -> Output:
    await change_role(call, lambda role: principals.without_inline(role, call.input["PolicyName"]))
    return {}


@operation("iam", "AttachRolePolicy", honours="RoleName PolicyArn")
async def attach_role_policy(call: Call) -> Output:
    arn = call.input["PolicyArn"]
    async with call.services.store.unit(call.account):
        await the_role(call)
        await check_attachable(call, arn)
        await change_role(call, lambda role: principals.with_attached(role, arn))
    return {}


@operation("iam", "DetachRolePolicy", honours="RoleName PolicyArn")
async def detach_role_policy(call: Call) -> Output:
    await change_role(call, lambda role: principals.without_attached(role, call.input["PolicyArn"]))
    return {}


@operation("iam", "ListAttachedRolePolicies", honours="RoleName PathPrefix Marker MaxItems")
async def list_attached_role_policies(call: Call) -> Output:
    return page_of_attached(call, await the_role(call))


@operation("iam", "PutRolePermissionsBoundary", honours="RoleName PermissionsBoundary")
async def put_role_permissions_boundary(call: Call) -> Output:
    arn = call.input["PermissionsBoundary"]
    async with call.services.store.unit(call.account):
        await the_role(call)
        await check_boundary(call, arn)
        await change_role(call, lambda role: principals.with_boundary(role, arn))
    return {}


@operation("iam", "DeleteRolePermissionsBoundary", honours="RoleName")
async def delete_role_permissions_boundary(call: Call) -> Output:
    await change_role(call, lambda role: principals.with_boundary(role, None))
    return {}
