"""Routes, integrations and authorizers of an HTTP API: five operations each, which differ in names and checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.server.domain.gateway.checks import bad
from halfday.server.domain.gateway.http_checks import check_http_authorizer, check_http_integration, check_http_route
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.operations.framework.gateway_apis import (
    Document,
    conflict,
    edit,
    entity,
    new_id,
    page_of,
    refuse_set,
    the_api,
)
from halfday.server.operations.framework.registry import Call, Handler, Output, operation

Check = Callable[[Document, Document], None]


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of entity. `members` are honoured; `flags` may be sent switched off; `check` is given the document."""

    name: str
    group: str
    members: str
    check: Check
    flags: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id_member(self) -> str:
        return f"{self.name}Id"


def _check_route(route: Document, document: Document) -> None:
    check_http_route(route, document["Authorizers"], document["Integrations"])
    for known in document["Routes"].values():
        if known["RouteKey"] == route["RouteKey"] and known["RouteId"] != route["RouteId"]:
            raise conflict(f"Route with key {route['RouteKey']} already exists for this API")


def _check_integration(integration: Document, document: Document) -> None:
    check_http_integration(integration)


def _check_authorizer(authorizer: Document, document: Document) -> None:
    check_http_authorizer(authorizer)


ROUTES = Family(
    "Route",
    "Routes",
    "RouteKey Target AuthorizationType AuthorizerId AuthorizationScopes OperationName",
    _check_route,
    flags=("ApiKeyRequired",),
    defaults={"AuthorizationType": "NONE", "ApiKeyRequired": False},
)
INTEGRATIONS = Family(
    "Integration",
    "Integrations",
    "IntegrationType IntegrationUri IntegrationMethod PayloadFormatVersion ConnectionType RequestParameters "
    "TimeoutInMillis Description",
    _check_integration,
    defaults={"ConnectionType": "INTERNET", "TimeoutInMillis": 30000, "PayloadFormatVersion": "1.0"},
)
AUTHORIZERS = Family(
    "Authorizer",
    "Authorizers",
    "AuthorizerType Name IdentitySource JwtConfiguration AuthorizerUri AuthorizerPayloadFormatVersion "
    "AuthorizerResultTtlInSeconds EnableSimpleResponses",
    _check_authorizer,
)


def _register(family: Family) -> None:
    honours = f"ApiId {family.members} {' '.join(family.flags)}"
    in_path = f"ApiId {family.id_member}"

    async def create(call: Call) -> Output:
        refuse_set(call, *family.flags)
        entity_id = new_id(call, 7)
        given = {name: call.input[name] for name in family.members.split() if name in call.input}

        def change(document: Document) -> Document:
            made = {**family.defaults, **given, family.id_member: entity_id}
            family.check(made, document)
            document[family.group][entity_id] = made
            return made

        return await edit(call, ApiKind.HTTP, change)

    async def get_one(call: Call) -> Output:
        api = await the_api(call, ApiKind.HTTP)
        return dict(entity(api.document[family.group], call.input[family.id_member], family.name))

    async def get_all(call: Call) -> Output:
        api = await the_api(call, ApiKind.HTTP)
        page, token = page_of(list(api.document[family.group].values()), call, token="NextToken", limit="MaxResults")
        return {"Items": page, "NextToken": token}

    async def update(call: Call) -> Output:
        refuse_set(call, *family.flags)
        given = {name: call.input[name] for name in family.members.split() if name in call.input}

        def change(document: Document) -> Document:
            known = entity(document[family.group], call.input[family.id_member], family.name)
            changed = _updated(known, given)
            family.check(changed, document)
            document[family.group][known[family.id_member]] = changed
            return changed

        return await edit(call, ApiKind.HTTP, change)

    async def delete(call: Call) -> Output:
        def change(document: Document) -> None:
            entity(document[family.group], call.input[family.id_member], family.name)
            _check_unused(document, family, call.input[family.id_member])
            del document[family.group][call.input[family.id_member]]

        await edit(call, ApiKind.HTTP, change)
        return {}

    one, all_ = family.name.lower(), family.group.lower()
    _add(f"Create{family.name}", f"create_{one}", honours, create)
    _add(f"Get{family.name}", f"get_{one}", in_path, get_one)
    _add(f"Get{family.group}", f"get_{all_}", "ApiId MaxResults NextToken", get_all)
    _add(f"Update{family.name}", f"update_{one}", f"{honours} {family.id_member}", update)
    _add(f"Delete{family.name}", f"delete_{one}", in_path, delete)


def _add(name: str, spelt: str, honours: str, handler: Handler) -> None:
    """Registers the function under the operation's own name, as if it stood in this file by itself."""
    handler.__name__ = spelt
    operation("apigatewayv2", name, honours=honours)(handler)


def _updated(known: Document, given: Document) -> Document:
    """A mapping of parameters loses the names whose new value is empty (API reference, UpdateIntegration)."""
    changed = {**known, **given}
    if "RequestParameters" in given:
        merged = {**known.get("RequestParameters", {}), **given["RequestParameters"]}
        changed["RequestParameters"] = {name: value for name, value in merged.items() if value != ""}
    if given.get("AuthorizationType") in ("NONE", "AWS_IAM") and "AuthorizerId" not in given:
        changed.pop("AuthorizerId", None)
        changed.pop("AuthorizationScopes", None)
    return changed


def _check_unused(document: Document, family: Family, entity_id: str) -> None:
    """What a route names stays."""
    routes = document["Routes"].values()
    if family is INTEGRATIONS and any(route.get("Target") == f"integrations/{entity_id}" for route in routes):
        raise conflict("Cannot delete Integration, it is referenced by a Route")
    if family is AUTHORIZERS and any(route.get("AuthorizerId") == entity_id for route in routes):
        raise bad("Cannot delete Authorizer, it is referenced by a Route")


for _family in (ROUTES, INTEGRATIONS, AUTHORIZERS):
    _register(_family)
