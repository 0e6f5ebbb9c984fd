"""A whole document, checked as operations check what it is made of (`rest_checks`, `http_checks`). Raises Refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.domain.gateway.checks import bad, check_policy_text
from halfday.server.domain.gateway.http_checks import check_http_authorizer, check_http_integration, check_http_route
from halfday.server.domain.gateway.paths import MalformedPath, parse_template
from halfday.server.domain.gateway.rest_checks import (
    check_gateway_response,
    check_rest_authorizer,
    check_rest_integration,
    check_rest_integration_response,
    check_rest_method,
)
from halfday.server.domain.gateway.serving import ApiKind

Document = Mapping[str, Any]


def check_document(kind: ApiKind, document: Document) -> None:
    """Of who declares a whole API, and has come by none of its operations."""
    if kind is ApiKind.REST:
        _check_rest(document)
    else:
        _check_http(document)


def _check_rest(document: Document) -> None:
    check_policy_text(document.get("policy"))
    authorizers = document.get("authorizers", {})
    for authorizer in authorizers.values():
        check_rest_authorizer(authorizer)
    for name, response in document.get("gatewayResponses", {}).items():
        check_gateway_response(name, response)
    for resource in document["resources"].values():
        try:
            parse_template(resource["path"])
        except MalformedPath as problem:
            raise bad(f"Invalid path {resource['path']}: {problem}") from problem
        for method in resource["resourceMethods"].values():
            check_rest_method(method, authorizers)
            _check_rest_integration(method.get("methodIntegration"))


def _check_rest_integration(integration: Document | None) -> None:
    if integration is None:
        return
    check_rest_integration(integration)
    for response in integration.get("integrationResponses", {}).values():
        check_rest_integration_response(response)


def _check_http(document: Document) -> None:
    authorizers, integrations = document.get("Authorizers", {}), document.get("Integrations", {})
    for authorizer in authorizers.values():
        check_http_authorizer(authorizer)
    for integration in integrations.values():
        check_http_integration(integration)
    for route in document.get("Routes", {}).values():
        check_http_route(route, authorizers, integrations)
