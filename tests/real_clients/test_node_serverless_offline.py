"""serverless-offline behind this server: its Lambda server behind a trigger, its HTTP server behind an API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from asking import refusal
from functions import arn_of
from ports import free_port
from real_clients.javascript import Node
from world import PASSWORD, Pool, World, running

HANDLERS = """
exports.handler = async (event, context) => {
  if (!event.request.userAttributes.email.endsWith("@example.com")) throw new Error("Only for members");
  if (context.functionName !== "members" || context.awsRequestId === undefined) throw new Error("no context");
  event.response.autoConfirmUser = true;
  return event;
};
exports.notes = async (event) => ({
  statusCode: 200,
  body: JSON.stringify({ id: event.pathParameters.id, email: event.headers["x-email"] ?? event.headers["X-Email"] }),
});
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("offline")
    (made / "handlers.js").write_text(HANDLERS)
    (made / "package.json").write_text('{"type": "commonjs"}')
    return made


@pytest.fixture(scope="module")
def offline(node: Node, folder: Path) -> Iterator[str]:
    port = free_port()
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


@pytest.fixture(scope="module")
def offline_http(node: Node, folder: Path) -> Iterator[str]:
    http = {"port": free_port(), "path": "notes/{id}"}
    given = {"folder": str(folder), "port": free_port(), "name": "notes", "handler": "handlers.notes"}
    server = node.open("serverless_offline", **given, http=http)
    yield f"http://127.0.0.1:{http['port']}"
    server.close()


def test_its_http_server_stands_behind_an_authorizer(offline_http: str, tmp_path: Path) -> None:
    pool_id = "us-east-1_Offline01"
    user = {"username": "ada", "password": PASSWORD, "attributes": {"email": "ada@example.com"}}
    client = {"id": "myapp", "auth_flows": ["ALLOW_USER_PASSWORD_AUTH"]}
    route = {"route": "ANY /{proxy+}", "authorizer": "people", "backend": offline_http + "/{proxy}"}
    route["headers"] = {"X-Email": "context.authorizer.claims.email"}
    people = {"name": "people", "type": "COGNITO", "pools": [pool_id]}
    declared = {
        "user_pool": [{"id": pool_id, "client": [client], "user": [user]}],
        "api": [{"id": "local", "type": "REST", "authorizer": [people], "route": [route]}],
    }
    with running(tmp_path / "data", declared, upstream="none") as up:
        token = Pool(up, pool_id).tokens({"ClientId": "myapp"}, "ada")["IdToken"]
        url = f"{up.origin}/restapis/local/prod/_user_request_/notes/7"
        assert requests.get(url, timeout=10).status_code == 401
        answer = requests.get(url, headers={"Authorization": token}, timeout=10)
    assert answer.json() == {"id": "7", "email": "ada@example.com"}
