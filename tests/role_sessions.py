"""People with a role's credentials, as STS gives them, at a server with moto behind its front door."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from world import World

ACCOUNT = "123456789012"
REGION = "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ],
}

Statement = Mapping[str, Any]


def arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def allow(actions: str | Sequence[str], resources: str | Sequence[str] = "*", **condition: Any) -> dict[str, Any]:
    given = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {**given, "Condition": condition} if condition else given


def deny(actions: str | Sequence[str], resources: str | Sequence[str] = "*") -> dict[str, Any]:
    return {"Effect": "Deny", "Action": actions, "Resource": resources}


class Session:
    """One role's session. `name` is the session's."""

    def __init__(self, world: World, credentials: Mapping[str, str]) -> None:
        self._world, self._credentials = world, credentials

    def client(self, service: str, **given: Any) -> Any:
        keys = {
            "aws_access_key_id": self._credentials["AccessKeyId"],
            "aws_secret_access_key": self._credentials["SecretAccessKey"],
            "aws_session_token": self._credentials["SessionToken"],
        }
        config = Config(retries={"max_attempts": 0}, parameter_validation=False)
        where = {"region_name": REGION, "endpoint_url": self._world.for_tools, "config": config}
        return boto3.client(service, **{**where, **keys, **given})


def session(world: World, *statements: Statement, tags: Mapping[str, str] | None = None) -> Session:
    """Somebody who may do what the statements say."""
    number = next(world.counter)
    iam, sts = world.boto3("iam"), world.boto3("sts")
    iam.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=json.dumps(TRUST))
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    iam.put_role_policy(RoleName=f"role-{number}", PolicyName="own", PolicyDocument=json.dumps(document))
    given: dict[str, Any] = {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}
    assumed = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/role-{number}", RoleSessionName="ada", **given)
    return Session(world, assumed["Credentials"])


def refusal(call: Any, **arguments: Any) -> tuple[str, int, str]:
    """Code, status and sentence."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    error = answer["Error"]
    return error["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], error.get("Message", "")
