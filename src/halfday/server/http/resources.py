"""The front door for signed AWS calls: who signed, what is asked, whether the role's policies allow it, and on to AWS.

Today it knows S3. The order is AWS's: signature, then request, then permission. The call goes on rebuilt from what
was understood (decision 23), unsigned and without the session token.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.protocol.identifiers import REGION_PATTERN
from halfday.protocol.sigv4 import format_timestamp
from halfday.protocol.sigv4_claim import Claimed, without_signature
from halfday.server.domain import s3_actions
from halfday.server.domain.callers import SignedCaller
from halfday.server.domain.s3_actions import Need, S3Request
from halfday.server.domain.s3_bulk_delete import BulkDelete, MalformedDelete, parse_bulk_delete
from halfday.server.domain.s3_headers import OWNER_HEADERS
from halfday.server.domain.s3_refusals import S3RequestRefused
from halfday.server.domain.xml_text import xml_text
from halfday.server.http.bodies import body_of_signer, prove_before_body
from halfday.server.http.callers import CallerRefused, RequestParts, prove_claim, read_claim, request_parts
from halfday.server.http.edge import note, request_id
from halfday.server.http.onward import authorization_of, send_on, written_anew
from halfday.server.http.parameters import BodyTooLarge
from halfday.server.http.permissions import authorize_all
from halfday.server.http.signature_errors import Family, service_error
from halfday.server.http.unavailable import service_unavailable
from halfday.server.http.uploads import check_upload
from halfday.server.outside.upstream import Answer
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

BODY_LIMIT_BYTES = 256 * 1024 * 1024

_NOT_PASSED_BACK = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "date", "server"}
    | {"set-cookie", "clear-site-data", "strict-transport-security"}  # of the origin where people sign in
)
# What stands behind may read such a body as parameters, in place of those in the URL.
_FORMS = frozenset({"application/x-www-form-urlencoded", "application/x-url-encoded", "multipart/form-data"})
# Their names there begin with other partitions, arn:aws-cn and so on.
_OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-")


async def handle(request: Request, services: Services) -> Response:
    """The answer to a signed S3 call, whatever it be. Refusals are S3's."""
    try:
        answer = await _serve(request, services)
    except Busy as busy:
        note(request, why=str(busy))
        return refusal(request, service_unavailable(busy))
    except ServiceError as error:
        note(request, why=error.reason)
        return refusal(request, error)
    return _response(answer, head=request.method == "HEAD")


async def _serve(request: Request, services: Services) -> Answer:
    upstream = services.upstream
    claimed = _read_claim(request_parts(request, b""))
    parts = request_parts(request, await _body(request, claimed, services))
    caller = await _prove(claimed, parts, services)
    note(request, caller=caller.kind)
    asked = _understand(claimed, services)
    bulk = _bulk_delete(asked, parts.body)
    needs = _needs(asked, bulk)
    note(request, operation=f"s3 {request.method} {needs[0].action}")
    decisions = await authorize_all(caller, needs, _request_context(request, claimed, services))
    note(request, why="; ".join(decisions))
    if upstream is None:
        message = "No AWS stands behind this front door: the setting `upstream` is none, or moto is not installed."
        raise ServiceError("NotImplemented", message, status=501)
    authorization = authorization_of(claimed)
    await check_upload(upstream, services.known_uploads, asked, authorization)
    asked, body = written_anew(asked, bulk) if bulk else (asked, parts.body)
    return await send_on(upstream, asked, authorization, body)


async def _body(request: Request, claimed: Claimed, services: Services) -> bytes:
    """Little of a stranger's: the signature is checked before more is held."""

    async def prove() -> None:
        try:
            await prove_before_body(claimed, "s3", services)
        except CallerRefused as refused:
            raise service_error(refused, Family.S3) from refused

    try:
        return await body_of_signer(request, BODY_LIMIT_BYTES, prove)
    except BodyTooLarge as problem:
        message = "Your proposed upload exceeds the maximum allowed size"
        raise ServiceError("EntityTooLarge", message, detail=str(problem)) from problem


def _read_claim(parts: RequestParts) -> Claimed:
    try:
        claimed = read_claim(parts)
    except CallerRefused as refused:
        raise service_error(refused, Family.S3) from refused
    service = claimed.scope.service
    if service != "s3":
        message = f"Halfday's front door serves s3 only: it does not know {service} yet."
        raise ServiceError("NotImplemented", message, status=501)
    _check_region(claimed.scope.region)
    return claimed


def _check_region(region: str) -> None:
    """In another partition the same names would be other buckets than those that policies of ours speak of."""
    if not REGION_PATTERN.fullmatch(region):
        raise ServiceError(
            "AuthorizationHeaderMalformed", f"The authorization header is malformed; {region!r} is no region"
        )
    if region.startswith(_OTHER_PARTITIONS):
        message = f"Halfday's front door serves the partition aws only: {region} is of another."
        raise ServiceError("NotImplemented", message, status=501)


