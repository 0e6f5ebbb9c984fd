"""Two calls to IAM at once: what is used is not deleted, quotas hold, a name is given once."""

from __future__ import annotations

import json
from typing import Any

from in_process import ACCOUNT, Server, Work, make_pool
from units.races import call, race

_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
    }
)
_READS = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
_POLICY = {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/reads"}


def _iam(name: str, **given: Any) -> Work:
    return call(name, "iam", **given)


async def _a_role_and_a_policy(server: Server) -> None:
    await make_pool(server)
    await server.call("CreateRole", "iam", RoleName="r", AssumeRolePolicyDocument=_TRUST)
    await server.call("CreatePolicy", "iam", PolicyName="reads", PolicyDocument=_READS)


@race(_a_role_and_a_policy, _iam("DeletePolicy", **_POLICY), _iam("AttachRolePolicy", RoleName="r", **_POLICY))
async def a_policy_deleted_while_it_is_attached(server: Server, _known: Any, results: list[Any]) -> None:
    role = await server.store.roles.get(ACCOUNT, "r")
    policy = await server.store.managed_policies.find(ACCOUNT, "reads")
    assert (policy is None) == (role.attached_policies == ()), results


@race(
    _a_role_and_a_policy,
    _iam("DeletePolicy", **_POLICY),
    _iam("PutRolePermissionsBoundary", RoleName="r", PermissionsBoundary=_POLICY["PolicyArn"]),
)
async def a_policy_deleted_while_it_becomes_a_boundary(server: Server, _known: Any, results: list[Any]) -> None:
    role = await server.store.roles.get(ACCOUNT, "r")
    policy = await server.store.managed_policies.find(ACCOUNT, "reads")
    assert (policy is None) == (role.permissions_boundary is None), results


async def _with_four_versions(server: Server) -> None:
    await _a_role_and_a_policy(server)
    for _ in range(3):
        await server.call("CreatePolicyVersion", "iam", **_POLICY, PolicyDocument=_READS)


@race(
    _with_four_versions,
    _iam("CreatePolicyVersion", **_POLICY, PolicyDocument=_READS),
    _iam("CreatePolicyVersion", **_POLICY, PolicyDocument=_READS),
)
async def two_fifth_versions(server: Server, _known: Any, results: list[Any]) -> None:
    assert results.count("LimitExceeded") == 1
    assert len(await server.store.managed_policies.versions(ACCOUNT, "reads")) == 5


@race(
    _with_four_versions,
    _iam("SetDefaultPolicyVersion", **_POLICY, VersionId="v2"),
    _iam("DeletePolicyVersion", **_POLICY, VersionId="v2"),
)
async def a_version_deleted_while_it_becomes_the_default(server: Server, _known: Any, results: list[Any]) -> None:
    policy = await server.store.managed_policies.find(ACCOUNT, "reads")
    versions = await server.store.managed_policies.versions(ACCOUNT, "reads")
    assert policy is not None
    assert policy.default_version in [version.number for version in versions], results


async def _a_user_with_a_key(server: Server) -> None:
    await make_pool(server)
    await server.call("CreateUser", "iam", UserName="dev")
    await server.call("CreateAccessKey", "iam", UserName="dev")


@race(_a_user_with_a_key, _iam("CreateAccessKey", UserName="dev"), _iam("CreateAccessKey", UserName="dev"))
async def two_second_keys(server: Server, _known: Any, results: list[Any]) -> None:
    assert results.count("LimitExceeded") == 1
    assert len(await server.store.access_keys.of_user(ACCOUNT, "dev")) == 2


async def _a_user(server: Server) -> None:
    await make_pool(server)
    await server.call("CreateUser", "iam", UserName="dev")


@race(_a_user, _iam("DeleteUser", UserName="dev"), _iam("CreateAccessKey", UserName="dev"))
async def a_user_deleted_while_a_key_is_made(server: Server, _known: Any, results: list[Any]) -> None:
    """No key is left whose user is gone, and that the next user of the name would have."""
    user = await server.store.iam_users.find(ACCOUNT, "dev")
    keys = await server.store.access_keys.of_user(ACCOUNT, "dev")
    assert (user is None) == (not keys), results


@race(_a_user, _iam("UpdateUser", UserName="dev", NewUserName="ops"), _iam("CreateUser", UserName="OPS"))
async def a_user_renamed_to_a_name_that_is_given(server: Server, _known: Any, results: list[Any]) -> None:
    assert results.count("EntityAlreadyExists") == 1


@race(_a_user, _iam("UpdateUser", UserName="dev", NewUserName="ops"), _iam("CreateAccessKey", UserName="dev"))
async def a_user_renamed_while_a_key_is_made(server: Server, _known: Any, results: list[Any]) -> None:
    users = [user.name for user in await server.store.iam_users.of_account(ACCOUNT)]
    rows = await server.store._database.fetch("SELECT user_name FROM access_keys")
    assert {name for (name,) in rows} <= set(users), results


@race(
    _a_role_and_a_policy,
    _iam("CreatePolicy", PolicyName="New", PolicyDocument=_READS),
    _iam("CreatePolicy", PolicyName="new", PolicyDocument=_READS),
)
async def two_policies_of_one_name_in_two_cases(_server: Server, _known: Any, results: list[Any]) -> None:
    assert results.count("EntityAlreadyExists") == 1
