"""API Gateway's v2 operations by boto3: what is made is found, changed and deleted; refusals in its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gateway_apis import Http, declare, function_arn, http_api, invocations, to_lambda, to_url
from world import World

URL = "http://127.0.0.1:1"


def refused(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**given)
    return str(raised.value.response["Error"]["Code"])


@pytest.fixture
def api(world: World) -> Http:
    declare(world, "g", lambda event: {"new": True})
    return http_api(world)


def test_an_api_is_made_found_changed_tagged_and_deleted(world: World) -> None:
    client = world.boto3("apigatewayv2")
    made = client.create_api(Name="orders", ProtocolType="HTTP", Tags={"a": "b"}, Description="d")
    api_id, port = made["ApiId"], world.origin.rpartition(":")[2]
    assert made["ApiEndpoint"] == f"http://{api_id}.execute-api.localhost:{port}"
    assert made["CreatedDate"].year >= 2024
    assert client.update_api(ApiId=api_id, Name="new")["Name"] == "new"
    assert client.get_api(ApiId=api_id)["Tags"] == {"a": "b"}
    assert api_id in [one["ApiId"] for one in client.get_apis(MaxResults="500")["Items"]]
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api_id}"
    client.tag_resource(ResourceArn=arn, Tags={"c": "d"})
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert client.get_tags(ResourceArn=arn)["Tags"] == {"c": "d"}
    client.delete_api(ApiId=api_id)
    assert refused(client.get_api, ApiId=api_id) == "NotFoundException"
    assert refused(client.create_api, Name="w", ProtocolType="WEBSOCKET") == "NotImplementedException"
    cors = {"AllowOrigins": ["*"], "AllowCredentials": True}
    assert refused(client.create_api, Name="c", ProtocolType="HTTP", CorsConfiguration=cors) == "BadRequestException"


def test_routes_integrations_and_authorizers(api: Http) -> None:
    client, where = api.client, {"ApiId": api.api_id}
    route_id = api.route("GET /a/{id}", to_lambda("g"))
    (integration,) = client.get_integrations(**where)["Items"]
    one = {**where, "IntegrationId": integration["IntegrationId"]}
    assert client.update_integration(**one, TimeoutInMillis=1000)["TimeoutInMillis"] == 1000
    assert client.get_integration(**one)["IntegrationUri"] == function_arn("g")
    assert refused(client.delete_integration, **one) == "ConflictException"
    jwt = {"Issuer": "https://issuer.example", "Audience": ["a"]}
    authorizer = {**where, "AuthorizerId": api.authorizer("JWT", JwtConfiguration=jwt)}
    given = {"AuthorizationType": "JWT", "AuthorizerId": authorizer["AuthorizerId"], "AuthorizationScopes": ["s"]}
    route = {**where, "RouteId": route_id}
    assert client.update_route(**route, **given)["AuthorizationScopes"] == ["s"]
    assert refused(client.delete_authorizer, **authorizer) == "BadRequestException"
    assert client.update_authorizer(**authorizer, Name="renamed")["Name"] == "renamed"
    assert client.get_authorizer(**authorizer)["JwtConfiguration"] == jwt
    assert len(client.get_authorizers(**where)["Items"]) == 1
    assert client.get_route(**route)["RouteKey"] == "GET /a/{id}"
    assert len(client.get_routes(**where)["Items"]) == 1
    client.delete_route(**route)
    client.delete_authorizer(**authorizer)
    client.delete_integration(**one)
    assert client.get_routes(**where)["Items"] == []


def test_what_they_cannot_be(api: Http) -> None:
    client, where = api.client, {"ApiId": api.api_id}
    bad, later = "BadRequestException", "NotImplementedException"
    assert refused(client.create_route, **where, RouteKey="FETCH /x") == bad
    assert refused(client.create_route, **where, RouteKey="GET /{a+}/b") == bad
    assert refused(client.create_route, **where, RouteKey="GET /x", Target="integrations/none") == bad
    assert refused(client.create_route, **where, RouteKey="GET /x", AuthorizationType="JWT") == bad
    assert refused(client.create_route, **where, RouteKey="GET /x", ApiKeyRequired=True) == later
    client.create_route(**where, RouteKey="GET /x")
    assert refused(client.create_route, **where, RouteKey="GET /x") == "ConflictException"
    create = client.create_integration
    assert refused(create, **where, IntegrationType="MOCK") == bad
    assert refused(create, **where, IntegrationType="HTTP") == later
    assert refused(create, **where, **to_url("ftp://x")) == bad
    assert refused(create, **where, **to_url(URL, PayloadFormatVersion="2.0")) == bad
    assert refused(create, **where, **to_url(URL, RequestParameters={"append:body.x": "1"})) == bad
    assert refused(create, **where, **to_url(URL), ConnectionType="VPC_LINK") == later
    authorize = client.create_authorizer
    request = {"AuthorizerType": "REQUEST", "Name": "n", "AuthorizerUri": invocations("g"), "IdentitySource": []}
    assert refused(authorize, **where, **request) == bad, "the payload's version is needed"
    simple = {**request, "AuthorizerPayloadFormatVersion": "1.0", "EnableSimpleResponses": True}
    assert refused(authorize, **where, **simple) == bad
    jwt = {"AuthorizerType": "JWT", "Name": "n", "IdentitySource": ["$request.header.A"]}
    assert refused(authorize, **where, **jwt) == bad


def test_stages_that_deploy_by_themselves_and_those_that_do_not(world: World, api: Http) -> None:
    client, where = api.client, {"ApiId": api.api_id}
    client.create_stage(**where, StageName="v1", StageVariables={"a": "b"}, Tags={"t": "u"})
    assert refused(client.create_stage, **where, StageName="v1") == "ConflictException"
    assert refused(client.create_deployment, **where, StageName="v1") == "BadRequestException", "there is no route"
    api.route("GET /a", to_lambda("g"))
    assert (api.ask("/a").status_code, api.ask("/v1/a").status_code) == (200, 403)
    made = client.create_deployment(**where, StageName="v1", Description="first")
    assert api.ask("/v1/a").json() == {"new": True}
    changed = client.update_stage(**where, StageName="v1", StageVariables={"a": "", "c": "d"})
    assert (changed["StageVariables"], changed["DeploymentId"]) == ({"c": "d"}, made["DeploymentId"])
    assert client.get_stage(**where, StageName="v1")["Tags"] == {"t": "u"}
    assert {one["StageName"] for one in client.get_stages(**where)["Items"]} == {"$default", "v1"}
    one = {**where, "DeploymentId": made["DeploymentId"]}
    assert client.update_deployment(**one, Description="new")["Description"] == "new"
    assert client.get_deployment(**one)["DeploymentStatus"] == "DEPLOYED"
    assert len(client.get_deployments(**where)["Items"]) == 1
    assert refused(client.delete_deployment, **one) == "BadRequestException"
    client.delete_stage(**where, StageName="v1")
    client.delete_deployment(**one)
    limits = {"ThrottlingBurstLimit": 1}
    assert refused(client.create_stage, **where, StageName="v2", DefaultRouteSettings=limits) == "BadRequestException"
