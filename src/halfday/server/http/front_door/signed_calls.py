"""S3's front door: who signed, what is asked, whether policies allow it, and on to the S3 behind.

The order is AWS's: signature, then request, then permission. The call goes on rebuilt from what
was understood (decision 23), unsigned and without the session token.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.protocol.sigv4_claim import Claimed, SignatureRefused, without_signature
from halfday.server.clock import machine_time
from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.domain.calls.arns import Place
from halfday.server.domain.refusals import Refused
from halfday.server.domain.s3 import actions as s3_actions
from halfday.server.domain.s3.actions import Need, S3Request
from halfday.server.domain.s3.bucket_policies import check_bucket_policy
from halfday.server.domain.s3.bulk_delete import BulkDelete
from halfday.server.domain.s3.cors import parse_cors
from halfday.server.domain.s3.documents import LONGEST_OBJECT_BYTES, is_object_data, longest_body
from halfday.server.domain.s3.headers import OWNER_HEADERS
from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.domain.s3.table import Target
from halfday.server.front_door.document_bodies import check_kind, read_document, too_long_a_document
from halfday.server.front_door.forwarding import Where, send_on, written_anew
from halfday.server.front_door.payloads import Payload, read_payload, with_payload
from halfday.server.front_door.permissions import authorize_all
from halfday.server.front_door.put_policies import Pins, keep_pins, pins_put_to_bucket, ruled_already
from halfday.server.front_door.resource_policies import ResourcePolicies, forget_after
from halfday.server.front_door.streamed_payloads import (
    LONGEST_STREAM_BYTES,
    SHORTEST_STREAM_BYTES,
    is_streamed,
    stream_payload,
)
from halfday.server.front_door.upload_ids import check_upload
from halfday.server.http.edge import note
from halfday.server.http.front_door.passing import passed_back
from halfday.server.http.front_door.request_contexts import check_region, request_context
from halfday.server.http.front_door.s3_answers import refusal
from halfday.server.http.requests.bodies import Body, Known, body_of_signer, prove_before_body
from halfday.server.http.requests.body_budget import NoRoom, held_by
from halfday.server.http.requests.callers import prove, read_claim, secret_behind
from halfday.server.http.requests.parameters import BodyTooLarge, declared_bytes
from halfday.server.http.signature_errors import Family, service_error
from halfday.server.http.unavailable import service_unavailable
from halfday.server.outside.upstreams import Opened, Upstream
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

_READING = ("GET", "HEAD")

SLOW_DOWN = "Please reduce your request rate."


async def handle(request: Request, services: Services) -> Response:
    """The answer to a signed S3 call. Refusals are in S3's form."""
    try:
        answer = await _serve(request, services)
    except Busy as busy:
        return _refused(request, service_unavailable(busy))
    except NoRoom as full:
        return _refused(request, ServiceError("SlowDown", SLOW_DOWN, status=503, detail=str(full)))
    except SignatureRefused as refused:
        return _refused(request, service_error(refused, Family.S3))
    except S3RequestRefused as refused:
        return _refused(request, _s3_error(refused))
    except Refused as refused:  # by the role's policies
        return _refused(request, ServiceError(refused.code, refused.sentence, status=403, detail=refused.detail))
    except ServiceError as error:
        return _refused(request, error)
    # an object is no page of the origin where people sign in
    return passed_back(answer, head=request.method == "HEAD", policy="sandbox")


