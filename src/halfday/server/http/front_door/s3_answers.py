"""S3's refusals, as its error document."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.server.domain.text.xml_text import xml_text
from halfday.server.http.edge import request_id
from halfday.server.http.unavailable import retry_after

XML = "application/xml"


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
