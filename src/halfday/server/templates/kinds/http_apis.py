"""AWS::ApiGatewayV2::*: an HTTP API, its routes, integrations, authorizers, deployments and stages.

Source: CloudFormation template reference, Amazon API Gateway V2; facts/apigateway.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.templates.kinds.kind import Kind, Plain, Properties, Site, words
from halfday.server.templates.kinds.tags import tags_of
from halfday.server.templates.stacks import Made

_API = "apigatewayv2"
_OF_BODY = words("Body BasePath FailOnWarnings")


class Api(Kind):
    """`Body` is an OpenAPI document, in whose place the whole API is put when it changes."""

    type = "AWS::ApiGatewayV2::Api"
    properties = words(
        "ApiKeySelectionExpression BasePath Body CorsConfiguration CredentialsArn Description "
        "DisableExecuteApiEndpoint DisableSchemaValidation FailOnWarnings IpAddressType Name ProtocolType RouteKey "
        "RouteSelectionExpression Tags Target Version"
    )
    fixed = words("ProtocolType")
    attributes = words("ApiId ApiEndpoint ExecuteApiArn")

    async def create(self, site: Site, given: Properties) -> Made:
        members = {name: value for name, value in given.items() if name not in _OF_BODY}
        if "Tags" in members:
            members["Tags"] = tags_of(members["Tags"])
        if "Body" not in given:
            return self._made(site, await site.call(_API, "CreateApi", members))
        made = self._made(site, await site.call(_API, "ImportApi", _imported(given)))
        await site.begun(made)
        if members:
            await site.call(_API, "UpdateApi", {"ApiId": made.physical_id, **_changeable(members)})
        return made

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        which = {"ApiId": made.physical_id}
        changed = {name for name in self.properties if made.properties.get(name) != given.get(name)}
        if changed & _OF_BODY and "Body" in given:
            await site.call(_API, "ReimportApi", {**which, **_imported(given)})
        members = {name: value for name, value in given.items() if name not in _OF_BODY}
        if members and changed - _OF_BODY - {"Tags"}:
            await site.call(_API, "UpdateApi", {**which, **_changeable(members)})
        if "CorsConfiguration" in changed and "CorsConfiguration" not in given:
            await site.call(_API, "DeleteCorsConfiguration", which)
        await self._retag(site, made, given)
        return replace(made)

    async def _retag(self, site: Site, made: Made, given: Properties) -> None:
        before, after = tags_of(made.properties.get("Tags") or {}), tags_of(given.get("Tags") or {})
        arn = {"ResourceArn": f"arn:aws:apigateway:{site.calls.region}::/apis/{made.physical_id}"}
        if gone := [name for name in before if name not in after]:
            await site.call(_API, "UntagResource", {**arn, "TagKeys": gone})
        if added := {name: value for name, value in after.items() if before.get(name) != value}:
            await site.call(_API, "TagResource", {**arn, "Tags": added})

    async def delete(self, site: Site, made: Made) -> None:
        await site.delete(_API, "DeleteApi", {"ApiId": made.physical_id})

    def _made(self, site: Site, answer: Mapping[str, Any]) -> Made:
        arn = f"arn:aws:execute-api:{site.calls.region}:{site.calls.account}:{answer['ApiId']}"
        told = {"ApiId": answer["ApiId"], "ApiEndpoint": answer["ApiEndpoint"], "ExecuteApiArn": arn}
        return Made(self.type, answer["ApiId"], attributes=told)


def _imported(given: Properties) -> dict[str, Any]:
    called = {"Body": json.dumps(given["Body"]), "Basepath": given.get("BasePath")}
    return {**called, "FailOnWarnings": given.get("FailOnWarnings")}


def _changeable(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in ("ProtocolType", "Tags")}


def _part(kind: str, id_member: str, properties: str, *, required: str) -> Plain:
    """What stands in an HTTP API: made, changed and deleted by operations that are named after it."""
    return Plain(
        f"AWS::ApiGatewayV2::{kind}",
        _API,
        f"Create{kind}",
        f"Update{kind}",
        f"Delete{kind}",
        words(f"ApiId {properties}"),
        {"ApiId": "ApiId", id_member: ".id"},
        (id_member,),
        fixed=words("ApiId"),
        required=words(f"ApiId {required}"),
        attributes=words(id_member),
        from_output={id_member: (id_member,)},
        answered=True,
    )


ROUTE = _part(
    "Route",
    "RouteId",
    "ApiKeyRequired AuthorizationScopes AuthorizationType AuthorizerId OperationName RouteKey Target",
    required="RouteKey",
)
INTEGRATION = _part(
    "Integration",
    "IntegrationId",
    "ConnectionType ContentHandlingStrategy CredentialsArn Description IntegrationMethod IntegrationSubtype "
    "IntegrationType IntegrationUri PassthroughBehavior PayloadFormatVersion RequestParameters RequestTemplates "
    "ResponseParameters TemplateSelectionExpression TimeoutInMillis TlsConfig",
    required="IntegrationType",
)
AUTHORIZER = _part(
    "Authorizer",
    "AuthorizerId",
    "AuthorizerCredentialsArn AuthorizerPayloadFormatVersion AuthorizerResultTtlInSeconds AuthorizerType AuthorizerUri "
    "EnableSimpleResponses IdentitySource IdentityValidationExpression JwtConfiguration Name",
    required="AuthorizerType Name",
)
DEPLOYMENT = _part("Deployment", "DeploymentId", "Description StageName", required="")
STAGE = Plain(
    "AWS::ApiGatewayV2::Stage",
    _API,
    "CreateStage",
    "UpdateStage",
    "DeleteStage",
    words("ApiId AutoDeploy DefaultRouteSettings DeploymentId Description RouteSettings StageName StageVariables Tags"),
    {"ApiId": "ApiId", "StageName": "StageName"},
    ("StageName",),
    fixed=words("ApiId StageName"),
    required=words("ApiId StageName"),
    converted={"Tags": tags_of},
)

KINDS: tuple[Kind, ...] = (Api(), ROUTE, INTEGRATION, AUTHORIZER, DEPLOYMENT, STAGE)
