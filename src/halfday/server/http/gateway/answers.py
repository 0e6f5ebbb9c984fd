"""Answers of the gateway: refusals in each kind's words, functions' answers, backends' answers as they come."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from halfday.server.domain.gateway import cors
from halfday.server.domain.gateway.expressions import Surroundings
from halfday.server.domain.gateway.mocks import JSON
from halfday.server.domain.gateway.outgoing import returned
from halfday.server.domain.gateway.refusals import Answer, GatewayRefused, http_api_answer
from halfday.server.domain.gateway.serving import ApiAtStage, ApiKind, GatewayResponse
from halfday.server.domain.text.header_fields import is_field_name, is_field_value
from halfday.server.http.answers import header_bytes
from halfday.server.http.cookies import sets_own_cookie
from halfday.server.http.edge import AnswerCutOff, note, request_id

if TYPE_CHECKING:
    import httpx2

LONGEST_ANSWER_BYTES = 10 * 1024 * 1024
"""Quotas for REST APIs and HTTP APIs: the payload size."""

Pairs = tuple[tuple[str, str], ...]


def own_headers(request: Request, kind: ApiKind) -> Pairs:
    """The headers that API Gateway adds to every answer."""
    name = "x-amz-apigw-id" if kind is ApiKind.REST else "apigw-requestid"
    value = base64.b64encode(bytes.fromhex(request_id(request).replace("-", ""))[:11]).decode()
    return ((name, value),)


def response(request: Request, answer: Answer, at: ApiAtStage) -> Response:
    """A function's, a mock's or the gateway's own answer."""
    made = Response(answer.body, answer.status)
    headers = list(answer.headers)
    if at.served.kind is ApiKind.REST:
        headers = returned(headers, ApiKind.REST)
    made.raw_headers += _raw((*headers, *own_headers(request, at.served.kind)), at)
    made.raw_headers += _raw(_cors_headers(request, at), None)
    return made


def refusal(
    request: Request, refused: GatewayRefused, at: ApiAtStage | None, around: Surroundings | None = None
) -> Response:
    """The refusal in the API's kind's words, or in the API's own."""
    note(request, why=refused.detail)
    if at is not None and at.served.kind is ApiKind.HTTP:
        return _http_refusal(request, refused, at)
    usual = refused.kind.usual
    status, headers = usual.status, {"content-type": JSON}
    colon = ": " if usual.spaced else ":"
    body = json.dumps({usual.member: refused.message}, separators=(",", colon)).encode()
    if at is not None and around is not None and (own := _own_response(refused, at)) is not None:
        status = own.status or status
        headers |= _parameters(own, around)
        if own.templates:
            headers["content-type"], template = next(
                ((kind, text) for kind, text in own.templates.items() if kind == JSON),
                next(iter(own.templates.items())),
            )
            body = _with_error(around, refused).filled(template).encode()
    if refused.error_type:
        headers["x-amzn-errortype"] = refused.error_type
    made = Response(body, status)
    told = (*headers.items(), *own_headers(request, ApiKind.REST))
    made.raw_headers += _raw(told, None)
    return made


def _http_refusal(request: Request, refused: GatewayRefused, at: ApiAtStage) -> Response:
    status, message = http_api_answer(refused)
    challenge = (("www-authenticate", refused.challenge),) if refused.challenge else ()
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return response(request, Answer(status, (("content-type", JSON), *challenge), body), at)


def preflight(request: Request, at: ApiAtStage) -> Response:
    """An HTTP API's answer to a preflight."""
    made = Response(status_code=204)
    rules = at.served.cors
    told = cors.preflight(rules, request.headers.get("origin")) if rules else ()
    made.raw_headers += _raw((*told, *own_headers(request, ApiKind.HTTP)), None)
    return made


class Passed(Response):
    """A backend's answer on its way to the caller, as it comes. What is longer than the gateway's limit is cut off."""

    def __init__(self, request: Request, answer: httpx2.Response, opened: AsyncExitStack, at: ApiAtStage) -> None:
        self.status_code, self.background, self.body = answer.status_code, None, b""
        self._answer, self._opened = answer, opened
        read = [
            (name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in answer.headers.raw
        ]
        headers = [(name, value) for name, value in returned(read, at.served.kind) if _can_be_sent(name, value)]
        length = [("content-length", value) for name, value in read if name.lower() == "content-length"]
        if at.served.kind is ApiKind.HTTP:
            length = []
        told = (*headers, *length, *own_headers(request, at.served.kind))
        self.raw_headers = [*_raw(told, at), *_raw(_cors_headers(request, at), None)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._opened:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            came = 0
            async for piece in self._answer.aiter_raw():
                came += len(piece)
                if came > LONGEST_ANSWER_BYTES:
                    raise AnswerCutOff
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def _own_response(refused: GatewayRefused, at: ApiAtStage) -> GatewayResponse | None:
    kinds = at.served.gateway_responses
    fallback = "DEFAULT_4XX" if refused.kind.usual.status < 500 else "DEFAULT_5XX"
    return kinds.get(refused.kind.name) or kinds.get(fallback)


def _parameters(own: GatewayResponse, around: Surroundings) -> dict[str, str]:
    prefix = "gatewayresponse.header."
    values = {
        target.removeprefix(prefix).lower(): around.of_rest(source)
        for target, source in own.parameters.items()
        if target.startswith(prefix)
    }
    return {name: value for name, value in values.items() if value is not None}


def _with_error(around: Surroundings, refused: GatewayRefused) -> Surroundings:
    error: Mapping[str, Any] = {
        "message": refused.message,
        "messageString": json.dumps(refused.message),
        "responseType": refused.kind.name,
    }
    context = {**around.context, "error": error}
    return Surroundings(around.request, around.parameters, around.variables, context)


def _cors_headers(request: Request, at: ApiAtStage) -> Pairs:
    return cors.of_answer(at.served.cors, request.headers.get("origin")) if at.served.cors else ()


def _raw(headers: Pairs, at: ApiAtStage | None) -> list[tuple[bytes, bytes]]:
    """As they are sent. Where the API has CORS rules of its own, an integration's CORS headers are left out; cookies of
    the pages are nobody's to set but theirs, as an API may share their origin.
    """
    replaced = at is not None and at.served.cors is not None
    return [
        (name.encode("latin-1"), header_bytes(value))
        for name, value in headers
        if not (replaced and cors.is_cors_header(name)) and not sets_own_cookie(name, value)
    ]


def _can_be_sent(name: str, value: str) -> bool:
    return is_field_name(name) and is_field_value(value.encode("utf-8", "surrogateescape"))
