"""Bodies of calls to AWS APIs: who is not known yet gets little, and is asked who they are before more is read.

Memory is what this is about: a body is held whole, and most entrances take bodies only signers have a use for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from io import BytesIO
from typing import NamedTuple

from starlette.requests import Request

from halfday.protocol.sigv4_claim import Claimed, Reason, SignatureRefused
from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.http.requests.body_budget import held_by
from halfday.server.http.requests.callers import prove
from halfday.server.http.requests.parameters import FORM_LIMIT_BYTES, check_length, declared_bytes
from halfday.server.services import Services

STRANGERS_BYTES = FORM_LIMIT_BYTES
"""Many times the longest input that the model allows of any unsigned operation."""


class Known(NamedTuple):
    """A caller who may send more than a stranger, and how much."""

    caller: str
    limit_bytes: int


class Body(NamedTuple):
    """`written` holds the content. Whoever takes it apart in place must not read `content` afterwards."""

    written: BytesIO
    sha256: str

    @property
    def content(self) -> bytes:
        """The bytes, without a copy."""
        return self.written.getvalue()


async def body_of_signer(request: Request, limit_bytes: int, prove: Callable[[], Awaitable[Known]]) -> Body:
    """The body. Before more than STRANGERS_BYTES of it are held, `prove` is called once; it raises to refuse.

    `limit_bytes` holds for everybody. Raises BodyTooLarge, before anything is read where the length is
    declared; NoRoom.
    """
    declared = declared_bytes(request)
    check_length(declared, limit_bytes)
    reading = _Reading(request, prove)
    if declared > STRANGERS_BYTES:
        await reading.ask()
    async for chunk in request.stream():
        await reading.add(chunk)
    return reading.body()


class _Reading:
    """Reads and hashes a body as it comes, without a copy. To hash or copy a large one at once would block the loop."""

    def __init__(self, request: Request, prove: Callable[[], Awaitable[Known]]) -> None:
        self._request, self._prove, self._held = request, prove, held_by(request)
        self._content, self._hash = BytesIO(), sha256()
        self._limit_bytes = STRANGERS_BYTES
        self._proven = False

    async def ask(self) -> None:
        known, self._proven = await self._prove(), True
        self._limit_bytes = known.limit_bytes
        check_length(declared_bytes(self._request), known.limit_bytes)
        self._held.belongs_to(known.caller)

    async def add(self, chunk: bytes) -> None:
        self._held.grow(len(chunk))
        self._content.write(chunk)
        self._hash.update(chunk)
        came = self._content.tell()
        if not self._proven and came > STRANGERS_BYTES:
            await self.ask()
        check_length(came, self._limit_bytes)

    def body(self) -> Body:
        return Body(self._content, self._hash.hexdigest())


async def prove_before_body(claimed: Claimed, service: str, services: Services) -> SignedCaller | None:
    """Raises SignatureRefused as `callers.prove` will, as far as it can be said without the body.

    S3's signature covers a hash that stands in a header, so that all is known but whether the body has it. Elsewhere
    the body's own hash is signed, so that only key, token, scope and time are; then None is the answer.
    """
    if service == "s3":
        return await prove(claimed, b"", service, services, body_hash=claimed.payload_hash or "")
    try:
        return await prove(claimed, b"", service, services)
    except SignatureRefused as refused:
        if refused.reason is not Reason.SIGNATURE:
            raise
        return None