async def _serve(request: Request, services: Services) -> Opened:
    claimed = _read_claim(request)
    where = Where(claimed.scope.region, services.settings.account_id)
    if services.upstream is not None and services.upstream.streams("s3") and _may_stream(request, claimed):
        streamed = await _admit_head(request, claimed, services)
        if streamed is not None:
            return await _send_streamed(request, claimed, services, where, *streamed)
    caller, asked, payload = await _admit(request, claimed, services)
    bulk = await read_document(asked, payload.body)
    _check_configuration(asked, payload.body)
    needs = _needs(asked, bulk)
    upstream = await _authorize(request, claimed, services, caller, needs)
    pins = await _pins_put(asked, payload.body, services)
    await check_upload(upstream, services.known_uploads, asked, where)
    asked, content = with_payload(asked, payload), payload.body
    if bulk is not None:
        asked, content = written_anew(asked, bulk)
    if asked.method in _READING:
        return await _counted(request, await send_on(upstream, asked, where, content))
    ruled = await ruled_already(_policies(claimed, services), needs)
    answer = await send_on(upstream, asked, where, content)
    if asked.target is Target.BUCKET and answer.status < 300:
        await keep_pins(services.store, needs, pins, ruled=ruled)
    forget_after(needs, services.resource_policies)
    return await _counted(request, answer)


def _may_stream(request: Request, claimed: Claimed) -> bool:
    """Whether the signature covers the body before it is there, and the body is long."""
    return request.method == "PUT" and declared_bytes(request) > SHORTEST_STREAM_BYTES


async def _admit_head(request: Request, claimed: Claimed, services: Services) -> tuple[SignedCaller, S3Request] | None:
    """Who signed what, before any of the body is read. None where the body is not passed on as it comes."""
    caller = await prove(claimed, b"", "s3", services, body_hash=claimed.payload_hash or "")
    asked = _understand(claimed, services)
    if not is_object_data(asked) or not is_streamed(claimed, asked, declared_bytes(request)):
        return None
    note(request, caller=caller.kind)
    return caller, asked


async def _send_streamed(
    request: Request,
    claimed: Claimed,
    services: Services,
    where: Where,
    caller: SignedCaller,
    asked: S3Request,
) -> Opened:
    length = declared_bytes(request)
    if length > LONGEST_STREAM_BYTES:
        raise _too_large(f"the body is longer than {LONGEST_STREAM_BYTES} bytes")
    check_kind(asked)
    upstream = await _authorize(request, claimed, services, caller, _needs(asked, None))
    await check_upload(upstream, services.known_uploads, asked, where)
    secret = await secret_behind(caller, claimed, services)
    asked, body = stream_payload(asked, claimed, secret, request.stream(), length)
    return await send_on(upstream, asked, where, body)


async def _authorize(
    request: Request, claimed: Claimed, services: Services, caller: SignedCaller, needs: tuple[Need, ...]
) -> Upstream:
    """The upstream, when policies allow the request. Raises Refused, ServiceError."""
    note(request, operation=f"s3 {request.method} {needs[0].action}")
    decisions = await _allow(request, claimed, services, caller, needs)
    note(request, why="; ".join(decisions))
    if services.upstream is None:
        message = "No AWS stands behind this front door: the setting `upstream` is none, or moto is not installed."
        raise ServiceError("NotImplemented", message, status=501)
    return services.upstream


async def _allow(
    request: Request, claimed: Claimed, services: Services, caller: SignedCaller, needs: tuple[Need, ...]
) -> list[str]:
    """What decided. Raises Refused, ServiceError."""
    context = _request_context(request, claimed, services)
    return await authorize_all(caller, needs, context, policies=_policies(claimed, services))


def _policies(claimed: Claimed, services: Services) -> ResourcePolicies:
    place = Place(claimed.scope.region, services.settings.account_id)
    return ResourcePolicies(services.upstream, services.resource_policies, place, services.store.resource_pins.of)


async def _counted(request: Request, answer: Opened) -> Opened:
    """The answer, with what is held of it counted. Raises NoRoom."""
    try:
        held_by(request).grow(answer.held_bytes)
    except NoRoom:
        await answer.close()
        raise
    return answer


async def _admit(request: Request, claimed: Claimed, services: Services) -> tuple[SignedCaller, S3Request, Payload]:
    """Who signed what: the caller, the request, and the body without its chunks' framing."""
    body = await _body(request, claimed, services)
    caller = await prove(claimed, body.content, "s3", services, body_hash=body.sha256)
    note(request, caller=caller.kind)
    held_by(request).belongs_to(claimed.access_key_id)
    asked = _understand(claimed, services)
    payload = await read_payload(asked, claimed, await secret_behind(caller, claimed, services), body.written)
    return caller, asked, payload


