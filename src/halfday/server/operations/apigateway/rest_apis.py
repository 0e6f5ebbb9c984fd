"""REST APIs themselves: made, imported, changed, deleted, tagged."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from halfday.server.domain.gateway.apis import Api
from halfday.server.domain.gateway.checks import bad, check_policy_text, not_built
from halfday.server.domain.gateway.openapi_files import OpenApiUnreadable, read_openapi
from halfday.server.domain.gateway.openapi_rest import rest_api_of
from halfday.server.domain.gateway.rest_checks import check_rest_endpoint
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.flows.gateway.api_policies import kept_api_policy, shown_api_policy
from halfday.server.operations.apigateway.patches import ONLY_REPLACED, Manners, patched
from halfday.server.operations.framework.gateway_apis import (
    Document,
    edit,
    new_id,
    no_such_api,
    not_found,
    page_of,
    thawed,
    the_api,
)
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing

CUSTOM_ID_TAG = "_custom_id_"
"""A tag by which the API's id is chosen, as LocalStack has it."""

_KEPT = "description version binaryMediaTypes apiKeySource policy tags disableExecuteApiEndpoint endpointConfiguration"
_PATHS = {
    "name": "text",
    "description": "text",
    "version": "text",
    "policy": "text",
    "apiKeySource": "text",
    "disableExecuteApiEndpoint": "flag",
    "binaryMediaTypes": "items",
    "endpointConfiguration": "map",
}
_IP_TYPE = "/endpointConfiguration/ipAddressType"
_MANNERS = Manners(replaced=ONLY_REPLACED)


@operation("apigateway", "CreateRestApi", honours=f"name {_KEPT}")
async def create_rest_api(call: Call) -> Output:
    given = call.input
    if given.get("description") == "":
        raise bad("Description cannot be an empty string")
    document = {name: given[name] for name in _KEPT.split() if name in given}
    return await _told(call, await _insert(call, given["name"], document))


@operation("apigateway", "ImportRestApi", honours="failOnWarnings parameters body")
async def import_rest_api(call: Call) -> Output:
    """`parameters`: of `endpointConfigurationTypes` the first is kept; `basepath=ignore`, the default, is honoured."""
    document, name = await _imported(call, {})
    return await _told(call, await _insert(call, name, document))


@operation("apigateway", "PutRestApi", honours="restApiId mode failOnWarnings parameters body")
async def put_rest_api(call: Call) -> Output:
    """In place of what the API has, or, with `mode=merge`, what the file has in place of what is equally named."""
    api = await the_api(call, ApiKind.REST)
    merge = call.input.get("mode", "merge") == "merge"
    imported, name = await _imported(call, api.document)
    await _keep_policy(call, imported)

    def change(document: Document) -> None:
        kept = {key: value for key, value in document.items() if key in ("tags", "endpointConfiguration", "policy")}
        before = dict(document)
        document.clear()
        document.update(_merged(before, imported) if merge else {**kept, **imported})

    await edit(call, ApiKind.REST, change, name=name)
    return await _told(call, await the_api(call, ApiKind.REST))


@operation("apigateway", "GetRestApis", honours="position limit")
async def get_rest_apis(call: Call) -> Output:
    apis = await call.services.store.apis.page(call.region, ApiKind.REST.value, limit=10_000)
    page, position = page_of(apis, call, token="position", limit="limit")
    return {"items": [await _told(call, api) for api in page], "position": position}


@operation("apigateway", "GetRestApi", honours="restApiId")
async def get_rest_api(call: Call) -> Output:
    return await _told(call, await the_api(call, ApiKind.REST))


