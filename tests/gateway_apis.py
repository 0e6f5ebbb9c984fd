"""REST APIs and HTTP APIs as a script makes them, by boto3; and requests to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from functions import ACCOUNT
from halfday.server.outside.functions.invocation import Called, FunctionError, Invoked
from world import World

REGION = "us-east-1"
Function = Callable[[dict[str, Any]], Any]


class Told:
    """A function in this process. It answers an object or a text as it stands; what it raises is its error."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.events: list[dict[str, Any]] = []

    async def invoke(self, called: Called, event: str) -> Invoked:
        self.events.append(json.loads(event))
        try:
            found = await asyncio.to_thread(self.function, json.loads(event))
        except Exception as problem:
            raise FunctionError(str(problem)) from problem
        return Invoked(found.removeprefix("raw:") if isinstance(found, str) else json.dumps(found))

    async def warm_up(self, called: Called) -> None: ...

    async def close(self) -> None: ...


def declare(world: World, name: str, function: Function) -> Told:
    told = Told(function)
    world.running.services.functions.declare(name, told)
    return told


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def invocations(name: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(name)}/invocations"


@dataclass
class Rest:
    """A REST API under way. `put` adds a method, `deploy` serves it."""

    world: World
    api_id: str
    root: str
    stage: str = "prod"

    @property
    def client(self) -> Any:
        return self.world.boto3("apigateway")

    def resource(self, path: str) -> str:
        listed = self.client.get_resources(restApiId=self.api_id, limit=500)["items"]
        known = {one["path"]: one["id"] for one in listed}
        at = ""
        parent = self.root
        for part in [part for part in path.split("/") if part]:
            at += f"/{part}"
            if at not in known:
                made = self.client.create_resource(restApiId=self.api_id, parentId=parent, pathPart=part)
                known[at] = made["id"]
            parent = known[at]
        return parent

    def put(
        self, path: str, method: str = "GET", *, integration: Mapping[str, Any], parameters: Any = None, **given: Any
    ) -> None:
        where = {"restApiId": self.api_id, "resourceId": self.resource(path), "httpMethod": method}
        given = {"authorizationType": "NONE", **given}
        self.client.put_method(**where, **given, **({"requestParameters": parameters} if parameters else {}))
        self.client.put_integration(**where, **integration)

    def authorizer(self, kind: str, **given: Any) -> str:
        found = self.client.create_authorizer(restApiId=self.api_id, name=f"a-{kind}-{id(given)}", type=kind, **given)
        return str(found["id"])

    def deploy(self, **given: Any) -> None:
        self.client.create_deployment(restApiId=self.api_id, stageName=self.stage, **given)

    def ask(self, path: str, method: str = "GET", **given: Any) -> requests.Response:
        url = f"{self.world.origin}/restapis/{self.api_id}/{self.stage}/_user_request_{path}"
        return requests.request(method, url, **{"timeout": 30, **given})


def rest_api(world: World, **given: Any) -> Rest:
    made = world.boto3("apigateway").create_rest_api(**{"name": "api", **given})
    return Rest(world, made["id"], made["rootResourceId"])


def http_proxy(uri: str, **given: Any) -> dict[str, Any]:
    return {"type": "HTTP_PROXY", "integrationHttpMethod": "ANY", "uri": uri, **given}


def lambda_proxy(name: str) -> dict[str, Any]:
    return {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": invocations(name)}


@dataclass
class Http:
    """An HTTP API with a stage `$default` that deploys by itself."""

    world: World
    api_id: str

    @property
    def client(self) -> Any:
        return self.world.boto3("apigatewayv2")

    def route(self, key: str, integration: Mapping[str, Any], **given: Any) -> str:
        made = self.client.create_integration(ApiId=self.api_id, **integration)
        target = f"integrations/{made['IntegrationId']}"
        return str(self.client.create_route(ApiId=self.api_id, RouteKey=key, Target=target, **given)["RouteId"])

    def authorizer(self, kind: str, **given: Any) -> str:
        given = {"IdentitySource": ["$request.header.Authorization"], **given}
        found = self.client.create_authorizer(ApiId=self.api_id, Name=f"a-{id(given)}", AuthorizerType=kind, **given)
        return str(found["AuthorizerId"])

    def ask(self, path: str, method: str = "GET", **given: Any) -> requests.Response:
        """At its own host, as AWS has it."""
        port = self.world.origin.rpartition(":")[2]
        headers = {"Host": f"{self.api_id}.execute-api.localhost:{port}", **given.pop("headers", {})}
        return requests.request(method, self.world.origin + path, headers=headers, **{"timeout": 30, **given})


def http_api(world: World, **given: Any) -> Http:
    client = world.boto3("apigatewayv2")
    made = client.create_api(**{"Name": "api", "ProtocolType": "HTTP", **given})
    client.create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    return Http(world, made["ApiId"])


def to_lambda(name: str, version: str = "2.0") -> dict[str, Any]:
    return {"IntegrationType": "AWS_PROXY", "IntegrationUri": function_arn(name), "PayloadFormatVersion": version}


def to_url(uri: str, **given: Any) -> dict[str, Any]:
    return {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "IntegrationUri": uri, **given}
