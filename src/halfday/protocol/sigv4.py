"""Signature Version 4: what is signed, and how. `sign` is a client's half.

A server's half is `sigv4_claim`, what a request says of its signer, and `sigv4_check`, whether it is true. All pure:
time, keys and body are arguments. Path and query are taken as they stand on the wire: percent-encoded ASCII.
Source: IAM user guide, Create a signed AWS API request; S3 API reference, Authenticating Requests (SigV4).
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, unquote_plus

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
TIMESTAMP_FORMAT = "%Y%m%dT%H%M%SZ"

UNSIGNED_HEADERS = frozenset(
    {"authorization", "baggage", "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization"}
    | {"te", "traceparent", "tracestate", "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id"}
)
"""Headers that `sign` leaves out, because proxies may change them."""

Pairs = Sequence[tuple[str, str]]

_BLANKS = re.compile("[ \t]+")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_LONELY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signing key is good for: one day, one region, one service. `date` is YYYYMMDD."""

    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


@dataclass(frozen=True, slots=True)
class Message:
    """The parts of an HTTP request that a signature covers. `query` is decoded, `path` is not."""

    method: str
    path: str
    query: Pairs
    headers: Pairs

    def header(self, name: str) -> str | None:
        """All values of a header, joined as the signature joins them; None when there is none."""
        size = len(name)
        found = [value for key, value in self.headers if len(key) == size and key.lower() == name]
        values = [_BLANKS.sub(" ", value).strip(" ") for value in found]
        return ",".join(values) if values else None

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)


def parse_query(query: str) -> Pairs:
    """Names and values, decoded. A plus is a space, as S3 reads it; a name without '=' has an empty value."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return tuple((_decode(name), _decode(value)) for name, _, value in pairs)


def format_query(pairs: Iterable[tuple[str, str]]) -> str:
    """The canonical spelling of a query: names and values encoded, sorted by name, then by value."""
    return "&".join(f"{name}={value}" for name, value in sorted((_encode(n), _encode(v)) for n, v in pairs))


def canonical_path(path: str, service: str) -> str:
    """S3 signs the path as it is, encoded once. All others clean it of dots and slashes and encode it again."""
    if service == "s3":
        return _normalise_escapes(path) or "/"
    return quote(_remove_dot_segments(path), safe="/~") or "/"


def canonical_request(message: Message, signed_headers: Iterable[str], payload_hash: str, service: str) -> str:
    names = sorted(set(signed_headers))
    lines = [message.method.upper(), canonical_path(message.path, service), format_query(message.query)]
    lines += [f"{name}:{message.header(name) or ''}" for name in names]
    return "\n".join([*lines, "", ";".join(names), payload_hash])


def string_to_sign(timestamp: str, scope: Scope, request: str) -> str:
    return "\n".join((ALGORITHM, timestamp, str(scope), hash_of(_utf8(request))))


def signing_key(secret_access_key: str, scope: Scope) -> bytes:
    key = _utf8("AWS4" + secret_access_key)
    for part in (scope.date, scope.region, scope.service, TERMINATOR):
        key = hmac.digest(key, _utf8(part), sha256)
    return key


def signature(secret_access_key: str, scope: Scope, timestamp: str, request: str) -> str:
    """`request` is the canonical request. 64 hexadecimal digits."""
    text = string_to_sign(timestamp, scope, request)
    return hmac.digest(signing_key(secret_access_key, scope), _utf8(text), sha256).hex()


def sign(
    method: str,
    path: str,
    query: str,
    headers: Pairs,
    *,
    access_key_id: str,
    secret_access_key: str,
    session_token: str | None,
    region: str,
    service: str,
    payload_hash: str,
    now: float,
) -> dict[str, str]:
    """The headers to add to the request. `headers` holds Host already; all but UNSIGNED_HEADERS are signed.

    `payload_hash` is `hash_of(body)`, or UNSIGNED_PAYLOAD where the service allows it.
    """
    timestamp = format_timestamp(now)
    added = {"X-Amz-Date": timestamp}
    if session_token:
        added["X-Amz-Security-Token"] = session_token
    if service == "s3":
        added["X-Amz-Content-SHA256"] = payload_hash
    message = Message(method, path, parse_query(query), (*headers, *added.items()))
    names = sorted({name.lower() for name, _ in message.headers} - UNSIGNED_HEADERS)
    if "host" not in names:
        raise ValueError("the Host header has to be among the headers: it is always signed")
    scope = Scope(timestamp[:8], region, service)
    proof = signature(secret_access_key, scope, timestamp, canonical_request(message, names, payload_hash, service))
    credential = f"Credential={access_key_id}/{scope}"
    added["Authorization"] = f"{ALGORITHM} {credential}, SignedHeaders={';'.join(names)}, Signature={proof}"
    return added


def hash_of(body: bytes) -> str:
    return sha256(body).hexdigest()


def format_timestamp(epoch_s: float) -> str:
    """20261122T100000Z."""
    return time.strftime(TIMESTAMP_FORMAT, time.gmtime(epoch_s))


def _normalise_escapes(path: str) -> str:
    """RFC 3986 §6.2.2: unreserved characters plain, all others escaped in capitals. %2F is not a slash."""
    escaped = quote(_LONELY_PERCENT.sub("%25", path), safe="/%~")
    return _ESCAPE.sub(lambda found: _spell(int(found[1], 16)), escaped)


def _spell(byte: int) -> str:
    return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"


def _remove_dot_segments(path: str) -> str:
    """RFC 3986 §5.2.4, and repeated slashes become one."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    last = "/" if path.endswith("/") and kept else ""
    return "/" + "/".join(kept) + last


def _decode(text: str) -> str:
    return unquote_plus(text, errors="surrogateescape")


def _encode(text: str) -> str:
    return quote(text, safe="~", errors="surrogateescape")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
