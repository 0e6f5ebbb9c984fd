"""Checksums that an upload brings along, in headers or in a trailer, held against its body.

The upstream may store such a value without checking it, as moto does. Then a damaged upload would pass, with a checksum
that says it is whole. Source: S3 API reference, PutObject; S3 user guide, Checking object integrity.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Mapping
from hashlib import md5, sha1, sha256, sha512

from halfday.server.domain.s3.crc import crc32c, crc64nvme
from halfday.server.domain.s3.refusals import S3RequestRefused

PREFIX = "x-amz-checksum-"

_DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "crc32c": crc32c,
    "crc64nvme": crc64nvme,
    "md5": lambda body: md5(body, usedforsecurity=False).digest(),
    "sha1": lambda body: sha1(body, usedforsecurity=False).digest(),
    "sha256": lambda body: sha256(body).digest(),
    "sha512": lambda body: sha512(body).digest(),
}
_NO_VALUES = frozenset({f"{PREFIX}{name}" for name in ("algorithm", "mode", "type")})


def is_checksum(header: str) -> bool:
    """Whether a header of this lower-case name holds a checksum that can be checked here."""
    return header.startswith(PREFIX) and header.removeprefix(PREFIX) in _DIGESTS


def check_headers(headers: Mapping[str, str], body: bytes) -> None:
    """Raises S3RequestRefused if Content-MD5 or a checksum is not the body's, or cannot be checked."""
    if "content-md5" in headers:
        _check_md5(headers["content-md5"], body)
    for name, value in headers.items():
        if name.startswith(PREFIX) and name not in _NO_VALUES:
            check_value(name, value, body)


def check_value(header: str, value: str, body: bytes, *, where: str = "header") -> None:
    """Raises S3RequestRefused unless `value` is the base64 of the body's digest. `where`: header or trailing header."""
    algorithm = header.removeprefix(PREFIX)
    if algorithm not in _DIGESTS:
        raise S3RequestRefused("NotImplemented", f"Checksums by {algorithm} are not known here.", status=501)
    digest = _DIGESTS[algorithm](body)
    if not _has_form_of(value, digest):
        raise S3RequestRefused("InvalidRequest", f"Value for {header} {where} is invalid.")
    if value != _text(digest):
        sentence = f"The {algorithm.upper()} you specified did not match the calculated checksum."
        raise S3RequestRefused("BadDigest", sentence)


def _check_md5(value: str, body: bytes) -> None:
    digest = _DIGESTS["md5"](body)
    if not _has_form_of(value, digest):
        raise S3RequestRefused("InvalidDigest", "The Content-MD5 you specified was invalid.")
    if value != _text(digest):
        members = {"ExpectedDigest": value, "CalculatedDigest": _text(digest)}
        sentence = "The Content-MD5 you specified did not match what we received."
        raise S3RequestRefused("BadDigest", sentence, members=members)


def _has_form_of(value: str, digest: bytes) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == len(digest)
    except (binascii.Error, ValueError):
        return False


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
