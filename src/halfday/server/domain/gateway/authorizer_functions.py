"""Lambda authorizers: what the function is asked, and what its answer says. A policy is evaluated by `iam`-side rules.

Source: developer guides, Input to and Output from a Lambda authorizer; Control access to HTTP APIs with Lambda
authorizers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from halfday.server.domain.gateway.events import NOBODY, Routed, context_v1, context_v2, event_v1, head_v2
from halfday.server.domain.gateway.paths import decoded
from halfday.server.domain.gateway.refusals import GatewayRefused, ResponseType
from halfday.server.domain.gateway.requests import joined
from halfday.server.domain.gateway.serving import ApiKind, Authorizer, AuthorizerKind

UNAUTHORIZED = "Unauthorized"
"""A function that raises an error of exactly this message is answered by 401."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a function said, checked. `allowed` is a simple answer's; else `policy` decides, for each method anew."""

    context: Mapping[str, Any]
    principal: str | None = None
    policy: Mapping[str, Any] | None = None
    allowed: bool = False


def question(routed: Routed, authorizer: Authorizer, sources: list[str]) -> dict[str, Any]:
    """The event. `sources` are the values of the authorizer's identity sources."""
    arn = routed.at.method_arn(routed.request.method, routed.request.raw_path)
    if authorizer.kind is AuthorizerKind.TOKEN:
        return {"type": "TOKEN", "methodArn": arn, "authorizationToken": sources[0]}
    if authorizer.payload_version == "2.0":
        return _request_v2(routed, arn, sources)
    return _request_v1(routed, arn, sources)


def _request_v1(routed: Routed, arn: str, sources: list[str]) -> dict[str, Any]:
    event = event_v1(routed, NOBODY)
    del event["body"], event["isBase64Encoded"]
    version = event.pop("version", None)
    empty = {name: value if value is not None else {} for name, value in event.items()}
    told: dict[str, Any] = {"type": "REQUEST", "methodArn": arn}
    if version:
        values = ",".join(sources)
        told |= {"version": version, "identitySource": values, "authorizationToken": values}
    return {**told, **empty, "requestContext": context_v1(routed, NOBODY)}


def _request_v2(routed: Routed, arn: str, sources: list[str]) -> dict[str, Any]:
    event = {"type": "REQUEST", "routeArn": arn, "identitySource": sources, **head_v2(routed, "2.0")}
    event["requestContext"] = context_v2(routed, NOBODY)
    event["queryStringParameters"] = joined(routed.request.many_parameters())
    event["pathParameters"] = decoded(routed.parameters)
    event["stageVariables"] = dict(routed.at.variables)
    return event


def verdict_of(found: Any, authorizer: Authorizer, kind: ApiKind) -> Verdict:
    """Raises GatewayRefused for an answer that is none."""
    if not isinstance(found, Mapping):
        raise broken("it answered no object")
    context = found.get("context") or {}
    if not isinstance(context, Mapping):
        raise broken("its context is no object")
    if authorizer.simple:
        if not isinstance(found.get("isAuthorized"), bool):
            raise broken("isAuthorized is neither true nor false")
        return Verdict(context, allowed=found["isAuthorized"])
    if authorizer.payload_version == "1.0" and any(isinstance(value, (Mapping, list)) for value in context.values()):
        raise broken("its context holds an object or a list")
    principal, policy = found.get("principalId"), found.get("policyDocument")
    if kind is ApiKind.REST and (not isinstance(principal, str) or not principal):
        raise broken("principalId is missing")
    if not isinstance(policy, Mapping):
        raise broken("policyDocument is missing")
    return Verdict(context, str(principal) if principal is not None else None, policy)


def broken(why: str) -> GatewayRefused:
    return GatewayRefused(ResponseType.AUTHORIZER_CONFIGURATION_ERROR, f"the authorizer's function: {why}")


def context_texts(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context as payload 1.0 hands it on: numbers and booleans are texts."""
    return {name: _text(value) for name, value in context.items()}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else str(value)
