"""Roles: made, shown, listed, changed, tagged, deleted."""

from __future__ import annotations

from dataclasses import replace

from halfday.protocol.identifiers import make_role_id
from halfday.server.domain.aws.iam_tags import new_tags, with_tags, without_tags
from halfday.server.domain.aws.principals import check_can_go
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.refusals import Refused
from halfday.server.flows.pinned_principals import pinned_trust_policy
from halfday.server.operations.aws.iam.answers import created_role, described_role, listed_role, shown_role
from halfday.server.operations.aws.iam.documents import trust_policy
from halfday.server.operations.aws.iam.lookups import as_shown, change_role, check_boundary, no_such_role, the_role
from halfday.server.operations.aws.iam.pages import page, page_of_tags
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

UNIQUE_ID_BYTES = 17


@operation(
    "iam",
    "CreateRole",
    honours="Path RoleName AssumeRolePolicyDocument Description MaxSessionDuration PermissionsBoundary Tags",
)
async def create_role(call: Call) -> Output:
    given = call.input
    _check_path(given.get("Path", "/"))
    document = trust_policy(given["AssumeRolePolicyDocument"])
    role = Role(
        account=call.account,
        name=given["RoleName"],
        role_id=make_role_id(call.services.random(UNIQUE_ID_BYTES)),
        trust_policy=await pinned_trust_policy(call.services.store, call.account, document),
        created_at=call.now,
        path=given.get("Path", "/"),
        description=given.get("Description"),
        max_session_duration_s=given.get("MaxSessionDuration", 3600),
        tags=new_tags(given.get("Tags", ()), any_case=True),
        permissions_boundary=given.get("PermissionsBoundary"),
    )
    await _insert(call, role)
    return {"Role": created_role(await as_shown(call, role))}


async def _insert(call: Call, role: Role) -> None:
    store = call.services.store
    try:
        async with store.unit(role.account):
            if role.permissions_boundary is not None:
                await check_boundary(call, role.permissions_boundary)
            if await store.roles.find_in_any_case(role.account, role.name) is not None:
                raise _name_taken(role.name)
            await store.roles.insert(role)
    except Taken as problem:
        raise _name_taken(role.name) from problem


@operation("iam", "GetRole", honours="RoleName")
async def get_role(call: Call) -> Output:
    return {"Role": shown_role(await as_shown(call, await the_role(call)))}


@operation("iam", "ListRoles", honours="PathPrefix Marker MaxItems")
async def list_roles(call: Call) -> Output:
    prefix = call.input.get("PathPrefix", "/")
    roles = await call.services.store.roles.of_account(call.account)
    found = [await as_shown(call, role) for role in roles if role.path.startswith(prefix)]
    return page(call, "Roles", found, key=lambda role: role.name, shape=listed_role)


@operation("iam", "UpdateRole", honours="RoleName Description MaxSessionDuration")
async def update_role(call: Call) -> Output:
    """What is not given stays."""
    given = call.input

    def updated(role: Role) -> Role:
        return replace(
            role,
            description=given.get("Description", role.description),
            max_session_duration_s=given.get("MaxSessionDuration", role.max_session_duration_s),
        )

    await change_role(call, updated)
    return {}


@operation("iam", "UpdateRoleDescription", honours="RoleName Description")
async def update_role_description(call: Call) -> Output:
    role = await change_role(call, lambda known: replace(known, description=call.input["Description"]))
    return {"Role": described_role(await as_shown(call, role))}


@operation("iam", "UpdateAssumeRolePolicy", honours="RoleName PolicyDocument")
async def update_assume_role_policy(call: Call) -> Output:
    await the_role(call)
    given = trust_policy(call.input["PolicyDocument"])
    document = await pinned_trust_policy(call.services.store, call.account, given)
    await change_role(call, lambda role: replace(role, trust_policy=document))
    return {}


@operation("iam", "DeleteRole", honours="RoleName")
async def delete_role(call: Call) -> Output:
    """Sessions that were issued for it end with it."""
    store, name = call.services.store, call.input["RoleName"]
    async with store.unit(call.account):
        check_can_go(await the_role(call))
        try:
            await store.roles.delete(call.account, name)
        except Missing as problem:
            raise no_such_role(name) from problem
    return {}


@operation("iam", "TagRole", honours="RoleName Tags")
async def tag_role(call: Call) -> Output:
    added = new_tags(call.input["Tags"], any_case=True)
    await change_role(call, lambda role: replace(role, tags=with_tags(role.tags, added, any_case=True)))
    return {}


@operation("iam", "UntagRole", honours="RoleName TagKeys")
async def untag_role(call: Call) -> Output:
    keys = call.input["TagKeys"]
    await change_role(call, lambda role: replace(role, tags=without_tags(role.tags, keys, any_case=True)))
    return {}


@operation("iam", "ListRoleTags", honours="RoleName Marker MaxItems")
async def list_role_tags(call: Call) -> Output:
    return page_of_tags(call, (await the_role(call)).tags)


@operation("iam", "ListInstanceProfilesForRole", honours="RoleName Marker MaxItems")
async def list_instance_profiles_for_role(call: Call) -> Output:
    """None: there are no machines here, and so no instance profiles. Terraform asks before it deletes a role."""
    await the_role(call)
    return {"InstanceProfiles": [], "IsTruncated": False}


def _name_taken(name: str) -> Refused:
    """Names are not distinguished by case (API reference, CreateRole)."""
    return Refused("EntityAlreadyExists", f"Role with name {name} already exists.")


def _check_path(path: str) -> None:
    """Measured by github.com/badmintoncryer/cdk-preflight, rules/iam."""
    if path.startswith("/aws-service-role"):
        message = "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles"
        raise Refused("InvalidInput", message)
