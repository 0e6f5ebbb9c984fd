"""People with a role's credentials, as STS gives them, at a server with moto behind its front door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from signers import ACCOUNT_ROOT, ANYTHING, Signer, role, trusting, user
from world import World

ACCOUNT = "123456789012"
REGION = "us-east-1"
Statement = Mapping[str, Any]


def arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def allow(actions: str | Sequence[str], resources: str | Sequence[str] = "*", **condition: Any) -> dict[str, Any]:
    given = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {**given, "Condition": condition} if condition else given


def deny(actions: str | Sequence[str], resources: str | Sequence[str] = "*") -> dict[str, Any]:
    return {"Effect": "Deny", "Action": actions, "Resource": resources}


class Session:
    """One role's session, of somebody called ada."""

    def __init__(self, signer: Signer) -> None:
        self.signer, self.keys = signer, signer.keys

    def client(self, service: str, **given: Any) -> Any:
        """Without a client's own checks and repetitions."""
        config = Config(retries={"max_attempts": 0}, parameter_validation=False)
        return self.signer.world.boto3(service, **{"config": config, **self.keys, **given})


def session(world: World, *statements: Statement, tags: Mapping[str, str] | None = None) -> Session:
    """Somebody who may do what the statements say. `tags` are the session's."""
    trust = trusting(ACCOUNT_ROOT, "sts:AssumeRole", "sts:TagSession")
    role_arn = role(world, trust, {"Version": "2012-10-17", "Statement": list(statements)})
    given = {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}
    return Session(_developer(world).assume(role_arn, "ada", **given))


def _developer(world: World) -> Signer:
    """An IAM user who may assume roles: the root may not. Made once a world."""
    if "developer" not in world.clients:
        world.clients["developer"] = user(world, ANYTHING)
    found: Signer = world.clients["developer"]
    return found


def refusal(call: Any, **arguments: Any) -> tuple[str, int, str]:
    """Code, status and sentence."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    error = answer["Error"]
    return error["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], error.get("Message", "")
