"""Objects pass to an upstream by URL as they come. What is not the signed body never becomes a whole request there."""

from __future__ import annotations

import base64
import hashlib
import random
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from chunked import CRC32, SIGNED, SIGNED_TRAILER, UNSIGNED, crc32, encode, split
from front_door import ME, Door, code_of, issue, signed
from halfday.protocol.sigv4 import Scope, sign, signing_key
from halfday.protocol.sigv4_check import verify
from halfday.protocol.sigv4_chunks import CHUNKED_FORMS, ChunkSigner
from halfday.protocol.sigv4_claim import parse
from halfday.server.domain.aws.sessions import IssuedCredentials
from halfday.server.outside.upstreams import HttpUpstream, UpstreamKeys
from sockets import Handler, answering

MEGA = 1024 * 1024
DATA = random.Random(14).randbytes(3 * MEGA + 17)
LONG = random.Random(15).randbytes(9 * MEGA + 1)
PATH = f"/app/{ME}/streamed"


class Behind(Handler):
    """Keeps what of each request came, and whether it was whole."""

    seen: list[tuple[dict[str, str], bytes, bool]]

    def do_PUT(self) -> None:
        declared, came = int(self.headers["Content-Length"]), b""
        while len(came) < declared and (piece := self.connection.recv(min(MEGA, declared - len(came)))):
            came += piece
        whole = len(came) == declared
        self.seen.append(({name.lower(): value for name, value in self.headers.items()}, came, whole))
        if whole:
            self.answer(200, b"", ETag='"1"')

    def do_GET(self) -> None:
        """The door asks for the bucket's policy."""
        self.answer(404, b"<Error><Code>NoSuchBucketPolicy</Code></Error>")

    def setup(self) -> None:
        self.rbufsize = 0
        super().setup()


@pytest.fixture
def behind(door: Door) -> Iterator[list[tuple[dict[str, str], bytes, bool]]]:
    seen: list[tuple[dict[str, str], bytes, bool]] = []
    first = door.services.upstream
    with answering(type("Keeping", (Behind,), {"seen": seen})) as url:
        door.services.upstream = HttpUpstream(url)
        yield seen
    door.services.upstream = first


@pytest.fixture
def mine(door: Door) -> IssuedCredentials:
    return door.admit(issue(1))


