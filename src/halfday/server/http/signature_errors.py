"""Why a signer was refused, in the words of each family of AWS's protocols.

Source: facts/api.md §1 (JSON); STS and IAM API references, Common Errors (Query); S3 API reference, Error responses.
"""

from __future__ import annotations

from enum import Enum

from halfday.protocol.errors import ServiceError
from halfday.protocol.sigv4_claim import Reason, SignatureRefused


class Family(Enum):
    JSON = "json"
    QUERY = "query"
    REST = "rest"
    S3 = "s3"


_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_INVALID_TOKEN = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"
_MALFORMED_TOKEN = "The provided token is malformed or otherwise invalid."

Entry = tuple[str, int, str | None]
"""Code, status, sentence. Where the sentence is None, the refusal's detail is AWS's sentence."""

_JSON: dict[Reason, Entry] = {
    Reason.MISSING: ("MissingAuthenticationTokenException", 400, "Missing Authentication Token"),
    Reason.INCOMPLETE: ("IncompleteSignatureException", 400, None),
    Reason.ALGORITHM: ("IncompleteSignatureException", 400, None),
    Reason.PRESIGNED_PARAMETERS: ("IncompleteSignatureException", 400, None),
    Reason.SCOPE: ("InvalidSignatureException", 400, None),
    Reason.UNSIGNED_HEADERS: ("InvalidSignatureException", 400, None),
    Reason.UNKNOWN_KEY: ("UnrecognizedClientException", 400, _INVALID_TOKEN),
    Reason.SIGNATURE: ("InvalidSignatureException", 400, _MISMATCH),
    Reason.SKEWED: ("InvalidSignatureException", 400, None),
    Reason.URL_EXPIRED: ("InvalidSignatureException", 400, None),
    Reason.TOKEN_INVALID: ("UnrecognizedClientException", 400, _INVALID_TOKEN),
    Reason.TOKEN_EXPIRED: ("ExpiredTokenException", 400, _EXPIRED),
    Reason.PAYLOAD_HASH: ("InvalidSignatureException", 400, None),
    Reason.PAYLOAD: ("InvalidSignatureException", 400, _MISMATCH),
    Reason.NOT_BUILT: ("NotImplementedException", 501, None),
}

_REST = {reason: (code, 403 if status == 400 else status, said) for reason, (code, status, said) in _JSON.items()}
"""The codes of JSON, all 403 (what Lambda and API Gateway answer)."""

_QUERY: dict[Reason, Entry] = {
    Reason.MISSING: ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
    Reason.INCOMPLETE: ("IncompleteSignature", 400, None),
    Reason.ALGORITHM: ("IncompleteSignature", 400, None),
    Reason.PRESIGNED_PARAMETERS: ("IncompleteSignature", 400, None),
    Reason.SCOPE: ("SignatureDoesNotMatch", 403, None),
    Reason.UNSIGNED_HEADERS: ("SignatureDoesNotMatch", 403, None),
    Reason.UNKNOWN_KEY: ("InvalidClientTokenId", 403, _INVALID_TOKEN),
    Reason.SIGNATURE: ("SignatureDoesNotMatch", 403, _MISMATCH),
    Reason.SKEWED: ("SignatureDoesNotMatch", 403, None),
    Reason.URL_EXPIRED: ("SignatureDoesNotMatch", 403, None),
    Reason.TOKEN_INVALID: ("InvalidClientTokenId", 403, _INVALID_TOKEN),
    Reason.TOKEN_EXPIRED: ("ExpiredToken", 403, _EXPIRED),
    Reason.PAYLOAD_HASH: ("SignatureDoesNotMatch", 403, None),
    Reason.PAYLOAD: ("SignatureDoesNotMatch", 403, _MISMATCH),
    Reason.NOT_BUILT: ("NotImplementedException", 501, None),
}

_S3: dict[Reason, Entry] = {
    Reason.MISSING: ("AccessDenied", 403, "Access Denied"),
    Reason.INCOMPLETE: ("AuthorizationHeaderMalformed", 400, None),
    Reason.ALGORITHM: (
        "InvalidRequest",
        400,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    ),
    Reason.PRESIGNED_PARAMETERS: ("AuthorizationQueryParametersError", 400, None),
    Reason.SCOPE: ("AuthorizationHeaderMalformed", 400, None),
    Reason.UNSIGNED_HEADERS: (
        "AccessDenied",
        403,
        "There were headers present in the request which were not signed",
    ),
    Reason.UNKNOWN_KEY: (
        "InvalidAccessKeyId",
        403,
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    Reason.SIGNATURE: (
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    Reason.SKEWED: (
        "RequestTimeTooSkewed",
        403,
        "The difference between the request time and the current time is too large.",
    ),
    Reason.URL_EXPIRED: ("AccessDenied", 403, "Request has expired"),
    Reason.TOKEN_INVALID: ("InvalidToken", 400, _MALFORMED_TOKEN),
    Reason.TOKEN_EXPIRED: ("ExpiredToken", 400, "The provided token has expired."),
    Reason.PAYLOAD_HASH: ("InvalidRequest", 400, None),
    Reason.PAYLOAD: (
        "XAmzContentSHA256Mismatch",
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
    Reason.NOT_BUILT: ("NotImplemented", 501, None),
}

_FAMILIES = {Family.JSON: _JSON, Family.REST: _REST, Family.QUERY: _QUERY, Family.S3: _S3}


def service_error(refused: SignatureRefused, family: Family) -> ServiceError:
    """The refusal in this family's code and sentence. What the log is told stays apart."""
    code, status, sentence = _FAMILIES[family][refused.reason]
    members = {"HeadersNotSigned": ", ".join(refused.headers)} if refused.headers and family is Family.S3 else {}
    return ServiceError(code, sentence or refused.detail, status=status, detail=refused.logged, members=members)
