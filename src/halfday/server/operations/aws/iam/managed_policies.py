"""Managed policies: made, shown, listed, tagged, deleted. Their versions: policy_versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from halfday.protocol.identifiers import make_iam_id
from halfday.server.domain.aws.iam_tags import new_tags, with_tags, without_tags
from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.managed_policies import AwsManagedPolicy, ManagedPolicy, PolicyVersion
from halfday.server.domain.refusals import Refused
from halfday.server.operations.aws.iam.answers import Answer, sorted_tags, tag_list
from halfday.server.operations.aws.iam.attached import Uses, place_of, principals_of_account, uses_of_policies
from halfday.server.operations.aws.iam.documents import managed_policy
from halfday.server.operations.aws.iam.lookups import own_policy, the_policy
from halfday.server.operations.aws.iam.pages import page, page_of_tags
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.outside.aws_managed_policies import aws_managed_policies
from halfday.server.storage.errors import Taken

UNIQUE_ID_BYTES = 17
AnyPolicy = ManagedPolicy | AwsManagedPolicy


@operation("iam", "CreatePolicy", honours="PolicyName Path PolicyDocument Description Tags")
async def create_policy(call: Call) -> Output:
    given = call.input
    document = managed_policy(given["PolicyDocument"])
    policy = ManagedPolicy(
        account=call.account,
        name=given["PolicyName"],
        policy_id=make_iam_id("ANPA", call.services.random(UNIQUE_ID_BYTES)),
        created_at=call.now,
        modified_at=call.now,
        path=given.get("Path", "/"),
        description=given.get("Description"),
        tags=new_tags(given.get("Tags", ()), any_case=False),
    )
    store = call.services.store
    try:
        async with store.unit(call.account):
            if await store.managed_policies.find_in_any_case(call.account, policy.name) is not None:
                raise _name_taken(policy.name)
            await store.managed_policies.insert(policy, PolicyVersion(call.account, policy.name, 1, document, call.now))
    except Taken as problem:
        raise _name_taken(policy.name) from problem
    return {"Policy": {**_shape(policy), "Tags": tag_list(policy.tags) or None}}


@operation("iam", "GetPolicy", honours="PolicyArn")
async def get_policy(call: Call) -> Output:
    policy = await the_policy(call)
    description = policy.description if isinstance(policy, ManagedPolicy) else None
    tags = sorted_tags(policy.tags) if isinstance(policy, ManagedPolicy) else []
    return {"Policy": {**_shape(policy, await uses_of_policies(call)), "Description": description, "Tags": tags}}


@operation("iam", "ListPolicies", honours="Scope OnlyAttached PathPrefix PolicyUsageFilter Marker MaxItems")
async def list_policies(call: Call) -> Output:
    """AWS's are those that are known here."""
    given, uses = call.input, await uses_of_policies(call)
    counted = {"PermissionsPolicy": uses.attached, "PermissionsBoundary": uses.boundaries}
    usage = given.get("PolicyUsageFilter")
    found: list[AnyPolicy] = []
    if given.get("Scope", "All") != "AWS":
        found += await call.services.store.managed_policies.of_account(call.account)
    if given.get("Scope", "All") != "Local":
        found += aws_managed_policies().values()
    found = [one for one in found if one.path.startswith(given.get("PathPrefix", "/"))]
    if given.get("OnlyAttached"):
        found = [one for one in found if uses.of(one.arn)]
    if usage is not None:
        found = [one for one in found if counted[usage][one.arn]]
    return page(call, "Policies", found, key=lambda one: place_of(one.arn), shape=lambda one: _shape(one, uses))


@operation("iam", "DeletePolicy", honours="PolicyArn")
async def delete_policy(call: Call) -> Output:
    """The default version goes with the policy, others have to go before."""
    store = call.services.store
    async with store.unit(call.account):
        policy = await own_policy(call, "DeletePolicy")
        if (await uses_of_policies(call)).of(policy.arn):
            raise Refused("DeleteConflict", "Cannot delete a policy attached to entities.")
        if len(await store.managed_policies.versions(call.account, policy.name)) > 1:
            sentence = (
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy."
            )
            raise Refused("DeleteConflict", sentence)
        await store.managed_policies.delete(call.account, policy.name)
    return {}


@operation("iam", "TagPolicy", honours="PolicyArn Tags")
async def tag_policy(call: Call) -> Output:
    added = new_tags(call.input["Tags"], any_case=False)
    policy = await own_policy(call, "TagPolicy")
    await call.services.store.managed_policies.change(
        call.account, policy.name, lambda known: replace(known, tags=with_tags(known.tags, added, any_case=False))
    )
    return {}


@operation("iam", "UntagPolicy", honours="PolicyArn TagKeys")
async def untag_policy(call: Call) -> Output:
    keys, policy = call.input["TagKeys"], await own_policy(call, "UntagPolicy")
    await call.services.store.managed_policies.change(
        call.account, policy.name, lambda known: replace(known, tags=without_tags(known.tags, keys, any_case=False))
    )
    return {}


@operation("iam", "ListPolicyTags", honours="PolicyArn Marker MaxItems")
async def list_policy_tags(call: Call) -> Output:
    policy = await the_policy(call)
    return page_of_tags(call, policy.tags if isinstance(policy, ManagedPolicy) else {})


@operation(
    "iam", "ListEntitiesForPolicy", honours="PolicyArn EntityFilter PathPrefix PolicyUsageFilter Marker MaxItems"
)
async def list_entities_for_policy(call: Call) -> Output:
    """Roles and users; there are no groups here."""
    policy = await the_policy(call)
    listed = page(call, "Entities", [*await _entities(call, policy.arn)], key=lambda one: one[0], shape=_entity)
    by_kind: dict[str, list[Answer]] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
    for kind, shape in listed.pop("Entities"):
        by_kind[kind].append(shape)
    return {**by_kind, **listed}


async def _entities(call: Call, arn: str) -> Iterator[tuple[str, Any]]:
    given = call.input
    kinds, usage = given.get("EntityFilter"), given.get("PolicyUsageFilter")
    everybody = await principals_of_account(call)
    return (
        (f"{'User' if isinstance(one, IamUser) else 'Role'} {one.name}", one)
        for one in everybody
        if one.path.startswith(given.get("PathPrefix", "/"))
        and kinds in (None, "User" if isinstance(one, IamUser) else "Role")
        and (
            (arn in one.attached_policies and usage != "PermissionsBoundary")
            or (arn == one.permissions_boundary and usage != "PermissionsPolicy")
        )
    )


def _entity(placed: tuple[str, Any]) -> tuple[str, Answer]:
    _, one = placed
    if isinstance(one, IamUser):
        return "PolicyUsers", {"UserName": one.name, "UserId": one.user_id}
    return "PolicyRoles", {"RoleName": one.name, "RoleId": one.role_id}


def _shape(policy: AnyPolicy, uses: Uses | None = None) -> Answer:
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.policy_id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version_id,
        "AttachmentCount": uses.attached[policy.arn] if uses else 0,
        "PermissionsBoundaryUsageCount": uses.boundaries[policy.arn] if uses else 0,
        "IsAttachable": policy.is_attachable,
        "CreateDate": policy.created_at,
        "UpdateDate": policy.modified_at,
    }


def _name_taken(name: str) -> Refused:
    """Names are not distinguished by case (API reference, CreatePolicy)."""
    return Refused("EntityAlreadyExists", f"A policy called {name} already exists. Duplicate names are not allowed.")
