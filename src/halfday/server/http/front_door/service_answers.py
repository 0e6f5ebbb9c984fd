"""Refusals of calls to any service, in the form that the service's SDKs read.

Sources: Smithy 2.0, AWS JSON 1.0 and 1.1, restJson1, restXml and Query protocols; SQS API reference,
x-amzn-query-error; SNS and EC2 API references, Common errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.server.domain.refusals import Refused
from halfday.server.domain.text.xml_text import xml_text
from halfday.server.front_door.catalogue import signed_for
from halfday.server.http.edge import request_id
from halfday.server.http.unavailable import retry_after

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
}
"""AWS's services other than S3 answer pages of any origin: the signature is what lets somebody in."""

_DENIED_CODES: Mapping[str, str] = {
    "sns": "AuthorizationError",
    "iotdata": "ForbiddenException",
    "ec2": "UnauthorizedOperation",
}
_DENIED_STATUS: Mapping[str, int] = {"json": 400}
_SQS_ACTION = re.compile(r"\bsqs:[A-Za-z]+")


def denied(refused: Refused, signing: str, protocol: str) -> ServiceError:
    """A denial by policies, with the code and status of this service."""
    bare = "AccessDenied" if protocol in ("query", "ec2", "rest-xml") else "AccessDeniedException"
    code = _DENIED_CODES.get(signing, bare)
    status = 403 if signing == "sqs" else _DENIED_STATUS.get(protocol, 403)
    return ServiceError(code, _spelt(refused.sentence, signing), status=status, detail=refused.detail)


def refusal(request: Request, error: ServiceError, signing: str, protocol: str) -> Response:
    identity = request_id(request)
    headers = {**CORS, **retry_after(error)}
    if protocol == "json":
        return _json(error, signing, headers)
    if protocol == "rest-json":
        headers |= {"x-amzn-errortype": error.code}
        return Response(json.dumps({"message": error.message}), error.status, headers, media_type="application/json")
    if protocol == "ec2":
        inner = f"<Errors><Error>{_code_and_message(error)}</Error></Errors><RequestID>{identity}</RequestID>"
        return _xml(f"<Response>{inner}</Response>", error, headers)
    kind = "Sender" if error.status < 500 else "Receiver"
    inner = f"<Error><Type>{kind}</Type>{_code_and_message(error)}</Error><RequestId>{identity}</RequestId>"
    return _xml(f'<ErrorResponse xmlns="{_namespace(signing)}">{inner}</ErrorResponse>', error, headers)


def _json(error: ServiceError, signing: str, headers: dict[str, str]) -> Response:
    """What is denied before the service's own code runs has Coral's name space, and a capital in Message."""
    refused = error.code in ("AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException")
    kind = f"com.amazon.coral.service#{error.code}" if refused else error.code
    if signing == "sqs":
        headers |= {"x-amzn-query-error": f"{error.code.removesuffix('Exception')};Sender"}
    found = signed_for(signing)
    version = found[0].json_version if found else "1.1"
    body = json.dumps({"__type": kind, "Message" if refused else "message": error.message})
    return Response(body, error.status, headers, media_type=f"application/x-amz-json-{version}")


def _xml(document: str, error: ServiceError, headers: dict[str, str]) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{document}', error.status, headers, media_type="text/xml")


def _code_and_message(error: ServiceError) -> str:
    return f"<Code>{xml_text(error.code)}</Code><Message>{xml_text(error.message)}</Message>"


def _namespace(signing: str) -> str:
    found = signed_for(signing)
    return found[0].namespace if found else ""


def _spelt(sentence: str, signing: str) -> str:
    """SQS spells its actions small, SNS its prefix in capitals; EC2 begins with a sentence of its own."""
    if signing == "sqs":
        return _SQS_ACTION.sub(lambda found: found[0].lower(), sentence)
    if signing == "sns":
        return re.sub(r"\bsns:(?=[A-Z])", "SNS:", sentence)
    return f"You are not authorized to perform this operation. {sentence}" if signing == "ec2" else sentence
