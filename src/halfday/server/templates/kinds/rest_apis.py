"""AWS::ApiGateway::*: a REST API, its resources and methods, authorizers, deployments and stages.

Source: CloudFormation template reference, Amazon API Gateway; facts/apigateway.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.operations.framework.service_models import ListShape, Shape, StructureShape
from halfday.server.templates.errors import CallRefused, TemplateRefused
from halfday.server.templates.kinds.kind import Kind, Named, Properties, Site, words
from halfday.server.templates.kinds.tags import tags_of
from halfday.server.templates.models import members_of, model_of
from halfday.server.templates.stacks import Made

_API = "apigateway"


def lowered(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Members as this API spells them: the template's, beginning with a small letter. Keys of maps stay."""
    spelt: dict[str, Any] = _lowered(model_of(_API, operation).input_shape, given)
    return spelt


def _lowered(shape: Shape | None, value: Any) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        named = {name[:1].lower() + name[1:]: item for name, item in value.items()}
        return {name: _lowered(shape.members.get(name), item) for name, item in named.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_lowered(shape.member, item) for item in value]
    return value


class RestApi(Kind):
    """`Body` is an OpenAPI document, in whose place the whole API is put when it changes."""

    type = "AWS::ApiGateway::RestApi"
    properties = words(
        "ApiKeySourceType BinaryMediaTypes Body Description DisableExecuteApiEndpoint EndpointConfiguration "
        "FailOnWarnings MinimumCompressionSize Name Parameters Policy Tags"
    )
    attributes = words("RestApiId RootResourceId")

    async def create(self, site: Site, given: Properties) -> Made:
        apart = words("Body FailOnWarnings Parameters ApiKeySourceType Tags Policy")
        called = lowered("CreateRestApi", {name: value for name, value in given.items() if name not in apart})
        called["name"] = given.get("Name") or _title(given) or site.name(128)
        called["apiKeySource"] = given.get("ApiKeySourceType")
        called["tags"] = tags_of(given["Tags"]) if "Tags" in given else None
        called["policy"] = json.dumps(given["Policy"]) if given.get("Policy") else None
        answer = await site.call(_API, "CreateRestApi", called)
        told = {"RestApiId": answer["id"], "RootResourceId": answer.get("rootResourceId")}
        made = Made(self.type, answer["id"], attributes=told)
        if "Body" in given:
            await site.begun(made)
            await self._put(site, made, given)
        return made

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        changed = {name for name in self.properties if made.properties.get(name) != given.get(name)}
        if changed & words("Body Parameters FailOnWarnings") and "Body" in given:
            await self._put(site, made, given)
        paths = {
            "Name": "/name",
            "Description": "/description",
            "DisableExecuteApiEndpoint": "/disableExecuteApiEndpoint",
        }
        paths |= {"Policy": "/policy", "MinimumCompressionSize": "/minimumCompressionSize"}
        if left := changed - paths.keys() - words("Body Parameters FailOnWarnings"):
            raise TemplateRefused(f"{', '.join(sorted(left))} of a REST API cannot be changed here: make it anew")
        await _patch(site, "UpdateRestApi", {"restApiId": made.physical_id}, _replacing(paths, changed, given))
        return replace(made)

    async def _put(self, site: Site, made: Made, given: Properties) -> None:
        body = json.dumps(given["Body"]).encode()
        called: dict[str, Any] = {"restApiId": made.physical_id, "mode": "overwrite", "body": body}
        called["failOnWarnings"] = given.get("FailOnWarnings")
        called["parameters"] = given.get("Parameters")
        await site.call(_API, "PutRestApi", called)

    async def delete(self, site: Site, made: Made) -> None:
        await site.delete(_API, "DeleteRestApi", {"restApiId": made.physical_id})


def _title(given: Properties) -> Any:
    body = given.get("Body")
    return body.get("info", {}).get("title") if isinstance(body, Mapping) else None


