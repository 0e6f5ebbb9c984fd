"""Deployments of a REST API, and the stages that serve them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.gateway.apis import Api, ApiDeployment, ApiStage
from halfday.server.domain.gateway.checks import bad
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.operations.apigateway.patches import patched
from halfday.server.operations.framework.gateway_apis import (
    conflict,
    new_id,
    not_found,
    page_of,
    refuse_set,
    thawed,
    the_api,
    the_stage,
)
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

_PATHS = {"deploymentId": "text", "description": "text", "variables": "map"}


@operation(
    "apigateway",
    "CreateDeployment",
    honours="restApiId stageName stageDescription description variables cacheClusterEnabled tracingEnabled",
)
async def create_deployment(call: Call) -> Output:
    """What the API is now. With a stage's name the stage serves it from now on, and is made if it is not there."""
    refuse_set(call, "cacheClusterEnabled", "tracingEnabled")
    api, given = await the_api(call, ApiKind.REST), call.input
    _check_deployable(api)
    deployment = ApiDeployment(
        api.api_id, new_id(call, 6), call.now, thawed(api.document), given.get("description", "")
    )
    async with call.services.store.unit(api.api_id):
        await call.services.store.api_deployments.insert(deployment)
        if given.get("stageName"):
            await _deploy_to(call, api, deployment)
    return _deployment(deployment)


