"""A REST API as it is configured (in the words of API Gateway's v1 API), read as what it serves.

A document has `resources` by id, each with `path` and `resourceMethods`; `authorizers` by id; `gatewayResponses` by
type; `policy` as JSON text. What is not built is refused where it is configured, so nothing is checked here again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from halfday.server.domain.gateway.paths import MalformedPath, parse_template
from halfday.server.domain.gateway.serving import (
    ApiKind,
    Authorization,
    Authorizer,
    AuthorizerKind,
    GatewayResponse,
    Integration,
    IntegrationKind,
    Method,
    MockResponse,
    Served,
)

Document = Mapping[str, Any]

LONGEST_S = 29.0
"""How long an integration may take at most."""
USUAL_TTL_S = 300
USUAL_SOURCE = "method.request.header.Authorization"

_FUNCTION = re.compile(r"arn:aws[a-z-]*:apigateway:[^:]+:lambda:path/[0-9-]+/functions/(?P<arn>.+)/invocations")


def read_rest_api(document: Document) -> Served:
    return Served(
        ApiKind.REST,
        tuple(_methods(document)),
        {name: read_authorizer(name, given) for name, given in document.get("authorizers", {}).items()},
        {name: _gateway_response(given) for name, given in document.get("gatewayResponses", {}).items()},
        policy=read_policy(document.get("policy")),
        binary_types=tuple(kind.replace("~1", "/") for kind in document.get("binaryMediaTypes", ())),
    )


def function_in(uri: str) -> str | None:
    """The function's ARN in a Lambda integration's URI; None where it is none."""
    found = _FUNCTION.fullmatch(uri)
    return found["arn"] if found else None


def read_policy(text: str | None) -> Mapping[str, Any] | None:
    """A resource policy. `execute-api:/STAGE/METHOD/PATH` in it is for this API (`iam_rules` completes it)."""
    if not text:
        return None
    found = json.loads(text)
    return found if isinstance(found, Mapping) and found.get("Statement") else None


def read_authorizer(authorizer_id: str, given: Document) -> Authorizer:
    kind = AuthorizerKind(given["type"])
    source = given.get("identitySource") or ("" if kind is AuthorizerKind.REQUEST else USUAL_SOURCE)
    return Authorizer(
        authorizer_id=authorizer_id,
        kind=kind,
        identity_sources=tuple(part.strip() for part in source.split(",") if part.strip()),
        pool_ids=tuple(arn.rpartition("/")[2] for arn in given.get("providerARNs", ())),
        function_arn=function_in(given.get("authorizerUri", "")) or "",
        validation_expression=given.get("identityValidationExpression") or None,
        ttl_s=given.get("authorizerResultTtlInSeconds", USUAL_TTL_S),
    )


def _methods(document: Document) -> Iterator[Method]:
    for resource in document.get("resources", {}).values():
        try:
            template = parse_template(resource["path"])
        except MalformedPath:
            continue
        for http_method, given in resource.get("resourceMethods", {}).items():
            integration = given.get("methodIntegration")
            yield Method(
                key=resource["path"],
                http_method=http_method,
                template=template,
                authorization=Authorization(given.get("authorizationType", "NONE")),
                integration=_integration(integration) if integration else None,
                authorizer_id=given.get("authorizerId"),
                scopes=tuple(given.get("authorizationScopes", ())),
                resource_id=resource["id"],
            )


def _integration(given: Document) -> Integration:
    kind = IntegrationKind(given["type"])
    uri = given.get("uri", "")
    method = given.get("httpMethod") or ""
    return Integration(
        kind=kind,
        uri=(function_in(uri) or "") if kind is IntegrationKind.LAMBDA else uri,
        method="" if method == "ANY" else method,
        parameters=given.get("requestParameters", {}),
        timeout_s=given.get("timeoutInMillis", LONGEST_S * 1000) / 1000,
        request_templates=given.get("requestTemplates", {}),
        passthrough=given.get("passthroughBehavior", "WHEN_NO_MATCH"),
        responses=tuple(_mock_response(status, one) for status, one in given.get("integrationResponses", {}).items()),
    )


def _mock_response(status: str, given: Document) -> MockResponse:
    return MockResponse(
        int(status),
        given.get("selectionPattern") or None,
        given.get("responseParameters", {}),
        {kind: template or "" for kind, template in given.get("responseTemplates", {}).items()},
    )


def _gateway_response(given: Document) -> GatewayResponse:
    status = given.get("statusCode")
    return GatewayResponse(
        int(status) if status else None, given.get("responseParameters", {}), given.get("responseTemplates", {})
    )
