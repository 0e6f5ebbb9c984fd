"""What an S3 request's body holds, once chunks are put together and checksums hold: the body that is acted upon.

What goes on is that body alone. Nobody behind has to know chunks, nor can read them in another way.
"""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from halfday.protocol.sigv4 import UNSIGNED_PAYLOAD, signing_key
from halfday.protocol.sigv4_chunks import CHUNKED_FORMS, ChunkedForm, ChunkSigner
from halfday.protocol.sigv4_claim import Claimed
from halfday.server.domain.s3.actions import S3Request
from halfday.server.domain.s3.checksums import PREFIX, check_headers, check_value, is_checksum
from halfday.server.domain.s3.chunks import ChunkedBody, decode
from halfday.server.domain.s3.refusals import S3RequestRefused

INLINE_BYTES = 256 * 1024
"""Longer bodies are read in a thread, so that others have their turn."""

LENGTH_HEADER = "x-amz-decoded-content-length"
TRAILER_HEADER = "x-amz-trailer"
_LONGEST_LENGTH = 15
_READER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="halfday-bodies")
"""Of large bodies one at a time: each takes a processor for itself, and every thread has memory of its own.

Its futures, unlike anyio's, let go of what they raise. There an exception holds the frames it passed, one of these the
future, and that the exception: a refused body stayed, uncounted, until the garbage was collected.
"""


@dataclass(frozen=True, slots=True)
class Payload:
    """`checksum` is the trailer's header and its value. `chunked`: the body came in chunks."""

    body: bytes = field(repr=False)
    chunked: bool = False
    checksum: tuple[str, str] | None = None


async def read_payload(asked: S3Request, claimed: Claimed, secret_access_key: str | None, body: io.BytesIO) -> Payload:
    """Chunks are put together in the body's place, which is spent then. Without a secret no chunk's signature is asked
    for. Raises S3RequestRefused.
    """
    expected = expected_chunks(asked, claimed, secret_access_key)
    if body.seek(0, io.SEEK_END) <= INLINE_BYTES:
        return _read(asked, expected, body)
    return await asyncio.get_running_loop().run_in_executor(_READER, _read, asked, expected, body)


def with_payload(asked: S3Request, payload: Payload) -> S3Request:
    """The request as it goes on with this body, without any header about chunks."""
    asked = without_chunking(asked, chunked=payload.chunked)
    if payload.checksum is None:
        return asked
    name, value = payload.checksum
    told = {name: value, "x-amz-sdk-checksum-algorithm": name.removeprefix(PREFIX).upper()}
    return replace(asked, headers={**asked.headers, **told})


def without_chunking(asked: S3Request, *, chunked: bool) -> S3Request:
    headers = dict(asked.headers)
    codings = [part.strip() for part in headers.pop("content-encoding", "").split(",")]
    if kept := ", ".join(part for part in codings if part and part.lower() != "aws-chunked"):
        headers["content-encoding"] = kept
    if chunked:
        headers["x-amz-content-sha256"] = UNSIGNED_PAYLOAD
    return replace(asked, headers=headers)


def _read(asked: S3Request, expected: ChunkedBody | None, sent: io.BytesIO) -> Payload:
    payload = Payload(sent.getvalue()) if expected is None else _decoded(expected, sent)
    if asked.method != "POST" or asked.selector != "uploadId":  # there it is the checksum of all parts
        check_headers(asked.headers, payload.body)
    return payload


def _decoded(expected: ChunkedBody, sent: io.BytesIO) -> Payload:
    decoded = decode(expected, sent)
    if decoded.checksum is None:
        return Payload(decoded.body, chunked=True)
    check_value(expected.trailer, decoded.checksum, decoded.body, where="trailing header")
    return Payload(decoded.body, chunked=True, checksum=(expected.trailer, decoded.checksum))


def expected_chunks(asked: S3Request, claimed: Claimed, secret_access_key: str | None) -> ChunkedBody | None:
    """What the headers say of a body in chunks; None where the body is not in chunks."""
    form = CHUNKED_FORMS.get(claimed.payload_hash or "")
    if form is None:
        _refuse_chunk_headers(asked)
        return None
    signer = None
    if form.signed and secret_access_key is not None:
        key = signing_key(secret_access_key, claimed.scope)
        signer = ChunkSigner(key, claimed.scope, claimed.timestamp, claimed.signature)
    return ChunkedBody(form, _length(asked), _trailer(asked, form), signer)


def _refuse_chunk_headers(asked: S3Request) -> None:
    for name in (LENGTH_HEADER, TRAILER_HEADER):
        if name in asked.headers:
            sentence = f"A header you provided implies functionality that is not implemented: {name}"
            raise S3RequestRefused("NotImplemented", sentence, status=501)


def _length(asked: S3Request) -> int:
    text = asked.headers.get(LENGTH_HEADER, "")
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_LENGTH):
        sentence = "You must provide the Content-Length HTTP header."
        raise S3RequestRefused("MissingContentLength", sentence, status=411)
    return int(text)


def _trailer(asked: S3Request, form: ChunkedForm) -> str:
    name = asked.headers.get(TRAILER_HEADER, "").lower()
    if not name:
        return ""
    if not form.trailer or not is_checksum(name) or name in asked.headers:
        sentence = "The value specified in the x-amz-trailer header is not supported"
        raise S3RequestRefused("InvalidRequest", sentence)
    return name
