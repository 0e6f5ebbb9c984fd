"""Bodies in chunks (aws-chunked): read whole or refused, with the signature of each chunk and of the trailer.

    SIZE[;chunk-signature=SIGNATURE] CRLF DATA CRLF …, the size in hexadecimal
    0[;chunk-signature=SIGNATURE] CRLF
    [x-amz-checksum-…:VALUE CRLF [x-amz-trailer-signature:SIGNATURE CRLF]]
    CRLF

Source: S3 API reference, Signature Calculations: Transferring Payload in Multiple Chunks, and Including Trailing
Headers. Which code S3 gives for which fault was measured by the authors of versitygw (issues 1656, 1666, 1683, 1684,
1690, 1691; pull request 1701).
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO

from halfday.protocol.sigv4_chunks import ChunkedForm, ChunkSigner
from halfday.server.domain.s3.refusals import S3RequestRefused

SMALLEST_CHUNK_BYTES = 8192
"""The shortest size of a chunk that is not the last. It bounds the number of chunks."""
LONGEST_TRAILER_BYTES = 1024

_LONGEST_LINE = 128
_PIECE_BYTES = 1024 * 1024
_HEADER = re.compile(rb"([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
_TERMINATED = "The request body terminated unexpectedly"
_COUNT = "You did not provide the number of bytes specified by the Content-Length HTTP header"


@dataclass(frozen=True, slots=True)
class ChunkedBody:
    """What the request's head says of its body. `trailer` names the header that follows it, or is empty.

    `signer` is None where no signature is asked for: any keys will do, or the chunks are not signed.
    """

    form: ChunkedForm
    length: int
    trailer: str
    signer: ChunkSigner | None


@dataclass(frozen=True, slots=True)
class Decoded:
    """`checksum` is the value of the trailer's header, if there is one."""

    body: bytes = field(repr=False)
    checksum: str | None


def decode(expected: ChunkedBody, body: BytesIO) -> Decoded:
    """In the place of `body`, which is spent: a large one is not there twice. Raises S3RequestRefused."""
    with body.getbuffer() as sent:
        reader = _Reader(expected, sent)
        length = reader.read_chunks()
        checksum = reader.read_trailer()
    check_count(expected.length, length)
    body.truncate(length)
    return Decoded(body.getvalue(), checksum)


class _Reader:
    """No view of the body outlives a call: it could not be cut to its new length."""

    def __init__(self, expected: ChunkedBody, body: memoryview) -> None:
        self._form, self._trailer, self._signer = expected.form, expected.trailer, expected.signer
        self._body = body
        self._at = self._count = 0

    def read_chunks(self) -> int:
        """How long they are together. They move to the front, over what has been read.

        By the piece: to move much at once would stop everybody, in whatever thread.
        """
        end, last = 0, None
        while (chunk := self._chunk(last)).nbytes:
            for at in range(0, chunk.nbytes, _PIECE_BYTES):
                piece = chunk[at : at + _PIECE_BYTES]
                self._body[end : end + piece.nbytes] = piece
                end += piece.nbytes
            last = chunk.nbytes
        return end

    def read_trailer(self) -> str | None:
        """The value of the one header that may follow, after which nothing does."""
        if len(self._body) - self._at > LONGEST_TRAILER_BYTES:
            raise _malformed_trailer() if self._form.trailer else _incomplete()
        lines = _lines(bytes(self._body[self._at :]))
        if not self._form.trailer:
            if lines:
                raise _incomplete()
            return None
        if self._form.signed and not lines:
            raise _incomplete()
        proof = self._pop_signature(lines) if self._form.signed else None
        checksum = self._checksum(lines)
        if self._signer is not None and proof is not None:
            signed = "" if checksum is None else f"{self._trailer}:{checksum}\n"
            _compare(self._signer.of_trailer(signed.encode("latin-1")), proof)
        return checksum

    def _chunk(self, last_bytes: int | None) -> memoryview:
        size, proof = self._header()
        self._count += 1
        if size:
            _check_size(self._count, last_bytes)
        data = self._body[self._at : self._at + size]
        self._at += size
        if size and bytes(self._body[self._at : self._at + 2]) != b"\r\n":
            raise _incomplete()
        self._at += 2 if size else 0
        if self._signer is not None and proof is not None:
            _compare(self._signer.of_chunk(data), proof)
        return data

    def _header(self) -> tuple[int, bytes | None]:
        line, ended, _ = bytes(self._body[self._at : self._at + _LONGEST_LINE]).partition(b"\r\n")
        if not ended:
            raise _incomplete()
        self._at += len(line) + 2
        return _header(line, self._form)

    def _pop_signature(self, lines: list[bytes]) -> bytes:
        name, _, proof = lines.pop().partition(b":")
        if name != _TRAILER_SIGNATURE.encode():
            raise _malformed_trailer()
        return proof.strip()

    def _checksum(self, lines: list[bytes]) -> str | None:
        """Exactly what x-amz-trailer announced has to be there."""
        parts = [line.partition(b":") for line in lines]
        announced = [f"{self._trailer}:".encode()] if self._trailer else []
        if [name + colon for name, colon, _ in parts] != announced:
            raise _malformed_trailer()
        return parts[0][2].strip().decode("latin-1") if parts else None


