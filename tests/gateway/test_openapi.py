"""OpenAPI files with API Gateway's extensions, imported as REST APIs and as HTTP APIs, in JSON and in YAML."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from gateway_apis import Http, Rest, declare, invocations
from halfday.server.domain.gateway.openapi_files import read_openapi
from halfday.server.operations.apigateway import rest_apis
from halfday.server.operations.apigatewayv2 import apis as http_apis
from world import Pool, World

REST = """
openapi: 3.0.1
info: {title: orders, version: 2024-01-01, description: of people}
x-amazon-apigateway-binary-media-types: [image/png]
x-amazon-apigateway-gateway-responses:
  DEFAULT_4XX:
    responseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}
components:
  x-amazon-apigateway-integrations:
    function: {type: aws_proxy, httpMethod: POST, uri: "FUNCTION"}
  securitySchemes:
    pool:
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authtype: cognito_user_pools
      x-amazon-apigateway-authorizer: {type: cognito_user_pools, providerARNs: ["POOL"]}
    token:
      type: apiKey
      name: X-Token
      in: header
      x-amazon-apigateway-authtype: custom
      x-amazon-apigateway-authorizer: {type: token, authorizerUri: "AUTHORIZER", authorizerResultTtlInSeconds: 0}
    iam: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}
paths:
  /orders/{id}:
    parameters: [{name: id, in: path, required: true}]
    get:
      security: [{pool: []}]
      responses: {200: {description: one}}
      x-amazon-apigateway-integration: {$ref: "#/components/x-amazon-apigateway-integrations/function"}
    delete:
      security: [{iam: []}]
      x-amazon-apigateway-integration: {$ref: "#/components/x-amazon-apigateway-integrations/function"}
    options:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses:
          default: {statusCode: "204", responseParameters: {method.response.header.X-A: "'b'"}}
  /token/{proxy+}:
    x-amazon-apigateway-any-method:
      security: [{token: []}]
      x-amazon-apigateway-integration: {$ref: "#/components/x-amazon-apigateway-integrations/function"}
"""

HTTP = """
openapi: 3.0.1
info: {title: things, version: "1"}
x-amazon-apigateway-cors: {allowOrigins: ["https://app.example"], allowMethods: [GET]}
components:
  securitySchemes:
    jwt:
      type: oauth2
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.header.Authorization
        jwtConfiguration: {issuer: "ISSUER", audience: ["CLIENT"]}
    simple:
      type: apiKey
      name: key
      in: header
      x-amazon-apigateway-authorizer:
        type: request
        identitySource: $request.header.key
        authorizerUri: "AUTHORIZER"
        authorizerPayloadFormatVersion: "2.0"
        enableSimpleResponses: true
paths:
  /things:
    get:
      security: [{jwt: []}]
      x-amazon-apigateway-integration: {type: AWS_PROXY, uri: "FUNCTION", payloadFormatVersion: "2.0"}
  /simple:
    get:
      security: [{simple: []}]
      x-amazon-apigateway-integration: {type: AWS_PROXY, uri: "FUNCTION", payloadFormatVersion: "2.0"}
  /$default:
    x-amazon-apigateway-any-method:
      x-amazon-apigateway-integration: {type: http_proxy, uri: "BACKEND", httpMethod: ANY}
