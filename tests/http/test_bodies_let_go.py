"""Nothing holds the body of a request that is over: not even until the garbage is collected, which may be long.

An exception holds the frames that it passed, with all that their variables name. If one of these names what holds the
exception, a future or a parser, it stays until the garbage collector comes by, with the request's body.
"""

from __future__ import annotations

import gc
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from front_door import Door
from halfday.protocol.sigv4_chunks import CHUNKED_FORMS
from halfday.server.connections import Limits
from halfday.server.domain.s3.chunks import ChunkedBody, decode
from halfday.server.serving import ServerThread
from halfday.server.settings import Settings

LARGE = 1_000_000
LARGE_BYTES = 100_000
DUMMY = "AWS4-HMAC-SHA256 Credential=test/20250101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00"
CHUNKED = {
    "authorization": DUMMY,
    "x-amz-date": "20250101T000000Z",
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-trailer": "x-amz-checksum-crc32",
}


class Garbage:
    """What only the garbage collector would have freed."""

    def large(self) -> list[str]:
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            gc.collect()
            return [_told(held, by) for by in gc.garbage for held in gc.get_referents(by) if _size(held) > LARGE_BYTES]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.collect()


@pytest.fixture
def garbage() -> Iterator[Garbage]:
    gc.collect()
    gc.disable()
    try:
        yield Garbage()
    finally:
        gc.enable()


def _size(held: object) -> int:
    return sys.getsizeof(held) if isinstance(held, bytes | bytearray | BytesIO) else 0


def _told(held: object, by: object) -> str:
    return f"{type(held).__name__} of {_size(held)} by {type(by).__name__}"


def put(door: Door, body: bytes, **headers: str) -> httpx2.Response:
    given = CHUNKED | {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.put(f"{door.url}/app/large", headers=given, content=body)


def chunked(size: int, trailer: bytes) -> bytes:
    return b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n" + trailer + b"\r\n"


@pytest.mark.parametrize(
    ("body", "length", "code"),
    [
        (chunked(LARGE, b"x-amz-checksum-crc32:AAAAAA==\r\n"), LARGE, "BadDigest"),
        (chunked(LARGE, b"x-amz-checksum-crc32:?\r\n"), LARGE, "InvalidRequest"),
        (chunked(LARGE, b"x-amz-checksum-crc32:AAAAAA==\r\n"), 1, "IncompleteBody"),
        (chunked(LARGE, b"a:b\r\n"), LARGE, "MalformedTrailerError"),
        (chunked(LARGE, b"")[:-20], LARGE, "IncompleteBody"),
        (b"1\r\nx\r\n" * 200_000, 200_000, "InvalidChunkSizeError"),
    ],
)
def test_no_large_body_in_chunks_outlives_its_refusal(
    door: Door, garbage: Garbage, body: bytes, length: int, code: str
) -> None:
    answer = put(door, body, x_amz_decoded_content_length=str(length))
    assert code in answer.text
    assert garbage.large() == []


def test_no_large_body_outlives_a_checksum_that_is_not_its_own(door: Door, garbage: Garbage) -> None:
    given = {"authorization": DUMMY, "x-amz-date": "20250101T000000Z", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    given["content-md5"] = "AAAAAAAAAAAAAAAAAAAAAA=="
    answer = httpx2.put(f"{door.url}/app/large", headers=given, content=b"x" * LARGE)
    assert "BadDigest" in answer.text
    assert garbage.large() == []


def test_nothing_that_came_after_an_answer_outlives_its_connection(tmp_path: Path, garbage: Garbage) -> None:
    """More than is read for the answer's sake: the connection ends while its parser is at work."""
    settings = Settings(port=0, google_port=0, data=tmp_path, upstream="none")
    head = b"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: AWSCognitoIdentityProviderService.SignUp\r\n"
    head += b"Content-Type: application/x-amz-json-1.1\r\nContent-Length: 99999999\r\n\r\n"
    with ServerThread(settings, {}, limits=Limits(linger_bytes=LARGE)) as up:
        address = urlsplit(up.origin)
        with socket.create_connection((address.hostname, address.port), 20) as peer, suppress(ConnectionError):
            peer.sendall(head)
            for _ in range(500):
                peer.sendall(b"x" * 65_536)
            pytest.fail("the connection went on")
        time.sleep(0.2)
        assert garbage.large() == []


def test_chunks_are_put_together_in_the_body_s_own_place() -> None:
    """A large body is not there twice: the buffer that it came in is cut to its new length."""
    form = CHUNKED_FORMS["STREAMING-UNSIGNED-PAYLOAD-TRAILER"]
    sent = BytesIO(chunked(LARGE, b""))
    decoded = decode(ChunkedBody(form, LARGE, "", None), sent)
    assert decoded.body == b"x" * LARGE
    assert decoded.body is sent.getvalue()
