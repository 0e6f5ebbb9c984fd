"""An HTTP API as it is configured (in the words of API Gateway's v2 API), read as what it serves.

A document has `Routes`, `Integrations` and `Authorizers` by id, and `CorsConfiguration`. What is not built is refused
where it is configured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from halfday.server.domain.gateway.paths import DEFAULT, MalformedPath, PathTemplate, parse_template
from halfday.server.domain.gateway.rest_documents import function_in
from halfday.server.domain.gateway.serving import (
    ApiKind,
    Authorization,
    Authorizer,
    AuthorizerKind,
    CorsRules,
    Integration,
    IntegrationKind,
    Method,
    Served,
)

Document = Mapping[str, Any]

LONGEST_S = 30.0
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")

_ROUTE_KEY = re.compile(rf"({'|'.join(METHODS)}) (/\S*)")


def read_http_api(document: Document) -> Served:
    return Served(
        ApiKind.HTTP,
        tuple(_routes(document)),
        {name: _authorizer(name, given) for name, given in document.get("Authorizers", {}).items()},
        cors=_cors(document.get("CorsConfiguration")),
    )


def parse_route_key(key: str) -> tuple[str, PathTemplate]:
    """Method and path of `GET /things/{id}`, or of `$default`. Raises MalformedPath."""
    if key == "$default":
        return "ANY", DEFAULT
    found = _ROUTE_KEY.fullmatch(key)
    if found is None:
        raise MalformedPath("a route key is a method and a path, or $default")
    return found[1], parse_template(found[2])


def _routes(document: Document) -> Iterator[Method]:
    integrations = document.get("Integrations", {})
    for route_id, route in document.get("Routes", {}).items():
        http_method, template = parse_route_key(route["RouteKey"])
        integration = integrations.get(route.get("Target", "").removeprefix("integrations/"))
        yield Method(
            key=route["RouteKey"],
            http_method=http_method,
            template=template,
            authorization=Authorization(route.get("AuthorizationType", "NONE")),
            integration=_integration(integration) if integration else None,
            authorizer_id=route.get("AuthorizerId"),
            scopes=tuple(route.get("AuthorizationScopes", ())),
            resource_id=route_id,
        )


def _integration(given: Document) -> Integration:
    kind, uri = IntegrationKind(given["IntegrationType"]), given.get("IntegrationUri", "")
    method = given.get("IntegrationMethod") or ""
    return Integration(
        kind=kind,
        uri=(function_in(uri) or uri) if kind is IntegrationKind.LAMBDA else uri,
        method="" if method == "ANY" else method,
        parameters=given.get("RequestParameters", {}),
        payload_version=given.get("PayloadFormatVersion", "1.0"),
        timeout_s=given.get("TimeoutInMillis", LONGEST_S * 1000) / 1000,
    )


def _authorizer(authorizer_id: str, given: Document) -> Authorizer:
    jwt = given.get("JwtConfiguration", {})
    return Authorizer(
        authorizer_id=authorizer_id,
        kind=AuthorizerKind(given["AuthorizerType"]),
        identity_sources=tuple(given.get("IdentitySource", ())),
        issuer=jwt.get("Issuer", ""),
        audience=tuple(jwt.get("Audience", ())),
        function_arn=function_in(given.get("AuthorizerUri", "")) or "",
        ttl_s=given.get("AuthorizerResultTtlInSeconds", 0),
        payload_version=given.get("AuthorizerPayloadFormatVersion", "1.0"),
        simple=given.get("EnableSimpleResponses", False),
    )


def _cors(given: Document | None) -> CorsRules | None:
    if not given:
        return None
    return CorsRules(
        origins=tuple(given.get("AllowOrigins", ())),
        methods=tuple(given.get("AllowMethods", ())),
        headers=tuple(given.get("AllowHeaders", ())),
        exposed=tuple(given.get("ExposeHeaders", ())),
        max_age_s=given.get("MaxAge"),
        credentials=given.get("AllowCredentials", False),
    )
