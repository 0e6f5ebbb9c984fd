"""Versions of managed policies, at most five at a time, of which one is the default."""

from __future__ import annotations

from dataclasses import replace

from halfday.server.domain.aws.managed_policies import (
    MOST_VERSIONS,
    AwsManagedPolicy,
    ManagedPolicy,
    PolicyVersion,
    is_of_aws,
)
from halfday.server.domain.refusals import Refused
from halfday.server.operations.aws.iam.answers import Answer
from halfday.server.operations.aws.iam.documents import encoded, managed_policy
from halfday.server.operations.aws.iam.lookups import find_policy, own_policy, the_policy, why_unknown
from halfday.server.operations.aws.iam.pages import page
from halfday.server.operations.framework.registry import Call, Output, operation


@operation("iam", "CreatePolicyVersion", honours="PolicyArn PolicyDocument SetAsDefault")
async def create_policy_version(call: Call) -> Output:
    store, default = call.services.store.managed_policies, bool(call.input.get("SetAsDefault"))
    document = managed_policy(call.input["PolicyDocument"])
    async with call.services.store.unit(call.account):
        policy = await own_policy(call, "CreatePolicyVersion")
        if len(await store.versions(call.account, policy.name)) >= MOST_VERSIONS:
            sentence = (
                f"A managed policy can have up to {MOST_VERSIONS} versions. Before you create a new version, you must "
                "delete an existing version."
            )
            raise Refused("LimitExceeded", sentence)
        number = policy.latest_version + 1
        version = PolicyVersion(call.account, policy.name, number, document, call.now)

        def with_version(known: ManagedPolicy) -> ManagedPolicy:
            chosen = number if default else known.default_version
            return replace(known, default_version=chosen, latest_version=number, modified_at=call.now)

        changed = await store.change(call.account, policy.name, with_version)
        await store.insert_version(version)
    return {"PolicyVersion": _shape(version, changed)}


@operation("iam", "GetPolicyVersion", honours="PolicyArn VersionId")
async def get_policy_version(call: Call) -> Output:
    policy = await find_policy(call, call.input["PolicyArn"])
    if isinstance(policy, AwsManagedPolicy):
        if call.input["VersionId"] != policy.default_version_id:
            raise _no_such_version(call, f"of this policy of AWS {policy.default_version_id} is here")
        return {"PolicyVersion": {**_shape_of_aws(policy), "Document": encoded(policy.document)}}
    version = await _find_version(call, policy)
    if policy is None or version is None:
        raise _no_such_version(call)
    return {"PolicyVersion": {**_shape(version, policy), "Document": encoded(version.document)}}


@operation("iam", "ListPolicyVersions", honours="PolicyArn Marker MaxItems")
async def list_policy_versions(call: Call) -> Output:
    """The newest first."""
    policy = await the_policy(call)
    if isinstance(policy, AwsManagedPolicy):
        shown = [_shape_of_aws(policy)]
    else:
        versions = await call.services.store.managed_policies.versions(call.account, policy.name)
        shown = [_shape(version, policy) for version in versions]
    return page(call, "Versions", shown, key=_newest_first, shape=lambda one: one)


@operation("iam", "SetDefaultPolicyVersion", honours="PolicyArn VersionId")
async def set_default_policy_version(call: Call) -> Output:
    async with call.services.store.unit(call.account):
        policy, version = await _own_version(call, "SetDefaultPolicyVersion")
        await call.services.store.managed_policies.change(
            call.account, policy.name, lambda known: replace(known, default_version=version.number)
        )
    return {}


@operation("iam", "DeletePolicyVersion", honours="PolicyArn VersionId")
async def delete_policy_version(call: Call) -> Output:
    async with call.services.store.unit(call.account):
        policy, version = await _own_version(call, "DeletePolicyVersion")
        if version.number == policy.default_version:
            raise Refused("DeleteConflict", "Cannot delete the default version of a policy.")
        await call.services.store.managed_policies.delete_version(call.account, policy.name, version.number)
    return {}


async def _own_version(call: Call, operation_name: str) -> tuple[ManagedPolicy, PolicyVersion]:
    if is_of_aws(call.input["PolicyArn"]):
        await own_policy(call, operation_name)
    policy = await find_policy(call, call.input["PolicyArn"])
    version = await _find_version(call, policy)
    if not isinstance(policy, ManagedPolicy) or version is None:
        raise _no_such_version(call)
    return policy, version


async def _find_version(call: Call, policy: ManagedPolicy | AwsManagedPolicy | None) -> PolicyVersion | None:
    if not isinstance(policy, ManagedPolicy):
        return None
    versions = await call.services.store.managed_policies.versions(call.account, policy.name)
    return next((version for version in versions if version.version_id == call.input["VersionId"]), None)


def _no_such_version(call: Call, detail: str | None = None) -> Refused:
    arn, version = call.input["PolicyArn"], call.input["VersionId"]
    sentence = f"Policy {arn} version {version} does not exist or is not attachable."
    return Refused("NoSuchEntity", sentence, detail or why_unknown(arn))


def _shape(version: PolicyVersion, policy: ManagedPolicy) -> Answer:
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.number == policy.default_version,
        "CreateDate": version.created_at,
    }


def _shape_of_aws(policy: AwsManagedPolicy) -> Answer:
    return {"VersionId": policy.default_version_id, "IsDefaultVersion": True, "CreateDate": policy.modified_at}


def _newest_first(shape: Answer) -> str:
    return f"{10**9 - int(shape['VersionId'].removeprefix('v')):010}"
