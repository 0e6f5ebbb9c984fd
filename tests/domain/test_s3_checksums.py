"""Checksums of uploads, with the values that the catalogues of CRCs and the S3 documentation give."""

from __future__ import annotations

import base64
from hashlib import md5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfday.server.domain.s3.checksums import check_headers
from halfday.server.domain.s3.crc import crc32c, crc64nvme
from halfday.server.domain.s3.refusals import S3RequestRefused


def test_crcs_are_those_of_the_catalogue() -> None:
    assert crc32c(b"123456789").hex() == "e3069283"
    assert crc64nvme(b"123456789").hex() == "ae8b14860a799888"
    assert (crc32c(b"").hex(), crc64nvme(b"").hex()) == ("00000000", "0000000000000000")
    assert crc64nvme(bytes(4096)).hex() == "6482d367eb22b64e"
    assert crc64nvme(b"\xff" * 4096).hex() == "c0ddba7302eca3ac"
    assert base64.b64encode(crc32c(b"a" * 66560)) == b"sOO8/Q=="


def by_bits(data: bytes, reflected: int, width: int) -> bytes:
    rest = (1 << width) - 1
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = (rest >> 1) ^ (reflected if rest & 1 else 0)
    return (rest ^ ((1 << width) - 1)).to_bytes(width // 8, "big")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600))
def test_folding_leaves_what_dividing_bit_by_bit_leaves(data: bytes) -> None:
    assert crc32c(data) == by_bits(data, 0x82F63B78, 32)
    assert crc64nvme(data) == by_bits(data, 0x9A6C9329AC4BC9B5, 64)


def test_blocks_are_joined() -> None:
    data = bytes(range(256)) * 520
    assert len(data) > 128 * 1024
    assert crc64nvme(data) == by_bits(data, 0x9A6C9329AC4BC9B5, 64)


RIGHT = {
    "x-amz-checksum-crc32": "NhCmhg==",
    "x-amz-checksum-crc32c": "mnG7TA==",
    "x-amz-checksum-sha1": "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
    "x-amz-checksum-sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
    "x-amz-checksum-md5": "XUFAKrxLKna5cZ2REBfFkg==",
    "content-md5": "XUFAKrxLKna5cZ2REBfFkg==",
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_checksum_that_is_not_the_body_s_is_refused(name: str) -> None:
    check_headers({name: RIGHT[name], "x-amz-checksum-algorithm": "CRC32"}, b"hello")
    with pytest.raises(S3RequestRefused) as caught:
        check_headers({name: RIGHT[name]}, b"hellO")
    assert caught.value.code == "BadDigest"
    for value in ("", "x", RIGHT[name][:-4], RIGHT[name] + "AAAA", "\u00e9"):
        with pytest.raises(S3RequestRefused) as caught:
            check_headers({name: value}, b"hello")
        assert caught.value.code == ("InvalidDigest" if name == "content-md5" else "InvalidRequest")


def test_a_wrong_md5_is_told_with_both_digests() -> None:
    with pytest.raises(S3RequestRefused) as caught:
        check_headers({"content-md5": RIGHT["content-md5"]}, b"hellO")
    calculated = base64.b64encode(md5(b"hellO").digest()).decode()
    assert caught.value.members == {"ExpectedDigest": RIGHT["content-md5"], "CalculatedDigest": calculated}


def test_a_checksum_that_cannot_be_checked_is_refused_by_its_name() -> None:
    with pytest.raises(S3RequestRefused, match="xxhash64") as caught:
        check_headers({"x-amz-checksum-xxhash64": "AAAAAAAAAAA="}, b"hello")
    assert (caught.value.code, caught.value.status) == ("NotImplemented", 501)