@operation("apigateway", "UpdateRestApi", honours="restApiId patchOperations")
async def update_rest_api(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    named = {**thawed(api.document), "name": api.name}
    if any(one.get("path") == _IP_TYPE and one.get("op") != "replace" for one in call.input.get("patchOperations", ())):
        raise bad(ONLY_REPLACED)
    patched(call, named, _PATHS, _MANNERS)
    _flatten_endpoint(named)
    _check(named)
    is_new = named.get("policy") != api.document.get("policy")
    if is_new:
        await _keep_policy(call, named)

    def change(document: Document) -> None:
        patched(call, document, _PATHS, _MANNERS)
        if is_new:
            document["policy"] = named.get("policy")
        document.pop("name", None)
        _flatten_endpoint(document)

    await edit(call, ApiKind.REST, change, name=str(named["name"]))
    return await _told(call, await the_api(call, ApiKind.REST))


@operation("apigateway", "DeleteRestApi", honours="restApiId")
async def delete_rest_api(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    try:
        await call.services.store.apis.delete(api.api_id)
    except Missing as problem:
        raise no_such_api(call, api.api_id) from problem
    return {}


@operation("apigateway", "TagResource", honours="resourceArn tags")
async def tag_resource(call: Call) -> Output:
    await _change_tags(call, lambda tags: {**tags, **call.input["tags"]})
    return {}


@operation("apigateway", "UntagResource", honours="resourceArn tagKeys")
async def untag_resource(call: Call) -> Output:
    gone = set(call.input["tagKeys"])
    await _change_tags(call, lambda tags: {name: value for name, value in tags.items() if name not in gone})
    return {}


@operation("apigateway", "GetTags", honours="resourceArn position limit")
async def get_tags(call: Call) -> Output:
    api, stage = await _tagged(call)
    if stage:
        found = await call.services.store.api_stages.find(api.api_id, stage)
        return {"tags": (found.document if found else {}).get("tags", {})}
    return {"tags": api.document.get("tags", {})}


async def _insert(call: Call, name: str, document: Document) -> Api:
    _check(document)
    await _keep_policy(call, document)
    root = new_id(call)
    document.setdefault("resources", {root: {"id": root, "path": "/", "resourceMethods": {}}})
    document.setdefault("authorizers", {})
    document.setdefault("gatewayResponses", {})
    api_id = document.get("tags", {}).get(CUSTOM_ID_TAG) or new_id(call)
    if not api_id.replace("-", "").isalnum() or await call.services.store.apis.find(api_id) is not None:
        raise bad(f"Invalid API identifier specified {call.account}:{api_id}")
    api = Api(api_id, ApiKind.REST.value, call.account, call.region, name, call.now, document)
    await call.services.store.apis.insert(api)
    return api


def _check(document: Document) -> None:
    check_policy_text(_unescaped(document.get("policy")))
    if document.get("apiKeySource", "HEADER") not in ("HEADER", "AUTHORIZER"):
        raise bad("Invalid API key source specified")
    configuration = document.get("endpointConfiguration", {})
    check_rest_endpoint(configuration)
    if "PRIVATE" in configuration.get("types", ()) or configuration.get("vpcEndpointIds"):
        raise not_built("private endpoints, which are in a VPC")
    policy = document.get("policy")
    if policy:
        document["policy"] = _unescaped(policy)


async def _keep_policy(call: Call, document: Document) -> None:
    """Raises Refused where it names a user or role who is not there."""
    if policy := document.get("policy"):
        document["policy"] = await kept_api_policy(call.services.store, call.account, policy)


async def _told(call: Call, api: Api) -> dict[str, Any]:
    policy = api.document.get("policy")
    if policy:
        policy = await shown_api_policy(call.services.store, call.account, policy)
    return _shape(api, policy)


def _unescaped(policy: str | None) -> str | None:
    """UpdateRestApi and Terraform send back what was answered, with its quotation marks escaped."""
    if policy and policy.lstrip().startswith('{\\"'):
        return str(json.loads(f'"{policy}"'))
    return policy


def _flatten_endpoint(document: Document) -> None:
    """`replace /endpointConfiguration/types/EDGE` with REGIONAL: the types are a list."""
    configuration = document.get("endpointConfiguration", {})
    for name in [name for name in configuration if name.startswith("types/")]:
        configuration["types"] = [configuration.pop(name)]


async def _imported(call: Call, before: Document) -> tuple[Document, str]:
    """In a thread: YAML takes its time."""
    for name, value in _parameters(call).items():
        if name not in ("basepath", "endpointConfigurationTypes", "ignore") or (
            name == "basepath" and value != "ignore"
        ):
            raise not_built(f"the parameter {name}={value}")
    try:
        definition = await asyncio.to_thread(read_openapi, call.input["body"])
    except OpenApiUnreadable as problem:
        raise bad(f"Unable to import OpenAPI definition: {problem}") from problem
    document, name = rest_api_of(definition, lambda: new_id(call))
    types = _parameters(call).get("endpointConfigurationTypes")
    if types:
        document["endpointConfiguration"] = {"types": types.split(",")}
    return document, name


def _parameters(call: Call) -> dict[str, str]:
    """Of the query, without what names the operation and its other members."""
    given = call.input.get("parameters", {})
    return {name: value for name, value in given.items() if name not in ("mode", "failonwarnings")}


def _merged(before: Document, imported: Document) -> Document:
    """By path and by name: ids of what is there already stay."""
    by_path = {resource["path"]: resource for resource in before.get("resources", {}).values()}
    merged = thawed({**before, **{key: value for key, value in imported.items() if key != "resources"}})
    merged["resources"] = dict(before.get("resources", {}))
    ids = {new["id"]: by_path[new["path"]]["id"] for new in imported["resources"].values() if new["path"] in by_path}
    for new in imported["resources"].values():
        resource = {**new, "id": ids.get(new["id"], new["id"])}
        if "parentId" in new:
            resource["parentId"] = ids.get(new["parentId"], new["parentId"])
        old = merged["resources"].get(resource["id"], {})
        resource["resourceMethods"] = {**old.get("resourceMethods", {}), **new["resourceMethods"]}
        merged["resources"][resource["id"]] = resource
    for group in ("authorizers", "gatewayResponses"):
        merged[group] = {**before.get(group, {}), **imported.get(group, {})}
    return merged


def _shape(api: Api, policy: str | None) -> dict[str, Any]:
    document = api.document
    root = next((one["id"] for one in document["resources"].values() if one["path"] == "/"), None)
    return {
        "id": api.api_id,
        "name": api.name,
        "description": document.get("description"),
        "version": document.get("version"),
        "createdDate": api.created_at,
        "binaryMediaTypes": document.get("binaryMediaTypes") or None,
        "apiKeySource": document.get("apiKeySource", "HEADER"),
        "endpointConfiguration": {
            "types": ["EDGE"],
            "ipAddressType": "ipv4",
            **document.get("endpointConfiguration", {}),
        },
        "policy": json.dumps(policy)[1:-1] if policy else None,
        "tags": document.get("tags", {}),
        "disableExecuteApiEndpoint": document.get("disableExecuteApiEndpoint", False),
        "rootResourceId": root,
    }


async def _tagged(call: Call) -> tuple[Api, str | None]:
    """The API, and its stage where the ARN names one. Raises Refused."""
    path = unquote(call.input["resourceArn"]).partition("::/")[2].split("/")
    api = await call.services.store.apis.find(path[1]) if len(path) > 1 and path[0] == "restapis" else None
    if api is None:
        raise not_found("Invalid resource identifier specified")
    return api, path[3] if len(path) > 3 and path[2] == "stages" else None


async def _change_tags(call: Call, change: Any) -> None:
    api, stage = await _tagged(call)
    store = call.services.store

    def changed(document: Any) -> Document:
        copied = thawed(document)
        return {**copied, "tags": change(copied.get("tags", {}))}

    try:
        if stage is None:
            await store.apis.change(api.api_id, lambda known: replace(known, document=changed(known.document)))
        else:
            await store.api_stages.change(
                api.api_id, stage, lambda known: replace(known, document=changed(known.document))
            )
    except Missing as problem:
        raise not_found("Invalid resource identifier specified") from problem