async def _body(request: Request, claimed: Claimed, services: Services) -> Body:
    """The body. All that can be checked without it is checked before more than a stranger's share is held."""

    most = LONGEST_OBJECT_BYTES

    async def known() -> Known:
        nonlocal most
        caller = await prove_before_body(claimed, "s3", services)
        asked = _understand(claimed, services)
        most = longest_body(asked)
        if caller and not s3_actions.is_bulk_delete(asked):
            await _allow(request, claimed, services, caller, _needs(asked, None))
        return Known(claimed.access_key_id, most)

    try:
        return await body_of_signer(request, LONGEST_OBJECT_BYTES, known)
    except BodyTooLarge as problem:
        if most < LONGEST_OBJECT_BYTES:
            raise too_long_a_document(most) from problem
        raise _too_large(str(problem)) from problem


def _too_large(detail: str) -> ServiceError:
    return ServiceError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", detail=detail)


def _read_claim(request: Request) -> Claimed:
    claimed = read_claim(request)
    if claimed.scope.service != "s3":
        raise ServiceError(
            "NotImplemented", f"This is S3's front door, not that of {claimed.scope.service}.", status=501
        )
    check_region(claimed.scope.region)
    return claimed


def own_domains(services: Services) -> set[str]:
    """Host names that a bucket may stand in front of."""
    return {"localhost", urlsplit(services.origin).hostname or "localhost"}


def _understand(claimed: Claimed, services: Services) -> S3Request:
    message = claimed.message
    domains = own_domains(services)
    query = without_signature(message.query) if claimed.presigned else message.query
    host = message.header("host") or ""
    asked = s3_actions.understand(message.method, host, message.path, query, message.headers, domains=domains)
    owners = {asked.headers[name] for name in OWNER_HEADERS if name in asked.headers}
    if owners - {services.settings.account_id}:
        raise ServiceError(
            "AccessDenied", "Access Denied", status=403, detail="another owner of the bucket is expected"
        )
    return asked


def _needs(asked: S3Request, bulk: BulkDelete | None) -> tuple[Need, ...]:
    return s3_actions.needs(asked, bulk.keys if bulk else ())


def _check_configuration(asked: S3Request, body: bytes) -> None:
    """Refuses CORS rules and bucket policies that S3 would not take: what stands behind fails over them later."""
    if (asked.method, asked.target) == ("PUT", Target.BUCKET):
        if asked.selector == "cors":
            parse_cors(body)
        elif asked.selector == "policy":
            check_bucket_policy(body)


async def _pins_put(asked: S3Request, body: bytes, services: Services) -> Pins | None:
    """Whom a bucket policy means that is put. Raises S3RequestRefused for one that names who is not there."""
    if (asked.method, asked.target, asked.selector) != ("PUT", Target.BUCKET, "policy"):
        return None
    return await pins_put_to_bucket(services.store, services.settings.account_id, body)


def _request_context(request: Request, claimed: Claimed, services: Services) -> dict[str, str]:
    """What conditions may ask of the request. What they may ask of its bucket and key is in Need."""
    return request_context(request, claimed, services) | {
        "s3:authType": "REST-QUERY-STRING" if claimed.presigned else "REST-HEADER",
        "s3:signatureAge": str(int((machine_time(services.clock) - claimed.signed_at) * 1000)),
        "s3:signatureversion": "AWS4-HMAC-SHA256",
    }


def _s3_error(refused: S3RequestRefused) -> ServiceError:
    return ServiceError(refused.code, str(refused), status=refused.status, members=refused.members)


def _refused(request: Request, error: ServiceError) -> Response:
    note(request, why=error.reason)
    return refusal(request, error)
