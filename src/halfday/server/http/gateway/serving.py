"""A request to an API: found, authorized, answered by its integration. Refusals are the API's kind's.

Order: stage, method, body, authorizer with the API's policy, integration (developer guide, Gateway response types).
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from halfday.server.domain.failures import kind_of
from halfday.server.domain.gateway import cors, paths
from halfday.server.domain.gateway.events import NOBODY, Authorized, Routed, context_v1
from halfday.server.domain.gateway.expressions import Surroundings
from halfday.server.domain.gateway.iam_rules import check_resource_policy
from halfday.server.domain.gateway.mocks import mock_answer
from halfday.server.domain.gateway.outgoing import Outgoing, outgoing
from halfday.server.domain.gateway.refusals import GatewayRefused, ResponseType
from halfday.server.domain.gateway.serving import (
    ApiAtStage,
    ApiKind,
    Authorization,
    Authorizer,
    Integration,
    IntegrationKind,
    Method,
)
from halfday.server.flows.gateway.functions import routed_surroundings
from halfday.server.flows.gateway.lambda_authorizers import by_function, identity_sources
from halfday.server.flows.gateway.lambda_integrations import by_function as answered_by_function
from halfday.server.flows.gateway.stages import find_stage
from halfday.server.flows.gateway.token_authorizers import by_cognito, by_jwt, no_token
from halfday.server.http.edge import ROUTE, note
from halfday.server.http.gateway.addresses import Address, stage_and_path
from halfday.server.http.gateway.answers import LONGEST_ANSWER_BYTES, Passed, preflight, refusal, response
from halfday.server.http.gateway.reading import read_request
from halfday.server.http.gateway.signed import by_signature
from halfday.server.http.requests.parameters import BodyTooLarge
from halfday.server.outside.connections import too_late, unreachable
from halfday.server.services import Services


async def handle(request: Request, address: Address, services: Services) -> Response:
    """The answer. Raises NoRoom, Busy."""
    stage, path = await stage_and_path(address, services)
    at = await find_stage(services, address.api_id, stage)
    if at is None:
        return _nothing_there(request)
    note(request, remark=f"{at.served.kind.value} API {at.api_id}, stage {at.stage}")
    if at.served.cors is not None and cors.is_preflight(request.method, request.headers):
        return preflight(request, at)
    return await _Exchange(request, at, path, services).answer()


class _Exchange:
    """One request to one stage."""

    def __init__(self, request: Request, at: ApiAtStage, path: str, services: Services) -> None:
        self._request, self._at, self._path, self._services = request, at, path, services
        self._around: Surroundings | None = None

    async def answer(self) -> Response:
        try:
            routed = await self._routed()
            authorized = await self._authorized(routed)
            self._around = routed_surroundings(routed, context_v1(routed, authorized))
            return await self._integrated(routed, authorized, self._around)
        except GatewayRefused as refused:
            return refusal(self._request, refused, self._at, self._around)

    async def _routed(self) -> Routed:
        method, parameters = self._method()
        self._request.scope[ROUTE] = method.template.text
        try:
            read = await read_request(self._request, self._at, self._path, self._services)
        except BodyTooLarge as problem:
            raise GatewayRefused(ResponseType.REQUEST_TOO_LARGE, str(problem)) from problem
        routed = Routed(read, self._at, method, parameters)
        self._around = routed_surroundings(routed, context_v1(routed, NOBODY))
        return routed

    def _method(self) -> tuple[Method, dict[str, str]]:
        if paths.is_ambiguous(self._path):
            raise GatewayRefused(ResponseType.BAD_REQUEST_PARAMETERS, "the path holds dot segments")
        served = self._at.served
        if served.kind is ApiKind.REST:
            return _rest_method(self._request.method, self._path, served.methods)
        return _http_route(self._request.method, self._path, served.methods)

    async def _authorized(self, routed: Routed) -> Authorized:
        """Raises GatewayRefused."""
        method, at = routed.method, routed.at
        if method.authorization is Authorization.AWS_IAM:
            return await by_signature(self._request, routed, self._services)
        if method.authorization is Authorization.NONE:
            check_resource_policy(routed.request, at)
            return NOBODY
        authorizer = at.served.authorizers.get(method.authorizer_id or "")
        if authorizer is None:
            detail = "the method's authorizer is gone"
            raise GatewayRefused(ResponseType.AUTHORIZER_CONFIGURATION_ERROR, detail)
        if method.authorization is Authorization.LAMBDA:
            return await by_function(self._services, routed, authorizer)
        return await self._by_token(routed, authorizer)

    async def _by_token(self, routed: Routed, authorizer: Authorizer) -> Authorized:
        assert self._around is not None
        try:
            token = identity_sources(self._around, authorizer, routed.at.served.kind)[0]
        except GatewayRefused as refused:
            raise no_token(routed) from refused
        if routed.method.authorization is Authorization.JWT:
            return await by_jwt(self._services, routed, authorizer, token)
        authorized = await by_cognito(self._services, routed, authorizer, token)
        check_resource_policy(routed.request, routed.at)
        return authorized

    async def _integrated(self, routed: Routed, authorized: Authorized, around: Surroundings) -> Response:
        integration = routed.method.integration
        if integration is None:
            raise GatewayRefused(ResponseType.API_CONFIGURATION_ERROR, "the method has no integration")
        if integration.kind is IntegrationKind.MOCK:
            return response(self._request, mock_answer(integration, around), self._at)
        if integration.kind is IntegrationKind.LAMBDA:
            answer = await answered_by_function(self._services, routed, integration, authorized)
            return response(self._request, answer, self._at)
        return await self._forwarded(routed, integration, outgoing(routed, integration, around))

    async def _forwarded(self, routed: Routed, integration: Integration, out: Outgoing) -> Response:
        """The backend's answer, its body still to come."""
        await self._services.http.ready()
        opened = AsyncExitStack()
        try:
            async with asyncio.timeout(integration.timeout_s):
                given = self._services.http.stream(
                    out.method,
                    out.url,
                    headers=_encoded(out),
                    content=routed.request.body,
                    timeout=integration.timeout_s,
                )
                answer = await opened.enter_async_context(given)
        except TimeoutError as problem:
            raise GatewayRefused(ResponseType.INTEGRATION_TIMEOUT, "the backend did not answer in time") from problem
        except unreachable() as problem:
            late = isinstance(problem, too_late())
            kind = ResponseType.INTEGRATION_TIMEOUT if late else ResponseType.INTEGRATION_FAILURE
            raise GatewayRefused(kind, f"the backend did not answer: {kind_of(problem)}") from problem
        length = answer.headers.get("content-length", "")
        if length.isdigit() and int(length) > LONGEST_ANSWER_BYTES:
            await opened.aclose()
            raise GatewayRefused(ResponseType.API_CONFIGURATION_ERROR, "the backend's answer is longer than 10 MB")
        return Passed(self._request, answer, opened, self._at)