"""


@pytest.fixture(scope="module")
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    return pool


def policy(event: dict[str, Any]) -> Any:
    effect = "Allow" if event["authorizationToken"] == "good" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}
    return {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def filled(text: str, **values: str) -> bytes:
    for name, value in values.items():
        text = text.replace(f'"{name}"', json.dumps(value))
    return text.encode()


def test_a_rest_api_of_a_file_serves_what_it_says(world: World, pool: Pool) -> None:
    declare(world, "o", lambda event: {"statusCode": 200, "body": "in"})
    declare(world, "o-authorizer", policy)
    arn = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool.pool_id}"
    body = filled(REST, POOL=arn, FUNCTION=invocations("o"), AUTHORIZER=invocations("o-authorizer"))
    client = world.boto3("apigateway")
    made = client.import_rest_api(body=body, parameters={"endpointConfigurationTypes": "REGIONAL"})
    assert (made["name"], made["version"], made["binaryMediaTypes"]) == ("orders", "2024-01-01", ["image/png"])
    api = Rest(world, made["id"], made["rootResourceId"])
    assert [one["path"] for one in client.get_resources(restApiId=api.api_id)["items"]] == [
        "/", "/orders", "/orders/{id}", "/token", "/token/{proxy+}",
    ]  # fmt: skip
    api.deploy()
    refused = api.ask("/orders/7")
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, "*")
    token = pool.tokens(pool.client())["IdToken"]
    assert api.ask("/orders/7", headers={"Authorization": token}).text == "in"
    assert api.ask("/orders/7", "DELETE").status_code == 403
    options = api.ask("/orders/7", "OPTIONS")
    assert (options.status_code, options.headers["X-A"]) == (204, "b")
    assert api.ask("/token/a/b", "PATCH", headers={"X-Token": "good"}).text == "in"
    assert api.ask("/token/a/b", headers={"X-Token": "bad"}).status_code == 403


def test_a_file_is_put_in_place_of_an_api_or_beside_what_it_has(world: World) -> None:
    client = world.boto3("apigateway")
    integration = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'},
                   "responses": {"default": {"statusCode": "200"}}}  # fmt: skip

    def file(path: str) -> bytes:
        item = {"get": {"x-amazon-apigateway-integration": integration}}
        return json.dumps({"swagger": "2.0", "info": {"title": "new"}, "paths": {path: item}}).encode()

    made = client.import_rest_api(body=file("/one"))
    merged = client.put_rest_api(restApiId=made["id"], body=file("/two"), mode="merge")
    assert merged["rootResourceId"] == made["rootResourceId"]
    listed = client.get_resources(restApiId=made["id"], embed=["methods"])["items"]
    assert [(one["path"], list(one.get("resourceMethods", {}))) for one in listed] == [
        ("/", []), ("/one", ["GET"]), ("/two", ["GET"]),
    ]  # fmt: skip
    client.put_rest_api(restApiId=made["id"], body=file("/three"), mode="overwrite")
    assert [one["path"] for one in client.get_resources(restApiId=made["id"])["items"]] == ["/", "/three"]


def test_an_http_api_of_a_file_serves_what_it_says(world: World, pool: Pool, backend: str) -> None:
    declare(world, "h", lambda event: {"in": True})
    declare(world, "h-authorizer", lambda event: {"isAuthorized": event["identitySource"] == ["good"]})
    app = pool.client()
    values = {"ISSUER": f"{world.origin}/{pool.pool_id}", "CLIENT": app["ClientId"], "FUNCTION": invocations("h"),
              "AUTHORIZER": invocations("h-authorizer"), "BACKEND": backend}  # fmt: skip
    client = world.boto3("apigatewayv2")
    made = client.import_api(Body=filled(HTTP, **values).decode())
    assert (made["Name"], made["CorsConfiguration"]["AllowOrigins"]) == ("things", ["https://app.example"])
    client.create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    api = Http(world, made["ApiId"])
    assert api.ask("/things").status_code == 401
    assert api.ask("/things", headers={"Authorization": pool.tokens(app)["AccessToken"]}).json() == {"in": True}
    assert api.ask("/simple", headers={"Key": "good"}).json() == {"in": True}
    assert api.ask("/simple", headers={"Key": "bad"}).status_code == 403
    assert api.ask("/else/where").json()["path"] == "/else/where"
    again = client.reimport_api(ApiId=made["ApiId"], Body=json.dumps({"openapi": "3.0.1", "info": {"title": "less"}}))
    assert (again["Name"], client.get_routes(ApiId=made["ApiId"])["Items"]) == ("less", [])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"security": [{"a": []}]}, "BadRequestException"),
        ({"x-amazon-apigateway-request-validators": {}}, "NotImplementedException"),
        ({"paths": {"/x": {"get": {"security": [{"key": []}]}}}}, "NotImplementedException"),
        ({"paths": {"/x{": {"get": {}}}}, "BadRequestException"),
        ({"paths": {"/x": {"get": {"x-amazon-apigateway-integration": {"type": "aws"}}}}}, "NotImplementedException"),
        ({"paths": {"/x": {"get": {"x-amazon-apigateway-request-validator": "all"}}}}, "NotImplementedException"),
        ({"paths": {"/x": {"get": {"x-amazon-apigateway-integration": {"$ref": "#/no"}}}}}, "BadRequestException"),
        ({"openapi": None}, "BadRequestException"),
    ],
)
def test_what_would_be_ignored_is_refused(world: World, changes: dict[str, Any], code: str) -> None:
    file = {"openapi": "3.0.1", "info": {"title": "x"}, "paths": {"/x": {"get": {}}}, **changes}
    body = json.dumps({name: value for name, value in file.items() if value is not None}).encode()
    with pytest.raises(ClientError) as raised:
        world.boto3("apigateway").import_rest_api(body=body)
    assert raised.value.response["Error"]["Code"] == code


def test_a_file_that_is_none_is_refused(world: World) -> None:
    itself = b"openapi: 3.0.1\ninfo: &a {title: x, again: *a}\n"
    ten = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"] + [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)
    ]
    bomb = "\n".join(["openapi: 3.0.1", *ten]).encode()
    key = "\n".join(["openapi: 3.0.1", *ten, "? *a8", ": x"]).encode()  # spelt out, it has 10^9 letters
    for body in (b"", b"\xff", b"{", b"- a\n- b", b"&a [*a]", itself, bomb, key, b"openapi: 3.0.1\n? {a: b}\n: x\n"):
        with pytest.raises(ClientError, match=r"Unable to import|Invalid|length"):
            world.boto3("apigateway").import_rest_api(body=body or b" ")


@pytest.mark.parametrize("version", [1, 2])
def test_others_are_served_while_a_file_is_read(world: World, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    goes_on, begun = threading.Event(), threading.Event()

    def slowly(body: bytes) -> Any:
        begun.set()
        assert goes_on.wait(30)
        return read_openapi(body)

    for module in (rest_apis, http_apis):
        monkeypatch.setattr(module, "read_openapi", slowly)
    file = '{"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {}}'
    one = partial(world.boto3("apigateway").import_rest_api, body=file.encode())
    other = partial(world.boto3("apigatewayv2").import_api, Body=file)
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(one if version == 1 else other)
        assert begun.wait(30)
        try:
            assert requests.get(f"{world.origin}/health", timeout=10).status_code == 200
        finally:
            goes_on.set()
        assert made.result(30)
