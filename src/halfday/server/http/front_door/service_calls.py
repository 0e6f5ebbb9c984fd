"""Signed calls to services other than S3: who signed, what is asked, whether policies allow it, and on to AWS.

The order is AWS's: signature, then request, then permission. The call goes on written anew from what was understood
(decision 23), unsigned and without the session token; its answer comes back as it comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.protocol.sigv4_claim import Claimed, SignatureRefused, without_signature
from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.domain.calls.arns import Place
from halfday.server.domain.calls.json_documents import Members, read_object
from halfday.server.domain.calls.refusals import CallRefused
from halfday.server.domain.refusals import Refused
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.forwarding import unavailable
from halfday.server.front_door.permissions import authorize_all
from halfday.server.front_door.put_policies import Pins, keep_pins, pins_put_by, ruled_already
from halfday.server.front_door.resource_policies import ResourcePolicies, forget_after
from halfday.server.front_door.services.calls import Plan, ServiceCall
from halfday.server.front_door.services.forwarding import upstream_call
from halfday.server.front_door.services.reading import Sent, protocol_of, read_call
from halfday.server.front_door.services.table import SERVED_ELSEWHERE, rule_of
from halfday.server.http.edge import note
from halfday.server.http.front_door.passing import passed_back
from halfday.server.http.front_door.request_contexts import check_region, request_context
from halfday.server.http.front_door.service_answers import CORS, denied, refusal
from halfday.server.http.requests.bodies import Known, body_of_signer, prove_before_body
from halfday.server.http.requests.body_budget import NoRoom, held_by
from halfday.server.http.requests.callers import prove, read_claim
from halfday.server.http.requests.parameters import BodyTooLarge, in_query
from halfday.server.http.requests.presented import presented
from halfday.server.http.signature_errors import Family, service_error
from halfday.server.http.unavailable import service_unavailable
from halfday.server.outside.upstreams import Opened, Upstream, UpstreamFailed, whole
from halfday.server.outside.upstreams.calls import opened, read_whole
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

LONGEST_BODY_BYTES = 26 * 1024 * 1024
"""The longest of a service: Bedrock's InvokeModel (25 MB); DynamoDB's batches have 16 MB."""

_VERSION_4A = "AWS4-ECDSA-P256-SHA256"
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
_PREFLIGHT_HEADERS = frozenset({"x-amz-date", "x-amz-target", "x-amz-content-sha256", "x-amz-security-token"})


@dataclass(slots=True)
class _Spoken:
    """In which words a refusal is told; better known when the call is understood."""

    signing: str
    protocol: str


async def handle(request: Request, services: Services) -> Response:
    """The answer to a signed call. Refusals are in the form of the service that it was signed for."""
    signing = presented(request).service or ""
    spoken = _Spoken(signing, protocol_of(signing, request.headers))
    try:
        answer = await _serve(request, services, spoken)
    except (Busy, NoRoom) as busy:
        return _refused(request, service_unavailable(busy), spoken)
    except SignatureRefused as refused:
        return _refused(request, _signature_error(refused, spoken.protocol), spoken)
    except Refused as refused:  # by policies
        return _refused(request, denied(refused, spoken.signing, spoken.protocol), spoken)
    except CallRefused as refused:
        return _refused(request, ServiceError(refused.code, refused.sentence, status=refused.status), spoken)
    except UpstreamFailed as failed:
        return _refused(request, unavailable(failed), spoken)
    except ServiceError as error:
        return _refused(request, error, spoken)
    response = passed_back(answer, head=request.method == "HEAD")
    response.headers.update(CORS)
    return response


def is_version_4a(request: Request) -> bool:
    """Whether the request is signed by Signature Version 4A, for a service other than S3."""
    header = presented(request).authorization.header or ""
    if header.partition(" ")[0] != _VERSION_4A and in_query(request, "X-Amz-Algorithm") != _VERSION_4A:
        return False
    return _service_of_version_4a(request) != "s3"


def refuse_version_4a(request: Request) -> Response:
    signing = _service_of_version_4a(request)
    message = f"{_VERSION_4A} is not taken here: sign with AWS4-HMAC-SHA256 (sigv4a_signing_region_set unset)."
    error = ServiceError("NotImplementedException", message, status=501)
    return _refused(request, error, _Spoken(signing, protocol_of(signing, request.headers)))


def is_preflight(request: Request) -> bool:
    """Whether a browser asks for a call that is signed by header, at a path where nothing else is."""
    if request.method != "OPTIONS":
        return False
    asked = request.headers.get("access-control-request-headers", "").lower().replace(" ", "").split(",")
    return "authorization" in asked and not _PREFLIGHT_HEADERS.isdisjoint(asked)


async def _serve(request: Request, services: Services, spoken: _Spoken) -> Opened:
    claimed = read_claim(request)
    signing = spoken.signing = claimed.scope.service
    if signing in SERVED_ELSEWHERE:
        raise ServiceError("UnknownOperationException", f"There is no such call of {signing} here.")
    check_region(claimed.scope.region)
    caller, sent = await _admit(request, claimed, services)
    place = Place(claimed.scope.region, services.settings.account_id)
    call = read_call(signing, sent, place, _origin(request, services))
    spoken.protocol = call.protocol
    note(request, operation=f"{call.service.name} {call.operation}")
    plan = await rule_of(call.service.name)(call, partial(_ask, services.upstream))
    await _authorize(request, claimed, services, caller, plan, plan.needs)
    pins = await pins_put_by(services.store, plan.call)
    upstream = _needed(services.upstream, plan)
    ruled = await ruled_already(_policies(services, plan), plan.needs)
    answer = await upstream.open(upstream_call(plan.call))
    if answer.status < 300:
        answer = await _with_pins(services, plan, pins, ruled, answer)
    forget_after(plan.needs, services.resource_policies)
    if plan.whole_answer:
        answer = await _looked_at(request, claimed, services, caller, plan, answer)
    return await _counted(request, answer)


async def _admit(request: Request, claimed: Claimed, services: Services) -> tuple[SignedCaller, Sent]:
    signing = claimed.scope.service

    async def known() -> Known:
        await prove_before_body(claimed, signing, services)
        return Known(claimed.access_key_id, LONGEST_BODY_BYTES)

    try:
        body = await body_of_signer(request, LONGEST_BODY_BYTES, known)
    except BodyTooLarge as problem:
        message = "The request is too large."
        raise ServiceError("RequestEntityTooLargeException", message, status=413, detail=str(problem)) from problem
    caller = await prove(claimed, body.content, signing, services, body_hash=body.sha256)
    note(request, caller=caller.kind)
    held_by(request).belongs_to(claimed.access_key_id)
    message_ = claimed.message
    query = without_signature(message_.query) if claimed.presigned else message_.query
    return caller, Sent(message_.method, message_.path, query, _headers(claimed), body.content)


def _headers(claimed: Claimed) -> dict[str, str]:
    """By name. Raises CallRefused for one that is given twice and could decide something."""
    headers: dict[str, str] = {}
    for name, value in claimed.message.headers:
        if name in headers and (name.startswith(("x-amz-", "x-amzn-", "content-")) or name == "smithy-protocol"):
            raise CallRefused("InvalidRequest", f"The header {name[:64]!r} is given more than once.")
        headers[name] = value.strip(" \t")
    return headers


async def _authorize(
    request: Request,
    claimed: Claimed,
    services: Services,
    caller: SignedCaller,
    plan: Plan,
    needs: tuple[Need, ...],
) -> None:
    """Raises Refused, ServiceError."""
    if not needs:
        return
    context = request_context(request, claimed, services)
    decisions = await authorize_all(
        caller,
        needs,
        context,
        service=plan.call.service.name,
        known=plan.known,
        unsure=bool(plan.unsure),
        policies=_policies(services, plan),
    )
    note(request, why="; ".join([*decisions, *([plan.unsure] if plan.unsure else [])]))


def _policies(services: Services, plan: Plan) -> ResourcePolicies:
    pins = services.store.resource_pins.of
    return ResourcePolicies(services.upstream, services.resource_policies, plan.call.place, pins)


async def _looked_at(
    request: Request, claimed: Claimed, services: Services, caller: SignedCaller, plan: Plan, opened_answer: Opened
) -> Opened:
    """The answer when it has come whole: what it shows to be needed is allowed, what it names is rewritten."""
    answer = await read_whole(opened_answer)
    if plan.after is not None and answer.status == 200:
        await _authorize(request, claimed, services, caller, plan, plan.after(answer))
    return opened(plan.rewritten(answer) if plan.rewritten is not None else answer)


async def _with_pins(services: Services, plan: Plan, pins: Pins | None, ruled: set[str], answer: Opened) -> Opened:
    """The answer, when whom the policy means is kept. Which key was made is known by the answer alone."""
    made = None
    if pins and plan.call.operation == "CreateKey":
        told = await read_whole(answer)
        made, answer = str(read_object(told.body).get("KeyMetadata", {}).get("Arn", "")), opened(told)
    await keep_pins(services.store, plan.needs, pins, made, ruled=ruled)
    return answer


async def _counted(request: Request, answer: Opened) -> Opened:
    try:
        held_by(request).grow(answer.held_bytes)
    except NoRoom:
        await answer.close()
        raise
    return answer


def _needed(upstream: Upstream | None, plan: Plan) -> Upstream:
    if upstream is None:
        message = "No AWS stands behind this front door: the setting `upstream` is none, or moto is not installed."
        raise ServiceError("NotImplementedException", message, status=501)
    if plan.reaches_out and not upstream.streams(plan.call.service.name):
        message = f"{plan.reaches_out} is not done by the moto in this process. Name an upstream."
        raise ServiceError("NotImplementedException", message, status=501)
    return upstream


async def _ask(upstream: Upstream | None, call: ServiceCall) -> Members | None:
    """The answer to a question of this server's own, None where there is none. Raises UpstreamFailed."""
    if upstream is None:
        return None
    answer = await whole(upstream, upstream_call(call))
    return read_object(answer.body) if answer.status == 200 else None


def _origin(request: Request, services: Services) -> str:
    """The address that the caller came by, for addresses that answers tell."""
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else services.origin


def _service_of_version_4a(request: Request) -> str:
    header = presented(request).authorization.header or ""
    credential = header.partition("Credential=")[2].partition(",")[0] or in_query(request, "X-Amz-Credential") or ""
    parts = credential.split("/")
    return parts[2] if len(parts) == 4 else "s3"


def _signature_error(refused: SignatureRefused, protocol: str) -> ServiceError:
    if protocol in ("query", "ec2", "rest-xml"):
        return service_error(refused, Family.QUERY)
    error = service_error(refused, Family.JSON)
    if protocol == "rest-json" and error.status == 400:
        return ServiceError(error.code, error.message, status=403, detail=error.detail)
    return error


def _refused(request: Request, error: ServiceError, spoken: _Spoken) -> Response:
    note(request, why=error.reason)
    return refusal(request, error, spoken.signing, spoken.protocol)