def _rest_method(http_method: str, path: str, methods: tuple[Method, ...]) -> tuple[Method, dict[str, str]]:
    """The resource first, then its method: the one by name before ANY. Raises GatewayRefused."""
    by_resource: dict[str, dict[str, Method]] = {}
    for method in methods:
        by_resource.setdefault(method.key, {})[method.http_method] = method
    offered = [(next(iter(of.values())).template, of) for of in by_resource.values()]
    plain = path.rstrip("/") or "/"
    found = paths.best_match(path if path.endswith("//") else plain, offered)
    of, parameters = found if found is not None else ({}, {})
    named = of.get(http_method) or of.get("ANY")
    if named is None:
        raise GatewayRefused(ResponseType.MISSING_AUTHENTICATION_TOKEN, "the API has no such resource or method")
    return named, parameters


def _http_route(http_method: str, path: str, methods: tuple[Method, ...]) -> tuple[Method, dict[str, str]]:
    """Raises GatewayRefused."""
    for accepted in (http_method, "ANY"):
        offered = [
            (one.template, one) for one in methods if one.http_method == accepted and not one.template.everything
        ]
        found = paths.best_match(path, offered)
        if found is not None:
            return found
    default = next((one for one in methods if one.template.everything), None)
    if default is None:
        raise GatewayRefused(ResponseType.RESOURCE_NOT_FOUND, "the API has no such route")
    return default, {}


def _encoded(out: Outgoing) -> list[tuple[bytes, bytes]]:
    names = {name for name, _ in out.headers}
    plain = [] if "accept-encoding" in names else [("accept-encoding", "identity")]
    return [
        (name.encode("latin-1"), value.encode("utf-8", "surrogateescape")) for name, value in (*out.headers, *plain)
    ]


def _nothing_there(request: Request) -> Response:
    """What AWS's hosts of APIs answer where there is no API, or nothing was deployed."""
    note(request, why="there is no such API, or nothing is deployed at this stage")
    request.scope[ROUTE] = "/{api}"
    body = {"message": "Forbidden"}
    return JSONResponse(body, 403, headers={"x-amzn-ErrorType": "ForbiddenException"})
