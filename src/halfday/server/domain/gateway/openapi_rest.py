"""A REST API from an OpenAPI file with API Gateway's extensions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from halfday.server.domain.gateway.checks import bad, check_policy_text, not_built
from halfday.server.domain.gateway.openapi import (
    Definition,
    OpenApiOperation,
    X,
    integration_of,
    operations_of,
    refuse_extensions,
    resolved,
    schemes_of,
    security_of,
)
from halfday.server.domain.gateway.paths import MalformedPath, parse_template
from halfday.server.domain.gateway.rest_checks import (
    check_gateway_response,
    check_rest_authorizer,
    check_rest_integration,
    check_rest_integration_response,
    check_rest_method,
)

Document = dict[str, Any]
NewId = Callable[[], str]

_OF_THE_FILE = frozenset(
    {
        "binary-media-types",
        "policy",
        "gateway-responses",
        "api-key-source",
        "endpoint-configuration",
        "documentation",
        "importexport-version",
    }
)
_OF_AN_OPERATION = frozenset({"integration", "auth"})
_IAM = "AWS_IAM"


def rest_api_of(definition: Definition, new_id: NewId) -> tuple[Document, str]:
    """The API's document and its name. Raises Refused."""
    refuse_extensions(definition, _OF_THE_FILE, "the file")
    info = definition.get("info", {})
    authorizers, by_scheme = _authorizers(definition, new_id)
    document: Document = {
        "resources": {},
        "authorizers": authorizers,
        "gatewayResponses": _gateway_responses(definition),
    }
    if info.get("description"):
        document["description"] = info["description"]
    if info.get("version") is not None:
        document["version"] = str(info["version"])
    if definition.get(f"{X}binary-media-types"):
        document["binaryMediaTypes"] = list(definition[f"{X}binary-media-types"])
    if definition.get(f"{X}policy"):
        document["policy"] = json.dumps(definition[f"{X}policy"])
        check_policy_text(document["policy"])
    if definition.get(f"{X}endpoint-configuration"):
        document["endpointConfiguration"] = {"types": definition[f"{X}endpoint-configuration"].get("types", ["EDGE"])}
    tree = ResourceTree(document["resources"], lambda path: new_id())
    for path in ("/", *definition.get("paths", {})):
        tree.resource(path)
    for operation in operations_of(definition):
        method = _method(definition, operation, by_scheme)
        check_rest_method(method, authorizers)
        tree.resource(operation.path)["resourceMethods"][operation.http_method] = method
    return document, str(info.get("title") or "API")


class ResourceTree:
    """Resources by path: those above are made with them."""

    def __init__(self, resources: Document, id_of: Callable[[str], str]) -> None:
        self._resources, self._id_of = resources, id_of
        self._by_path: dict[str, Document] = {}

    def resource(self, path: str) -> Document:
        plain = path.rstrip("/") or "/"
        if plain in self._by_path:
            return self._by_path[plain]
        try:
            parse_template(plain)
        except MalformedPath as problem:
            raise bad(f"Invalid path {path}: {problem}") from problem
        made: Document = {"id": self._id_of(plain), "path": plain, "resourceMethods": {}}
        if plain != "/":
            above, _, part = plain.rpartition("/")
            made |= {"parentId": self.resource(above or "/")["id"], "pathPart": part}
        self._by_path[plain] = self._resources[made["id"]] = made
        return made


def _authorizers(definition: Definition, new_id: NewId) -> tuple[Document, dict[str, tuple[str, str | None]]]:
    """Authorizers by id, and by each scheme's name the authorization type and the authorizer's id."""
    authorizers: Document = {}
    by_scheme: dict[str, tuple[str, str | None]] = {}
    for name, scheme in schemes_of(definition).items():
        kind = scheme.get(f"{X}authtype", "")
        given = scheme.get(f"{X}authorizer")
        if kind.lower() == "awssigv4":
            by_scheme[name] = (_IAM, None)
        elif given is not None:
            authorizer = _authorizer(name, scheme, given, new_id())
            authorizers[authorizer["id"]] = authorizer
            is_cognito = authorizer["type"] == "COGNITO_USER_POOLS"
            by_scheme[name] = ("COGNITO_USER_POOLS" if is_cognito else "CUSTOM", authorizer["id"])
    return authorizers, by_scheme