@operation("apigateway", "GetDeployments", honours="restApiId position limit")
async def get_deployments(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    page, position = page_of(
        list(await call.services.store.api_deployments.of_api(api.api_id)), call, token="position", limit="limit"
    )
    return {"items": [_deployment(one) for one in page], "position": position}


@operation("apigateway", "GetDeployment", honours="restApiId deploymentId")
async def get_deployment(call: Call) -> Output:
    return _deployment(await _the_deployment(call, await the_api(call, ApiKind.REST), call.input["deploymentId"]))


@operation("apigateway", "UpdateDeployment", honours="restApiId deploymentId patchOperations")
async def update_deployment(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    known = await _the_deployment(call, api, call.input["deploymentId"])

    def change(one: ApiDeployment) -> ApiDeployment:
        members = {"description": one.description}
        patched(call, members, {"description": "text"})
        return replace(one, description=members.get("description", ""))

    return _deployment(await call.services.store.api_deployments.change(api.api_id, known.deployment_id, change))


@operation("apigateway", "DeleteDeployment", honours="restApiId deploymentId")
async def delete_deployment(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    known = await _the_deployment(call, api, call.input["deploymentId"])
    async with call.services.store.unit(api.api_id):
        stages = await call.services.store.api_stages.of_api(api.api_id)
        if any(stage.deployment_id == known.deployment_id for stage in stages):
            raise bad("Active stages pointing to this deployment must be moved or deleted")
        await call.services.store.api_deployments.delete(api.api_id, known.deployment_id)
    return {}


@operation(
    "apigateway",
    "CreateStage",
    honours="restApiId stageName deploymentId description variables tags cacheClusterEnabled tracingEnabled",
)
async def create_stage(call: Call) -> Output:
    refuse_set(call, "cacheClusterEnabled", "tracingEnabled")
    api, given = await the_api(call, ApiKind.REST), call.input
    await _the_deployment(call, api, given["deploymentId"])
    stage = _new_stage(call, api, given["deploymentId"], given.get("description"))
    try:
        await call.services.store.api_stages.insert(stage)
    except Taken as problem:
        raise conflict("Stage already exists") from problem
    return _stage(stage)


@operation("apigateway", "GetStages", honours="restApiId deploymentId")
async def get_stages(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    wanted = call.input.get("deploymentId")
    stages = await call.services.store.api_stages.of_api(api.api_id)
    return {"item": [_stage(one) for one in stages if wanted in (None, one.deployment_id)]}


@operation("apigateway", "GetStage", honours="restApiId stageName")
async def get_stage(call: Call) -> Output:
    return _stage(await the_stage(call, await the_api(call, ApiKind.REST), call.input["stageName"]))


@operation("apigateway", "UpdateStage", honours="restApiId stageName patchOperations")
async def update_stage(call: Call) -> Output:
    api, now = await the_api(call, ApiKind.REST), call.now
    known = await the_stage(call, api, call.input["stageName"])
    wanted = _patched(call, known, now)
    await _the_deployment(call, api, wanted.deployment_id)
    return _stage(
        await call.services.store.api_stages.change(api.api_id, known.name, lambda one: _patched(call, one, now))
    )


@operation("apigateway", "DeleteStage", honours="restApiId stageName")
async def delete_stage(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    try:
        await call.services.store.api_stages.delete(api.api_id, call.input["stageName"])
    except Missing as problem:
        raise not_found("Invalid stage identifier specified") from problem
    return {}


async def _deploy_to(call: Call, api: Api, deployment: ApiDeployment) -> None:
    given, stages = call.input, call.services.store.api_stages
    stage = _new_stage(call, api, deployment.deployment_id, given.get("stageDescription"))
    if await stages.find(api.api_id, stage.name) is None:
        await stages.insert(stage)
        return

    def change(known: ApiStage) -> ApiStage:
        variables = {**known.variables, **given.get("variables", {})}
        return replace(known, deployment_id=deployment.deployment_id, changed_at=call.now, variables=variables)

    await stages.change(api.api_id, stage.name, change)


def _new_stage(call: Call, api: Api, deployment_id: str, description: str | None) -> ApiStage:
    given, name = call.input, call.input["stageName"]
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii() or len(name) > 128:
        raise bad("Stage name only allows a-zA-Z0-9_-")
    _check_variables(given.get("variables", {}))
    document = {"description": description, "tags": given.get("tags", {})}
    kept = {member: value for member, value in document.items() if value}
    return ApiStage(api.api_id, name, deployment_id, call.now, call.now, dict(given.get("variables", {})), kept)


def _patched(call: Call, stage: ApiStage, now: float) -> ApiStage:
    members = {
        "deploymentId": stage.deployment_id,
        "variables": dict(stage.variables),
        **{name: value for name, value in stage.document.items() if name == "description"},
    }
    patched(call, members, _PATHS)
    _check_variables(members.get("variables", {}))
    document = {**thawed(stage.document), "description": members.get("description")}
    return replace(
        stage,
        deployment_id=members["deploymentId"],
        variables=members.get("variables", {}),
        document={name: value for name, value in document.items() if value is not None},
        changed_at=now,
    )


def _check_variables(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        if not name.replace("_", "").isalnum() or not name.isascii():
            raise bad(f"Stage variable name is invalid: {name}")
        if not all(char.isalnum() or char in "-._~:/?#&=,@%" for char in value):
            raise bad(f"Stage variable value is invalid: {name}")


def _check_deployable(api: Api) -> None:
    methods = [
        method for resource in api.document["resources"].values() for method in resource["resourceMethods"].values()
    ]
    if not methods:
        raise bad("The REST API doesn't contain any methods")
    if any("methodIntegration" not in method for method in methods):
        raise bad("No integration defined for method")


async def _the_deployment(call: Call, api: Api, deployment_id: str) -> ApiDeployment:
    found = await call.services.store.api_deployments.find(api.api_id, deployment_id)
    if found is None:
        raise not_found("Invalid Deployment identifier specified")
    return found


def _deployment(deployment: ApiDeployment) -> dict[str, Any]:
    return {
        "id": deployment.deployment_id,
        "description": deployment.description or None,
        "createdDate": deployment.created_at,
    }


def _stage(stage: ApiStage) -> dict[str, Any]:
    return {
        "stageName": stage.name,
        "deploymentId": stage.deployment_id,
        "description": stage.document.get("description"),
        "variables": dict(stage.variables) or None,
        "tags": stage.document.get("tags", {}),
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": False,
        "createdDate": stage.created_at,
        "lastUpdatedDate": stage.changed_at,
    }
