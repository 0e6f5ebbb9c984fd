"""S3 requests that are signed in ways that are not taken here, told from what else may stand at the same path.

Signature Version 2, which boto3 presigns with as soon as an endpoint is set; Version 4A, for buckets in several
Regions; and forms that a browser posts with a policy. All are refused in S3's words, with what to set instead.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.protocol.sigv4_claim import VERSION_4A
from halfday.server.http.edge import note
from halfday.server.http.front_door.s3_answers import refusal
from halfday.server.http.requests.parameters import in_query
from halfday.server.http.requests.presented import presented

Refusal = Callable[[Request], Response]

_VERSION_2_KEY = "AWSAccessKeyId"
_VERSION_2_PARAMETERS = (_VERSION_2_KEY, "Signature", "Expires")
_VERSION_2 = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256. "
    'In boto3: Config(signature_version="s3v4").'
)
_HALF_PRESIGNED = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
_POLICY = (
    "A form posted with a policy is not taken here yet. Upload with a presigned PUT, signed with AWS4-HMAC-SHA256."
)


def find_refusal(request: Request) -> Refusal | None:
    """The function that refuses a request of S3's that is signed in another way, or posts a form; None for others."""
    if is_version_2(request):
        return _refuse_version_2
    if is_version_4a(request):
        return _refuse_version_4a
    return _refuse_posted_form if is_posted_form(request) else None


def is_version_2(request: Request) -> bool:
    """Whether the request is signed by Signature Version 2, by header or presigned. Only S3 still knows both forms."""
    header = presented(request).authorization.header or ""
    return header.startswith("AWS ") or in_query(request, _VERSION_2_KEY) is not None


def is_version_4a(request: Request) -> bool:
    """Whether the request is signed by Version 4A. Of the services here only S3 takes it."""
    named = presented(request).authorization.header or "", in_query(request, "X-Amz-Algorithm") or ""
    return any(text.partition(" ")[0] == VERSION_4A for text in named)


def is_posted_form(request: Request) -> bool:
    """Whether a form is posted as for S3's POST Object, to a bucket in the path or the host. No page takes such a form.

    A gateway's backend may: its routes come first.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return (
        request.method == "POST"
        and content_type == "multipart/form-data"
        and "/" not in request.url.path.strip("/")  # to a bucket
    )


def _refuse_version_2(request: Request) -> Response:
    """S3's own refusal, in the Regions that never took Signature Version 2."""
    note(request, operation="s3 (signature version 2)", why="the caller has to sign with AWS4-HMAC-SHA256")
    by_header = presented(request).authorization.header is not None
    if not by_header and not all(name in request.query_params for name in _VERSION_2_PARAMETERS):
        return refusal(request, ServiceError("AccessDenied", _HALF_PRESIGNED, status=403))
    return refusal(request, ServiceError("InvalidRequest", _VERSION_2))


def _refuse_version_4a(request: Request) -> Response:
    note(request, operation="s3 (signature version 4A)", why="the caller has to sign with AWS4-HMAC-SHA256")
    message = f"{VERSION_4A} is not taken here: buckets of several Regions are not built. Use AWS4-HMAC-SHA256."
    return refusal(request, ServiceError("NotImplemented", message, status=501))


def _refuse_posted_form(request: Request) -> Response:
    note(request, operation="s3 (POST Object)", why="forms with a policy are not built yet")
    return refusal(request, ServiceError("NotImplemented", _POLICY, status=501))
