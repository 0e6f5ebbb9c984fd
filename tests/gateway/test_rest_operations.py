"""API Gateway's v1 operations by boto3: what is made is found, changed and deleted; refusals in its words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gateway_apis import Rest, declare, invocations, lambda_proxy, rest_api
from world import World


def patch(op: str, path: str, value: str | None = None) -> dict[str, str]:
    return {"op": op, "path": path, **({"value": value} if value is not None else {})}


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as raised:
        call(**given)
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def api(world: World) -> Rest:
    declare(world, "f", lambda event: {"statusCode": 200, "body": "new"})
    return rest_api(world)


def test_an_api_is_made_found_changed_tagged_and_deleted(world: World) -> None:
    client = world.boto3("apigateway")
    made = client.create_rest_api(name="orders", description="d", tags={"a": "b"})
    api_id = made["id"]
    assert (made["endpointConfiguration"]["types"], made["apiKeySource"]) == (["EDGE"], "HEADER")
    assert made["createdDate"].year >= 2024
    assert client.get_rest_api(restApiId=api_id)["rootResourceId"] == made["rootResourceId"]
    assert api_id in [one["id"] for one in client.get_rest_apis(limit=500)["items"]]
    changes = [patch("replace", "/name", "new"), patch("replace", "/endpointConfiguration/types/EDGE", "REGIONAL"),
               patch("add", "/binaryMediaTypes/image~1png")]  # fmt: skip
    changed = client.update_rest_api(restApiId=api_id, patchOperations=changes)
    assert (changed["name"], changed["endpointConfiguration"]["types"]) == ("new", ["REGIONAL"])
    assert changed["binaryMediaTypes"] == ["image/png"]
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api_id}"
    client.tag_resource(resourceArn=arn, tags={"c": "d"})
    client.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert client.get_tags(resourceArn=arn)["tags"] == {"c": "d"}
    client.delete_rest_api(restApiId=api_id)
    assert refused(client.get_rest_api, restApiId=api_id) == ("NotFoundException", 404)


def test_resources_are_a_tree(api: Rest) -> None:
    client, where = api.client, {"restApiId": api.api_id}
    things = client.create_resource(**where, parentId=api.root, pathPart="things")
    one = client.create_resource(**where, parentId=things["id"], pathPart="{id}")
    assert one["path"] == "/things/{id}"
    assert client.get_resource(**where, resourceId=one["id"])["parentId"] == things["id"]
    assert [r["path"] for r in client.get_resources(**where)["items"]] == ["/", "/things", "/things/{id}"]
    create = client.create_resource
    assert refused(create, **where, parentId=api.root, pathPart="things") == ("ConflictException", 409)
    assert refused(create, **where, parentId=things["id"], pathPart="{other}") == ("BadRequestException", 400)
    assert refused(create, **where, parentId=api.root, pathPart="a/b") == ("BadRequestException", 400)
    assert refused(create, **where, parentId="none", pathPart="a") == ("NotFoundException", 404)
    client.delete_resource(**where, resourceId=things["id"])
    assert [r["path"] for r in client.get_resources(**where)["items"]] == ["/"]
    assert refused(client.delete_resource, **where, resourceId=api.root) == ("BadRequestException", 400)


def test_methods_and_their_responses(api: Rest) -> None:
    client, where = api.client, {"restApiId": api.api_id, "resourceId": api.root, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE", apiKeyRequired=False)
    assert refused(client.put_method, **where, authorizationType="NONE") == ("ConflictException", 409)
    changed = client.update_method(**where, patchOperations=[patch("replace", "/operationName", "list")])
    assert changed["operationName"] == "list"
    client.put_method_response(**where, statusCode="200", responseParameters={"method.response.header.X": True})
    response = [patch("add", "/responseModels/application~1json", "Empty")]
    client.update_method_response(**where, statusCode="200", patchOperations=response)
    found = client.get_method_response(**where, statusCode="200")
    assert found["responseModels"] == {"application/json": "Empty"}
    assert found["responseParameters"] == {"method.response.header.X": True}
    client.delete_method_response(**where, statusCode="200")
    assert refused(client.get_method_response, **where, statusCode="200") == ("NotFoundException", 404)
    client.delete_method(**where)
    assert refused(client.get_method, **where) == ("NotFoundException", 404)


def test_what_a_method_cannot_be(api: Rest) -> None:
    put, where = api.client.put_method, {"restApiId": api.api_id, "resourceId": api.root, "httpMethod": "GET"}
    assert refused(put, **where, authorizationType="CUSTOM") == ("BadRequestException", 400)
    assert refused(put, **where, authorizationType="JWT") == ("BadRequestException", 400)
    assert refused(put, **where, authorizationType="COGNITO_USER_POOLS", authorizerId="x") == (
        "BadRequestException",
        400,
    )
    assert refused(put, **where, authorizationType="NONE", authorizationScopes=["a"]) == ("BadRequestException", 400)
    assert refused(put, **where, authorizationType="NONE", apiKeyRequired=True)[0] == "NotImplementedException"
    assert refused(put, **where, authorizationType="NONE", requestValidatorId="x")[0] == "NotImplementedException"


def test_integrations_and_their_responses(api: Rest) -> None:
    client, where = api.client, {"restApiId": api.api_id, "resourceId": api.root, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    templates = {"application/json": '{"statusCode": 200}'}
    made = client.put_integration(**where, type="MOCK", requestTemplates=templates)
    assert (made["passthroughBehavior"], made["timeoutInMillis"]) == ("WHEN_NO_MATCH", 29000)
    changed = client.update_integration(**where, patchOperations=[patch("replace", "/timeoutInMillis", "1000")])
    assert changed["timeoutInMillis"] == 1000
    client.put_method_response(**where, statusCode="200")
    client.put_integration_response(**where, statusCode="200", selectionPattern="2..")
    pattern = [patch("replace", "/selectionPattern", "3..")]
    client.update_integration_response(**where, statusCode="200", patchOperations=pattern)
    assert client.get_integration_response(**where, statusCode="200")["selectionPattern"] == "3.."
    assert "200" in client.get_integration(**where)["integrationResponses"]
    client.delete_integration_response(**where, statusCode="200")
    client.delete_integration(**where)
    assert refused(client.get_integration, **where) == ("NotFoundException", 404)


def test_what_an_integration_cannot_be(api: Rest) -> None:
    put, where = api.client.put_integration, {"restApiId": api.api_id, "resourceId": api.root, "httpMethod": "GET"}
    api.client.put_method(**where, authorizationType="NONE")
    url, bad, later = "http://127.0.0.1:1", "BadRequestException", "NotImplementedException"
    assert refused(put, **where, type="HTTP_PROXY", integrationHttpMethod="GET", uri="ftp://x")[0] == bad
    assert refused(put, **where, type="HTTP_PROXY", uri=url)[0] == bad
    assert refused(put, **where, type="AWS_PROXY", integrationHttpMethod="GET", uri=invocations("f"))[0] == bad
    assert refused(put, **where, type="AWS_PROXY", integrationHttpMethod="POST", uri="arn:aws:x")[0] == bad
    assert refused(put, **where, type="HTTP", integrationHttpMethod="GET", uri=url)[0] == later
    assert refused(put, **where, type="MOCK", timeoutInMillis=29001)[0] == bad
    assert refused(put, **where, **lambda_proxy("f"), credentials="arn:aws:iam::1:role/r")[0] == later
    given = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": f"{url}/{{p}}"}
    mapped = {"integration.request.path.p": "method.request.path.p"}
    assert refused(put, **where, **given, requestParameters=mapped) == (bad, 400), "the method does not declare it"


def test_authorizers(api: Rest) -> None:
    client, where = api.client, {"restApiId": api.api_id}
    arn = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Abc"
    made = client.create_authorizer(**where, name="pool", type="COGNITO_USER_POOLS", providerARNs=[arn])
    assert made["identitySource"] == "method.request.header.Authorization"
    one = {**where, "authorizerId": made["id"]}
    arns = [patch("add", "/providerARNs", arn + "2"), patch("remove", "/providerARNs", arn)]
    assert client.update_authorizer(**one, patchOperations=arns)["providerARNs"] == [arn + "2"]
    assert client.get_authorizer(**one)["name"] == "pool"
    assert len(client.get_authorizers(**where)["items"]) == 1
    create = client.create_authorizer
    late = {"type": "TOKEN", "authorizerUri": invocations("f"), "authorizerResultTtlInSeconds": 3601}
    without_source = {"type": "REQUEST", "authorizerUri": invocations("f")}
    for given in ({"type": "COGNITO_USER_POOLS"}, {"type": "TOKEN"}, {"type": "JWT"}, late, without_source):
        assert refused(create, **where, name="bad", **given)[0] == "BadRequestException", given
    method = {**where, "resourceId": api.root, "httpMethod": "GET"}
    client.put_method(**method, authorizationType="COGNITO_USER_POOLS", authorizerId=made["id"])
    assert refused(client.delete_authorizer, **one)[0] == "BadRequestException"
    client.delete_method(**method)
    client.delete_authorizer(**one)
    assert client.get_authorizers(**where)["items"] == []


def test_a_stage_serves_what_was_deployed_until_it_is_moved(api: Rest) -> None:
    client, where = api.client, {"restApiId": api.api_id}
    assert refused(client.create_deployment, **where)[0] == "BadRequestException", "there is no method"
    api.put("/", integration=lambda_proxy("f"))
    first = client.create_deployment(**where, description="first")
    assert refused(client.create_stage, **where, stageName="prod", deploymentId="none")[0] == "NotFoundException"
    client.create_stage(**where, stageName="prod", deploymentId=first["id"], variables={"a": "b"})
    again = {"stageName": "prod", "deploymentId": first["id"]}
    assert refused(client.create_stage, **where, **again) == ("ConflictException", 409)
    api.put("/more", integration=lambda_proxy("f"))
    assert (api.ask("/").status_code, api.ask("/more").status_code) == (200, 403)
    second = client.create_deployment(**where)
    moved = [patch("replace", "/deploymentId", second["id"]), patch("replace", "/variables/a", "c")]
    assert client.update_stage(**where, stageName="prod", patchOperations=moved)["variables"] == {"a": "c"}
    assert api.ask("/more").status_code == 200
    assert client.get_stage(**where, stageName="prod")["deploymentId"] == second["id"]
    assert [one["stageName"] for one in client.get_stages(**where)["item"]] == ["prod"]
    told = [patch("replace", "/description", "old")]
    assert client.update_deployment(**where, deploymentId=first["id"], patchOperations=told)["description"] == "old"
    assert client.get_deployment(**where, deploymentId=first["id"])["description"] == "old"
    assert len(client.get_deployments(**where)["items"]) == 2
    assert refused(client.delete_deployment, **where, deploymentId=second["id"])[0] == "BadRequestException"
    client.delete_stage(**where, stageName="prod")
    client.delete_deployment(**where, deploymentId=second["id"])
    assert api.ask("/").status_code == 403


def test_gateway_responses(api: Rest) -> None:
    client, where = api.client, {"restApiId": api.api_id, "responseType": "UNAUTHORIZED"}
    assert client.get_gateway_response(**where)["defaultResponse"] is True
    client.put_gateway_response(**where, statusCode="402")
    changed = client.update_gateway_response(**where, patchOperations=[patch("replace", "/statusCode", "403")])
    assert (changed["statusCode"], changed["defaultResponse"]) == ("403", False)
    found = {one["responseType"]: one for one in client.get_gateway_responses(restApiId=api.api_id)["items"]}
    assert found["UNAUTHORIZED"]["statusCode"] == "403"
    client.delete_gateway_response(**where)
    assert client.get_gateway_response(**where)["defaultResponse"] is True
    vtl = {"application/json": "#set($a = 1)"}
    assert refused(client.put_gateway_response, **where, responseTemplates=vtl)[0] == "NotImplementedException"


def test_a_policy_comes_back_escaped_as_terraform_reads_it(world: World) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client = world.boto3("apigateway")
    made = client.create_rest_api(name="p", policy=text)
    assert json.loads(f'"{made["policy"]}"') == text
    assert refused(client.create_rest_api, name="p", policy="{")[0] == "BadRequestException"
    statement["Effect"] = "Perhaps"
    bad = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert refused(client.create_rest_api, name="p", policy=bad)[0] == "BadRequestException"


def test_a_patch_of_something_else_is_refused(api: Rest) -> None:
    update = api.client.update_rest_api
    given = {"restApiId": api.api_id, "patchOperations": [patch("replace", "/minimumCompressionSize", "1")]}
    assert refused(update, **given) == ("BadRequestException", 400)


def test_an_api_of_another_region_is_not_here(world: World, api: Rest) -> None:
    other = world.boto3("apigateway", region_name="eu-west-1")
    assert refused(other.get_rest_api, restApiId=api.api_id) == ("NotFoundException", 404)
    assert other.get_rest_apis()["items"] == []
