"""Signature Version 4 for a body in chunks: which forms there are, and how chunks and a trailer are signed.

Each signature covers the one before it; the first is the request's own. Only S3 takes such bodies.
Source: S3 API reference, Signature Calculations: Transferring Payload in Multiple Chunks; Including Trailing Headers.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256

from halfday.protocol.sigv4 import ALGORITHM, Scope, hash_of


@dataclass(frozen=True, slots=True)
class ChunkedForm:
    """A value of x-amz-content-sha256 that names no hash. `signed`: each chunk is. `trailer`: headers may follow."""

    name: str
    signed: bool
    trailer: bool


_FORMS = (
    ChunkedForm("STREAMING-UNSIGNED-PAYLOAD-TRAILER", signed=False, trailer=True),
    ChunkedForm(f"STREAMING-{ALGORITHM}-PAYLOAD", signed=True, trailer=False),
    ChunkedForm(f"STREAMING-{ALGORITHM}-PAYLOAD-TRAILER", signed=True, trailer=True),
)
CHUNKED_FORMS = {form.name: form for form in _FORMS}
ECDSA_PREFIX = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
"""Signature Version 4A, for buckets in several Regions."""


class ChunkSigner:
    """The signatures of one body, in its order. `seed` is the signature of the request."""

    def __init__(self, key: bytes, scope: Scope, timestamp: str, seed: str) -> None:
        self._key = key
        self._when = f"{timestamp}\n{scope}"
        self._previous = seed

    def of_chunk(self, data: bytes | memoryview) -> str:
        return self.of_hash(sha256(data).hexdigest())

    def of_hash(self, data_hash: str) -> str:
        """The same, of a chunk whose SHA-256 is known."""
        return self._sign("PAYLOAD", f"{hash_of(b'')}\n{data_hash}")

    def of_trailer(self, headers: bytes) -> str:
        """`headers`: each as `name:value` and a line feed."""
        return self._sign("TRAILER", hash_of(headers))

    def _sign(self, kind: str, hashes: str) -> str:
        text = f"{ALGORITHM}-{kind}\n{self._when}\n{self._previous}\n{hashes}"
        self._previous = hmac.digest(self._key, text.encode(), sha256).hex()
        return self._previous