async def _prove(claimed: Claimed, parts: RequestParts, services: Services) -> SignedCaller:
    try:
        return await prove_claim(claimed, parts.body, "s3", services)
    except CallerRefused as refused:
        raise service_error(refused, Family.S3) from refused


def _understand(claimed: Claimed, services: Services) -> S3Request:
    message = claimed.message
    domains = {"localhost", urlsplit(services.origin).hostname or "localhost"}
    query = without_signature(message.query) if claimed.presigned else message.query
    host = message.header("host") or ""
    try:
        asked = s3_actions.understand(message.method, host, message.path, query, message.headers, domains=domains)
    except S3RequestRefused as refused:
        raise _s3_error(refused) from refused
    owners = {asked.headers[name] for name in OWNER_HEADERS if name in asked.headers}
    if owners - {services.settings.account_id}:
        raise ServiceError(
            "AccessDenied", "Access Denied", status=403, detail="another owner of the bucket is expected"
        )
    return asked


def _needs(asked: S3Request, bulk: BulkDelete | None) -> tuple[Need, ...]:
    try:
        return s3_actions.needs(asked, bulk.keys if bulk else ())
    except S3RequestRefused as refused:
        raise _s3_error(refused) from refused


def _bulk_delete(asked: S3Request, body: bytes) -> BulkDelete | None:
    """The keys in the body of a DeleteObjects. Of no other body is anything read here, or by what stands behind."""
    kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind in _FORMS:
        message = f"A body with the Content-Type {kind} is not taken here: name another, such as binary/octet-stream."
        raise ServiceError("NotImplemented", message, status=501)
    try:
        return parse_bulk_delete(body) if s3_actions.is_bulk_delete(asked) else None
    except MalformedDelete as problem:
        message = "The XML you provided was not well-formed or did not validate against our published schema"
        raise ServiceError("MalformedXML", message) from problem


def _request_context(request: Request, claimed: Claimed, services: Services) -> dict[str, str]:
    """Source: IAM user guide, AWS global condition context keys; S3's own are in Need."""
    now = services.clock()
    stamp = format_timestamp(now)
    context = {
        "aws:CurrentTime": f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:11]}:{stamp[11:13]}:{stamp[13:]}",
        "aws:EpochTime": str(int(now)),
        "aws:RequestedRegion": claimed.scope.region,
        "aws:SecureTransport": str(request.url.scheme == "https").lower(),
        "s3:authType": "REST-QUERY-STRING" if claimed.presigned else "REST-HEADER",
        "s3:signatureAge": str(int((now - claimed.signed_at) * 1000)),
        "s3:signatureversion": "AWS4-HMAC-SHA256",
    }
    if request.client is not None:
        context["aws:SourceIp"] = request.client.host
    for key, header in (("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")):
        if header in request.headers:
            context[key] = request.headers[header]
    return context


def _s3_error(refused: S3RequestRefused) -> ServiceError:
    return ServiceError(refused.code, str(refused), status=refused.status)


def refusal(request: Request, error: ServiceError) -> Response:
    """S3's error document, or a JSON API's if one was called."""
    identity = request_id(request)
    headers = {"x-amz-request-id": identity}
    if request.method == "HEAD":
        return Response(status_code=error.status, headers=headers)
    if "x-amz-target" in request.headers:
        body = json.dumps({"__type": f"{error.code}Exception", "message": error.message})
        return Response(body, error.status, headers, media_type="application/x-amz-json-1.0")
    members = {"Code": error.code, "Message": error.message, "Resource": request.url.path, "RequestId": identity}
    members |= error.members
    inner = "".join(f"<{name}>{xml_text(value)}</{name}>" for name, value in members.items())
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    return Response(document, error.status, headers, media_type="application/xml")


def _response(answer: Answer, *, head: bool) -> Response:
    """Upstream's answer. What a HEAD says of its length is upstream's, as there is no body to count."""
    response = Response(b"" if head else answer.body, answer.status)
    kept = [(n.lower(), v) for n, v in answer.headers if n.lower() not in _NOT_PASSED_BACK]
    if not head:
        kept = [(name, value) for name, value in kept if name != "content-length"]
        if answer.status >= 200 and answer.status != 204 and answer.status != 304:
            kept.append(("content-length", str(len(answer.body))))
    kept.append(("content-security-policy", "sandbox"))  # an object is no page of the origin where people sign in
    response.raw_headers = [(n.encode("latin-1"), v.encode("utf-8", "surrogateescape")) for n, v in kept]
    return response
