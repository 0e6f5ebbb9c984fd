"""Integrations of a method, and of mocks their responses."""

from __future__ import annotations

from typing import Any

from halfday.server.domain.gateway.rest_checks import check_rest_integration, check_rest_integration_response
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.operations.apigateway.lookups import response_of, the_integration, the_method
from halfday.server.operations.apigateway.patches import patched
from halfday.server.operations.framework.gateway_apis import Document, edit, entity, not_found, the_api
from halfday.server.operations.framework.registry import Call, Output, operation

_WHERE = "restApiId resourceId httpMethod"
_MEMBERS = (
    "type uri connectionType requestParameters requestTemplates passthroughBehavior timeoutInMillis cacheNamespace"
)
_PATHS = {
    "uri": "text",
    "httpMethod": "text",
    "connectionType": "text",
    "passthroughBehavior": "text",
    "timeoutInMillis": "number",
    "requestParameters": "map",
    "requestTemplates": "map",
    "cacheNamespace": "text",
}
_RESPONSE = "statusCode selectionPattern responseParameters responseTemplates"


@operation("apigateway", "PutIntegration", honours=f"{_WHERE} {_MEMBERS} integrationHttpMethod")
async def put_integration(call: Call) -> Output:
    """In place of the one that is there, without its responses."""
    given = call.input
    integration = {name: given[name] for name in _MEMBERS.split() if name in given}
    if "integrationHttpMethod" in given:
        integration["httpMethod"] = given["integrationHttpMethod"]
    integration.setdefault("passthroughBehavior", "WHEN_NO_MATCH")
    integration.setdefault("timeoutInMillis", 29000)
    integration.setdefault("cacheNamespace", given["resourceId"])
    integration.setdefault("cacheKeyParameters", [])

    def change(document: Document) -> dict[str, Any]:
        method = the_method(document, given)
        check_rest_integration(integration, method)
        method["methodIntegration"] = integration
        return integration

    return await edit(call, ApiKind.REST, change)


@operation("apigateway", "GetIntegration", honours=_WHERE)
async def get_integration(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    return dict(the_integration(api.document, call.input))


@operation("apigateway", "UpdateIntegration", honours=f"{_WHERE} patchOperations")
async def update_integration(call: Call) -> Output:
    def change(document: Document) -> dict[str, Any]:
        integration = the_integration(document, call.input)
        patched(call, integration, _PATHS)
        check_rest_integration(integration, the_method(document, call.input))
        return dict(integration)

    return await edit(call, ApiKind.REST, change)


@operation("apigateway", "DeleteIntegration", honours=_WHERE)
async def delete_integration(call: Call) -> Output:
    def change(document: Document) -> None:
        the_integration(document, call.input)
        del the_method(document, call.input)["methodIntegration"]

    await edit(call, ApiKind.REST, change)
    return {}


@operation("apigateway", "PutIntegrationResponse", honours=f"{_WHERE} {_RESPONSE}")
async def put_integration_response(call: Call) -> Output:
    response = {name: call.input[name] for name in _RESPONSE.split() if name in call.input}

    def change(document: Document) -> dict[str, Any]:
        check_rest_integration_response(response)
        integration = the_integration(document, call.input)
        response_of(the_method(document, call.input).get("methodResponses", {}), response["statusCode"])
        integration.setdefault("integrationResponses", {})[response["statusCode"]] = response
        return response

    return await edit(call, ApiKind.REST, change)


@operation("apigateway", "GetIntegrationResponse", honours=f"{_WHERE} statusCode")
async def get_integration_response(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    return dict(_response(api.document, call))


@operation("apigateway", "UpdateIntegrationResponse", honours=f"{_WHERE} statusCode patchOperations")
async def update_integration_response(call: Call) -> Output:
    paths = {"selectionPattern": "text", "responseParameters": "map", "responseTemplates": "map"}

    def change(document: Document) -> dict[str, Any]:
        response = _response(document, call)
        patched(call, response, paths)
        check_rest_integration_response(response)
        return dict(response)

    return await edit(call, ApiKind.REST, change)


@operation("apigateway", "DeleteIntegrationResponse", honours=f"{_WHERE} statusCode")
async def delete_integration_response(call: Call) -> Output:
    def change(document: Document) -> None:
        resource = entity(document["resources"], call.input["resourceId"], "Resource")
        if call.input["httpMethod"] not in resource["resourceMethods"]:
            raise not_found("Invalid Integration identifier specified")
        _response(document, call)
        del the_integration(document, call.input)["integrationResponses"][call.input["statusCode"]]

    await edit(call, ApiKind.REST, change)
    return {}


def _response(document: Document, call: Call) -> Any:
    responses = the_integration(document, call.input).get("integrationResponses", {})
    return response_of(responses, call.input["statusCode"])
