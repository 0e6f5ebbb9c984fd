"""A trigger whose function is behind an invoke URL of somebody else's: serverless-offline's own Lambda server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asking import refusal
from functions import arn_of
from real_clients.django_project import free_port
from real_clients.javascript import Node
from world import PASSWORD, Pool, World, running

HANDLERS = """
exports.handler = async (event, context) => {
  if (!event.request.userAttributes.email.endsWith("@example.com")) throw new Error("Only for members");
  if (context.functionName !== "members" || context.awsRequestId === undefined) throw new Error("no context");
  event.response.autoConfirmUser = true;
  return event;
};
"""


@pytest.fixture(scope="module")
def offline(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("offline"), free_port()
    (folder / "handlers.js").write_text(HANDLERS)
    (folder / "package.json").write_text('{"type": "commonjs"}')
    server = node.open("serverless_offline", folder=str(folder), port=port, name="members")
    yield f"http://127.0.0.1:{port}"
    server.close()


@pytest.fixture(scope="module")
def world(offline: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    declared = [{"name": name, "target": offline} for name in ("members", "nobody")]
    data: Path = tmp_path_factory.mktemp("data")
    with running(data, {"function": declared}, upstream="none") as up:
        yield up


def sign_up(pool: Pool, email: str) -> Any:
    given = {"ClientId": pool.client()["ClientId"], "Username": email.partition("@")[0], "Password": PASSWORD}
    return pool.world.idp.sign_up(**given, UserAttributes=[{"Name": "email", "Value": email}])


def test_it_decides_who_signs_up(world: World) -> None:
    pool = world.pool(LambdaConfig={"PreSignUp": arn_of("members")})
    assert sign_up(pool, "eve@example.com")["UserConfirmed"] is True
    told = ("UserLambdaValidationException", "PreSignUp failed with error Only for members.")
    assert refusal(sign_up, pool=pool, email="bob@example.org") == told


def test_a_function_that_it_has_not(world: World) -> None:
    pool = world.pool(LambdaConfig={"PreSignUp": arn_of("nobody")})
    sentence = "PreSignUp invocation failed due to error ResourceNotFoundException."
    assert refusal(sign_up, pool=pool, email="eve@example.com") == ("UnexpectedLambdaException", sentence)
