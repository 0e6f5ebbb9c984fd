"""HTTP APIs themselves: made, quickly with a target too, imported, changed, deleted, tagged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from halfday.server.domain.gateway.apis import DEFAULT_STAGE, Api, ApiStage
from halfday.server.domain.gateway.checks import bad, not_built
from halfday.server.domain.gateway.http_checks import check_http_integration, check_http_route
from halfday.server.domain.gateway.openapi_files import OpenApiUnreadable, read_openapi
from halfday.server.domain.gateway.openapi_http import http_api_of
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.operations.framework.gateway_apis import (
    Document,
    edit,
    endpoint_of,
    new_id,
    no_such_api,
    not_found,
    page_of,
    refuse_set,
    thawed,
    the_api,
)
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing

CUSTOM_ID_TAG = "_custom_id_"

_KEPT = (
    "Description Version CorsConfiguration DisableExecuteApiEndpoint RouteSelectionExpression IpAddressType "
    "ApiKeySelectionExpression"
)
_SELECTION = "$request.method $request.path"
_KEY = "$request.header.x-api-key"
_QUICK = {"ApiGatewayManaged": True}


@operation("apigatewayv2", "CreateApi", honours=f"Name ProtocolType RouteKey Target Tags {_KEPT}")
async def create_api(call: Call) -> Output:
    """With a target, a route to it and a stage `$default` are made as well."""
    given = call.input
    if given["ProtocolType"] != "HTTP":
        raise not_built("WebSocket APIs")
    document: Document = {name: given[name] for name in _KEPT.split() if name in given}
    if given.get("Tags"):
        document["Tags"] = dict(given["Tags"])
    if "Target" in given:
        _add_target(call, document, given["Target"], given.get("RouteKey", "$default"))
    elif "RouteKey" in given:
        raise bad("RouteKey is only supported together with Target")
    return _shape(call, await _insert(call, given["Name"], document, quick="Target" in given))


@operation("apigatewayv2", "ImportApi", honours="Body Basepath FailOnWarnings")
async def import_api(call: Call) -> Output:
    document, name = await _imported(call)
    return _shape(call, await _insert(call, name, document, quick=False))


@operation("apigatewayv2", "ReimportApi", honours="ApiId Body Basepath FailOnWarnings")
async def reimport_api(call: Call) -> Output:
    imported, name = await _imported(call)

    def change(document: Document) -> None:
        tags = document.get("Tags")
        document.clear()
        document.update({**imported, **({"Tags": tags} if tags else {})})

    await edit(call, ApiKind.HTTP, change, name=name)
    return _shape(call, await the_api(call, ApiKind.HTTP))


@operation("apigatewayv2", "GetApis", honours="MaxResults NextToken")
async def get_apis(call: Call) -> Output:
    apis = await call.services.store.apis.page(call.region, ApiKind.HTTP.value, limit=10_000)
    page, token = page_of(apis, call, token="NextToken", limit="MaxResults")
    return {"Items": [_shape(call, api) for api in page], "NextToken": token}


@operation("apigatewayv2", "GetApi", honours="ApiId")
async def get_api(call: Call) -> Output:
    return _shape(call, await the_api(call, ApiKind.HTTP))


@operation("apigatewayv2", "UpdateApi", honours=f"ApiId Name {_KEPT}")
async def update_api(call: Call) -> Output:
    changes = {name: call.input[name] for name in _KEPT.split() if name in call.input}
    _check(changes)
    await edit(call, ApiKind.HTTP, lambda document: document.update(changes), name=call.input.get("Name"))
    return _shape(call, await the_api(call, ApiKind.HTTP))


@operation("apigatewayv2", "DeleteApi", honours="ApiId")
async def delete_api(call: Call) -> Output:
    api = await the_api(call, ApiKind.HTTP)
    try:
        await call.services.store.apis.delete(api.api_id)
    except Missing as problem:
        raise no_such_api(call, api.api_id) from problem
    return {}


@operation("apigatewayv2", "DeleteCorsConfiguration", honours="ApiId")
async def delete_cors_configuration(call: Call) -> Output:
    await edit(call, ApiKind.HTTP, lambda document: document.pop("CorsConfiguration", None))
    return {}


@operation("apigatewayv2", "TagResource", honours="ResourceArn Tags")
async def tag_resource(call: Call) -> Output:
    await _change_tags(call, lambda tags: {**tags, **call.input.get("Tags", {})})
    return {}


@operation("apigatewayv2", "UntagResource", honours="ResourceArn TagKeys")
async def untag_resource(call: Call) -> Output:
    gone = set(call.input["TagKeys"])
    await _change_tags(call, lambda tags: {name: value for name, value in tags.items() if name not in gone})
    return {}


@operation("apigatewayv2", "GetTags", honours="ResourceArn")
async def get_tags(call: Call) -> Output:
    api, stage = await _tagged(call)
    found = await call.services.store.api_stages.find(api.api_id, stage) if stage else api
    return {"Tags": dict(found.document.get("Tags", {})) if found else {}}


def _add_target(call: Call, document: Document, target: str, route_key: str) -> None:
    """Source: API reference, CreateApi: Target."""
    integration_id, route_id = new_id(call, 7), new_id(call, 7)
    integration: Document = {"IntegrationId": integration_id, "IntegrationUri": target, "ConnectionType": "INTERNET"}
    if target.startswith("arn:"):
        integration |= {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0", "IntegrationMethod": "POST"}
    else:
        integration |= {"IntegrationType": "HTTP_PROXY", "PayloadFormatVersion": "1.0", "IntegrationMethod": "ANY"}
    route = {"RouteId": route_id, "RouteKey": route_key, "Target": f"integrations/{integration_id}"}
    check_http_integration(integration)
    check_http_route(route, {}, {integration_id: integration})
    document["Integrations"] = {integration_id: {**integration, "TimeoutInMillis": 30000, **_QUICK}}
    document["Routes"] = {route_id: {**route, "AuthorizationType": "NONE", "ApiKeyRequired": False, **_QUICK}}


async def _insert(call: Call, name: str, document: Document, *, quick: bool) -> Api:
    _check(document)
    for group in ("Routes", "Integrations", "Authorizers"):
        document.setdefault(group, {})
    api_id = document.get("Tags", {}).get(CUSTOM_ID_TAG) or new_id(call)
    if not api_id.replace("-", "").isalnum() or await call.services.store.apis.find(api_id) is not None:
        raise bad(f"Invalid API identifier specified {call.account}:{api_id}")
    api = Api(api_id, ApiKind.HTTP.value, call.account, call.region, name, call.now, document)
    async with call.services.store.unit(api_id):
        await call.services.store.apis.insert(api)
        if quick:
            stage = ApiStage(api_id, DEFAULT_STAGE, "", call.now, call.now, {}, {"AutoDeploy": True, **_QUICK})
            await call.services.store.api_stages.insert(stage)
    return api


def _check(document: Mapping[str, Any]) -> None:
    cors = document.get("CorsConfiguration") or {}
    if cors.get("AllowCredentials") and "*" in cors.get("AllowOrigins", ()):
        raise bad("Allow credentials is not supported when allow origin is *")
    for origin in cors.get("AllowOrigins", ()):
        if origin != "*" and "://" not in origin:
            raise bad(f"Invalid format for origin {origin}. Expected format is scheme://host")
    if document.get("ApiKeySelectionExpression", _KEY) != _KEY:
        raise bad("ApiKeySelectionExpression is only supported for WebSocket APIs")
    if document.get("RouteSelectionExpression", _SELECTION) not in (_SELECTION, "${request.method} ${request.path}"):
        raise bad("RouteSelectionExpression of an HTTP API is ${request.method} ${request.path}")


async def _imported(call: Call) -> tuple[Document, str]:
    """In a thread: YAML takes its time."""
    if call.input.get("Basepath", "ignore") != "ignore":
        raise not_built("Basepath other than ignore")
    refuse_set(call)
    try:
        definition = await asyncio.to_thread(read_openapi, call.input["Body"].encode())
        return http_api_of(definition, lambda: new_id(call, 7))
    except OpenApiUnreadable as problem:
        raise bad(f"Unable to import OpenAPI definition: {problem}") from problem


def _shape(call: Call, api: Api) -> dict[str, Any]:
    shown = {name: api.document[name] for name in _KEPT.split() if name in api.document}
    return {
        "ApiId": api.api_id,
        "Name": api.name,
        "ProtocolType": "HTTP",
        "ApiEndpoint": endpoint_of(call, api.api_id),
        "ApiKeySelectionExpression": _KEY,
        "RouteSelectionExpression": _SELECTION,
        "DisableExecuteApiEndpoint": False,
        "IpAddressType": "ipv4",
        "CreatedDate": api.created_at,
        "Tags": api.document.get("Tags", {}),
        **shown,
    }


async def _tagged(call: Call) -> tuple[Api, str | None]:
    path = unquote(call.input["ResourceArn"]).partition("::/")[2].split("/")
    api = await call.services.store.apis.find(path[1]) if len(path) > 1 and path[0] == "apis" else None
    if api is None:
        raise not_found("Invalid resource identifier specified")
    return api, path[3] if len(path) > 3 and path[2] == "stages" else None


async def _change_tags(call: Call, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    api, stage = await _tagged(call)

    def changed(document: Any) -> Document:
        copied = thawed(document)
        return {**copied, "Tags": change(copied.get("Tags", {}))}

    store = call.services.store
    try:
        if stage is None:
            await store.apis.change(api.api_id, lambda one: replace(one, document=changed(one.document)))
        else:
            await store.api_stages.change(api.api_id, stage, lambda one: replace(one, document=changed(one.document)))
    except Missing as problem:
        raise not_found("Invalid resource identifier specified") from problem
