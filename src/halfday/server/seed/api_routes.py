"""Routes and authorizers of [[api]], as documents of API Gateway. Raises Refused, with the route or authorizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.protocol.identifiers import function_arn, user_pool_arn
from halfday.server.domain.gateway.declarations import stable_id
from halfday.server.domain.gateway.http_checks import check_http_authorizer, check_http_integration, check_http_route
from halfday.server.domain.gateway.http_documents import parse_route_key
from halfday.server.domain.gateway.openapi_rest import ResourceTree
from halfday.server.domain.gateway.paths import MalformedPath
from halfday.server.domain.gateway.rest_checks import check_rest_authorizer, check_rest_integration, check_rest_method
from halfday.server.domain.refusals import Refused
from halfday.server.services import Services

Table = Mapping[str, Any]
Document = dict[str, Any]

_IAM = "IAM"
_REST_KINDS = {"COGNITO": "COGNITO_USER_POOLS", "TOKEN": "TOKEN", "REQUEST": "REQUEST"}
_HTTP_KINDS = {"JWT": "JWT", "REQUEST": "REQUEST"}


class _Routes:
    """What both kinds share: names of authorizers, ARNs."""

    def __init__(self, services: Services, table: Table) -> None:
        self._settings, self._table, self._id = services.settings, table, str(table["id"])

    def _arn(self, name: str) -> str:
        return function_arn(self._settings.region, self._settings.account_id, name)

    def _invocations(self, name: str) -> str:
        return (
            f"arn:aws:apigateway:{self._settings.region}:lambda:path/2015-03-31/functions/{self._arn(name)}/invocations"
        )

    def _kind_of(self, table: Table, kinds: Mapping[str, str]) -> str:
        kind = kinds.get(table["type"])
        if kind is None:
            raise Refused(
                "", f"[[api.authorizer]] {table['name']}: type is {' or '.join(kinds)}, not {table['type']!r}"
            )
        return kind

    def _authorizer_of(self, route: Table, authorizers: Document) -> str | None:
        """The authorizer's id; None for IAM and where there is none."""
        name = route.get("authorizer")
        if name in (None, _IAM):
            return None
        found = stable_id(self._id, "authorizer", name)
        if found not in authorizers:
            raise Refused("", f"[[api.route]] {route['route']}: there is no [[api.authorizer]] {name!r}")
        return found

    def _target(self, route: Table) -> tuple[str, str]:
        """Which of backend and function it has, and its value."""
        found = [(name, route[name]) for name in ("backend", "function") if name in route]
        if len(found) != 1:
            raise Refused("", f"[[api.route]] {route['route']}: it has either a backend or a function")
        return found[0]


