"""S3 uploads in chunks and with checksums, at the front door: what is kept is the object, or nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import httpx2
import pytest

from chunked import CRC32, SIGNED, SIGNED_TRAILER, UNSIGNED, crc32, encode, split
from front_door import ME, Door, code_of, issue, refusal, signed
from halfday.protocol.sigv4 import Scope, sign, signing_key
from halfday.protocol.sigv4_chunks import CHUNKED_FORMS, ChunkSigner
from halfday.server.domain.aws.sessions import IssuedCredentials
from halfday.server.settings import Settings

DATA = b"analytical engine " * 2000
KEY = f"{ME}/chunks"
FORMS = [UNSIGNED, SIGNED, SIGNED_TRAILER]


@pytest.fixture
def mine(door: Door) -> IssuedCredentials:
    door.root().delete_object(Bucket="app", Key=KEY)
    return door.admit(issue(1))


def kept(door: Door) -> bytes | None:
    found = door.root().list_objects_v2(Bucket="app", Prefix=KEY).get("Contents")
    return door.root().get_object(Bucket="app", Key=KEY)["Body"].read() if found else None


def upload(
    door: Door,
    keys: IssuedCredentials,
    form: str,
    *,
    data: bytes = DATA,
    sizes: Iterable[int] = (8192, 10_000),
    length: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    change: Any = lambda body: body,
) -> httpx2.Response:
    """What PUTs the object in chunks, with what was changed on the way."""
    known = CHUNKED_FORMS[form]
    trailer = (CRC32, crc32(data)) if known.trailer else None
    given = [
        ("host", httpx2.URL(door.url).netloc.decode()),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", str(len(data)) if length is None else length),
        *([("x-amz-trailer", CRC32)] if trailer else []),
        *headers,
    ]
    scope = {"region": "us-east-1", "service": "s3"}
    secret = keys.secret_access_key
    named = {"access_key_id": keys.access_key_id, "session_token": keys.session_token or None}
    path = f"/app/{KEY}"
    added = sign("PUT", path, "", given, **named, secret_access_key=secret, **scope, payload_hash=form, now=time.time())
    at, seed = added["X-Amz-Date"], added["Authorization"].rpartition("=")[2]
    where = Scope(at[:8], "us-east-1", "s3")
    signer = ChunkSigner(signing_key(secret, where), where, at, seed) if known.signed else None
    body = change(encode(split(data, sizes), signer, trailer))
    return httpx2.put(f"{door.url}{path}", headers=[*given, *added.items()], content=body)


@pytest.mark.parametrize("form", FORMS)
def test_chunks_become_the_object_and_nothing_else(door: Door, mine: IssuedCredentials, form: str) -> None:
    answer = upload(door, mine, form)
    assert answer.status_code == 200, answer.text
    got = door.client(mine).get_object(Bucket="app", Key=KEY)
    assert got["Body"].read() == DATA
    assert "ContentEncoding" not in got


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_object_and_a_large_one_come_in_chunks(door: Door, mine: IssuedCredentials, form: str) -> None:
    assert upload(door, mine, form, data=b"", sizes=()).status_code == 200
    assert kept(door) == b""
    large = DATA * 20
    assert upload(door, mine, form, data=large, sizes=[65536] * 5).status_code == 200
    assert kept(door) == large


def test_what_else_encodes_the_object_stays(door: Door, mine: IssuedCredentials) -> None:
    for sent, wanted in (("gzip,aws-chunked", "gzip"), ("aws-chunked, br", "br")):
        given = [("content-encoding", sent)]
        answer = upload(door, mine, SIGNED, headers=given)
        assert code_of(answer) == "InvalidRequest", "aws-chunked is there already"
        url = door.client(mine).generate_presigned_url(
            "put_object", {"Bucket": "app", "Key": KEY, "ContentEncoding": sent}
        )
        assert httpx2.put(url, content=b"x", headers={"content-encoding": sent}).status_code == 200
        assert door.root().head_object(Bucket="app", Key=KEY)["ContentEncoding"] == wanted


def replaced(old: bytes, new: bytes) -> Any:
    def change(body: bytes) -> bytes:
        assert old in body
        return body.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("form", "change", "expected"),
    [
        (UNSIGNED, replaced(b"engine", b"engins"), ("BadDigest", 400)),
        (SIGNED, replaced(b"engine", b"engins"), ("SignatureDoesNotMatch", 403)),
        (SIGNED_TRAILER, replaced(b"engine", b"engins"), ("SignatureDoesNotMatch", 403)),
        (SIGNED_TRAILER, replaced(crc32(DATA).encode(), b"AAAAAA=="), ("SignatureDoesNotMatch", 403)),
        (UNSIGNED, replaced(crc32(DATA).encode(), b"AAAAAA=="), ("BadDigest", 400)),
        (UNSIGNED, replaced(CRC32.encode(), CRC32.encode() + b"c"), ("MalformedTrailerError", 400)),
        (SIGNED, lambda body: body[:-10], ("IncompleteBody", 400)),
        (SIGNED, lambda body: DATA, ("IncompleteBody", 400)),
        (SIGNED, lambda body: b"", ("IncompleteBody", 400)),
    ],
)
def test_an_altered_body_is_refused_and_leaves_no_object(
    door: Door, mine: IssuedCredentials, form: str, change: Any, expected: tuple[str, int]
) -> None:
    answer = upload(door, mine, form, change=change)
    assert (code_of(answer), answer.status_code) == expected
    assert kept(door) is None


@pytest.mark.parametrize("length", ["", "abc", "-1", "1e3", "1_0", "9" * 400])
def test_chunks_without_the_object_s_length_are_refused(door: Door, mine: IssuedCredentials, length: str) -> None:
    answer = upload(door, mine, UNSIGNED, length=length)
    assert (code_of(answer), answer.status_code) == ("MissingContentLength", 411)


def test_a_wrong_length_and_small_chunks_are_told_with_their_numbers(door: Door, mine: IssuedCredentials) -> None:
    answer = upload(door, mine, SIGNED, length="7")
    assert f"<NumberBytesExpected>7</NumberBytesExpected><NumberBytesProvided>{len(DATA)}<" in answer.text
    answer = upload(door, mine, UNSIGNED, sizes=(100,))
    assert (code_of(answer), answer.status_code) == ("InvalidChunkSizeError", 403)
    assert "<Chunk>2</Chunk><BadChunkSize>100</BadChunkSize>" in answer.text


@pytest.mark.parametrize("name", ["x-amz-acl", "content-type", "x-amz-checksum-crc99", "x-amz-checksum-type", "x"])
def test_a_trailer_that_is_no_checksum_is_refused(door: Door, mine: IssuedCredentials, name: str) -> None:
    headers = [("x-amz-trailer", name)]
    answer = upload(door, mine, SIGNED, headers=headers)
    assert (code_of(answer), answer.status_code) == ("InvalidRequest", 400)
    assert kept(door) is None


def test_chunks_of_dummy_keys_are_read_and_their_signatures_are_not_asked_for(door: Door, mine: Any) -> None:
    """As for the rest of a request with dummy keys. Strictly, nobody comes in with them."""
    dummy = issue(2)
    keys = IssuedCredentials(
        **{
            **{name: getattr(dummy, name) for name in dummy.__dataclass_fields__},
            "access_key_id": "test",
            "secret_access_key": "anything",
            "session_token": "",
        }
    )
    for form in FORMS:
        assert upload(door, keys, form).status_code == 200
        assert kept(door) == DATA
    door.services.settings = Settings(signatures="strict")
    assert code_of(upload(door, keys, SIGNED)) == "InvalidAccessKeyId"
    door.services.settings = Settings(signatures="strict", root_access_key_id="test", root_secret_access_key="anything")
    assert upload(door, keys, SIGNED).status_code == 200
    changed = upload(door, keys, SIGNED, change=replaced(b"engine", b"engins"))
    assert code_of(changed) == "SignatureDoesNotMatch"


def test_a_presigned_url_takes_no_chunks(door: Door, mine: IssuedCredentials) -> None:
    url = door.client(mine).generate_presigned_url("put_object", {"Bucket": "app", "Key": KEY})
    chunks = encode([b"x"])
    for sent in (
        httpx2.put(url, content=chunks, headers={"x-amz-content-sha256": UNSIGNED}),
        httpx2.put(f"{url}&X-Amz-Content-Sha256={UNSIGNED}", content=chunks),
    ):
        assert (code_of(sent), sent.status_code) == ("NotImplemented", 501)
    assert kept(door) is None


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_a_checksum_in_a_header_is_held_against_the_body(door: Door, mine: IssuedCredentials, algorithm: str) -> None:
    s3 = door.client(mine)
    s3.put_object(Bucket="app", Key=KEY, Body=DATA, ChecksumAlgorithm=algorithm)
    asked = {"Bucket": "app", "Key": KEY, "Body": b"x", f"Checksum{algorithm}": wrong(algorithm)}
    assert refusal(s3.put_object, **asked)[:2] == ("BadDigest", 400)
    assert refusal(s3.put_object, Bucket="app", Key=KEY, Body=b"x", ContentMD5="A" * 22 + "==")[0] == "BadDigest"
    assert kept(door) == DATA


def wrong(algorithm: str) -> str:
    return {"CRC32": "AAAAAA==", "SHA1": "A" * 27 + "=", "SHA256": "A" * 43 + "="}[algorithm]


def test_the_checksum_of_all_parts_is_no_checksum_of_the_list_of_parts(door: Door, mine: IssuedCredentials) -> None:
    s3, where = door.client(mine), {"Bucket": "app", "Key": KEY}
    upload_id = s3.create_multipart_upload(**where, ChecksumAlgorithm="CRC32")["UploadId"]
    part = s3.upload_part(**where, UploadId=upload_id, PartNumber=1, Body=DATA, ChecksumAlgorithm="CRC32")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]}
    s3.complete_multipart_upload(**where, UploadId=upload_id, MultipartUpload=parts, ChecksumCRC32="AAAAAA==-1"[:8])
    assert kept(door) == DATA


def test_a_bulk_delete_is_held_to_its_checksum(door: Door, mine: IssuedCredentials) -> None:
    door.root().put_object(Bucket="app", Key=KEY, Body=DATA)
    body = f"<Delete><Object><Key>{KEY}</Key></Object></Delete>".encode()
    for value, expected in (("AAAAAA==", "BadDigest"), (crc32(body), "")):
        answer = signed(door, mine, "POST", "/app?delete", body=body, headers=[(CRC32, value)])
        assert code_of(answer) == expected
        assert (kept(door) is None) is (not expected)
