"""Bodies in chunks: however they are cut they hold the same object, and altered ones hold none."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chunked import CRC32, SIGNED, SIGNED_TRAILER, UNSIGNED, crc32, encode, split
from halfday.protocol.sigv4 import Scope, signing_key
from halfday.protocol.sigv4_chunks import CHUNKED_FORMS, ChunkSigner
from halfday.server.domain.s3.checksums import check_value
from halfday.server.domain.s3.chunks import SMALLEST_CHUNK_BYTES, ChunkedBody, decode
from halfday.server.domain.s3.refusals import S3RequestRefused

SCOPE = Scope("20261128", "us-east-1", "s3")
KEY = signing_key("secret", SCOPE)
FORMS = [UNSIGNED, SIGNED, SIGNED_TRAILER]
DATA = bytes(range(256)) * 100
SIZES = st.lists(st.integers(SMALLEST_CHUNK_BYTES, 12_000), max_size=3)


def signer(form: str) -> ChunkSigner | None:
    return ChunkSigner(KEY, SCOPE, "20261128T000000Z", "5eed") if CHUNKED_FORMS[form].signed else None


def sent(form: str, data: bytes = DATA, sizes: tuple[int, ...] | list[int] = (8192, 9000)) -> bytes:
    trailer = (CRC32, crc32(data)) if CHUNKED_FORMS[form].trailer else None
    return encode(split(data, sizes), signer(form), trailer)


def read(form: str, body: bytes, *, length: int = len(DATA), trailer: str | None = None) -> bytes:
    """As the front door reads it, checksum included."""
    known = CHUNKED_FORMS[form]
    name = trailer if trailer is not None else CRC32 if known.trailer else ""
    decoded = decode(ChunkedBody(known, length, name, signer(form)), BytesIO(body))
    if decoded.checksum is not None:
        check_value(CRC32, decoded.checksum, decoded.body)
    return decoded.body


def code(form: str, body: bytes, **given: object) -> str:
    with pytest.raises(S3RequestRefused) as caught:
        read(form, body, **given)  # type: ignore[arg-type]
    return caught.value.code


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=40_000), sizes=SIZES)
def test_any_split_holds_the_same_object(form: str, data: bytes, sizes: list[int]) -> None:
    assert read(form, sent(form, data, sizes), length=len(data)) == data


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=150, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), near_end=st.booleans(), flip=st.integers(1, 255))
def test_an_altered_byte_makes_no_other_object(form: str, place: float, near_end: bool, flip: int) -> None:
    """Half of the bytes are picked in the last chunk's end and the trailer, where the framing is."""
    body = bytearray(sent(form))
    at = len(body) - 1 - int(place * 300) if near_end else int(place * len(body))
    body[at] ^= flip
    try:
        assert read(form, bytes(body)) == DATA, "a digit of a size in capitals says the same"
        assert chr(body[at] ^ flip) in "0123456789abcdef"
        assert flip == 0x20
    except S3RequestRefused:
        pass


