"""What S3's callers are answered: its refusals, and what the AWS behind said, without what it has no say in here."""

from __future__ import annotations

import json
import logging

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.server.domain.text.header_fields import field_bytes
from halfday.server.domain.text.xml_text import xml_text
from halfday.server.http.answers import InPieces
from halfday.server.http.edge import request_id
from halfday.server.http.unavailable import retry_after
from halfday.server.outside.upstream import Answer

XML = "application/xml"

log = logging.getLogger("halfday.upstream")

_NOT_PASSED_BACK = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "date", "server"}
    | {"set-cookie", "clear-site-data", "strict-transport-security"}  # of the origin where people sign in
)
_CORS = "access-control-"
"""CORS headers of the upstream are not passed back: `s3_cors` decides by the bucket's rules."""


def refusal(request: Request, error: ServiceError) -> Response:
    """The refusal as S3's error document, or as JSON where a JSON API was called."""
    identity = request_id(request)
    headers = {"x-amz-request-id": identity, **retry_after(error)}
    if request.method == "HEAD":
        return Response(status_code=error.status, headers=headers)
    if "x-amz-target" in request.headers:
        body = json.dumps({"__type": f"{error.code}Exception", "message": error.message})
        return Response(body, error.status, headers, media_type="application/x-amz-json-1.0")
    return Response(error_document(error, identity, request.url.path), error.status, headers, media_type=XML)


def error_document(error: ServiceError, request_id: str, resource: str | None = None) -> str:
    """The XML of a refusal (S3 API reference, Error responses)."""
    about = {} if resource is None else {"Resource": resource}
    members = {"Code": error.code, "Message": error.message, **about, "RequestId": request_id, **error.members}
    inner = "".join(f"<{name}>{xml_text(value)}</{name}>" for name, value in members.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'


def passed_back(answer: Answer, *, head: bool) -> Response:
    """The upstream's answer. The Content-Length of a HEAD is the upstream's, as there is no body to count."""
    response = InPieces(b"" if head else answer.body, answer.status)
    kept = [(n.lower(), v) for n, v in answer.headers if n.lower() not in _NOT_PASSED_BACK]
    kept = [(name, value) for name, value in kept if not name.startswith(_CORS)]
    if not head:
        kept = [(name, value) for name, value in kept if name != "content-length"]
        if answer.status >= 200 and answer.status != 204 and answer.status != 304:
            kept.append(("content-length", str(len(answer.body))))
    kept.append(("content-security-policy", "sandbox"))  # an object is no page of the origin where people sign in
    fields = [field_bytes(name, value) for name, value in kept]
    response.raw_headers = [field for field in fields if field is not None]
    if None in fields:
        log.warning("the AWS behind answered with what is no legal header: it is left out (x%d)", fields.count(None))
    return response
