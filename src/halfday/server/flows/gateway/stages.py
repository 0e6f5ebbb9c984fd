"""Stages as they are served: of what is stored, read once for each configuration."""

from __future__ import annotations

from halfday.server.domain.gateway.apis import Api, ApiDeployment, ApiStage
from halfday.server.domain.gateway.serving import ApiAtStage
from halfday.server.services import Services


async def find_stage(services: Services, api_id: str, name: str) -> ApiAtStage | None:
    """The stage of this API; None where there is no such API, no such stage, or nothing was deployed to it."""
    api = await services.store.apis.find(api_id)
    if api is None or api.document.get("disableExecuteApiEndpoint") or api.document.get("DisableExecuteApiEndpoint"):
        return None
    stage = await services.store.api_stages.find(api_id, name)
    record = None if stage is None else await _record(services, api, stage)
    if stage is None or record is None:
        return None
    served = services.gateway_memory.served(record, api.kind)
    return ApiAtStage(api_id, stage.name, api.account, api.region, served, stage.variables)


async def has_stage(services: Services, api_id: str, name: str) -> bool:
    return await services.store.api_stages.find(api_id, name) is not None


async def _record(services: Services, api: Api, stage: ApiStage) -> Api | ApiDeployment | None:
    if stage.document.get("AutoDeploy"):
        return api
    return await services.store.api_deployments.find(api.api_id, stage.deployment_id)
