"""Signature Version 4, as a request claims it: the Authorization header, or a presigned URL's query. Nothing is proven.

Every refusal has a neutral Reason: AWS's protocols (JSON, Query, S3) have different codes for the same thing, and the
edge knows its protocol. Source: facts/api.md §1, S3 API reference, Error responses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import lru_cache

from halfday.protocol.pickling import Picklable
from halfday.protocol.sigv4 import (
    ALGORITHM,
    TERMINATOR,
    Message,
    Pairs,
    Scope,
    format_timestamp,
    parse_query,
)

LONGEST_EXPIRY_S = 604800
VERSION_4A = "AWS4-ECDSA-P256-SHA256"
"""Signature Version 4A, for requests that are good in several Regions."""

_TIMESTAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_AUTH_PARAMETERS = frozenset(
    {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature"}
    | {"x-amz-security-token", "x-amz-content-sha256"}
)


class Reason(Enum):
    """Why the signer of a request is not known."""

    MISSING = "the request is not signed"
    INCOMPLETE = "the signature's parts are incomplete or malformed"
    ALGORITHM = "the authorization mechanism is not AWS4-HMAC-SHA256"
    PRESIGNED_PARAMETERS = "the presigned URL's parameters are malformed"
    SCOPE = "the credential is scoped to another day or service"
    UNSIGNED_HEADERS = "headers that have to be signed are not"
    UNKNOWN_KEY = "the access key id is not known here"
    SIGNATURE = "the signature does not match"
    SKEWED = "the request was signed too long ago, or in the future"
    URL_EXPIRED = "the presigned URL has expired"
    TOKEN_INVALID = "the session token is not the one issued with the key"
    TOKEN_EXPIRED = "the credentials have expired"
    PAYLOAD_HASH = "x-amz-content-sha256 is missing or malformed"
    PAYLOAD = "the body does not have the hash that was signed"
    NOT_BUILT = "the way in which the body is signed is not built yet"


class SignatureRefused(Picklable, ValueError):
    """`reason` is for the edge to translate.

    `detail` says more: it may be published, and may repeat what was sent. `logged` is for a log alone, and does not.
    `headers` are the names of those that had to be signed.
    """

    def __init__(
        self, reason: Reason, detail: str | None = None, *, logged: str | None = None, headers: tuple[str, ...] = ()
    ) -> None:
        super().__init__(detail or reason.value)
        self.reason = reason
        self.detail = detail or reason.value
        self.logged = logged or reason.value
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a request says of its signer; nothing of it is proven. `expires_s` is None unless presigned."""

    message: Message
    access_key_id: str
    scope: Scope
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    signed_at: int
    expires_s: int | None
    session_token: str | None
    payload_hash: str | None

    @property
    def presigned(self) -> bool:
        return self.expires_s is not None


def parse(method: str, path: str, query: str, headers: Pairs) -> Claimed:
    """What the Authorization header, or a presigned URL's query, claims. Raises SignatureRefused."""
    message = Message(method, path, parse_query(query), tuple(headers))
    authorization = message.header("authorization")
    presigned = message.parameter("X-Amz-Algorithm")
    if authorization and presigned:
        raise SignatureRefused(Reason.PRESIGNED_PARAMETERS, "Only one auth mechanism allowed")
    if authorization:
        return _parse_header(message, authorization)
    if presigned:
        return _parse_presigned(message)
    raise SignatureRefused(Reason.MISSING)


def without_signature(query: Pairs) -> Pairs:
    """The query that the caller meant, without what presigning added to it."""
    return tuple((name, value) for name, value in query if name.lower() not in _AUTH_PARAMETERS)


def _parse_header(message: Message, authorization: str) -> Claimed:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise _other_algorithm(algorithm, Reason.ALGORITHM)
    pairs = [part.strip().partition("=")[::2] for part in rest.split(",")]
    parts = dict(pairs)
    if len(parts) != len(pairs):
        raise SignatureRefused(Reason.INCOMPLETE, "The Authorization header holds the same parameter twice.")
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    timestamp = message.header("x-amz-date") or _timestamp_of_date(message.header("date"))
    if missing or not timestamp:
        sentences = [f"Authorization header requires '{name}' parameter." for name in missing]
        if not timestamp:
            sentences.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        raise SignatureRefused(Reason.INCOMPLETE, " ".join(sentences))
    return _claim(
        message,
        credential=parts["Credential"],
        signed_headers=parts["SignedHeaders"],
        proof=parts["Signature"],
        timestamp=timestamp,
        expires_s=None,
        session_token=message.header("x-amz-security-token"),
    )