def put_in_chunks(
    door: Door, keys: IssuedCredentials, form: str, data: bytes, change: Any = lambda body: body
) -> httpx2.Response:
    known = CHUNKED_FORMS[form]
    trailer = (CRC32, crc32(data)) if known.trailer else None
    given = [
        ("host", httpx2.URL(door.url).netloc.decode()),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", str(len(data))),
        *([("x-amz-trailer", CRC32)] if trailer else []),
    ]
    added = sign(
        "PUT",
        PATH,
        "",
        given,
        access_key_id=keys.access_key_id,
        secret_access_key=keys.secret_access_key,
        session_token=keys.session_token,
        region="us-east-1",
        service="s3",
        payload_hash=form,
        now=time.time(),
    )
    at, seed = added["X-Amz-Date"], added["Authorization"].rpartition("=")[2]
    where = Scope(at[:8], "us-east-1", "s3")
    signer = ChunkSigner(signing_key(keys.secret_access_key, where), where, at, seed) if known.signed else None
    body = change(encode(split(data, [65_536] * (len(data) // 65_536)), signer, trailer))
    return httpx2.put(f"{door.url}{PATH}", headers=[*given, *added.items()], content=body)


def test_a_signed_object_arrives_as_it_was_sent(door: Door, mine: IssuedCredentials, behind: Any) -> None:
    assert signed(door, mine, "PUT", PATH, body=DATA).status_code == 200
    headers, came, whole = behind[-1]
    assert (came, whole, headers["content-length"]) == (DATA, True, str(len(DATA)))


def wrong_body(door: Door, keys: IssuedCredentials) -> httpx2.Response:
    """Another body than the one that was signed, of the same length."""
    given = [("host", httpx2.URL(door.url).netloc.decode())]
    added = sign(
        "PUT",
        PATH,
        "",
        given,
        access_key_id=keys.access_key_id,
        secret_access_key=keys.secret_access_key,
        session_token=keys.session_token,
        region="us-east-1",
        service="s3",
        payload_hash=hashlib.sha256(DATA).hexdigest(),
        now=time.time(),
    )
    content = DATA[:-1] + bytes([DATA[-1] ^ 1])
    return httpx2.put(f"{door.url}{PATH}", headers=[*given, *added.items()], content=content)


def test_a_body_that_was_not_signed_never_becomes_a_whole_request(
    door: Door, mine: IssuedCredentials, behind: Any
) -> None:
    answer = wrong_body(door, mine)
    assert (answer.status_code, code_of(answer)) == (400, "XAmzContentSHA256Mismatch")
    wait_for(behind)
    assert [whole for _, _, whole in behind] == [False]


@pytest.mark.parametrize("header", ["content-md5", "x-amz-checksum-sha256", "x-amz-checksum-crc64nvme"])
def test_a_checksum_that_is_not_the_body_s_breaks_the_upload_off(
    door: Door, mine: IssuedCredentials, behind: Any, header: str
) -> None:
    size = {"content-md5": 16, "x-amz-checksum-sha256": 32}.get(header, 8)
    value = base64.b64encode(bytes(size)).decode()
    answer = signed(door, mine, "PUT", PATH, body=DATA, headers=[(header, value)])
    assert (answer.status_code, code_of(answer)) == (400, "BadDigest")
    wait_for(behind)
    assert [whole for _, _, whole in behind] == [False]


@pytest.mark.parametrize(("form", "data"), [(SIGNED, DATA), (UNSIGNED, LONG), (SIGNED_TRAILER, LONG)])
def test_chunks_are_taken_apart_on_the_way(
    door: Door, mine: IssuedCredentials, behind: Any, form: str, data: bytes
) -> None:
    assert put_in_chunks(door, mine, form, data).status_code == 200
    headers, came, whole = behind[-1]
    assert whole
    if form == SIGNED:
        assert (came, "content-encoding" in headers) == (data, False)
        return
    told = (headers["x-amz-content-sha256"], headers["x-amz-trailer"], headers["x-amz-decoded-content-length"])
    assert told == (UNSIGNED, CRC32, str(len(data)))
    assert came == encode(split(data, [65_536] * (len(data) // 65_536)), None, (CRC32, crc32(data)))


@pytest.mark.parametrize("form", [SIGNED, UNSIGNED, SIGNED_TRAILER])
@pytest.mark.parametrize("where", [100_000, -200, -60])
def test_a_changed_byte_anywhere_breaks_the_upload_off(
    door: Door, mine: IssuedCredentials, behind: Any, form: str, where: int
) -> None:
    def change(body: bytes) -> bytes:
        at = where % len(body)
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    assert put_in_chunks(door, mine, form, LONG, change).status_code in (400, 403)
    wait_for(behind)
    assert [whole for _, _, whole in behind] == [False]


def test_a_client_that_goes_away_leaves_no_object(door: Door, mine: IssuedCredentials, behind: Any) -> None:
    host = httpx2.URL(door.url)
    given = [("host", host.netloc.decode())]
    keys = {"access_key_id": mine.access_key_id, "secret_access_key": mine.secret_access_key}
    where = {"session_token": mine.session_token, "region": "us-east-1", "service": "s3"}
    added = sign("PUT", PATH, "", given, **keys, **where, payload_hash="UNSIGNED-PAYLOAD", now=time.time())
    lines = [f"{name}: {value}" for name, value in [*given, *added.items(), ("content-length", str(len(DATA)))]]
    with socket.create_connection((host.host, host.port or 80)) as peer:
        peer.sendall("\r\n".join([f"PUT {PATH} HTTP/1.1", *lines, "", ""]).encode() + DATA[:-1])
        time.sleep(0.3)
    wait_for(behind)
    assert [whole for _, _, whole in behind] == [False]


def test_who_may_not_sends_nothing_on(door: Door, mine: IssuedCredentials, behind: Any) -> None:
    answer = signed(door, mine, "PUT", "/app/elsewhere", body=DATA)
    assert (answer.status_code, behind) == (403, [])


def test_with_keys_of_its_own_each_call_is_signed_anew(door: Door, mine: IssuedCredentials, behind: Any) -> None:
    door.services.upstream._keys = UpstreamKeys("AKIABEHIND", "behind-secret")
    for body in (b"short", DATA):
        assert signed(door, mine, "PUT", PATH, body=body).status_code == 200
        headers, came, _ = behind[-1]
        claimed = parse("PUT", PATH, "", list(headers.items()))
        assert claimed.access_key_id == "AKIABEHIND"
        verify(claimed, service="s3", secret_access_key="behind-secret", body=came, now=time.time())


def wait_for(behind: Any) -> None:
    until = time.monotonic() + 5
    while not behind and time.monotonic() < until:
        time.sleep(0.02)
