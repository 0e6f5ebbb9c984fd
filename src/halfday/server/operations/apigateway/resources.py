"""Resources: the paths of a REST API, as a tree."""

from __future__ import annotations

import re
from typing import Any

from halfday.server.domain.gateway.checks import bad
from halfday.server.domain.gateway.paths import MalformedPath, parse_template
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.operations.framework.gateway_apis import (
    Document,
    conflict,
    edit,
    entity,
    new_id,
    page_of,
    the_api,
)
from halfday.server.operations.framework.registry import Call, Output, operation

_PART = re.compile(r"[A-Za-z0-9._:-]+|\{[A-Za-z0-9._:-]+\+?\}")


@operation("apigateway", "GetResources", honours="restApiId position limit embed")
async def get_resources(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    listed = sorted(api.document["resources"].values(), key=lambda resource: str(resource["path"]))
    page, position = page_of(listed, call, token="position", limit="limit")
    return {"items": [_shape(one, call) for one in page], "position": position}


@operation("apigateway", "GetResource", honours="restApiId resourceId embed")
async def get_resource(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    return _shape(entity(api.document["resources"], call.input["resourceId"], "Resource"), call)


@operation("apigateway", "CreateResource", honours="restApiId parentId pathPart")
async def create_resource(call: Call) -> Output:
    resource_id, part = new_id(call, 6), call.input["pathPart"]

    def change(document: Document) -> dict[str, Any]:
        resources = document["resources"]
        parent = entity(resources, call.input["parentId"], "Resource")
        path = f"{parent['path'].rstrip('/')}/{part}"
        _check_part(part, path, parent)
        siblings = [one for one in resources.values() if one.get("parentId") == parent["id"]]
        if any(one["pathPart"] == part for one in siblings):
            raise conflict(f"Another resource with the same parent already has this name: {part}")
        variable = next((one["pathPart"] for one in siblings if one["pathPart"].startswith("{")), None)
        if part.startswith("{") and variable is not None:
            sentence = f"A sibling ({variable}) of this resource already has a variable path part"
            raise bad(f"{sentence} -- only one is allowed")
        resource = {"id": resource_id, "parentId": parent["id"], "pathPart": part, "path": path, "resourceMethods": {}}
        resources[resource_id] = resource
        return resource

    return _shape(await edit(call, ApiKind.REST, change), call)


@operation("apigateway", "DeleteResource", honours="restApiId resourceId")
async def delete_resource(call: Call) -> Output:
    """With all that is below it."""

    def change(document: Document) -> None:
        resources = document["resources"]
        resource = entity(resources, call.input["resourceId"], "Resource")
        if "parentId" not in resource:
            raise bad("Root resource cannot be deleted")
        below = resource["path"] + "/"
        for resource_id in [known for known, one in resources.items() if (one["path"] + "/").startswith(below)]:
            del resources[resource_id]

    await edit(call, ApiKind.REST, change)
    return {}


def _check_part(part: str, path: str, parent: dict[str, Any]) -> None:
    if not _PART.fullmatch(part):
        raise bad(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
            "beginning and the end."
        )
    if parent["path"].endswith("+}"):
        raise bad(
            f"Cannot create a child of a resource with a greedy path variable: {parent['path'].rpartition('/')[2]}"
        )
    try:
        parse_template(path)
    except MalformedPath as problem:
        raise bad(f"Invalid path part: {problem}") from problem


def _shape(resource: dict[str, Any], call: Call) -> dict[str, Any]:
    """Methods are told by name only, unless they are to be embedded."""
    methods = resource["resourceMethods"]
    if "methods" not in call.input.get("embed", ()):
        methods = {name: {} for name in methods}
    return {**resource, "resourceMethods": methods or None}
