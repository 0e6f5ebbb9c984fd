"""Signers of AWS calls: IAM users with access keys, and whoever has credentials of STS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federated import ACCOUNT
from world import World

ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def trusting(principal: Any, *actions: str, **condition: Any) -> dict[str, Any]:
    """A trust policy: `principal` is an AWS principal, or a whole Principal element."""
    element = principal if isinstance(principal, dict) else {"AWS": principal}
    statement = {"Effect": "Allow", "Principal": element, "Action": list(actions or ("sts:AssumeRole",))}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


@dataclass
class Signer:
    """Somebody whose calls are signed with these credentials."""

    world: World
    arn: str
    keys: dict[str, str]

    def client(self, service: str = "sts") -> Any:
        return self.world.boto3(service, **self.keys)

    def assume(self, role_arn: str, session: str = "session", **given: Any) -> Signer:
        answer = self.client().assume_role(RoleArn=role_arn, RoleSessionName=session, **given)
        return of(self.world, answer["AssumedRoleUser"]["Arn"], answer["Credentials"])


def of(world: World, arn: str, credentials: Mapping[str, str]) -> Signer:
    keys = {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    return Signer(world, arn, keys)


def user(world: World, *policies: dict[str, Any], tags: dict[str, str] | None = None) -> Signer:
    """A new IAM user with an access key and these inline policies."""
    iam, name = world.boto3("iam"), f"dev-{next(world.counter)}"
    tagged = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    made = iam.create_user(UserName=name, Tags=tagged)["User"]
    for number, policy in enumerate(policies):
        iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    return Signer(world, made["Arn"], keys)


def made_again(signer: Signer) -> Signer:
    """Another user of the same ARN with the same inline policies, once the first is deleted."""
    iam, name = signer.world.boto3("iam"), signer.arn.rpartition("/")[2]
    names = iam.list_user_policies(UserName=name)["PolicyNames"]
    policies = {one: iam.get_user_policy(UserName=name, PolicyName=one)["PolicyDocument"] for one in names}
    for one in policies:
        iam.delete_user_policy(UserName=name, PolicyName=one)
    iam.delete_access_key(UserName=name, AccessKeyId=signer.keys["aws_access_key_id"])
    iam.delete_user(UserName=name)
    assert iam.create_user(UserName=name)["User"]["Arn"] == signer.arn
    for one, document in policies.items():
        iam.put_user_policy(UserName=name, PolicyName=one, PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    return Signer(signer.world, signer.arn, keys)


def role(world: World, trust: dict[str, Any], *policies: dict[str, Any], **given: Any) -> str:
    """A new role; its ARN."""
    iam, name = world.boto3("iam"), f"role-{next(world.counter)}"
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), **given)
    for number, policy in enumerate(policies):
        iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=json.dumps(policy))
    arn: str = made["Role"]["Arn"]
    return arn


ACCOUNT_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
