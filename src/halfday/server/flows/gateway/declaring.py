"""Makes an API what it is declared to be, with its stages. Declared again without a change, nothing is written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from halfday.server.domain.gateway.apis import Api, ApiDeployment, ApiStage
from halfday.server.domain.gateway.declarations import DeclaredApi, DeclaredStage, stable_id
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.domain.gateway.whole_checks import check_document
from halfday.server.domain.refusals import Refused
from halfday.server.flows.gateway.api_policies import kept_api_policy
from halfday.server.services import Services


async def declare_api(services: Services, declared: DeclaredApi) -> bool:
    """Whether anything was changed. Stages that are not declared stay.

    Raises Refused for what an operation would refuse, and where the id is that of an API of another kind or Region.
    """
    document = _plain(declared.document)
    check_document(declared.kind, document)
    if policy := document.get("policy"):
        document["policy"] = await kept_api_policy(services.store, declared.account, policy)
    async with services.store.unit(declared.api_id):
        changed = await _put_api(services, declared, document)
        for stage in declared.stages:
            changed |= await _put_stage(services, declared, stage, document)
    return changed


async def _put_api(services: Services, declared: DeclaredApi, document: dict[str, Any]) -> bool:
    known = await services.store.apis.find(declared.api_id)
    if known is None:
        kind, now = declared.kind.value, services.clock()
        api = Api(declared.api_id, kind, declared.account, declared.region, declared.name, now, document)
        await services.store.apis.insert(api)
        return True
    if (known.kind, known.region) != (declared.kind.value, declared.region):
        sentence = f"The API {known.api_id} is a {known.kind} API in {known.region}"
        raise Refused("ConflictException", sentence)
    if (known.name, _plain(known.document)) == (declared.name, document):
        return False
    await services.store.apis.change(known.api_id, lambda one: replace(one, name=declared.name, document=document))
    return True


async def _put_stage(services: Services, declared: DeclaredApi, stage: DeclaredStage, document: dict[str, Any]) -> bool:
    """A stage of an HTTP API deploys by itself; one of a REST API serves a deployment of this very document."""
    deployment_id, changed = "", False
    if declared.kind is ApiKind.REST:
        deployment_id, changed = await _deployed(services, declared, document)
    wanted: dict[str, Any] = {"AutoDeploy": True} if declared.kind is ApiKind.HTTP else {}
    stages, now, variables = services.store.api_stages, services.clock(), dict(stage.variables)
    known = await stages.find(declared.api_id, stage.name)
    if known is None:
        await stages.insert(ApiStage(declared.api_id, stage.name, deployment_id, now, now, variables, wanted))
        return True
    same = known.deployment_id == deployment_id and dict(known.variables) == variables
    if same and all(known.document.get(name) == value for name, value in wanted.items()):
        return changed

    def change(one: ApiStage) -> ApiStage:
        told = {**_plain(one.document), **wanted}
        return replace(one, deployment_id=deployment_id, variables=variables, document=told, changed_at=now)

    await stages.change(declared.api_id, stage.name, change)
    await _drop(services, declared.api_id, known.deployment_id)
    return True


async def _deployed(services: Services, declared: DeclaredApi, document: dict[str, Any]) -> tuple[str, bool]:
    """The id of the deployment of this document, and whether it is new."""
    deployment_id = stable_id(declared.api_id, json.dumps(document, sort_keys=True), length=6)
    if await services.store.api_deployments.find(declared.api_id, deployment_id) is not None:
        return deployment_id, False
    deployment = ApiDeployment(declared.api_id, deployment_id, services.clock(), document, automatic=True)
    await services.store.api_deployments.insert(deployment)
    return deployment_id, True


async def _drop(services: Services, api_id: str, deployment_id: str) -> None:
    """An earlier declaration's deployment goes where no stage serves it."""
    known = await services.store.api_deployments.find(api_id, deployment_id)
    stages = await services.store.api_stages.of_api(api_id)
    if known is not None and known.automatic and all(stage.deployment_id != deployment_id for stage in stages):
        await services.store.api_deployments.delete(api_id, deployment_id)


def _plain(document: Any) -> dict[str, Any]:
    """A copy without what is shared or frozen, as JSON has it."""
    copied: dict[str, Any] = json.loads(json.dumps(document))
    return copied
