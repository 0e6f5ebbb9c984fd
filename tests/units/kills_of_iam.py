"""Use cases of IAM that write more than once, each to be killed at every statement. Run by test_kills."""

from __future__ import annotations

import json
from typing import Any

from in_process import ACCOUNT, Server, make_pool
from units.kills import case

_READS = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
_POLICY = {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/reads"}


@case(make_pool)
async def create_policy(server: Server, _known: Any) -> Any:
    return await server.call("CreatePolicy", "iam", PolicyName="reads", PolicyDocument=_READS)


async def _with_a_policy(server: Server) -> None:
    await make_pool(server)
    await create_policy(server, None)


@case(_with_a_policy)
async def create_policy_version(server: Server, _known: Any) -> Any:
    given = {"PolicyDocument": _READS, "SetAsDefault": True}
    return await server.call("CreatePolicyVersion", "iam", **_POLICY, **given)


@case(_with_a_policy)
async def delete_policy(server: Server, _known: Any) -> Any:
    return await server.call("DeletePolicy", "iam", **_POLICY)


async def _with_a_user(server: Server) -> str:
    await make_pool(server)
    await server.call("CreateUser", "iam", UserName="dev")
    made = await server.call("CreateAccessKey", "iam", UserName="dev")
    return str(made["AccessKey"]["AccessKeyId"])


@case(_with_a_user)
async def rename_a_user_with_a_key(server: Server, _known: Any) -> Any:
    return await server.call("UpdateUser", "iam", UserName="dev", NewUserName="ops")


@case(_with_a_user)
async def delete_access_key(server: Server, key: Any) -> Any:
    return await server.call("DeleteAccessKey", "iam", UserName="dev", AccessKeyId=key)
