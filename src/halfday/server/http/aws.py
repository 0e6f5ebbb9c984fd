"""The AWS APIs over HTTP: JSON 1.1 for Cognito, Query for STS and IAM. Reads requests, spells answers and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

import halfday.server.operations.families  # noqa: F401 - registers every operation
from halfday.protocol.errors import ServiceError
from halfday.protocol.sigv4_claim import SignatureRefused
from halfday.server.http.answers import Ready, header_text, prepared
from halfday.server.http.api_calls import (
    BODY_LIMIT_BYTES,
    CORS,
    Prover,
    body_of,
    called,
    known_signer,
    region_of,
    why,
    within,
)
from halfday.server.http.caching import UNSTORED
from halfday.server.http.edge import note, report, request_id
from halfday.server.http.requests.bodies import body_of_signer
from halfday.server.http.requests.body_budget import NoRoom
from halfday.server.http.requests.parameters import FORM_LIMIT_BYTES, body_within, in_query
from halfday.server.http.requests.presented import presented
from halfday.server.http.requests.received import Received
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.http.signature_errors import Family, service_error
from halfday.server.http.unavailable import retry_after, service_unavailable
from halfday.server.operations.framework import wire_json, wire_query
from halfday.server.operations.framework.dispatch import dispatch
from halfday.server.operations.framework.model import query_versions, service_model, target_prefixes
from halfday.server.operations.framework.registry import Operation
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

MOST_FIELDS = 1000
"""In a Query call; the longest lists of STS and IAM have 50 members."""
QUERY_SERVICES = frozenset({"sts", "iam"})

_FORM = "application/x-www-form-urlencoded"
_JSON_HEADERS = prepared({**CORS, "Content-Type": wire_json.CONTENT_TYPE, **UNSTORED})
_PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "content-type,x-amz-target,x-amz-user-agent,cache-control,amz-sdk-invocation-id,"
    "amz-sdk-request,authorization,x-amz-date,x-amz-security-token,x-amz-content-sha256,x-amzn-trace-id",
    "Access-Control-Max-Age": "172800",
}


def is_query(request: Request) -> bool:
    """Whether STS is called without a signature: by a form posted to the root, or by its fields in a GET's query."""
    if request.scope["path"] != "/":
        return False
    if request.method == "GET":
        return in_query(request, "Action") is not None
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return request.method == "POST" and content_type == _FORM


def is_own_target(request: Request) -> bool:
    """Whether X-Amz-Target names a service of this server, and none behind the front door."""
    return request.headers["x-amz-target"].partition(".")[0] in target_prefixes()


async def preflight(request: Request, services: Services) -> Response:
    return Response(status_code=200, headers=_PREFLIGHT)


async def handle_json(request: Request, services: Services) -> Response:
    prefix, _, name = request.headers["x-amz-target"].partition(".")
    body = b""
    try:
        service = target_prefixes().get(prefix)
        if service is None:
            raise ServiceError("UnknownOperationException", f"{prefix} is not a service of this server")
        note(request, operation=called(service, name))
        body = await body_of(request, services, service, name)
        prover = Prover(request, body, service, services)
        operation, output = await dispatch(
            services,
            service,
            name,
            region=region_of(request, services, Family.JSON),
            context=context_of(request),
            prove=prover.prove,
            parse=lambda known: wire_json.parse(known.model, body),
        )
        content = wire_json.serialise(operation.model, output)
    except ServiceError as error:
        return _json_refusal(request, error, body)
    except SignatureRefused as refused:
        return _json_refusal(request, service_error(refused, Family.JSON), body)
    except (Busy, NoRoom) as busy:
        return _json_refusal(request, service_unavailable(busy), body)
    return Ready(content, _JSON_HEADERS)


async def handle_query(request: Request, services: Services) -> Response:
    service, body = presented(request).service or "sts", b""
    try:
        body = await _query_body(request, services, service)
        form = _form(body) or dict(request.query_params)
        service = query_versions().get(form.get("Version", "")) or service
        prover = Prover(request, body, service, services)
        return await _query(request, services, service, form, prover)
    except ServiceError as error:
        return _query_refusal(request, service, error, body)
    except SignatureRefused as refused:
        return _query_refusal(request, service, service_error(refused, Family.QUERY), body)
    except (Busy, NoRoom) as busy:
        return _query_refusal(request, service, service_unavailable(busy), body)
    except ClientDisconnect:
        raise
    except Exception as problem:  # the clients of these services read XML, of a mistake of ours too
        report(request.scope, problem)
        sentence = "The request processing has failed because of an unknown error, exception or failure."
        return _query_refusal(request, service, ServiceError("InternalFailure", sentence, status=500), body)


async def _query(
    request: Request, services: Services, service: str, form: Mapping[str, str], prover: Prover
) -> Response:
    name = form.get("Action", "")
    note(request, operation=called(service, name))
    operation, output = await dispatch(
        services,
        service,
        name,
        region=region_of(request, services, Family.QUERY),
        context=context_of(request),
        prove=prover.prove,
        parse=lambda known: _parse_query(known, form),
    )
    if _wants_json(request, service):
        content = wire_query.serialise_json(operation.model, output, request_id(request))
        return Response(content, headers={**CORS, "Content-Type": wire_query.JSON_CONTENT_TYPE})
    content = wire_query.serialise(operation.model, output, request_id(request))
    return Response(content, headers={**CORS, "Content-Type": wire_query.CONTENT_TYPE})


def _wants_json(request: Request, service: str) -> bool:
    accepted = request.headers.get("accept", "").partition(";")[0].strip().lower()
    return service == "sts" and accepted == wire_query.JSON_CONTENT_TYPE


async def _query_body(request: Request, services: Services, service: str) -> bytes:
    """The body. Of IAM it may be long, as SAML metadata is, once the signer's key is known."""
    if service != "iam" or isinstance(request, Received):
        return await within(body_within(request, FORM_LIMIT_BYTES))
    prove = known_signer(request, services, service, BODY_LIMIT_BYTES)
    return (await within(body_of_signer(request, BODY_LIMIT_BYTES, prove))).content


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as problem:
        raise ServiceError("MalformedQueryString", "The form has too many fields.") from problem


def _parse_query(operation: Operation, form: Mapping[str, str]) -> dict[str, Any]:
    return wire_query.parse(operation.model, form)


def _json_refusal(request: Request, error: ServiceError, body: bytes) -> Response:
    """The refusal with headers and body as in facts/api.md §1, the trailing colon included."""
    note(request, why=why(request, error, body))
    headers = {
        **CORS,
        "Content-Type": wire_json.CONTENT_TYPE,
        "x-amzn-ErrorType": f"{error.code}:",
        "x-amzn-ErrorMessage": header_text(error.message),
        **retry_after(error),
    }
    return Response(wire_json.error_body(error), error.status, headers=headers)


def _query_refusal(request: Request, service: str, error: ServiceError, body: bytes) -> Response:
    note(request, why=why(request, error, body))
    if error.code == "UnknownOperationException":
        error = ServiceError("InvalidAction", error.message)
    if _wants_json(request, service):
        content, content_type = wire_query.json_error_body(error, request_id(request)), wire_query.JSON_CONTENT_TYPE
    else:
        namespace = service_model(service).metadata["xmlNamespace"]
        content, content_type = wire_query.error_body(error, namespace, request_id(request)), wire_query.CONTENT_TYPE
    headers = {**CORS, "Content-Type": content_type, **retry_after(error)}
    return Response(content, error.status, headers=headers)
