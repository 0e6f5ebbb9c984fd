"""What the entrances of AWS's APIs share, whatever their protocol: signer, body, Region, and what is logged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request

from halfday.protocol.errors import ServiceError
from halfday.protocol.identifiers import REGION_OF_COGNITO_LOCAL, REGION_PATTERN
from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.http.edge import note
from halfday.server.http.log_redaction import without_echoes
from halfday.server.http.requests import callers
from halfday.server.http.requests.bodies import Known, body_of_signer, prove_before_body
from halfday.server.http.requests.parameters import BodyTooLarge
from halfday.server.http.requests.presented import presented
from halfday.server.http.requests.received import Received
from halfday.server.http.signature_errors import Family
from halfday.server.operations.framework import registry
from halfday.server.operations.framework.newer_operations import is_operation
from halfday.server.services import Services

T = TypeVar("T")

LONGEST_REGION = 32
BODY_LIMIT_BYTES = 4 * 1024 * 1024
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
}


class Prover:
    """Proves the signer of one request when dispatch asks for it."""

    def __init__(self, request: Request, body: bytes, service: str, services: Services) -> None:
        self._request, self._body, self._service, self._services = request, body, service, services

    async def prove(self) -> SignedCaller:
        """Raises SignatureRefused."""
        caller = await callers.prove(callers.read_claim(self._request), self._body, self._service, self._services)
        note(self._request, caller=caller.kind)
        return caller


async def body_of(
    request: Request,
    services: Services,
    service: str,
    name: str,
    *,
    limit_bytes: int = BODY_LIMIT_BYTES,
    signed_as: str | None = None,
) -> bytes:
    """The body. It may be long for signed operations, once the signer's key is known; else as a stranger's.

    `signed_as`: the service's name in signatures, where that is another.
    """
    if isinstance(request, Received):
        return request.content
    operation = registry.find(service, name)
    known = known_signer(request, services, signed_as or service, limit_bytes)

    async def prove() -> Known:
        if operation is None or operation.authority != "signed":
            raise BodyTooLarge(f"{name} takes no such body")
        return await known()

    return (await within(body_of_signer(request, limit_bytes, prove))).content


def known_signer(
    request: Request, services: Services, signed_as: str, limit_bytes: int
) -> Callable[[], Awaitable[Known]]:
    """What `body_of_signer` asks before it takes more than a stranger's share."""

    async def prove() -> Known:
        claimed = callers.read_claim(request)
        await prove_before_body(claimed, signed_as, services)
        return Known(claimed.access_key_id, limit_bytes)

    return prove


async def within(reading: Awaitable[T]) -> T:
    try:
        return await reading
    except BodyTooLarge as problem:
        message = "Request size too large."
        raise ServiceError("RequestEntityTooLargeException", message, status=413, detail=str(problem)) from problem


def called(service: str, name: str) -> str:
    """The operation's name, if there is such an operation. Anything may be sent in its place."""
    known = registry.find(service, name) is not None or is_operation(service, name)
    return f"{service} {name if known else '(no operation)'}"


def why(request: Request, error: ServiceError, body: bytes) -> str:
    """What the log says: the detail, or else AWS's sentence without what it repeats of the request."""
    if error.detail:
        return error.reason
    target = request.headers.get("x-amz-target", "").partition(".")
    sent = (presented(request).authorization.header or "", *target, request.url.query, *_in_path(request))
    return f"{error.code}: {without_echoes(error.message, body, *sent)}"


def _in_path(request: Request) -> list[str]:
    path: str = request.scope["path"]
    return [part for part in path.split("/") if part]


def region_of(request: Request, services: Services, family: Family) -> str:
    """The region that was signed for, or the settings' where nothing is signed. Ids and ARNs are made with it."""
    region = presented(request).region
    if region is None:
        return services.settings.region
    if region == REGION_OF_COGNITO_LOCAL:
        return region
    if len(region) > LONGEST_REGION or not REGION_PATTERN.fullmatch(region):
        code = "SignatureDoesNotMatch" if family is Family.QUERY else "InvalidSignatureException"
        status = 400 if family is Family.JSON else 403
        raise ServiceError(code, "Credential should be scoped to a valid region.", status=status)
    return region