def _other_algorithm(algorithm: str, reason: Reason, sentence: str | None = None) -> SignatureRefused:
    """Version 4A is refused by its name: whoever signs so has to be told what to set."""
    if algorithm == VERSION_4A:
        sentence = f"{VERSION_4A} (Signature Version 4A) is not taken here. Use {ALGORITHM}."
        return SignatureRefused(Reason.NOT_BUILT, sentence, logged="the request is signed by Version 4A")
    return SignatureRefused(reason, sentence)


def _parse_presigned(message: Message) -> Claimed:
    """S3 API reference, Authenticating Requests: Using Query Parameters."""
    if (algorithm := message.parameter("X-Amz-Algorithm")) != ALGORITHM:
        sentence = f'X-Amz-Algorithm only supports "{ALGORITHM}"'
        raise _other_algorithm(algorithm or "", Reason.PRESIGNED_PARAMETERS, sentence)
    wanted = ("X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires")
    given = [name for name, _ in message.query if name.lower() in _AUTH_PARAMETERS]
    if twice := next((name for name in given if given.count(name) > 1), None):
        raise SignatureRefused(Reason.PRESIGNED_PARAMETERS, f"{twice} is given more than once")
    credential, proof, timestamp, signed_headers, expires = (message.parameter(name) for name in wanted)
    if not (credential and proof and timestamp and signed_headers and expires):
        sentence = (
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
        raise SignatureRefused(Reason.PRESIGNED_PARAMETERS, sentence)
    return _claim(
        message,
        credential=credential,
        signed_headers=signed_headers,
        proof=proof,
        timestamp=timestamp,
        expires_s=_parse_expires(expires),
        session_token=message.parameter("X-Amz-Security-Token"),
    )


def _claim(
    message: Message,
    *,
    credential: str,
    signed_headers: str,
    proof: str,
    timestamp: str,
    expires_s: int | None,
    session_token: str | None,
) -> Claimed:
    access_key_id, scope = _parse_credential(credential)
    payload_hash = message.header("x-amz-content-sha256")
    if payload_hash is None and expires_s is not None:
        payload_hash = message.parameter("X-Amz-Content-Sha256")
    return Claimed(
        message=message,
        access_key_id=access_key_id,
        scope=scope,
        signed_headers=tuple(signed_headers.lower().split(";")),
        signature=proof,
        timestamp=timestamp,
        signed_at=_parse_timestamp(timestamp),
        expires_s=expires_s,
        session_token=session_token,
        payload_hash=payload_hash,
    )


def _parse_credential(credential: str) -> tuple[str, Scope]:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or not all(parts) or parts[4] != TERMINATOR:
        sentence = (
            f"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/{TERMINATOR}"
        )
        raise SignatureRefused(Reason.INCOMPLETE, f"{sentence}, got: '{credential}'")
    return parts[0], Scope(*parts[1:4])


@lru_cache(maxsize=64)
def _parse_timestamp(timestamp: str) -> int:
    """Seconds up to 61 as in C's calendar: clocks that count leap seconds show them. All of a second have the same."""
    try:
        if (found := _TIMESTAMP.fullmatch(timestamp)) and int(found[6]) <= 61:
            year, month, day, hour, minute, second = map(int, found.groups())
            return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()) + second
    except ValueError:
        pass
    raise SignatureRefused(Reason.INCOMPLETE, f"Date must be in ISO-8601 'basic format'. Got '{timestamp}'.")


def _timestamp_of_date(date: str | None) -> str | None:
    try:
        return format_timestamp(parsedate_to_datetime(date).timestamp()) if date else None
    except (ValueError, OverflowError):  # of a year or a zone that no clock has
        return None


def _parse_expires(expires: str) -> int:
    seconds = int(expires) if expires.isascii() and expires.isdigit() and len(expires) < 10 else -1
    if seconds < 0:
        raise SignatureRefused(Reason.PRESIGNED_PARAMETERS, "X-Amz-Expires should be a number")
    if seconds > LONGEST_EXPIRY_S:
        sentence = f"X-Amz-Expires must be less than a week (in seconds), {LONGEST_EXPIRY_S}"
        raise SignatureRefused(Reason.PRESIGNED_PARAMETERS, sentence)
    return seconds
