"""AWS's APIs that speak REST-JSON, over HTTP: a path and a method name the operation, as the service's model says.

A request is theirs by the name that it is signed for; who signs nothing is told so at their paths.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

import halfday.server.operations.families  # noqa: F401 - registers every operation
from halfday.protocol.errors import ServiceError
from halfday.protocol.sigv4_claim import SignatureRefused
from halfday.server.domain.refusals import Refused
from halfday.server.http.api_calls import BODY_LIMIT_BYTES, CORS, Prover, body_of, called, region_of, why
from halfday.server.http.edge import note
from halfday.server.http.requests.body_budget import NoRoom
from halfday.server.http.requests.callers import wire_path
from halfday.server.http.requests.presented import presented
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.http.signature_errors import Family, service_error
from halfday.server.http.unavailable import retry_after, service_unavailable
from halfday.server.operations.framework import wire_rest
from halfday.server.operations.framework.dispatch import dispatch
from halfday.server.operations.framework.model import rest_services
from halfday.server.operations.framework.wire_rest import Answer, Asked
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

_LIMITS: Mapping[tuple[str, str], int] = {
    ("lambda", "CreateFunction"): 70_167_211,
    ("lambda", "UpdateFunctionCode"): 70_167_211,
    ("lambda", "Invoke"): 6_291_456,
}
"""Bytes of a body, where an operation takes long ones. The numbers are those in Lambda's own refusals."""
_UNSIGNED: Mapping[str, str] = {"/2015-03-31/functions": "lambda"}
"""Paths that nothing else has, by which a call that nobody signed is known too."""


def signed_as(request: Request) -> str | None:
    """The name of the REST services that this request is for; None where it is for something else."""
    service = presented(request).service
    if service is not None:
        return service if service in rest_services() else None
    path: str = request.scope["path"]
    return next((name for prefix, name in _UNSIGNED.items() if path.startswith(prefix)), None)


async def handle(request: Request, name: str, services: Services) -> Response:
    """The answer to a call of a service that signatures name so."""
    asked, service = _asked(request), rest_services()[name][0]
    try:
        service, operation = _find(name, asked)
        answer = await _call(request, services, asked, name, service, operation)
    except ServiceError as error:
        return _refusal(request, service, error, asked)
    except Refused as refused:
        return _refusal(request, service, ServiceError(refused.code, refused.sentence), asked)
    except SignatureRefused as refused:
        return _refusal(request, service, service_error(refused, Family.REST), asked)
    except (Busy, NoRoom) as busy:
        return _refusal(request, service, service_unavailable(busy), asked)
    return _response(answer, {})


def _asked(request: Request) -> Asked:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
    query = request.scope["query_string"].decode("latin-1")
    return Asked(request.method, wire_path(request), query, headers)


def _find(name: str, asked: Asked) -> tuple[str, str]:
    """The service and the operation. Raises ServiceError, Refused."""
    for service in rest_services()[name]:
        operation = wire_rest.find(service, asked)
        if operation is not None:
            return service, operation
    sentence = f"{name} has no operation at this method and path"
    raise ServiceError("UnknownOperationException", sentence, status=404)


async def _call(request: Request, services: Services, asked: Asked, name: str, service: str, operation: str) -> Answer:
    note(request, operation=called(service, operation))
    body = await _body(request, services, name, service, operation)
    known, output = await dispatch(
        services,
        service,
        operation,
        region=region_of(request, services, Family.REST),
        context=context_of(request),
        prove=Prover(request, body, name, services).prove,
        parse=lambda known: wire_rest.parse(known.model, asked.with_body(body)),
    )
    return wire_rest.serialise(known.model, output)


async def _body(request: Request, services: Services, name: str, service: str, operation: str) -> bytes:
    """Raises ServiceError in Lambda's words for what is too long."""
    limit = _LIMITS.get((service, operation), BODY_LIMIT_BYTES)
    try:
        return await body_of(request, services, service, operation, limit_bytes=limit, signed_as=name)
    except ServiceError as error:
        if error.status != 413:
            raise
        shown = "InvokeFunction" if operation == "Invoke" else operation
        message = f"Request must be smaller than {limit} bytes for the {shown} operation"
        raise ServiceError(error.code, message, status=413, detail=error.detail) from error


def _refusal(request: Request, service: str, error: ServiceError, asked: Asked) -> Response:
    note(request, why=why(request, error, asked.body))
    return _response(wire_rest.error(service, error), retry_after(error))


def _response(answer: Answer, further: Mapping[str, str]) -> Response:
    headers = {**CORS, **answer.headers, **further}
    if answer.body:
        headers["content-type"] = wire_rest.CONTENT_TYPE
    return Response(answer.body, answer.status, headers=headers)