@pytest.mark.parametrize("form", FORMS)
def test_a_body_that_ends_early_or_late_is_refused(form: str) -> None:
    body = sent(form)
    for end in [*range(0, 400, 7), *range(len(body) - 400, len(body))]:
        assert code(form, body[:end]) in ("IncompleteBody", "MalformedTrailerError"), end
    for more in (b"\r\n", b"x", b"0\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"x" * 5000):
        assert code(form, body + more) in ("IncompleteBody", "MalformedTrailerError")


@pytest.mark.parametrize("form", [SIGNED, SIGNED_TRAILER])
def test_chunks_in_another_order_are_refused(form: str) -> None:
    """Each of them has a good signature, of another place."""
    one, two = b"a" * 8192, b"b" * 8192
    chain = signer(form)
    assert chain is not None
    first, second = (f"2000;chunk-signature={chain.of_chunk(d)}\r\n".encode() + d + b"\r\n" for d in (one, two))
    last = f"0;chunk-signature={chain.of_chunk(b'')}\r\n\r\n".encode()
    assert code(form, second + first + last, length=16384) == "SignatureDoesNotMatch"
    assert code(form, first + last, length=8192) == "SignatureDoesNotMatch"
    assert code(form, first + first + second + last, length=24576) == "SignatureDoesNotMatch"


def test_a_chunk_below_8_kib_is_the_last() -> None:
    """S3's own answer to "hel", "lo" names the second chunk and the size 3 (versitygw issue 1683)."""
    for form in FORMS:
        with pytest.raises(S3RequestRefused) as caught:
            read(form, sent(form, b"hello", (3,)), length=5)
        assert (caught.value.code, caught.value.status) == ("InvalidChunkSizeError", 403)
        assert caught.value.members == {"Chunk": "2", "BadChunkSize": "3"}


@pytest.mark.parametrize(
    "head",
    ["", "-5", "+5", "0x5", "5 ", " 5", "5;", "5;a=b", "5\n", "5" * 9, "5" * 4000, "\u0665", "5_0"],
)
def test_a_size_that_is_none_is_refused(head: str) -> None:
    assert code(UNSIGNED, f"{head}\r\nhello\r\n0\r\n\r\n".encode(), length=5, trailer="") == "IncompleteBody"


def test_a_signed_form_wants_each_chunk_signed_and_an_unsigned_one_none() -> None:
    assert code(SIGNED, encode(split(DATA, (8192,)))) == "IncompleteBody"
    assert code(UNSIGNED, sent(SIGNED)) == "IncompleteBody"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", "MalformedTrailerError"),
        (f"{CRC32}:", "InvalidRequest"),
        (f"{CRC32}:AAAAAA==", "BadDigest"),
        (f"{CRC32}:AAAA", "InvalidRequest"),
        (f"{CRC32}:!", "InvalidRequest"),
        (CRC32, "MalformedTrailerError"),
        (f":{crc32(DATA)}", "MalformedTrailerError"),
        (f"{CRC32}c:{crc32(DATA)}", "MalformedTrailerError"),
        (f"{CRC32}:{crc32(DATA)}\r\n{CRC32}:{crc32(DATA)}", "MalformedTrailerError"),
        (f"{CRC32}:{crc32(DATA)}\r\nx-amz-acl:public-read", "MalformedTrailerError"),
        ("x" * 2000, "MalformedTrailerError"),
    ],
)
def test_a_trailer_that_is_not_the_announced_one_is_refused(lines: str, expected: str) -> None:
    body = encode(split(DATA, ())).removesuffix(b"\r\n")
    assert code(UNSIGNED, body + (f"{lines}\r\n\r\n" if lines else "\r\n").encode()) == expected


def test_a_trailer_that_nobody_announced_is_refused() -> None:
    for form in (UNSIGNED, SIGNED_TRAILER):
        assert code(form, sent(form), trailer="") == "MalformedTrailerError"
    assert code(SIGNED, sent(SIGNED_TRAILER)) in ("IncompleteBody", "SignatureDoesNotMatch")


def test_a_line_feed_before_the_trailer_s_end_of_line_is_no_part_of_it() -> None:
    """So does minio-go write it."""
    body = sent(UNSIGNED).replace(b"==\r\n\r\n", b"==\n\r\n\r\n")
    assert b"\n\r\n\r\n" in body
    assert read(UNSIGNED, body) == DATA


def test_a_trailer_without_its_signature_is_refused() -> None:
    body = sent(SIGNED_TRAILER)
    bare = body[: body.index(b"x-amz-trailer-signature")] + b"\r\n"
    assert code(SIGNED_TRAILER, bare) == "MalformedTrailerError"
    assert code(SIGNED_TRAILER, body[: body.index(CRC32.encode())] + b"\r\n") == "IncompleteBody"


@pytest.mark.parametrize("length", [0, len(DATA) - 1, len(DATA) + 1])
def test_the_length_that_was_announced_has_to_be_there(length: int) -> None:
    for form in FORMS:
        with pytest.raises(S3RequestRefused) as caught:
            read(form, sent(form), length=length)
        told = {"NumberBytesExpected": str(length), "NumberBytesProvided": str(len(DATA))}
        assert (caught.value.code, caught.value.members) == ("IncompleteBody", told)
