"""What may be configured of an HTTP API (`checks`). Raises Refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.gateway.checks import (
    URL,
    bad,
    check_authorizer_of,
    check_timeout,
    check_ttl,
    check_url,
    integration_kind,
    not_built,
)
from halfday.server.domain.gateway.http_documents import parse_route_key
from halfday.server.domain.gateway.paths import MalformedPath
from halfday.server.domain.gateway.rest_documents import function_in
from halfday.server.domain.gateway.serving import Authorization, AuthorizerKind, IntegrationKind

Document = Mapping[str, Any]

_FUNCTION_ARN = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:.+")


def check_http_route(
    route: Document, authorizers: Mapping[str, Document], integrations: Mapping[str, Document]
) -> None:
    try:
        parse_route_key(route["RouteKey"])
    except MalformedPath as problem:
        raise bad(f"Invalid route key specified: {problem}") from problem
    kind = route.get("AuthorizationType", "NONE")
    if kind not in {known.value for known in Authorization if known is not Authorization.COGNITO}:
        raise bad("Invalid authorization type specified")
    kinds = {name: one["AuthorizerType"] for name, one in authorizers.items()}
    check_authorizer_of(kind, route.get("AuthorizerId"), kinds)
    if route.get("AuthorizationScopes") and kind != Authorization.JWT.value:
        raise bad("Authorization scopes are only supported for JWT authorization type")
    target = route.get("Target")
    if target is not None and target.removeprefix("integrations/") not in integrations:
        raise bad("Invalid integration identifier specified")
    if route.get("ApiKeyRequired"):
        raise not_built("ApiKeyRequired: HTTP APIs have no API keys")


def check_http_authorizer(given: Document) -> None:
    try:
        kind = AuthorizerKind(given.get("AuthorizerType", ""))
    except ValueError as problem:
        raise bad("Invalid authorizer type specified. Must be REQUEST or JWT") from problem
    if kind not in (AuthorizerKind.JWT, AuthorizerKind.REQUEST):
        raise bad("Invalid authorizer type specified. Must be REQUEST or JWT")
    sources = given.get("IdentitySource", ())
    if any(not source.startswith("$") for source in sources):
        raise bad("Invalid identity source specified: it begins with $request, $context or $stageVariables")
    if kind is AuthorizerKind.JWT:
        jwt = given.get("JwtConfiguration") or {}
        if len(sources) != 1:
            raise bad("A JWT authorizer has one identity source")
        if not jwt.get("Issuer") or not jwt.get("Audience"):
            raise bad("JwtConfiguration of a JWT authorizer needs Issuer and Audience")
        if not URL.fullmatch(jwt["Issuer"]):
            raise bad(
                f"Invalid issuer: {jwt['Issuer']}. Issuer must have a valid discovery endpoint ended with "
                "'/.well-known/openid-configuration'"
            )
        return
    check_ttl(given.get("AuthorizerResultTtlInSeconds"))
    if function_in(given.get("AuthorizerUri") or "") is None:
        raise bad("Invalid Authorizer URI: it has to name a Lambda function's invocations")
    version = given.get("AuthorizerPayloadFormatVersion")
    if version not in ("1.0", "2.0"):
        raise bad("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer: 1.0 or 2.0")
    if given.get("EnableSimpleResponses") and version != "2.0":
        raise bad("Simple responses are only supported with payload format version 2.0")
    if given.get("AuthorizerResultTtlInSeconds") and not sources:
        raise bad("Identity source is required for authorizers whose results are cached")


def check_http_integration(given: Document) -> None:
    kind = integration_kind(given.get("IntegrationType", ""))
    if kind is IntegrationKind.MOCK:
        raise bad("HTTP APIs have no mock integrations")
    if given.get("ConnectionType", "INTERNET") != "INTERNET":
        raise not_built("ConnectionType VPC_LINK")
    uri = given.get("IntegrationUri") or ""
    version = given.get("PayloadFormatVersion", "1.0")
    if version not in ("1.0", "2.0") or (kind is IntegrationKind.HTTP and version != "1.0"):
        raise bad("Invalid payload format version specified")
    if kind is IntegrationKind.LAMBDA:
        if function_in(uri) is None and not _FUNCTION_ARN.fullmatch(uri):
            raise bad("Integration URI must be a Lambda function's ARN")
        if given.get("RequestParameters"):
            raise not_built("RequestParameters of AWS_PROXY")
    else:
        check_url(uri)
        if not given.get("IntegrationMethod"):
            raise bad("IntegrationMethod is required for HTTP_PROXY integrations")
        _check_http_parameters(given.get("RequestParameters", {}))
    check_timeout(given.get("TimeoutInMillis"), 30_000)


def _check_http_parameters(parameters: Mapping[str, str]) -> None:
    for target, source in parameters.items():
        if not re.fullmatch(r"(?:append|overwrite|remove):(?:header|querystring)\.[\w.-]+|overwrite:path", target):
            raise bad(f"Invalid mapping expression specified: {target}")
        if "$request.body" in source:
            raise not_built("mappings of the body")
