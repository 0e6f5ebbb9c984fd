"""What AWS refuses of a REST API, in its own words: LocalStack's snapshot tests recorded them (test_apigateway_api)."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal, unchecked
from gateway_apis import Rest, rest_api
from world import World

BAD, MISSING = "BadRequestException", "NotFoundException"
NO_RESOURCE = (MISSING, "Invalid Resource identifier specified")
NO_METHOD = (MISSING, "Invalid Method identifier specified")
NO_INTEGRATION = (MISSING, "Invalid Integration identifier specified")
NO_STATUS = (MISSING, "Invalid Response status code specified")
NO_PARAMETER = (MISSING, "Invalid parameter name specified")
ONLY_REPLACED = (BAD, "Invalid patch operation specified. Must be one of: [replace]")


def patch(op: str, path: str, value: str | None = None) -> dict[str, str]:
    return {"op": op, "path": path} | ({} if value is None else {"value": value})


@pytest.fixture
def api(world: World) -> Rest:
    """With a method GET of the root that answers 200, and nothing else."""
    made = rest_api(world)
    where = {"restApiId": made.api_id, "resourceId": made.root, "httpMethod": "GET"}
    made.client.put_method(**where, authorizationType="NONE")
    made.client.put_method_response(**where, statusCode="200")
    return made


def client(api: Rest) -> Any:
    return unchecked(api.world, "apigateway")


def at(api: Rest, **other: str) -> dict[str, str]:
    return {"restApiId": api.api_id, "resourceId": api.root, "httpMethod": "GET", **other}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"description": ""}, "Description cannot be an empty string"),
        (
            {"endpointConfiguration": {"types": []}},
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        ),
        (
            {"endpointConfiguration": {"types": ["REGIONAL", "EDGE"]}},
            "Cannot create an api with multiple Endpoint Types.",
        ),
        (
            {"endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}},
            "Only dualstack ipAddressType is supported for Private APIs.",
        ),
        ({"description": "", "endpointConfiguration": {"types": []}}, "Description cannot be an empty string"),
    ],
)
def test_an_api_that_is_none(world: World, given: dict[str, Any], sentence: str) -> None:
    assert refusal(world.boto3("apigateway").create_rest_api, name="none", **given) == (BAD, sentence)


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (patch("add", "/binaryMediaTypes", "image/png"), (BAD, "Invalid patch path /binaryMediaTypes")),
        (patch("replace", "/binaryMediaTypes", "image/png"), (BAD, "Invalid patch path /binaryMediaTypes")),
        (patch("remove", "/binaryMediaTypes"), (BAD, "Invalid patch path /binaryMediaTypes")),
        (patch("add", "/name", "x"), ONLY_REPLACED),
        (patch("add", "/endpointConfiguration/ipAddressType", "ipv4"), ONLY_REPLACED),
        (
            patch("replace", "/endpointConfiguration/ipAddressType", "wrong"),
            (BAD, "ipAddressType must be either ipv4 or dualstack."),
        ),
        (
            patch("replace", "/endpointConfiguration/types/0", "wrong"),
            (BAD, "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"),
        ),
        ({"op": "replace", "value": "x"}, (BAD, "Invalid patch path null")),
    ],
)
def test_a_change_of_an_api_that_is_none(api: Rest, operation: dict[str, str], told: tuple[str, str]) -> None:
    before = api.client.get_rest_api(restApiId=api.api_id)
    assert refusal(client(api).update_rest_api, restApiId=api.api_id, patchOperations=[operation]) == told
    after = api.client.get_rest_api(restApiId=api.api_id)
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}


def test_binary_types_stand_in_the_path(api: Rest) -> None:
    def change(*operations: dict[str, str]) -> Any:
        changed = api.client.update_rest_api(restApiId=api.api_id, patchOperations=list(operations))
        return changed.get("binaryMediaTypes")

    png, gif = "/binaryMediaTypes/image~1png", "/binaryMediaTypes/image~1gif"
    assert change(patch("add", png), patch("add", gif)) == ["image/png", "image/gif"]
    assert change(patch("replace", gif, "image/jpeg")) == ["image/png", "image/jpeg"]
    assert change(patch("remove", png)) == ["image/jpeg"]


@pytest.mark.parametrize(("first", "second"), [("{proxy+}", "{name}"), ("{name}", "{proxy+}"), ("{name}", "{other}")])
def test_one_variable_stands_below_a_resource(api: Rest, first: str, second: str) -> None:
    create = api.client.create_resource
    create(restApiId=api.api_id, parentId=api.root, pathPart=first)
    sentence = f"A sibling ({first}) of this resource already has a variable path part -- only one is allowed"
    assert refusal(create, restApiId=api.api_id, parentId=api.root, pathPart=second) == (BAD, sentence)
    create(restApiId=api.api_id, parentId=api.root, pathPart="literal")


@pytest.mark.parametrize("part", ["é", "a~b", "$a", "a@b", "{a}b", "b{a}", "{a", "{+}", "{proxy+}x", "{{a}}", "a b"])
def test_a_path_part_is_ascii_or_one_variable(api: Rest, part: str) -> None:
    code, sentence = refusal(api.client.create_resource, restApiId=api.api_id, parentId=api.root, pathPart=part)
    assert (code, sentence.partition(" or ")[0]) == (BAD, "Resource's path part only allow a-zA-Z0-9._-:")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"restApiId": "abcd"}, NO_RESOURCE),
        ({"resourceId": "abcd"}, NO_RESOURCE),
        (
            {"httpMethod": "wrong"},
            (BAD, "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"),
        ),
        (
            {"requestParameters": {"method.request.querystring.q1": True, "method.request.header.q1": True}},
            (BAD, "Parameter names must be unique across querystring, header and path"),
        ),
        (
            {"requestModels": {"application/json": "petModel"}},
            (BAD, "Invalid model identifier specified: petModel"),
        ),
    ],
)
def test_a_method_that_is_none(api: Rest, given: dict[str, Any], told: tuple[str, str]) -> None:
    put = client(api).put_method
    assert refusal(put, **at(api, httpMethod="POST") | {"authorizationType": "NONE"} | given) == told
    assert refusal(api.client.get_method, **at(api, httpMethod="POST")) == NO_METHOD


@pytest.mark.parametrize(
    "name", ["method.request.body.a", "method.request.header", "header.a", "method.response.header.a"]
)
def test_a_parameter_has_a_place_and_a_name(api: Rest, name: str) -> None:
    put = api.client.put_method
    given = {"authorizationType": "NONE", "requestParameters": {name: True}}
    code, sentence = refusal(put, **at(api, httpMethod="POST"), **given)
    assert (code, sentence.startswith("Invalid mapping expression specified")) == (BAD, True)
    if "response" not in name:
        response = {"statusCode": "201", "responseParameters": {name: True}}
        assert refusal(api.client.put_method_response, **at(api), **response)[0] == BAD


def test_every_api_has_two_models(api: Rest) -> None:
    models = {"application/json": "Empty", "text/plain": "Error"}
    made = api.client.put_method(**at(api, httpMethod="POST"), authorizationType="NONE", requestModels=models)
    assert made["requestModels"] == models
    told = (BAD, "Invalid model identifier specified: nope")
    response = {"statusCode": "201", "responseModels": {"application/json": "nope"}}
    assert refusal(api.client.put_method_response, **at(api), **response) == told
    api.client.put_method_response(**at(api), statusCode="201", responseModels=models)


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (patch("add", "/authorizationType", "AWS_IAM"), ONLY_REPLACED),
        (patch("remove", "/authorizationType"), ONLY_REPLACED),
        (patch("replace", "/httpMethod", "PUT"), (BAD, "Invalid patch path /httpMethod")),
        (patch("replace", "/requestParameters", "x"), (BAD, "Invalid patch path /requestParameters")),
        (
            patch("add", "/requestModels/application/json", "Empty"),
            (BAD, "Invalid patch path /requestModels/application/json"),
        ),
        (patch("add", "/requestModels/a~1b", "petModel"), (BAD, "Invalid model identifier specified: petModel")),
    ],
)
def test_a_change_of_a_method_that_is_none(api: Rest, operation: dict[str, str], told: tuple[str, str]) -> None:
    assert refusal(api.client.update_method, **at(api), patchOperations=[operation]) == told


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (patch("remove", "/responseParameters/method.response.header.x"), NO_PARAMETER),
        (patch("replace", "/responseParameters/method.response.header.x", "true"), NO_PARAMETER),
        (patch("remove", "/responseModels/a~1b"), (MISSING, "Content-Type specified was not found")),
        (patch("replace", "/responseModels/a~1b", "Empty"), (MISSING, "Content-Type specified was not found")),
        (patch("add", "/wrong/x", "true"), (BAD, "Invalid patch path /wrong/x")),
    ],
)
def test_a_change_of_a_method_s_response_that_is_none(
    api: Rest, operation: dict[str, str], told: tuple[str, str]
) -> None:
    update = api.client.update_method_response
    assert refusal(update, **at(api), statusCode="200", patchOperations=[operation]) == told
    assert refusal(update, **at(api), statusCode="201", patchOperations=[operation]) == NO_STATUS


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (patch("add", "/statusCode", "404"), (BAD, "Invalid patch path /statusCode")),
        (patch("remove", "/statusCode"), (BAD, "Invalid patch path /statusCode")),
        (patch("replace", "/responseParameters/gatewayresponse.header.x", "'y'"), NO_PARAMETER),
    ],
)
def test_a_change_of_a_gateway_response_that_is_none(
    api: Rest, operation: dict[str, str], told: tuple[str, str]
) -> None:
    given = {"restApiId": api.api_id, "responseType": "DEFAULT_4XX"}
    assert refusal(api.client.update_gateway_response, **given, patchOperations=[operation]) == told


def test_what_is_not_there_is_told_from_the_top(api: Rest) -> None:
    calls = api.client
    nowhere, other = at(api, restApiId="abcd"), at(api, httpMethod="POST")
    for call in (calls.get_method, calls.get_integration, calls.delete_integration):
        assert refusal(call, **nowhere) == NO_RESOURCE
        assert refusal(call, **other) == NO_METHOD
    assert refusal(calls.get_integration, **at(api)) == NO_INTEGRATION
    assert refusal(calls.get_integration_response, **at(api), statusCode="200") == NO_INTEGRATION
    assert refusal(calls.put_integration, **nowhere, type="MOCK") == NO_RESOURCE
    calls.put_integration(**at(api), type="MOCK")
    assert refusal(calls.put_integration_response, **at(api), statusCode="202") == NO_STATUS, (
        "the method says nothing of it"
    )
    assert refusal(calls.get_integration_response, **at(api), statusCode="200") == NO_STATUS
    assert refusal(calls.delete_integration_response, **other, statusCode="200") == NO_INTEGRATION
    assert refusal(calls.delete_integration_response, **at(api), statusCode="200") == NO_STATUS
    assert refusal(calls.get_method_response, **at(api), statusCode="201") == NO_STATUS
