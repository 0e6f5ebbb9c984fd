"""Methods of a resource, and what they say of their responses."""

from __future__ import annotations

from typing import Any

from halfday.server.domain.gateway.checks import bad
from halfday.server.domain.gateway.rest_checks import check_models, check_response_parameters, check_rest_method
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.operations.apigateway.lookups import response_of, the_method
from halfday.server.operations.apigateway.patches import ONLY_REPLACED, Manners, patched
from halfday.server.operations.framework.gateway_apis import Document, conflict, edit, entity, refuse_set, the_api
from halfday.server.operations.framework.registry import Call, Output, operation

_WHERE = "restApiId resourceId httpMethod"
_MEMBERS = "authorizationType authorizerId operationName requestParameters requestModels authorizationScopes"
_METHODS = frozenset("GET POST PUT PATCH DELETE HEAD OPTIONS ANY".split())
_PATHS = {
    "authorizationType": "text",
    "authorizerId": "text",
    "authorizationScopes": "list",
    "operationName": "text",
    "apiKeyRequired": "flag",
    "requestParameters": "map",
    "requestModels": "map",
}
_OF_METHODS = Manners(replaced=ONLY_REPLACED, briefly=True)
_OF_RESPONSES = Manners(
    briefly=True,
    absent={
        "responseParameters": "Invalid parameter name specified",
        "responseModels": "Content-Type specified was not found",
    },
)


@operation("apigateway", "PutMethod", honours=f"{_WHERE} {_MEMBERS} apiKeyRequired")
async def put_method(call: Call) -> Output:
    given, http_method = call.input, call.input["httpMethod"].upper()
    refuse_set(call, "apiKeyRequired")
    if http_method not in _METHODS:
        raise bad("Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY")
    method = {name: given[name] for name in _MEMBERS.split() if name in given}
    method |= {"httpMethod": http_method, "apiKeyRequired": False}

    def change(document: Document) -> dict[str, Any]:
        methods = entity(document["resources"], given["resourceId"], "Resource")["resourceMethods"]
        if http_method in methods:
            raise conflict("Method already exists for this resource")
        check_rest_method(method, document["authorizers"])
        check_models(method.get("requestModels", {}))
        methods[http_method] = method
        return method

    return await edit(call, ApiKind.REST, change)


@operation("apigateway", "GetMethod", honours=_WHERE)
async def get_method(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    return dict(the_method(api.document, call.input))


@operation("apigateway", "UpdateMethod", honours=f"{_WHERE} patchOperations")
async def update_method(call: Call) -> Output:
    def change(document: Document) -> dict[str, Any]:
        method = the_method(document, call.input)
        patched(call, method, _PATHS, _OF_METHODS)
        method["requestParameters"] = {
            name: value if isinstance(value, bool) else value == "true"
            for name, value in method.get("requestParameters", {}).items()
        }
        check_rest_method(method, document["authorizers"])
        check_models(method.get("requestModels", {}))
        return dict(method)

    return await edit(call, ApiKind.REST, change)


@operation("apigateway", "DeleteMethod", honours=_WHERE)
async def delete_method(call: Call) -> Output:
    def change(document: Document) -> None:
        the_method(document, call.input)
        del document["resources"][call.input["resourceId"]]["resourceMethods"][call.input["httpMethod"]]

    await edit(call, ApiKind.REST, change)
    return {}


@operation("apigateway", "PutMethodResponse", honours=f"{_WHERE} statusCode responseParameters responseModels")
async def put_method_response(call: Call) -> Output:
    given = call.input
    response = {name: given[name] for name in ("statusCode", "responseParameters", "responseModels") if name in given}
    check_models(response.get("responseModels", {}))
    check_response_parameters(response.get("responseParameters", {}))

    def change(document: Document) -> dict[str, Any]:
        responses = the_method(document, given).setdefault("methodResponses", {})
        if given["statusCode"] in responses:
            raise conflict("Response already exists for this resource")
        responses[given["statusCode"]] = response
        return response

    return await edit(call, ApiKind.REST, change)


@operation("apigateway", "GetMethodResponse", honours=f"{_WHERE} statusCode")
async def get_method_response(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    return dict(_response(the_method(api.document, call.input), call.input["statusCode"]))


@operation("apigateway", "UpdateMethodResponse", honours=f"{_WHERE} statusCode patchOperations")
async def update_method_response(call: Call) -> Output:
    def change(document: Document) -> dict[str, Any]:
        response = _response(the_method(document, call.input), call.input["statusCode"])
        patched(call, response, {"responseParameters": "map", "responseModels": "map"}, _OF_RESPONSES)
        check_models(response.get("responseModels", {}))
        check_response_parameters(response.get("responseParameters", {}))
        parameters = response.get("responseParameters", {})
        response["responseParameters"] = {name: value in (True, "true") for name, value in parameters.items()}
        return dict(response)

    return await edit(call, ApiKind.REST, change)


@operation("apigateway", "DeleteMethodResponse", honours=f"{_WHERE} statusCode")
async def delete_method_response(call: Call) -> Output:
    def change(document: Document) -> None:
        method = the_method(document, call.input)
        _response(method, call.input["statusCode"])
        del method["methodResponses"][call.input["statusCode"]]

    await edit(call, ApiKind.REST, change)
    return {}


def _response(method: Document, status: str) -> Any:
    return response_of(method.get("methodResponses", {}), status)