class RestRoutes(_Routes):
    def document(self) -> Document:
        authorizers = {one["id"]: one for one in map(self._authorizer, self._table.get("authorizer", ()))}
        resources: Document = {}
        tree = ResourceTree(resources, lambda path: stable_id(self._id, "resource", path))
        tree.resource("/")
        for route in self._table.get("route", ()):
            http_method, path = _split(route)
            method = self._method(route, http_method, authorizers)
            check_rest_method(method, authorizers)
            tree.resource(path)["resourceMethods"][http_method] = method
        return {"resources": resources, "authorizers": authorizers, "gatewayResponses": {}}

    def _authorizer(self, table: Table) -> Document:
        kind = self._kind_of(table, _REST_KINDS)
        made: Document = {"id": stable_id(self._id, "authorizer", table["name"]), "name": table["name"], "type": kind}
        made["authType"] = "cognito_user_pools" if kind == "COGNITO_USER_POOLS" else "custom"
        if "pools" in table:
            made["providerARNs"] = [user_pool_arn(one, self._settings.account_id) for one in table["pools"]]
        if "function" in table:
            made["authorizerUri"] = self._invocations(table["function"])
        if "identity_sources" in table:
            made["identitySource"] = ", ".join(table["identity_sources"])
        if "validation" in table:
            made["identityValidationExpression"] = table["validation"]
        if "ttl_s" in table:
            made["authorizerResultTtlInSeconds"] = table["ttl_s"]
        _refuse(table, ("issuer", "audience", "payload", "simple"), "REST")
        check_rest_authorizer(made)
        return made

    def _method(self, route: Table, http_method: str, authorizers: Document) -> Document:
        authorizer = self._authorizer_of(route, authorizers)
        method: Document = {"httpMethod": http_method, "apiKeyRequired": False, "authorizationType": "NONE"}
        if route.get("authorizer") == _IAM:
            method["authorizationType"] = "AWS_IAM"
        elif authorizer is not None:
            is_cognito = authorizers[authorizer]["type"] == "COGNITO_USER_POOLS"
            method["authorizationType"] = "COGNITO_USER_POOLS" if is_cognito else "CUSTOM"
            method["authorizerId"] = authorizer
        if route.get("scopes"):
            method["authorizationScopes"] = list(route["scopes"])
        parameters = [part.strip("{}").rstrip("+") for part in _split(route)[1].split("/") if part.startswith("{")]
        method["requestParameters"] = {f"method.request.path.{name}": True for name in parameters}
        method["methodIntegration"] = self._integration(route, parameters)
        return method

    def _integration(self, route: Table, parameters: list[str]) -> Document:
        kind, value = self._target(route)
        if kind == "function":
            _refuse(route, ("headers", "payload"), "function of a REST")
            made: Document = {"type": "AWS_PROXY", "httpMethod": "POST", "uri": self._invocations(value)}
        else:
            _refuse(route, ("payload",), "backend of a REST")
            mapped = {f"integration.request.path.{name}": f"method.request.path.{name}" for name in parameters}
            mapped |= {
                f"integration.request.header.{name}": source for name, source in route.get("headers", {}).items()
            }
            made = {"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": value, "requestParameters": mapped}
        made |= {"passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000}
        check_rest_integration(made)
        return made


class HttpRoutes(_Routes):
    def document(self) -> Document:
        authorizers = {one["AuthorizerId"]: one for one in map(self._authorizer, self._table.get("authorizer", ()))}
        integrations: Document = {}
        routes: Document = {}
        for table in self._table.get("route", ()):
            integration = self._integration(table)
            integrations[integration["IntegrationId"]] = integration
            route = self._route(table, integration["IntegrationId"], authorizers)
            check_http_route(route, authorizers, integrations)
            routes[route["RouteId"]] = route
        return {"Routes": routes, "Integrations": integrations, "Authorizers": authorizers}

    def _authorizer(self, table: Table) -> Document:
        kind = self._kind_of(table, _HTTP_KINDS)
        made: Document = {
            "AuthorizerId": stable_id(self._id, "authorizer", table["name"]),
            "Name": table["name"],
            "AuthorizerType": kind,
            "IdentitySource": list(table.get("identity_sources", ["$request.header.Authorization"])),
        }
        if kind == "JWT":
            made["JwtConfiguration"] = {"Issuer": table.get("issuer"), "Audience": list(table.get("audience", ()))}
            _refuse(
                table, ("function", "ttl_s", "payload", "simple", "pools", "validation"), "JWT authorizer of an HTTP"
            )
        else:
            made["AuthorizerUri"] = self._invocations(table.get("function", ""))
            made["AuthorizerPayloadFormatVersion"] = table.get("payload", "2.0")
            made["EnableSimpleResponses"] = table.get("simple", made["AuthorizerPayloadFormatVersion"] == "2.0")
            made["AuthorizerResultTtlInSeconds"] = table.get("ttl_s", 0)
            _refuse(table, ("issuer", "audience", "pools", "validation"), "REQUEST authorizer of an HTTP")
        check_http_authorizer(made)
        return made

    def _integration(self, route: Table) -> Document:
        kind, value = self._target(route)
        made: Document = {"IntegrationId": stable_id(self._id, "integration", route["route"]), "TimeoutInMillis": 30000}
        if kind == "function":
            made |= {"IntegrationType": "AWS_PROXY", "IntegrationUri": self._arn(value), "IntegrationMethod": "POST"}
            made["PayloadFormatVersion"] = route.get("payload", "2.0")
            _refuse(route, ("headers",), "function of an HTTP")
        else:
            made |= {"IntegrationType": "HTTP_PROXY", "IntegrationUri": value, "IntegrationMethod": "ANY"}
            _refuse(route, ("payload",), "backend of an HTTP")
            mapped = {f"overwrite:header.{name}": source for name, source in route.get("headers", {}).items()}
            if mapped:
                made["RequestParameters"] = mapped
        check_http_integration(made)
        return made

    def _route(self, table: Table, integration_id: str, authorizers: Document) -> Document:
        authorizer = self._authorizer_of(table, authorizers)
        route: Document = {
            "RouteId": stable_id(self._id, "route", table["route"]),
            "RouteKey": table["route"],
            "Target": f"integrations/{integration_id}",
            "AuthorizationType": "NONE",
            "ApiKeyRequired": False,
        }
        if table.get("authorizer") == _IAM:
            route["AuthorizationType"] = "AWS_IAM"
        elif authorizer is not None:
            route["AuthorizationType"] = "JWT" if authorizers[authorizer]["AuthorizerType"] == "JWT" else "CUSTOM"
            route["AuthorizerId"] = authorizer
        if table.get("scopes"):
            route["AuthorizationScopes"] = list(table["scopes"])
        return route


def _split(route: Table) -> tuple[str, str]:
    """Method and path of `GET /things`. Raises Refused."""
    try:
        method, template = parse_route_key(route["route"])
    except MalformedPath as problem:
        raise Refused("", f"[[api.route]] {route['route']}: {problem}") from problem
    if template.everything:
        raise Refused("", f"[[api.route]] {route['route']}: a REST API has no $default")
    return method, template.text


def _refuse(table: Table, names: tuple[str, ...], where: str) -> None:
    for name in names:
        if name in table:
            raise Refused("", f"{table.get('name', table.get('route'))}: {name} has no meaning for a {where} API")