def _replacing(paths: Mapping[str, str], changed: set[str], given: Properties) -> list[dict[str, str]]:
    """Patch operations for changed members. Values are texts (API Gateway user guide, patch operations)."""
    return [
        {"op": "replace", "path": path, "value": _text(given.get(name, ""))}
        for name, path in paths.items()
        if name in changed
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


async def _patch(site: Site, operation: str, which: Mapping[str, Any], operations: list[dict[str, str]]) -> None:
    if operations:
        await site.call(_API, operation, {**which, "patchOperations": operations})


class Resource(Kind):
    type = "AWS::ApiGateway::Resource"
    properties = fixed = required = words("ParentId PathPart RestApiId")
    attributes = words("ResourceId")

    async def create(self, site: Site, given: Properties) -> Made:
        answer = await site.call(_API, "CreateResource", lowered("CreateResource", given))
        return Made(self.type, answer["id"], attributes={"ResourceId": answer["id"]})

    async def delete(self, site: Site, made: Made) -> None:
        which = {"restApiId": made.properties["RestApiId"], "resourceId": made.physical_id}
        await site.delete(_API, "DeleteResource", which)


class Method(Kind):
    """With its integration and answers. It is made anew where it changes: nobody keeps anything of it but the API."""

    type = "AWS::ApiGateway::Method"
    properties = words(
        "ApiKeyRequired AuthorizationScopes AuthorizationType AuthorizerId HttpMethod Integration MethodResponses "
        "OperationName RequestModels RequestParameters RequestValidatorId ResourceId RestApiId"
    )
    fixed = words("HttpMethod ResourceId RestApiId")
    required = fixed

    def does_without(self, given: Properties, named: Named) -> tuple[Properties, set[str]]:
        """Models: a method without a validator checks nothing by them, and one with a validator is refused anyhow."""
        dropped: set[str] = set()

        def kept(models: Any) -> Any:
            if not isinstance(models, Mapping):
                return models
            found = {kind: named("AWS::ApiGateway::Model", model) for kind, model in models.items()}
            dropped.update(*found.values())
            return {kind: model for kind, model in models.items() if not found[kind]}

        def answer(one: Any) -> Any:
            models = isinstance(one, Mapping) and "ResponseModels" in one
            return {**one, "ResponseModels": kept(one["ResponseModels"])} if models else one

        changed = dict(given)
        if "RequestModels" in given:
            changed["RequestModels"] = kept(given["RequestModels"])
        if isinstance(answers := given.get("MethodResponses"), list):
            changed["MethodResponses"] = [answer(one) for one in answers]
        return changed, dropped

    def normal(self, site: Site, given: Properties) -> Properties:
        """Raises TemplateRefused for a model that no REST API has here: each has two."""
        answers = [one for one in given.get("MethodResponses", ()) if isinstance(one, Mapping)]
        for models in (given.get("RequestModels"), *(one.get("ResponseModels") for one in answers)):
            for model in models.values() if isinstance(models, Mapping) else ():
                if model not in ("Empty", "Error"):
                    raise TemplateRefused(f"it names the model {model}, which is not taken")
        return given

    async def create(self, site: Site, given: Properties) -> Made:
        await self._put(site, given)
        return Made(self.type, f"{site.logical_id}-{site.suffix}")

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        await site.delete(_API, "DeleteMethod", _method(made.properties or given))
        await self._put(site, given)
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        await site.delete(_API, "DeleteMethod", _method(made.properties))

    def identity(self, made: Made) -> tuple[Any, ...]:
        return tuple(made.properties.get(name) for name in sorted(self.fixed))

    async def _put(self, site: Site, given: Properties) -> None:
        apart = words("Integration MethodResponses")
        called = lowered("PutMethod", {name: value for name, value in given.items() if name not in apart})
        await site.call(_API, "PutMethod", {"authorizationType": "NONE", **called})
        which = _method(given)
        for response in given.get("MethodResponses", ()):
            await site.call(_API, "PutMethodResponse", {**which, **lowered("PutMethodResponse", response)})
        integration = given.get("Integration")
        if integration:
            members = {name: value for name, value in integration.items() if name != "IntegrationResponses"}
            await site.call(_API, "PutIntegration", {**which, **lowered("PutIntegration", members)})
            for response in integration.get("IntegrationResponses", ()):
                await site.call(
                    _API, "PutIntegrationResponse", {**which, **lowered("PutIntegrationResponse", response)}
                )


def _method(given: Properties) -> dict[str, Any]:
    return {"restApiId": given["RestApiId"], "resourceId": given["ResourceId"], "httpMethod": given["HttpMethod"]}


class Authorizer(Kind):
    type = "AWS::ApiGateway::Authorizer"
    properties = words(
        "AuthType AuthorizerCredentials AuthorizerResultTtlInSeconds AuthorizerUri IdentitySource "
        "IdentityValidationExpression Name ProviderARNs RestApiId Type"
    )
    fixed = words("RestApiId")
    required = words("Name RestApiId Type")
    attributes = words("AuthorizerId")

    async def create(self, site: Site, given: Properties) -> Made:
        called = lowered("CreateAuthorizer", given)
        answer = await site.call(_API, "CreateAuthorizer", called)
        return Made(self.type, answer["id"], attributes={"AuthorizerId": answer["id"]})

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        changed = {name for name in self.properties if made.properties.get(name) != given.get(name)}
        paths = {name: f"/{name[:1].lower()}{name[1:]}" for name in sorted(changed - {"ProviderARNs"})}
        before, after = made.properties.get("ProviderARNs", []), given.get("ProviderARNs", [])
        arns = [{"op": "add", "path": "/providerARNs", "value": one} for one in after if one not in before]
        arns += [{"op": "remove", "path": "/providerARNs", "value": one} for one in before if one not in after]
        which = {"restApiId": given["RestApiId"], "authorizerId": made.physical_id}
        await _patch(site, "UpdateAuthorizer", which, _replacing(paths, changed, given) + arns)
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        which = {"restApiId": made.properties["RestApiId"], "authorizerId": made.physical_id}
        await site.delete(_API, "DeleteAuthorizer", which)


class Deployment(Kind):
    """The API as it is at that moment. A changed API is deployed by another one; tools give that another logical id."""

    type = "AWS::ApiGateway::Deployment"
    properties = words("Description RestApiId StageName")
    fixed = properties
    required = words("RestApiId")
    attributes = words("DeploymentId")

    async def create(self, site: Site, given: Properties) -> Made:
        answer = await site.call(_API, "CreateDeployment", lowered("CreateDeployment", given))
        return Made(self.type, answer["id"], attributes={"DeploymentId": answer["id"]})

    async def delete(self, site: Site, made: Made) -> None:
        """With the stage that it made, where that has no other deployment by now."""
        which = {"restApiId": made.properties["RestApiId"], "deploymentId": made.physical_id}
        try:
            await site.delete(_API, "DeleteDeployment", which)
        except CallRefused as refused:
            stage = made.properties.get("StageName")
            if refused.code != "BadRequestException" or not stage:
                raise
            await site.delete(_API, "DeleteStage", {"restApiId": which["restApiId"], "stageName": stage})
            await site.delete(_API, "DeleteDeployment", which)


class Stage(Kind):
    type = "AWS::ApiGateway::Stage"
    properties = words("DeploymentId Description RestApiId StageName Tags TracingEnabled Variables")
    fixed = words("RestApiId StageName")
    required = words("RestApiId DeploymentId StageName")

    async def create(self, site: Site, given: Properties) -> Made:
        called = lowered("CreateStage", {name: value for name, value in given.items() if name != "Tags"})
        if "Tags" in given and "tags" in members_of(_API, "CreateStage"):
            called["tags"] = tags_of(given["Tags"])
        await site.call(_API, "CreateStage", called)
        return Made(self.type, str(given["StageName"]))

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        changed = {name for name in self.properties if made.properties.get(name) != given.get(name)}
        if "Tags" in changed:
            raise TemplateRefused("Tags of a stage cannot be changed here")
        paths = {name: f"/{name[:1].lower()}{name[1:]}" for name in ("DeploymentId", "Description", "TracingEnabled")}
        before, after = made.properties.get("Variables", {}), given.get("Variables", {})
        variables = [
            {"op": "replace", "path": f"/variables/{name}", "value": str(value)}
            for name, value in after.items()
            if before.get(name) != value
        ]
        variables += [{"op": "remove", "path": f"/variables/{name}"} for name in before if name not in after]
        which = {"restApiId": given["RestApiId"], "stageName": made.physical_id}
        await _patch(site, "UpdateStage", which, _replacing(paths, changed, given) + variables)
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        which = {"restApiId": made.properties["RestApiId"], "stageName": made.physical_id}
        await site.delete(_API, "DeleteStage", which)


KINDS: tuple[Kind, ...] = (RestApi(), Resource(), Method(), Authorizer(), Deployment(), Stage())
