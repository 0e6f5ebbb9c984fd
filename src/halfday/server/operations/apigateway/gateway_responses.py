"""Gateway responses: how an API spells its refusals."""

from __future__ import annotations

from typing import Any

from halfday.server.domain.gateway.checks import bad
from halfday.server.domain.gateway.refusals import NAMES, ResponseType
from halfday.server.domain.gateway.rest_checks import check_gateway_response
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.operations.apigateway.patches import Manners, patched
from halfday.server.operations.framework.gateway_apis import Document, edit, not_found, the_api
from halfday.server.operations.framework.registry import Call, Output, operation

_MEMBERS = ("responseType", "statusCode", "responseParameters", "responseTemplates")
_MANNERS = Manners(
    replaced="Invalid patch path {path}", absent={"responseParameters": "Invalid parameter name specified"}
)
_DEFAULT_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}


@operation(
    "apigateway", "PutGatewayResponse", honours="restApiId responseType statusCode responseParameters responseTemplates"
)
async def put_gateway_response(call: Call) -> Output:
    given = {name: call.input[name] for name in _MEMBERS if name in call.input}
    check_gateway_response(given["responseType"], given)

    def change(document: Document) -> dict[str, Any]:
        document["gatewayResponses"][given["responseType"]] = given
        return given

    return _shape(await edit(call, ApiKind.REST, change))


@operation("apigateway", "GetGatewayResponse", honours="restApiId responseType")
async def get_gateway_response(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    return _found(api.document, call.input["responseType"])


@operation("apigateway", "GetGatewayResponses", honours="restApiId")
async def get_gateway_responses(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    return {"items": [_found(api.document, name) for name in sorted(NAMES)]}


@operation("apigateway", "UpdateGatewayResponse", honours="restApiId responseType patchOperations")
async def update_gateway_response(call: Call) -> Output:
    paths = {"statusCode": "text", "responseParameters": "map", "responseTemplates": "map"}
    name = call.input["responseType"]

    def change(document: Document) -> dict[str, Any]:
        if name not in NAMES:
            raise bad(f"Invalid response type specified: {name}")
        known = document["gatewayResponses"].setdefault(name, {"responseType": name})
        patched(call, known, paths, _MANNERS)
        check_gateway_response(name, known)
        return dict(known)

    return _shape(await edit(call, ApiKind.REST, change))


@operation("apigateway", "DeleteGatewayResponse", honours="restApiId responseType")
async def delete_gateway_response(call: Call) -> Output:
    def change(document: Document) -> None:
        if document["gatewayResponses"].pop(call.input["responseType"], None) is None:
            raise not_found("Gateway response type not defined on api")

    await edit(call, ApiKind.REST, change)
    return {}


def _found(document: Any, name: str) -> dict[str, Any]:
    if name in document["gatewayResponses"]:
        return _shape(document["gatewayResponses"][name])
    if name not in NAMES:
        raise bad(f"Invalid response type specified: {name}")
    known = ResponseType.__members__.get(name)
    status = None if known is None or name.startswith("DEFAULT") else str(known.usual.status)
    return {**_shape({"responseType": name}), "statusCode": status, "defaultResponse": True}


def _shape(given: Any) -> dict[str, Any]:
    shown = {"responseParameters": {}, "responseTemplates": _DEFAULT_TEMPLATES, "defaultResponse": False}
    return {**shown, **given}
