"""Web pages at the front door: preflights, and what a page is told beside an answer or a refusal (CORS).

A bucket's rules decide, as the AWS behind keeps them; it is asked in the server's own name, each time. Where there are
none AWS refuses every page. On this machine alone (`reach`) a page of this machine is let in all the same, and the
request's line in the log says that AWS would refuse it.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.server import reachability as reach
from halfday.server.domain.s3.actions import S3Request
from halfday.server.domain.s3.addresses import locate
from halfday.server.domain.s3.cors import METHODS, VARY, CorsRule, cors_headers, find_rule, stored_cors
from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.domain.text.header_fields import is_field_name
from halfday.server.front_door.forwarding import ask, own_call, unavailable
from halfday.server.http.edge import note
from halfday.server.http.front_door import s3_older_ways
from halfday.server.http.front_door.s3_answers import refusal
from halfday.server.http.front_door.signed_calls import own_domains
from halfday.server.http.requests.callers import wire_path
from halfday.server.http.requests.presented import presented
from halfday.server.services import Services

ON_THIS_MACHINE = CorsRule(
    ("http://localhost",), tuple(sorted(METHODS)), ("*",), ("ETag", "x-amz-request-id", "x-amz-version-id")
)
"""For pages of this machine where a bucket has no rules. The answer names the page's origin, never `*`."""

MOST_ASKED_HEADERS = 100
"""As many headers as a request may have."""

_AWS_WOULD_REFUSE = "allowed for a page of this machine; AWS would refuse it, as the bucket has no CORS rules"
_NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
    "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)
_NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
_NO_BUCKET = "CORSResponse: Bucket not found"


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of one bucket. `objection` is S3's sentence where a page finds none that fits."""

    rules: tuple[CorsRule, ...]
    objection: str


def is_preflight(request: Request, services: Services) -> bool:
    """Whether a browser asks for a call to S3, or one that may be a backend's behind the gateway.

    Of a call that is signed by header a browser says which headers it has: x-amz-content-sha256 is S3's, and without a
    bucket that of calls to other services.
    """
    if request.method != "OPTIONS":
        return False
    asked = _asked_headers(request)
    by_header = (
        "x-amz-content-sha256" in asked and "x-amz-target" not in asked and not _is_another_service_s(request, services)
    )
    return (by_header and _has_bucket(request, services)) or names_s3(request)


def _is_another_service_s(request: Request, services: Services) -> bool:
    """S3 has no POST without a query but that of a form, which no header signs. A bucket's host is S3's."""
    try:
        if locate(request.headers.get("host", ""), "/", own_domains(services))[0]:
            return False
    except S3RequestRefused:
        return False
    return request.headers.get("access-control-request-method") == "POST" and not request.scope["query_string"]


def names_s3(request: Request) -> bool:
    """Whether the address itself can only be S3's: it is presigned."""
    return presented(request).service == "s3" or s3_older_ways.is_version_2(request)


async def preflight(request: Request, services: Services) -> Response:
    """Answers a preflight (S3 API reference, OPTIONS object)."""
    note(request, operation="s3 OPTIONS (preflight)")
    try:
        return Response(headers={**await _allowed(request, services), "vary": VARY})
    except ServiceError as error:
        note(request, why=error.reason)
        return refusal(request, error)


async def page_headers(request: Request, services: Services) -> dict[str, str]:
    """The CORS headers of an answer, whether it refuses or not. Empty where no rule fits."""
    origin = request.headers.get("origin")
    if origin is None or request.method not in METHODS:
        return {}
    try:
        bucket, _ = _located(request, services)
        found = await _rules(bucket, services)
    except (S3RequestRefused, ServiceError):
        return {}
    rule = _rule(request, services, found, origin, request.method, ())
    return cors_headers(rule, origin) if rule else {}


def tell_page(response: Response, told: dict[str, str]) -> Response:
    if told:
        response.headers.update(told)
        response.headers.add_vary_header(VARY)
    return response


async def _allowed(request: Request, services: Services) -> dict[str, str]:
    """The headers of a preflight that is allowed. Raises ServiceError."""
    origin, method = request.headers.get("origin"), request.headers.get("access-control-request-method")
    if origin is None:
        raise ServiceError("BadRequest", "Insufficient information. Origin request header needed.")
    if method not in METHODS:
        raise ServiceError("BadRequest", f"Invalid Access-Control-Request-Method: {method or 'null'}")
    try:
        bucket, key = _located(request, services)
    except S3RequestRefused as refused:
        raise ServiceError(refused.code, str(refused), status=refused.status) from refused
    asked = _asked_headers(request)
    if len(asked) > MOST_ASKED_HEADERS:
        raise ServiceError("BadRequest", "Access-Control-Request-Headers names too many headers.")
    if not all(map(is_field_name, asked)):
        raise ServiceError("BadRequest", "Access-Control-Request-Headers names something that is no header.")
    found = await _rules(bucket, services)
    rule = _rule(request, services, found, origin, method, asked)
    if rule is None:
        members = {"Method": method, "ResourceType": "OBJECT" if key else "BUCKET"}
        detail = "no CORS rule of the bucket allows this page"
        raise ServiceError("AccessForbidden", found.objection, status=403, detail=detail, members=members)
    return cors_headers(rule, origin, asked)


def _rule(
    request: Request, services: Services, found: _Rules, origin: str, method: str, asked: tuple[str, ...]
) -> CorsRule | None:
    if found.rules:
        return find_rule(found.rules, origin, method, asked)
    if not reach.is_page_of_this_machine(services.settings, request.headers.items()):
        return None
    note(request, remark=_AWS_WOULD_REFUSE)
    return ON_THIS_MACHINE


async def _rules(bucket: str, services: Services) -> _Rules:
    """The bucket's rules, asked of the upstream. Raises ServiceError ServiceUnavailable."""
    if services.upstream is None or not bucket:
        return _Rules((), _NO_BUCKET)
    asked = S3Request("GET", bucket, "", (("cors", ""),))
    answer = await ask(services.upstream, asked, own_call(services))
    if answer.status == 404:
        return _Rules((), _NO_BUCKET if b"<Code>NoSuchBucket</Code>" in answer.body else _NOT_ENABLED)
    try:
        return _Rules(stored_cors(answer.body), _NOT_ALLOWED)
    except S3RequestRefused as failed:
        raise unavailable(failed) from failed


def _has_bucket(request: Request, services: Services) -> bool:
    try:
        return _located(request, services)[0] != ""
    except S3RequestRefused:
        return True


def _located(request: Request, services: Services) -> tuple[str, str]:
    """(bucket, key). Raises S3RequestRefused."""
    return locate(request.headers.get("host", ""), wire_path(request), own_domains(services))


def _asked_headers(request: Request) -> tuple[str, ...]:
    names = request.headers.get("access-control-request-headers", "").split(",")
    return tuple(name.strip().lower() for name in names if name.strip())
