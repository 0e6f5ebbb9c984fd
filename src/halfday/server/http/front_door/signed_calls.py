"""The front door for signed AWS calls: who signed, what is asked, whether the role's policies allow it, and on to AWS.

Today it knows S3. The order is AWS's: signature, then request, then permission. The call goes on rebuilt from what
was understood (decision 23), unsigned and without the session token.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.protocol.identifiers import REGION_PATTERN
from halfday.protocol.sigv4 import format_timestamp
from halfday.protocol.sigv4_claim import Claimed, SignatureRefused, without_signature
from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.domain.refusals import Refused
from halfday.server.domain.s3 import actions as s3_actions
from halfday.server.domain.s3.actions import Need, S3Request
from halfday.server.domain.s3.bucket_policies import check_bucket_policy
from halfday.server.domain.s3.bulk_delete import BulkDelete
from halfday.server.domain.s3.cors import parse_cors
from halfday.server.domain.s3.documents import LONGEST_OBJECT_BYTES, longest_body
from halfday.server.domain.s3.headers import OWNER_HEADERS
from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.domain.s3.table import Target
from halfday.server.front_door.document_bodies import read_document, too_long_a_document
from halfday.server.front_door.forwarding import authorization_of, send_on, written_anew
from halfday.server.front_door.payloads import Payload, read_payload, with_payload
from halfday.server.front_door.permissions import authorize_all
from halfday.server.front_door.upload_ids import check_upload
from halfday.server.http.edge import note
from halfday.server.http.front_door.s3_answers import passed_back, refusal
from halfday.server.http.requests.bodies import Body, Known, body_of_signer, prove_before_body
from halfday.server.http.requests.body_budget import NoRoom, held_by
from halfday.server.http.requests.callers import prove, read_claim, secret_behind
from halfday.server.http.requests.parameters import BodyTooLarge
from halfday.server.http.signature_errors import Family, service_error
from halfday.server.http.unavailable import service_unavailable
from halfday.server.outside.upstream import Answer
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

SLOW_DOWN = "Please reduce your request rate."
# Their names there begin with other partitions, arn:aws-cn and so on.
_OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-")


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
    return passed_back(answer, head=request.method == "HEAD")


async def _serve(request: Request, services: Services) -> Answer:
    upstream = services.upstream
    claimed = _read_claim(request)
    caller, asked, payload = await _admit(request, claimed, services)
    bulk = await read_document(asked, payload.body)
    _check_configuration(asked, payload.body)
    needs = _needs(asked, bulk)
    note(request, operation=f"s3 {request.method} {needs[0].action}")
    decisions = await authorize_all(caller, needs, _request_context(request, claimed, services))
    note(request, why="; ".join(decisions))
    if upstream is None:
        message = "No AWS stands behind this front door: the setting `upstream` is none, or moto is not installed."
        raise ServiceError("NotImplemented", message, status=501)
    authorization = authorization_of(claimed)
    await check_upload(upstream, services.known_uploads, asked, authorization)
    asked, content = with_payload(asked, payload), payload.body
    if bulk is not None:
        asked, content = written_anew(asked, bulk)
    answer = await send_on(upstream, asked, authorization, content)
    held_by(request).grow(len(answer.body))
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
            await authorize_all(caller, _needs(asked, None), _request_context(request, claimed, services))
        return Known(claimed.access_key_id, most)

    try:
        return await body_of_signer(request, LONGEST_OBJECT_BYTES, known)
    except BodyTooLarge as problem:
        if most < LONGEST_OBJECT_BYTES:
            raise too_long_a_document(most) from problem
        message = "Your proposed upload exceeds the maximum allowed size"
        raise ServiceError("EntityTooLarge", message, detail=str(problem)) from problem


def _read_claim(request: Request) -> Claimed:
    claimed = read_claim(request)
    service = claimed.scope.service
    if service != "s3":
        message = f"Halfday's front door serves s3 only: it does not know {service} yet."
        raise ServiceError("NotImplemented", message, status=501)
    _check_region(claimed.scope.region)
    return claimed


def _check_region(region: str) -> None:
    """Refuses other partitions, where the same names are other buckets than those that policies here name."""
    if not REGION_PATTERN.fullmatch(region):
        raise ServiceError(
            "AuthorizationHeaderMalformed", f"The authorization header is malformed; {region!r} is no region"
        )
    if region.startswith(_OTHER_PARTITIONS):
        message = f"Halfday's front door serves the partition aws only: {region} is of another."
        raise ServiceError("NotImplemented", message, status=501)


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


def _request_context(request: Request, claimed: Claimed, services: Services) -> dict[str, str]:
    """What conditions may ask of any request (IAM user guide, global condition context keys). S3's own are in Need."""
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
    return ServiceError(refused.code, str(refused), status=refused.status, members=refused.members)


def _refused(request: Request, error: ServiceError) -> Response:
    note(request, why=error.reason)
    return refusal(request, error)
