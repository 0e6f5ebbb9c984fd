"""Authorizers of a REST API, and their trial."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlsplit

from halfday.server.domain.gateway.apis import Api, read_document
from halfday.server.domain.gateway.checks import bad
from halfday.server.domain.gateway.events import NOBODY, Routed, context_v1
from halfday.server.domain.gateway.paths import parse_template
from halfday.server.domain.gateway.refusals import GatewayRefused
from halfday.server.domain.gateway.requests import ApiRequest
from halfday.server.domain.gateway.rest_checks import check_rest_authorizer
from halfday.server.domain.gateway.serving import (
    ApiAtStage,
    ApiKind,
    Authorization,
    Authorizer,
    AuthorizerKind,
    Method,
)
from halfday.server.flows.gateway.functions import routed_surroundings
from halfday.server.flows.gateway.lambda_authorizers import identity_sources, try_function
from halfday.server.flows.gateway.token_authorizers import by_cognito
from halfday.server.operations.apigateway.patches import patched
from halfday.server.operations.framework.gateway_apis import Document, edit, entity, new_id, page_of, the_api
from halfday.server.operations.framework.registry import Call, Output, operation

_MEMBERS = (
    "name type providerARNs authType authorizerUri identitySource identityValidationExpression "
    "authorizerResultTtlInSeconds"
)
_PATHS = {
    "name": "text",
    "type": "text",
    "providerARNs": "list",
    "authType": "text",
    "authorizerUri": "text",
    "identitySource": "text",
    "identityValidationExpression": "text",
    "authorizerResultTtlInSeconds": "number",
}
_TEST_STAGE = "test-invoke-stage"


@operation("apigateway", "CreateAuthorizer", honours=f"restApiId {_MEMBERS}")
async def create_authorizer(call: Call) -> Output:
    given = {name: call.input[name] for name in _MEMBERS.split() if name in call.input}
    check_rest_authorizer(given)
    authorizer = {"id": new_id(call, 6), **_defaults(given), **given}

    def change(document: Document) -> dict[str, Any]:
        if any(one["name"] == authorizer["name"] for one in document["authorizers"].values()):
            raise bad(
                "Authorizer name must be unique. Authorizer {} already exists in this RestApi.".format(given["name"])
            )
        document["authorizers"][authorizer["id"]] = authorizer
        return authorizer

    return await edit(call, ApiKind.REST, change)


@operation("apigateway", "GetAuthorizers", honours="restApiId position limit")
async def get_authorizers(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    page, position = page_of(list(api.document["authorizers"].values()), call, token="position", limit="limit")
    return {"items": page, "position": position}


@operation("apigateway", "GetAuthorizer", honours="restApiId authorizerId")
async def get_authorizer(call: Call) -> Output:
    api = await the_api(call, ApiKind.REST)
    return dict(entity(api.document["authorizers"], call.input["authorizerId"], "Authorizer"))


@operation("apigateway", "UpdateAuthorizer", honours="restApiId authorizerId patchOperations")
async def update_authorizer(call: Call) -> Output:
    def change(document: Document) -> dict[str, Any]:
        authorizer = entity(document["authorizers"], call.input["authorizerId"], "Authorizer")
        patched(call, authorizer, _PATHS)
        check_rest_authorizer(authorizer)
        return dict(authorizer)

    return await edit(call, ApiKind.REST, change)


@operation("apigateway", "DeleteAuthorizer", honours="restApiId authorizerId")
async def delete_authorizer(call: Call) -> Output:
    wanted = call.input["authorizerId"]

    def change(document: Document) -> None:
        entity(document["authorizers"], wanted, "Authorizer")
        methods = [m for one in document["resources"].values() for m in one["resourceMethods"].values()]
        if any(method.get("authorizerId") == wanted for method in methods):
            raise bad(f"Cannot delete authorizer '{wanted}', is referenced in method(s)")
        del document["authorizers"][wanted]

    await edit(call, ApiKind.REST, change)
    return {}


@operation(
    "apigateway",
    "TestInvokeAuthorizer",
    honours="restApiId authorizerId headers multiValueHeaders pathWithQueryString body stageVariables",
)
async def test_invoke_authorizer(call: Call) -> Output:
    """What the authorizer says to this request, now: nothing that was kept is used, and nothing is kept."""
    api = await the_api(call, ApiKind.REST)
    served = read_document(api.kind, dict(api.document))
    authorizer = served.authorizers.get(call.input["authorizerId"])
    if authorizer is None:
        entity(served.authorizers, call.input["authorizerId"], "Authorizer")
        raise LookupError
    began = time.perf_counter()
    routed = _routed(call, api, authorizer, served)
    told = await _tried(call, routed, authorizer)
    latency = max(1, int((time.perf_counter() - began) * 1000))
    log = f"Execution log for request {routed.request.request_id}: status {told['clientStatus']}"
    return {"latency": latency, "log": told.pop("why", log), **told}


async def _tried(call: Call, routed: Routed, authorizer: Authorizer) -> dict[str, Any]:
    around = routed_surroundings(routed, context_v1(routed, NOBODY))
    try:
        sources = identity_sources(around, authorizer, ApiKind.REST)
        if authorizer.kind is AuthorizerKind.COGNITO:
            found = await by_cognito(call.services, routed, authorizer, sources[0])
            claims = (found.v1 or {}).get("claims", {})
            return {"clientStatus": 200, "claims": dict(claims)}
        verdict = await try_function(call.services, routed, authorizer, around, sources)
    except GatewayRefused as refused:
        return {"clientStatus": refused.kind.usual.status, "why": refused.detail}
    return {
        "clientStatus": 200,
        "principalId": verdict.principal,
        "policy": json.dumps(verdict.policy, separators=(",", ":")),
        "authorization": {name: [str(value)] for name, value in verdict.context.items()},
    }


def _routed(call: Call, api: Api, authorizer: Authorizer, served: Any) -> Routed:
    given = call.input
    parts = urlsplit(given.get("pathWithQueryString") or "/")
    headers = [(name.lower(), value) for name, value in given.get("headers", {}).items()]
    many = [(n.lower(), value) for n, values in given.get("multiValueHeaders", {}).items() for value in values]
    request = ApiRequest(
        method="GET",
        raw_path=parts.path or "/",
        whole_path=f"/{_TEST_STAGE}{parts.path or '/'}",
        raw_query=parts.query,
        headers=tuple(headers + [one for one in many if one not in headers]),
        body=(given.get("body") or "").encode(),
        source_ip=call.context.source_address or "",
        domain_name="testPrefix.testDomainName",
        request_id=call.services.uuid4(),
        received_at=call.now,
    )
    at = ApiAtStage(api.api_id, _TEST_STAGE, api.account, api.region, served, given.get("stageVariables", {}))
    method = Method("/", "GET", parse_template("/"), Authorization.LAMBDA, None, authorizer.authorizer_id)
    return Routed(request, at, method, {})


def _defaults(given: Document) -> Document:
    kind = given["type"]
    shown: Document = {"authType": "cognito_user_pools" if kind == AuthorizerKind.COGNITO.value else "custom"}
    if kind != AuthorizerKind.REQUEST.value:
        shown["identitySource"] = "method.request.header.Authorization"
    if kind != AuthorizerKind.COGNITO.value:
        shown["authorizerResultTtlInSeconds"] = 300
    return shown
