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
from typing import Protocol

from halfday.server.domain.s3.crc import CRC32C, CRC64NVME, Crc
from halfday.server.domain.s3.refusals import S3RequestRefused

PREFIX = "x-amz-checksum-"


class Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


_DIGESTS: dict[str, Callable[[], Digest]] = {
    "crc32": _Crc32,
    "crc32c": lambda: Crc(CRC32C),
    "crc64nvme": lambda: Crc(CRC64NVME),
    "md5": lambda: md5(usedforsecurity=False),
    "sha1": lambda: sha1(usedforsecurity=False),
    "sha256": sha256,
    "sha512": sha512,
}
_NO_VALUES = frozenset({f"{PREFIX}{name}" for name in ("algorithm", "mode", "type")})


def is_checksum(header: str) -> bool:
    """Whether a header of this lower-case name holds a checksum that can be checked here."""
    return header.startswith(PREFIX) and header.removeprefix(PREFIX) in _DIGESTS


def check_headers(headers: Mapping[str, str], body: bytes) -> None:
    """Raises S3RequestRefused if Content-MD5 or a checksum is not the body's, or cannot be checked."""
    for check in awaited(headers):
        check.update(body)
        check.compare()


def check_value(header: str, value: str, body: bytes, *, where: str = "header") -> None:
    """Raises S3RequestRefused unless `value` is the base64 of the body's digest. `where`: header or trailing header."""
    check = Awaited(header, where)
    check.update(body)
    check.compare(value)


def awaited(headers: Mapping[str, str]) -> list[Awaited]:
    """The checks of a body that is still to come. Raises S3RequestRefused for a value that none can be."""
    named = ["content-md5"] if "content-md5" in headers else []
    named += [name for name in headers if name.startswith(PREFIX) and name not in _NO_VALUES]
    checks = [Awaited(name, value=headers[name]) for name in named]
    for check in checks:
        check.check_form(headers[check.header])
    return checks


class Awaited:
    """One checksum, made of a body as it comes, and the value that it has to be."""

    def __init__(self, header: str, where: str = "header", value: str = "") -> None:
        self.header, self._where, self._value = header, where, value
        self._algorithm = "md5" if header == "content-md5" else header.removeprefix(PREFIX)
        if self._algorithm not in _DIGESTS:
            sentence = f"Checksums by {self._algorithm} are not known here."
            raise S3RequestRefused("NotImplemented", sentence, status=501)
        self._digest = _DIGESTS[self._algorithm]()

    def update(self, data: bytes) -> None:
        self._digest.update(data)

    @property
    def value_bytes(self) -> int:
        """The length of the value in base64."""
        return len(base64.b64encode(self._digest.digest()))

    def check_form(self, value: str) -> None:
        if not _has_form_of(value, self._digest.digest()):
            if self.header == "content-md5":
                raise S3RequestRefused("InvalidDigest", "The Content-MD5 you specified was invalid.")
            raise S3RequestRefused("InvalidRequest", f"Value for {self.header} {self._where} is invalid.")

    def compare(self, value: str | None = None) -> None:
        """Raises S3RequestRefused unless the value is the digest's."""
        value = self._value if value is None else value
        self.check_form(value)
        found = _text(self._digest.digest())
        if value == found:
            return
        if self.header == "content-md5":
            members = {"ExpectedDigest": value, "CalculatedDigest": found}
            sentence = "The Content-MD5 you specified did not match what we received."
            raise S3RequestRefused("BadDigest", sentence, members=members)
        sentence = f"The {self._algorithm.upper()} you specified did not match the calculated checksum."
        raise S3RequestRefused("BadDigest", sentence)


def _has_form_of(value: str, digest: bytes) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == len(digest)
    except (binascii.Error, ValueError):
        return False


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
