"""Signature Version 4, a server's half: checks what a request claims about its signer."""

from __future__ import annotations

import hmac
import re

from halfday.protocol.sigv4 import (
    UNSIGNED_PAYLOAD,
    Message,
    Pairs,
    canonical_request,
    format_timestamp,
    hash_of,
    signature,
)
from halfday.protocol.sigv4_chunks import CHUNKED_FORMS, ECDSA_PREFIX
from halfday.protocol.sigv4_claim import Claimed, Reason, SignatureRefused

CLOCK_SKEW_S = 300
CLOCK_SKEW_S3_S = 900

_HASH = re.compile(r"[0-9a-f]{64}")
_NO_HASHES = (UNSIGNED_PAYLOAD, *CHUNKED_FORMS)


def verify(
    claimed: Claimed, *, service: str, secret_access_key: str, body: bytes, now: float, body_hash: str = ""
) -> None:
    """Returns only if the holder of `secret_access_key` signed this request, for this service, lately.

    `body_hash` is the body's hash where it is known already: then `body` is not looked at. Of a body in chunks nothing
    is said: each chunk has a signature of its own (`sigv4_chunks`).
    Raises SignatureRefused. Whether key and session token are alive is the caller's to know.
    """
    found = body_hash or hash_of(body)
    check_scope(claimed, service)
    _check_signed_headers(claimed)
    _check_time(claimed, now)
    payload_hash = check_payload_form(claimed, service) or found
    signed = Message(claimed.message.method, claimed.message.path, _signed_query(claimed), claimed.message.headers)
    request = canonical_request(signed, claimed.signed_headers, payload_hash, service)
    expected = signature(secret_access_key, claimed.scope, claimed.timestamp, request)
    if not hmac.compare_digest(expected.encode(), claimed.signature.encode("utf-8", "surrogateescape")):
        raise SignatureRefused(Reason.SIGNATURE)
    if payload_hash not in _NO_HASHES and payload_hash != found:
        raise SignatureRefused(Reason.PAYLOAD)


def check_scope(claimed: Claimed, service: str) -> None:
    if claimed.scope.service != service:
        sentence = f"Credential should be scoped to correct service: '{service}', not '{claimed.scope.service}'."
        raise SignatureRefused(Reason.SCOPE, sentence)
    if claimed.scope.date != claimed.timestamp[:8]:
        sentence = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        raise SignatureRefused(Reason.SCOPE, sentence + f"'{claimed.scope.date}' != '{claimed.timestamp[:8]}'.")


def check_payload_form(claimed: Claimed, service: str) -> str | None:
    """The payload hash that the signature covers; None when it is the body's own and goes unsaid (all but S3)."""
    if service != "s3":
        return None
    payload_hash = claimed.payload_hash or (UNSIGNED_PAYLOAD if claimed.presigned else None)
    if payload_hash is None:
        raise SignatureRefused(Reason.PAYLOAD_HASH, "Missing required header for this request: x-amz-content-sha256")
    if payload_hash.startswith(ECDSA_PREFIX):
        sentence = f"{payload_hash}: chunks signed with ECDSA (Signature Version 4A) are not built yet."
        raise SignatureRefused(Reason.NOT_BUILT, sentence)
    if claimed.presigned and payload_hash in CHUNKED_FORMS:
        sentence = f"{payload_hash}: bodies in chunks are not built yet for presigned URLs."
        raise SignatureRefused(Reason.NOT_BUILT, sentence)
    if payload_hash not in _NO_HASHES and not _HASH.fullmatch(payload_hash):
        sentence = f"x-amz-content-sha256 must be {', '.join(_NO_HASHES)}, or a valid sha256 value."
        raise SignatureRefused(Reason.PAYLOAD_HASH, sentence)
    return payload_hash


def _check_signed_headers(claimed: Claimed) -> None:
    """Host, and every x-amz-* header that is there, has to be signed; what is signed has to be there.

    An underscore counts as a hyphen: `x_amz_acl` is `x-amz-acl` to what may stand behind.
    """
    present = {name.lower() for name, _ in claimed.message.headers}
    if "host" not in claimed.signed_headers:
        raise SignatureRefused(Reason.INCOMPLETE, "'Host' must be a 'SignedHeader' in the AWS Authorization.")
    absent = sorted(set(claimed.signed_headers) - present)
    if absent:
        sentence = f"'{absent[0]}' is named as a SignedHeader, but it does not exist in the HTTP request"
        raise SignatureRefused(Reason.INCOMPLETE, sentence)
    amz = {name for name in present if name.replace("_", "-").startswith("x-amz-")}
    unsigned = tuple(sorted(amz - set(claimed.signed_headers)))
    if unsigned:
        sentence = f"There were headers present in the request which were not signed: {', '.join(unsigned)}"
        raise SignatureRefused(Reason.UNSIGNED_HEADERS, sentence, headers=unsigned)


def _check_time(claimed: Claimed, now: float) -> None:
    skew_s = CLOCK_SKEW_S3_S if claimed.scope.service == "s3" else CLOCK_SKEW_S
    if claimed.signed_at > now + skew_s:
        sentence = (
            f"Signature not yet current: {claimed.timestamp} is still later than {format_timestamp(now + skew_s)}"
        )
        raise SignatureRefused(Reason.SKEWED, f"{sentence} ({format_timestamp(now)} + {skew_s // 60} min.)")
    if claimed.expires_s is not None:
        if now >= claimed.signed_at + claimed.expires_s:
            raise SignatureRefused(Reason.URL_EXPIRED)
    elif claimed.signed_at < now - skew_s:
        sentence = f"Signature expired: {claimed.timestamp} is now earlier than {format_timestamp(now - skew_s)}"
        raise SignatureRefused(Reason.SKEWED, f"{sentence} ({format_timestamp(now)} - {skew_s // 60} min.)")


def _signed_query(claimed: Claimed) -> Pairs:
    """All parameters are signed but the signature itself."""
    return tuple((n, v) for n, v in claimed.message.query if not (claimed.presigned and n == "X-Amz-Signature"))
