"""Deployments and stages of an HTTP API. A stage that deploys by itself serves the API as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.gateway.apis import DEFAULT_STAGE, Api, ApiDeployment, ApiStage
from halfday.server.domain.gateway.checks import bad
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.operations.framework.gateway_apis import (
    Document,
    conflict,
    new_id,
    not_found,
    page_of,
    thawed,
    the_api,
    the_stage,
)
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

_MEMBERS = "AutoDeploy DeploymentId Description StageVariables"
_NOTHING: Document = {"DetailedMetricsEnabled": False}


@operation("apigatewayv2", "CreateDeployment", honours="ApiId Description StageName")
async def create_deployment(call: Call) -> Output:
    api = await the_api(call, ApiKind.HTTP)
    if not api.document["Routes"]:
        raise bad("At least one route is required before deploying the Api.")
    deployment = ApiDeployment(
        api.api_id, new_id(call, 6), call.now, thawed(api.document), call.input.get("Description", "")
    )
    name = call.input.get("StageName")
    if name is not None:
        await the_stage(call, api, name)
    async with call.services.store.unit(api.api_id):
        await call.services.store.api_deployments.insert(deployment)
        if name is not None:
            await call.services.store.api_stages.change(
                api.api_id, name, lambda known: replace(known, deployment_id=deployment.deployment_id)
            )
    return _deployment(deployment)


@operation("apigatewayv2", "GetDeployments", honours="ApiId MaxResults NextToken")
async def get_deployments(call: Call) -> Output:
    api = await the_api(call, ApiKind.HTTP)
    listed = list(await call.services.store.api_deployments.of_api(api.api_id))
    page, token = page_of(listed, call, token="NextToken", limit="MaxResults")
    return {"Items": [_deployment(one) for one in page], "NextToken": token}


@operation("apigatewayv2", "GetDeployment", honours="ApiId DeploymentId")
async def get_deployment(call: Call) -> Output:
    return _deployment(await _the_deployment(call, await the_api(call, ApiKind.HTTP), call.input["DeploymentId"]))


@operation("apigatewayv2", "UpdateDeployment", honours="ApiId DeploymentId Description")
async def update_deployment(call: Call) -> Output:
    api = await the_api(call, ApiKind.HTTP)
    known, told = await _the_deployment(call, api, call.input["DeploymentId"]), call.input.get("Description", "")
    changed = await call.services.store.api_deployments.change(
        api.api_id, known.deployment_id, lambda one: replace(one, description=told)
    )
    return _deployment(changed)


@operation("apigatewayv2", "DeleteDeployment", honours="ApiId DeploymentId")
async def delete_deployment(call: Call) -> Output:
    api = await the_api(call, ApiKind.HTTP)
    known = await _the_deployment(call, api, call.input["DeploymentId"])
    stages = await call.services.store.api_stages.of_api(api.api_id)
    if any(stage.deployment_id == known.deployment_id for stage in stages):
        raise bad("Active stages pointing to this deployment must be moved or deleted")
    await call.services.store.api_deployments.delete(api.api_id, known.deployment_id)
    return {}


@operation("apigatewayv2", "CreateStage", honours=f"ApiId StageName {_MEMBERS} Tags DefaultRouteSettings RouteSettings")
async def create_stage(call: Call) -> Output:
    api, given = await the_api(call, ApiKind.HTTP), call.input
    name = given["StageName"]
    if name != DEFAULT_STAGE and not (name.replace("-", "").replace("_", "").isalnum() and name.isascii()):
        raise bad("Stage name only allows a-zA-Z0-9_- or $default")
    document = _document({}, given)
    if given.get("Tags"):
        document["Tags"] = dict(given["Tags"])
    stage = ApiStage(
        api.api_id,
        name,
        given.get("DeploymentId", ""),
        call.now,
        call.now,
        dict(given.get("StageVariables", {})),
        document,
    )
    await _check_deployment(call, api, stage)
    try:
        await call.services.store.api_stages.insert(stage)
    except Taken as problem:
        raise conflict("Stage already exists") from problem
    return _stage(stage)


@operation("apigatewayv2", "GetStages", honours="ApiId MaxResults NextToken")
async def get_stages(call: Call) -> Output:
    api = await the_api(call, ApiKind.HTTP)
    listed = list(await call.services.store.api_stages.of_api(api.api_id))
    page, token = page_of(listed, call, token="NextToken", limit="MaxResults")
    return {"Items": [_stage(one) for one in page], "NextToken": token}


@operation("apigatewayv2", "GetStage", honours="ApiId StageName")
async def get_stage(call: Call) -> Output:
    return _stage(await the_stage(call, await the_api(call, ApiKind.HTTP), call.input["StageName"]))


@operation("apigatewayv2", "UpdateStage", honours=f"ApiId StageName {_MEMBERS} DefaultRouteSettings RouteSettings")
async def update_stage(call: Call) -> Output:
    api, given = await the_api(call, ApiKind.HTTP), call.input
    known = await the_stage(call, api, given["StageName"])

    def change(one: ApiStage) -> ApiStage:
        variables = {**one.variables, **given.get("StageVariables", {})}
        return replace(
            one,
            deployment_id=given.get("DeploymentId", one.deployment_id),
            variables={name: value for name, value in variables.items() if value != ""},
            document=_document(one.document, given),
            changed_at=call.now,
        )

    await _check_deployment(call, api, change(known))
    return _stage(await call.services.store.api_stages.change(api.api_id, known.name, change))


@operation("apigatewayv2", "DeleteStage", honours="ApiId StageName")
async def delete_stage(call: Call) -> Output:
    api = await the_api(call, ApiKind.HTTP)
    try:
        await call.services.store.api_stages.delete(api.api_id, call.input["StageName"])
    except Missing as problem:
        raise not_found("Invalid stage identifier specified") from problem
    return {}


def _document(known: Mapping[str, Any], given: Mapping[str, Any]) -> Document:
    """Settings of routes are limits and metrics, which are not built: only what asks for nothing is taken."""
    for settings in (given.get("DefaultRouteSettings", {}), *given.get("RouteSettings", {}).values()):
        if any(settings.values()):
            raise bad("Halfday's API Gateway does not honour route settings: limits, metrics and logs")
    kept = {name: given[name] for name in ("AutoDeploy", "Description") if name in given}
    return {**thawed(known), **kept}


async def _check_deployment(call: Call, api: Api, stage: ApiStage) -> None:
    if stage.deployment_id:
        await _the_deployment(call, api, stage.deployment_id)


async def _the_deployment(call: Call, api: Api, deployment_id: str) -> ApiDeployment:
    found = await call.services.store.api_deployments.find(api.api_id, deployment_id)
    if found is None:
        raise not_found("Invalid Deployment identifier specified")
    return found


def _deployment(deployment: ApiDeployment) -> dict[str, Any]:
    return {
        "DeploymentId": deployment.deployment_id,
        "DeploymentStatus": "DEPLOYED",
        "AutoDeployed": deployment.automatic,
        "Description": deployment.description or None,
        "CreatedDate": deployment.created_at,
    }


def _stage(stage: ApiStage) -> dict[str, Any]:
    return {
        "StageName": stage.name,
        "AutoDeploy": stage.document.get("AutoDeploy", False),
        "DeploymentId": stage.deployment_id or None,
        "Description": stage.document.get("Description"),
        "ApiGatewayManaged": stage.document.get("ApiGatewayManaged"),
        "StageVariables": dict(stage.variables),
        "Tags": stage.document.get("Tags", {}),
        "DefaultRouteSettings": _NOTHING,
        "RouteSettings": {},
        "CreatedDate": stage.created_at,
        "LastUpdatedDate": stage.changed_at,
    }