def _lines(rest: bytes) -> list[bytes]:
    """Some clients end a line with a line feed before its CRLF: it is no part of the value."""
    if rest == b"\r\n":
        return []
    if not rest.endswith(b"\r\n\r\n"):
        raise _incomplete()
    return [line.removesuffix(b"\n") for line in rest[:-4].split(b"\r\n")]


def _compare(wanted: str, proof: bytes) -> None:
    if not hmac.compare_digest(wanted.encode(), proof):
        raise S3RequestRefused("SignatureDoesNotMatch", _MISMATCH, status=403)


def _incomplete() -> S3RequestRefused:
    return S3RequestRefused("IncompleteBody", _TERMINATED)


def _malformed_trailer() -> S3RequestRefused:
    sentence = (
        "The request contained trailing data that was not well-formed or did not conform to our published schema."
    )
    return S3RequestRefused("MalformedTrailerError", sentence)


class ChunkStream:
    """Reads a body in chunks as it comes. `feed` gives the data, `end` the trailer; both raise S3RequestRefused.

    Data is given on before its chunk's signature can be checked: whoever takes it must not act on it before `end`.
    """

    def __init__(self, expected: ChunkedBody) -> None:
        self._form, self._signer = expected.form, expected.signer
        self._expected = expected
        self._waiting = bytearray()
        self._left = -1
        """Bytes of the current chunk that are to come; -1 between two chunks."""
        self._proof: bytes | None = None
        self._hash = sha256()
        self._size = self._count = 0
        self._last_size: int | None = None
        self._over = False

    def feed(self, sent: bytes) -> list[bytes]:
        self._waiting += sent
        found: list[bytes] = []
        while self._step(found):
            pass
        return found

    def end(self) -> str | None:
        """The trailer's checksum, when all has come."""
        if not self._over:
            raise _incomplete()
        reader = _Reader(self._expected, memoryview(bytes(self._waiting)))
        return reader.read_trailer()

    def _step(self, found: list[bytes]) -> bool:
        if self._over:
            if len(self._waiting) > LONGEST_TRAILER_BYTES:
                raise _malformed_trailer() if self._form.trailer else _incomplete()
            return False
        if self._left < 0:
            return self._begin()
        if self._left:
            return self._take(found)
        return self._finish()

    def _begin(self) -> bool:
        line, ended, _ = bytes(self._waiting[:_LONGEST_LINE]).partition(b"\r\n")
        if not ended:
            if len(self._waiting) >= _LONGEST_LINE:
                raise _incomplete()
            return False
        size, self._proof = _header(line, self._form)
        del self._waiting[: len(line) + 2]
        self._count += 1
        if size:
            _check_size(self._count, self._last_size)
        self._left = self._size = size
        self._hash = sha256()
        if not size:
            self._check()
            self._over = True
        return True

    def _take(self, found: list[bytes]) -> bool:
        data = bytes(self._waiting[: self._left])
        if not data:
            return False
        del self._waiting[: len(data)]
        self._left -= len(data)
        if self._signer is not None:
            self._hash.update(data)
        found.append(data)
        return True

    def _finish(self) -> bool:
        if len(self._waiting) < 2:
            return False
        if self._waiting[:2] != b"\r\n":
            raise _incomplete()
        del self._waiting[:2]
        self._check()
        self._last_size, self._left = self._size, -1
        return True

    def _check(self) -> None:
        if self._signer is not None and self._proof is not None:
            _compare(self._signer.of_hash(self._hash.hexdigest()), self._proof)


def _header(line: bytes, form: ChunkedForm) -> tuple[int, bytes | None]:
    found = _HEADER.fullmatch(line)
    if found is None or (found[2] is not None) != form.signed:
        raise _incomplete()
    return int(found[1], 16), found[2]


def _check_size(count: int, last_bytes: int | None) -> None:
    """Of all chunks but the last, when the next has begun."""
    if last_bytes is not None and last_bytes < SMALLEST_CHUNK_BYTES:
        members = {"Chunk": str(count), "BadChunkSize": str(last_bytes)}
        sentence = f"Only the last chunk is allowed to have a size less than {SMALLEST_CHUNK_BYTES} bytes"
        raise S3RequestRefused("InvalidChunkSizeError", sentence, status=403, members=members)


def check_count(expected_bytes: int, came_bytes: int) -> None:
    """Whether as many bytes of data came as were announced. Raises S3RequestRefused."""
    if came_bytes != expected_bytes:
        members = {"NumberBytesExpected": str(expected_bytes), "NumberBytesProvided": str(came_bytes)}
        raise S3RequestRefused("IncompleteBody", _COUNT, members=members)
