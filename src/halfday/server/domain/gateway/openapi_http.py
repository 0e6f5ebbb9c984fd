"""An HTTP API from an OpenAPI file with API Gateway's extensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from halfday.server.domain.gateway.checks import bad, not_built
from halfday.server.domain.gateway.http_checks import check_http_authorizer, check_http_integration, check_http_route
from halfday.server.domain.gateway.openapi import (
    Definition,
    OpenApiOperation,
    X,
    integration_of,
    operations_of,
    refuse_extensions,
    schemes_of,
    security_of,
)

Document = dict[str, Any]
NewId = Callable[[], str]

_OF_THE_FILE = frozenset({"cors", "importexport-version", "documentation"})
_CORS = {
    "allowOrigins": "AllowOrigins",
    "allowMethods": "AllowMethods",
    "allowHeaders": "AllowHeaders",
    "exposeHeaders": "ExposeHeaders",
    "maxAge": "MaxAge",
    "allowCredentials": "AllowCredentials",
}


def http_api_of(definition: Definition, new_id: NewId) -> tuple[Document, str]:
    """The API's document and its name. Raises Refused."""
    refuse_extensions(definition, _OF_THE_FILE, "the file")
    info = definition.get("info", {})
    authorizers, by_scheme = _authorizers(definition, new_id)
    document: Document = {"Routes": {}, "Integrations": {}, "Authorizers": authorizers}
    if info.get("version"):
        document["Version"] = str(info["version"])
    if cors := definition.get(f"{X}cors"):
        document["CorsConfiguration"] = {_CORS[name]: value for name, value in cors.items() if name in _CORS}
    for operation in operations_of(definition):
        _add_route(document, definition, operation, by_scheme, new_id)
    return document, str(info.get("title") or "API")


def _add_route(
    document: Document,
    definition: Definition,
    operation: OpenApiOperation,
    by_scheme: Mapping[str, tuple[str, str | None]],
    new_id: NewId,
) -> None:
    is_default = operation.path == "/$default"
    key = "$default" if is_default else f"{operation.http_method} {operation.path}"
    refuse_extensions(operation.given, frozenset({"integration"}), key)
    route: Document = {"RouteId": new_id(), "RouteKey": key, "ApiKeyRequired": False}
    route |= _authorization(definition, operation, by_scheme)
    integration = integration_of(definition, operation)
    if integration is not None:
        made = _integration(integration, new_id())
        document["Integrations"][made["IntegrationId"]] = made
        route["Target"] = f"integrations/{made['IntegrationId']}"
    check_http_route(route, document["Authorizers"], document["Integrations"])
    document["Routes"][route["RouteId"]] = route


def _authorization(
    definition: Definition, operation: OpenApiOperation, by_scheme: Mapping[str, tuple[str, str | None]]
) -> Document:
    security = security_of(definition, operation)
    if security is None:
        return {"AuthorizationType": "NONE"}
    name, scopes = security
    if name not in by_scheme:
        raise not_built(f"the security scheme {name}, which is no authorizer of API Gateway")
    kind, authorizer_id = by_scheme[name]
    given: Document = {"AuthorizationType": kind}
    if authorizer_id is not None:
        given["AuthorizerId"] = authorizer_id
    if scopes:
        given["AuthorizationScopes"] = list(scopes)
    return given


def _authorizers(definition: Definition, new_id: NewId) -> tuple[Document, dict[str, tuple[str, str | None]]]:
    authorizers: Document = {}
    by_scheme: dict[str, tuple[str, str | None]] = {}
    for name, scheme in schemes_of(definition).items():
        given = scheme.get(f"{X}authorizer")
        if str(scheme.get(f"{X}authtype", "")).lower() == "awssigv4":
            by_scheme[name] = ("AWS_IAM", None)
        elif given is not None:
            made = _authorizer(name, given, new_id())
            authorizers[made["AuthorizerId"]] = made
            by_scheme[name] = ("JWT" if made["AuthorizerType"] == "JWT" else "CUSTOM", made["AuthorizerId"])
    return authorizers, by_scheme


def _authorizer(name: str, given: Definition, authorizer_id: str) -> Document:
    if given.get("authorizerCredentials"):
        raise not_built("authorizerCredentials")
    source = given.get("identitySource", "$request.header.Authorization")
    sources = [part.strip() for part in source.split(",")] if isinstance(source, str) else list(source)
    made: Document = {
        "AuthorizerId": authorizer_id,
        "Name": name,
        "AuthorizerType": str(given.get("type", "")).upper(),
        "IdentitySource": sources,
    }
    jwt = given.get("jwtConfiguration")
    if jwt is not None:
        made["JwtConfiguration"] = {"Issuer": jwt.get("issuer"), "Audience": jwt.get("audience", [])}
    for theirs, ours in (
        ("authorizerUri", "AuthorizerUri"),
        ("authorizerPayloadFormatVersion", "AuthorizerPayloadFormatVersion"),
        ("authorizerResultTtlInSeconds", "AuthorizerResultTtlInSeconds"),
        ("enableSimpleResponses", "EnableSimpleResponses"),
    ):
        if theirs in given:
            made[ours] = given[theirs]
    check_http_authorizer(made)
    return made


def _integration(given: Definition, integration_id: str) -> Document:
    if given.get("credentials"):
        raise not_built("credentials of an integration")
    if given.get("responseParameters"):
        raise not_built("responseParameters")
    kind = str(given.get("type", "")).upper()
    if kind not in ("HTTP_PROXY", "AWS_PROXY"):
        raise bad(f"Invalid integration type {given.get('type')}: HTTP_PROXY or AWS_PROXY")
    made: Document = {
        "IntegrationId": integration_id,
        "IntegrationType": kind,
        "IntegrationUri": given.get("uri", ""),
        "IntegrationMethod": given.get("httpMethod", "POST" if kind == "AWS_PROXY" else "ANY"),
        "ConnectionType": given.get("connectionType", "INTERNET"),
        "PayloadFormatVersion": str(given.get("payloadFormatVersion", "1.0")),
        "TimeoutInMillis": given.get("timeoutInMillis", 30000),
    }
    if given.get("requestParameters"):
        made["RequestParameters"] = dict(given["requestParameters"])
    check_http_integration(made)
    return made
