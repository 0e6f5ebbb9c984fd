"""Finds methods and integrations in a REST API's document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.operations.framework.gateway_apis import entity, not_found


def the_method(document: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """Raises Refused."""
    resource = entity(document["resources"], given["resourceId"], "Resource")
    return entity(resource["resourceMethods"], given["httpMethod"], "Method")


def the_integration(document: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """Raises Refused."""
    method = the_method(document, given)
    if "methodIntegration" not in method:
        raise not_found("Invalid Integration identifier specified")
    return method["methodIntegration"]


def response_of(responses: Mapping[str, Any], status: str) -> Any:
    """Of a method or an integration. Raises Refused."""
    if status not in responses:
        raise not_found("Invalid Response status code specified")
    return responses[status]
