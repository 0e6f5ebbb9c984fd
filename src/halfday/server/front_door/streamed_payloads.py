"""Objects that pass on to the AWS behind as they come. Its last bytes are held back until all of the body is proven.

So the upstream never sees a complete request whose body is not the one that was signed: neither the hash in the
request's head, nor a chunk's signature, nor a checksum can be wrong in what is stored. A body that does not hold breaks
the call off.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from hashlib import sha256

from halfday.protocol.sigv4 import UNSIGNED_PAYLOAD
from halfday.protocol.sigv4_chunks import CHUNKED_FORMS
from halfday.protocol.sigv4_claim import Claimed, Reason, SignatureRefused
from halfday.server.domain.s3.actions import S3Request
from halfday.server.domain.s3.checksums import Awaited, awaited
from halfday.server.domain.s3.chunks import ChunkedBody, ChunkStream, check_count
from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.front_door.payloads import LENGTH_HEADER, TRAILER_HEADER, expected_chunks, without_chunking
from halfday.server.outside.upstreams import Streamed

SHORTEST_STREAM_BYTES = 1024 * 1024
"""Shorter bodies are read whole: what is wrong with them is told before anything goes on."""
SHORTEST_TRAILER_BYTES = 8 * 1024 * 1024
"""A checksum in a trailer becomes a header up to here, which every upstream reads; beyond it goes on as a trailer."""
LONGEST_STREAM_BYTES = 5 * 1024**3
"""Of one upload, or one part (S3 user guide, Amazon S3 multipart upload limits)."""
FRAME_BYTES = 64 * 1024

Pieces = AsyncIterator[bytes]


def is_streamed(claimed: Claimed, asked: S3Request, declared_bytes: int) -> bool:
    shortest = SHORTEST_TRAILER_BYTES if asked.headers.get(TRAILER_HEADER) else SHORTEST_STREAM_BYTES
    chunked = claimed.payload_hash in CHUNKED_FORMS
    return declared_bytes > shortest and (not chunked or LENGTH_HEADER in asked.headers)


def stream_payload(
    asked: S3Request, claimed: Claimed, secret_access_key: str | None, sent: Pieces, declared_bytes: int
) -> tuple[S3Request, Streamed]:
    """The request without its chunks' headers, and its body as it comes. Raises S3RequestRefused; so does the body."""
    chunks = expected_chunks(asked, claimed, secret_access_key)
    checks = awaited(asked.headers)
    goes_on = without_chunking(asked, chunked=chunks is not None)
    if chunks is None:
        return goes_on, Streamed(declared_bytes, _held_back(_Plain(claimed, checks, declared_bytes).read(sent)))
    trailer = Awaited(chunks.trailer, "trailing header") if chunks.trailer else None
    reader = _InChunks(chunks, checks, trailer)
    if trailer is None:
        return goes_on, Streamed(chunks.length, _held_back(reader.read(sent)))
    return goes_on, _with_trailer(goes_on, chunks, trailer, reader, sent)


class _Plain:
    def __init__(self, claimed: Claimed, checks: list[Awaited], declared_bytes: int) -> None:
        self._hash = None if claimed.payload_hash in (None, UNSIGNED_PAYLOAD) else claimed.payload_hash
        self._checks, self._left = checks, declared_bytes

    async def read(self, sent: Pieces) -> Pieces:
        digest = sha256()
        async for piece in sent:
            if self._hash is not None:
                digest.update(piece)
            for check in self._checks:
                check.update(piece)
            self._left -= len(piece)
            yield piece
        check_count(0, -self._left)
        if self._hash is not None and not hmac.compare_digest(self._hash.encode(), digest.hexdigest().encode()):
            raise SignatureRefused(Reason.PAYLOAD)
        for check in self._checks:
            check.compare()


class _InChunks:
    def __init__(self, expected: ChunkedBody, checks: list[Awaited], trailer: Awaited | None) -> None:
        self._stream, self._length = ChunkStream(expected), expected.length
        self._checks, self._trailer = checks, trailer
        self.checksum: str | None = None

    async def read(self, sent: Pieces) -> Pieces:
        came = 0
        async for piece in sent:
            for data in self._stream.feed(piece):
                came += len(data)
                if came > self._length:
                    check_count(self._length, came)
                for check in (*self._checks, *([self._trailer] if self._trailer else [])):
                    check.update(data)
                yield data
        self.checksum = self._stream.end()
        check_count(self._length, came)
        for check in self._checks:
            check.compare()
        if self._trailer is not None:
            self._trailer.compare(self.checksum or "")


async def _held_back(pieces: Pieces) -> Pieces:
    """The pieces, each when the next has come: the last one only when nothing has been objected to."""
    held = b""
    async for piece in pieces:
        if piece:
            if held:
                yield held
            held = piece
    if held:
        yield held


def _with_trailer(
    asked: S3Request, expected: ChunkedBody, trailer: Awaited, reader: _InChunks, sent: Pieces
) -> Streamed:
    """Chunks of this server's own, unsigned, and the checksum behind them as it came."""
    encodings = [text for text in (asked.headers.get("content-encoding"),) if text]
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        LENGTH_HEADER: str(expected.length),
        TRAILER_HEADER: expected.trailer,
        "content-encoding": ",".join(["aws-chunked", *encodings]),
    }
    full, rest = divmod(expected.length, FRAME_BYTES)
    length = full * (FRAME_BYTES + len(_head(FRAME_BYTES)) + 2) + (rest + len(_head(rest)) + 2 if rest else 0)
    length += len(_head(0)) + len(expected.trailer) + 1 + trailer.value_bytes + 4
    return Streamed(length, _framed(reader, expected, sent), headers)


async def _framed(reader: _InChunks, expected: ChunkedBody, sent: Pieces) -> Pieces:
    """The end, without which nothing is complete, is made when all has been checked."""
    waiting = bytearray()
    async for data in reader.read(sent):
        waiting += data
        while len(waiting) >= FRAME_BYTES:
            yield _head(FRAME_BYTES) + bytes(waiting[:FRAME_BYTES]) + b"\r\n"
            del waiting[:FRAME_BYTES]
    if waiting:
        yield _head(len(waiting)) + bytes(waiting) + b"\r\n"
    if reader.checksum is None:
        raise S3RequestRefused("MalformedTrailerError", f"The trailing header {expected.trailer} is missing.")
    yield _head(0) + f"{expected.trailer}:{reader.checksum}\r\n\r\n".encode("latin-1")


def _head(size: int) -> bytes:
    return b"%x\r\n" % size
