"""[[api]] of the seed file: by routes and by OpenAPI files, followed at the next start, refused with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway_apis import Http, Rest
from halfday.server import seed_file
from halfday.server.seed_file import SeedRefused
from world import PASSWORD, Pool, World, running

POOL, CLIENT = "us-east-1_Gateway09", "gatewayclient9"
AUTHORIZER = """
def handler(event, context):
    return {"isAuthorized": event["identitySource"] == ["good"], "context": {"who": "ada"}}
"""
HANDLER = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"].get("authorizer"))}
"""


def document(backend: str, *apis: dict[str, Any]) -> dict[str, Any]:
    user = {"username": "ada", "password": PASSWORD, "attributes": {"email": "ada@example.com"}}
    pool = {"id": POOL, "client": [{"id": CLIENT, "auth_flows": ["ALLOW_USER_PASSWORD_AUTH"]}], "user": [user]}
    return {"user_pool": [pool], "api": list(apis)}


def rest(backend: str, **given: Any) -> dict[str, Any]:
    headers = {"X-Email": "context.authorizer.claims.email"}
    return {
        "id": "shop",
        "type": "REST",
        "authorizer": [{"name": "people", "type": "COGNITO", "pools": [POOL]}],
        "route": [
            {"route": "GET /things/{id}", "authorizer": "people", "backend": f"{backend}/{{id}}", "headers": headers},
            {"route": "ANY /open/{proxy+}", "backend": f"{backend}/{{proxy}}"},
            {"route": "GET /iam", "authorizer": "IAM", "backend": backend},
        ],
        **given,
    }


def http(**given: Any) -> dict[str, Any]:
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
    return {
        "id": "web",
        "type": "HTTP",
        "cors_origins": ["http://localhost:5173"],
        "authorizer": [
            {"name": "jwt", "type": "JWT", "issuer": issuer, "audience": [CLIENT]},
            {"name": "own", "type": "REQUEST", "function": "own", "identity_sources": ["$request.header.key"]},
        ],
        "route": [
            {"route": "GET /jwt", "authorizer": "jwt", "function": "tells"},
            {"route": "GET /own", "authorizer": "own", "function": "tells"},
        ],
        **given,
    }


def rest_of(world: World) -> Rest:
    return Rest(world, "shop", "")


def token(world: World) -> str:
    return str(Pool(world, POOL).tokens({"ClientId": CLIENT})["IdToken"])


def test_a_rest_api_of_routes(tmp_path: Path, backend: str) -> None:
    with running(tmp_path, document(backend, rest(backend))) as up:
        api = rest_of(up)
        assert api.ask("/things/7").status_code == 401
        seen = api.ask("/things/7", headers={"Authorization": token(up)}).json()
        assert (seen["path"], seen["headers"]["x-email"]) == ("/7", "ada@example.com")
        assert api.ask("/open/a/b", "DELETE").json()["path"] == "/a/b"
        assert api.ask("/iam").json() == {"message": "Missing Authentication Token"}


def test_an_http_api_of_routes_before_functions_of_the_folder(tmp_path: Path, backend: str) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "own.py").write_text(AUTHORIZER)
    (tmp_path / "functions" / "tells.py").write_text(HANDLER)
    folder = str(tmp_path / "functions")
    with running(tmp_path / "data", document(backend, http()), functions_folder=folder) as up:
        api = Http(up, "web")
        found = api.ask("/jwt", headers={"Authorization": token(up)}).json()
        assert found["jwt"]["claims"]["email"] == "ada@example.com"
        assert api.ask("/own", headers={"Key": "good"}).json() == {"lambda": {"who": "ada"}}
        assert api.ask("/own", headers={"Key": "bad"}).status_code == 403
        origin = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "GET"}
        assert api.ask("/jwt", "OPTIONS", headers=origin).headers["Access-Control-Allow-Origin"] == origin["Origin"]


def test_the_next_start_follows_the_file_and_changes_nothing_else(tmp_path: Path, backend: str) -> None:
    first = document(backend, rest(backend))
    for _ in range(2):
        with running(tmp_path, first) as up:
            client = up.boto3("apigateway")
            deployments = [one["id"] for one in client.get_deployments(restApiId="shop")["items"]]
            assert len(deployments) == 1
    changed = rest(backend, variables={"a": "b"}, route=[{"route": "GET /new", "backend": backend}])
    with running(tmp_path, document(backend, changed)) as up:
        client = up.boto3("apigateway")
        assert [one["id"] for one in client.get_deployments(restApiId="shop")["items"]] != deployments
        assert client.get_stage(restApiId="shop", stageName="prod")["variables"] == {"a": "b"}
        assert (rest_of(up).ask("/new").status_code, rest_of(up).ask("/open/x").status_code) == (201, 403)


def test_an_openapi_file_beside_the_seed_file(tmp_path: Path, backend: str) -> None:
    integration = {"type": "http_proxy", "httpMethod": "GET", "uri": f"{backend}/file"}
    file = {"openapi": "3.0.1", "info": {"title": "of a file"},
            "paths": {"/x": {"get": {"x-amazon-apigateway-integration": integration}}}}  # fmt: skip
    (tmp_path / "api.json").write_text(json.dumps(file))
    (tmp_path / "halfday.toml").write_text('[[api]]\nid = "shop"\ntype = "REST"\nopenapi = "api.json"\n')
    with running(tmp_path / "data", seed_file.read(tmp_path / "halfday.toml")) as up:
        assert rest_of(up).ask("/x").json()["path"] == "/file"
        assert up.boto3("apigateway").get_rest_api(restApiId="shop")["name"] == "of a file"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"type": "SOAP"}, "type is REST or HTTP"),
        ({"id": "Shop"}, "id is lower-case"),
        ({"cors_origins": ["*"]}, "a REST API has no cors_origins"),
        ({"openapi": "none.yaml", "route": [], "authorizer": []}, "cannot be read"),
        ({"openapi": "none.yaml"}, "stands in place of"),
        ({"route": [{"route": "FETCH /", "backend": "http://x"}]}, "a route key is a method and a path"),
        ({"route": [{"route": "$default", "backend": "http://x"}]}, "has no $default"),
        ({"route": [{"route": "GET /"}]}, "either a backend or a function"),
        ({"route": [{"route": "GET /", "backend": "ftp://x"}]}, "Invalid HTTP endpoint"),
        ({"route": [{"route": "GET /", "backend": "http://x", "authorizer": "who"}]}, "is no [[api.authorizer]] 'who'"),
        ({"route": [{"route": "GET /", "backend": "http://x", "payload": "2.0"}]}, "payload has no meaning"),
        ({"authorizer": [{"name": "a", "type": "COGNITO", "pools": ["us-east-1_None0000"]}]}, "there is no user pool"),
        ({"authorizer": [{"name": "a", "type": "JWT"}]}, "type is COGNITO or TOKEN or REQUEST"),
        ({"authorizer": [{"name": "a", "type": "COGNITO"}]}, "needs ProviderARNs"),
        ({"authorizer": [{"name": "a", "type": "TOKEN", "function": "f", "simple": True}]}, "simple has no meaning"),
        ({"policy": {"Statement": [{"Effect": "Perhaps"}]}}, "Invalid policy document"),
    ],
)  # fmt: skip
def test_what_is_wrong_stops_the_start_with_its_place(
    tmp_path: Path, backend: str, changes: dict[str, Any], sentence: str
) -> None:
    with (
        pytest.raises(SeedRefused) as raised,
        running(tmp_path, document(backend, rest(backend, **changes))),
    ):
        pass
    assert str(raised.value).startswith("[[api]] ")
    assert sentence in str(raised.value)
