"""Bodies of calls to AWS APIs: who is not known yet gets little, and is asked who they are before more is read.

Memory is what this is about: a body is held whole, and most entrances take bodies only signers have a use for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request

from halfday.protocol.sigv4_claim import Claimed, Reason
from halfday.server.http.callers import CallerRefused, prove_claim
from halfday.server.http.parameters import BodyTooLarge, check_declared, declared_bytes
from halfday.server.services import Services

STRANGERS_BYTES = 256 * 1024
"""Many times what any unsigned operation can be sent within its model's limits."""


async def body_of_signer(request: Request, limit_bytes: int, prove: Callable[[], Awaitable[None]]) -> bytes:
    """The body. Before more of it than a stranger's is held, `prove` is asked once, which raises to refuse.

    Raises BodyTooLarge, before anything is read where the length is declared.
    """
    check_declared(request, limit_bytes)
    proven = declared_bytes(request) > STRANGERS_BYTES
    if proven:
        await prove()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise BodyTooLarge(f"the body is longer than {limit_bytes} bytes")
        if not proven and len(body) > STRANGERS_BYTES:
            await prove()
            proven = True
    return bytes(body)


async def prove_before_body(claimed: Claimed, service: str, services: Services) -> None:
    """Raises CallerRefused as `prove_claim` will, as far as it can be said without the body.

    S3's signature covers a hash that stands in a header, so that all is known but whether the body has it. Elsewhere
    the body's own hash is signed, so that only key, token, scope and time are.
    """
    try:
        await prove_claim(claimed, b"", service, services)
    except CallerRefused as refused:
        if refused.reason is not (Reason.PAYLOAD if service == "s3" else Reason.SIGNATURE):
            raise
