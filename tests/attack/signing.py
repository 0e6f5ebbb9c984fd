"""Signature Version 4 written once more, for the attack: it signs what it is told to, right or wrong."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from attack.wire import exchange, statuses

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class Keys:
    access_key_id: str
    secret: str
    session_token: str | None = None


@dataclass(frozen=True)
class Request:
    """What goes over the wire; `lines` are raw header lines after the others, for what no library sends."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    lines: tuple[bytes, ...] = field(default=())

    def header(self, name: str) -> str:
        return next(value for known, value in self.headers if known == name)

    def with_header(self, name: str, value: str) -> Request:
        """In place of the one of this name, or beside the others."""
        others = tuple(pair for pair in self.headers if pair[0] != name)
        return replace(self, headers=(*others, (name, value)))

    def without_header(self, name: str) -> Request:
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0] != name))

    def and_header(self, name: str, value: str, *, first: bool = False) -> Request:
        """A second one of the name, before or after."""
        added = ((name, value),)
        return replace(self, headers=(*added, *self.headers) if first else (*self.headers, *added))

    def with_parameter(self, name: str, value: str) -> Request:
        others = tuple(pair for pair in self.query if pair[0] != name)
        return replace(self, query=(*others, (name, value)))

    @property
    def target(self) -> str:
        return f"{self.path}?{canonical_query(self.query)}" if self.query else self.path

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1".encode()]
        lines += [f"{name}: {value}".encode() for name, value in self.headers]
        lines += [*self.lines, f"content-length: {len(self.body)}".encode(), b"connection: close"]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def send(address: tuple[str, int], request: Request) -> tuple[int, bytes]:
    """(status, everything that came back); status 0 when nothing readable came."""
    heard = exchange(address, request.raw(), wait_s=30)
    return (statuses(heard) or [0])[0], heard


def sign(
    request: Request,
    keys: Keys,
    *,
    service: str = "s3",
    region: str = "us-east-1",
    at: float | None = None,
    signed: Sequence[str] | None = None,
    payload: str | None = None,
    scope: str | None = None,
) -> Request:
    """With x-amz-date, the session token, and for S3 the payload's hash; all headers signed unless `signed` says."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    payload = payload or digest(request.body)
    request = request.with_header("x-amz-date", stamp)
    if keys.session_token:
        request = request.with_header("x-amz-security-token", keys.session_token)
    if service == "s3":
        request = request.with_header("x-amz-content-sha256", payload)
    scope = scope or f"{stamp[:8]}/{region}/{service}/aws4_request"
    names = sorted(signed if signed is not None else {name.lower() for name, _ in request.headers})
    signature = _signature(request, names, payload, keys.secret, stamp, scope)
    claim = f"{ALGORITHM} Credential={keys.access_key_id}/{scope}, SignedHeaders={';'.join(names)}"
    return request.with_header("authorization", f"{claim}, Signature={signature}")


def presign(
    request: Request,
    keys: Keys,
    *,
    service: str = "s3",
    region: str = "us-east-1",
    at: float | None = None,
    expires_s: object = 300,
) -> Request:
    """The signature in the query; only the host is signed beside it."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    added = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{keys.access_key_id}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": "host",
    }
    if keys.session_token:
        added["X-Amz-Security-Token"] = keys.session_token
    request = replace(request, query=(*request.query, *added.items()))
    return request.with_parameter("X-Amz-Signature", _signature(request, ["host"], UNSIGNED, keys.secret, stamp, scope))


def _signature(request: Request, names: Sequence[str], payload: str, secret: str, stamp: str, scope: str) -> str:
    lines = [request.method, request.path, canonical_query(request.query)]
    for name in names:
        lines.append(f"{name}:{','.join(v.strip() for n, v in request.headers if n.lower() == name)}")
    canonical = "\n".join([*lines, "", ";".join(names), payload])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = "\n".join([ALGORITHM, stamp, scope, digest(canonical.encode())])
    return hmac.digest(key, text.encode(), "sha256").hex()


def canonical_query(query: Sequence[tuple[str, str]]) -> str:
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query)
    return "&".join(f"{name}={value}" for name, value in pairs)


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