def _authorizer(name: str, scheme: Definition, given: Definition, authorizer_id: str) -> Document:
    kinds = {"token": "TOKEN", "request": "REQUEST", "cognito_user_pools": "COGNITO_USER_POOLS"}
    kind = kinds.get(str(given.get("type", "token")).lower())
    if kind is None:
        raise bad(f"Invalid authorizer type of {name}: {given.get('type')}")
    if given.get("authorizerCredentials"):
        raise not_built("authorizerCredentials")
    made: Document = {"id": authorizer_id, "name": name, "type": kind}
    members = ("providerARNs", "authorizerUri", "identityValidationExpression", "authorizerResultTtlInSeconds")
    made |= {member: given[member] for member in members if member in given}
    made["authType"] = scheme.get(f"{X}authtype", "custom")
    source = given.get("identitySource")
    if source is None and kind != "REQUEST":
        source = f"method.request.header.{scheme.get('name', 'Authorization')}"
    if source is not None:
        made["identitySource"] = source
    check_rest_authorizer(made)
    return made


def _gateway_responses(definition: Definition) -> Document:
    found: Document = {}
    for kind, given in definition.get(f"{X}gateway-responses", {}).items():
        made: Document = {"responseType": kind, "responseParameters": given.get("responseParameters", {})}
        made["responseTemplates"] = given.get("responseTemplates", {})
        if given.get("statusCode") is not None:
            made["statusCode"] = str(given["statusCode"])
        check_gateway_response(kind, made)
        found[kind] = made
    return found


def _method(
    definition: Definition, operation: OpenApiOperation, by_scheme: Mapping[str, tuple[str, str | None]]
) -> Document:
    where = f"{operation.http_method} {operation.path}"
    refuse_extensions(operation.given, _OF_AN_OPERATION, where)
    method: Document = {"httpMethod": operation.http_method, "apiKeyRequired": False}
    method |= _authorization(definition, operation, by_scheme)
    method["requestParameters"] = _parameters(operation)
    if operation.given.get("operationId"):
        method["operationName"] = operation.given["operationId"]
    responses = {str(status): resolved(definition, one) for status, one in operation.given.get("responses", {}).items()}
    method["methodResponses"] = {
        status: {"statusCode": status, "responseParameters": _headers(one)}
        for status, one in responses.items()
        if status.isdigit()
    }
    integration = integration_of(definition, operation)
    if integration is not None:
        method["methodIntegration"] = _integration(integration)
    return method


def _authorization(
    definition: Definition, operation: OpenApiOperation, by_scheme: Mapping[str, tuple[str, str | None]]
) -> Document:
    if operation.given.get(f"{X}auth", {}).get("type", "").upper() == _IAM:
        return {"authorizationType": _IAM}
    security = security_of(definition, operation)
    if security is None:
        return {"authorizationType": "NONE"}
    name, scopes = security
    if name not in by_scheme:
        raise not_built(f"the security scheme {name}, which is no authorizer of API Gateway")
    kind, authorizer_id = by_scheme[name]
    given: Document = {"authorizationType": kind}
    if authorizer_id is not None:
        given["authorizerId"] = authorizer_id
    if scopes:
        given["authorizationScopes"] = list(scopes)
    return given


def _parameters(operation: OpenApiOperation) -> dict[str, bool]:
    places = {"path": "path", "query": "querystring", "header": "header"}
    return {
        f"method.request.{places[one['in']]}.{one['name']}": bool(one.get("required", False))
        for one in operation.parameters
        if one.get("in") in places
    }


def _headers(response: Definition) -> dict[str, bool]:
    return {f"method.response.header.{name}": False for name in response.get("headers", {})}


def _integration(given: Definition) -> Document:
    if given.get("credentials"):
        raise not_built("credentials of an integration")
    kind = str(given.get("type", "")).upper()
    made: Document = {"type": kind}
    members = ("uri", "httpMethod", "requestParameters", "requestTemplates", "timeoutInMillis", "connectionType")
    made |= {member: given[member] for member in members if member in given}
    made["passthroughBehavior"] = str(given.get("passthroughBehavior", "when_no_match")).upper()
    if kind != "MOCK" and given.get("responses") and kind in ("HTTP_PROXY", "AWS_PROXY"):
        given = {**given, "responses": {}}
    made["integrationResponses"] = dict(_response(pattern, one) for pattern, one in given.get("responses", {}).items())
    check_rest_integration(made)
    return made


def _response(pattern: str, given: Definition) -> tuple[str, Document]:
    status = str(given.get("statusCode", pattern))
    if not status.isdigit():
        raise bad(f"an integration response has no statusCode: {pattern}")
    made: Document = {"statusCode": status, "responseParameters": given.get("responseParameters", {})}
    made["responseTemplates"] = given.get("responseTemplates", {})
    if pattern != "default":
        made["selectionPattern"] = pattern
    check_rest_integration_response(made)
    return status, made
