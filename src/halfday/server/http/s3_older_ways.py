"""S3 requests that are signed in ways that are not taken here, told from what else may stand at the same path.

Signature Version 2, which boto3 presigns with as soon as an endpoint is set, and forms that a browser posts with a
policy. Both are refused in S3's words, with what to set instead.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.server.http.edge import note
from halfday.server.http.resources import refusal

_PRESIGNED = ("AWSAccessKeyId", "Signature", "Expires")
_VERSION_2 = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256. "
    'In boto3: Config(signature_version="s3v4").'
)
_POLICY = (
    "A form posted with a policy is not taken here yet. Upload with a presigned PUT, signed with AWS4-HMAC-SHA256."
)


def is_version_2(request: Request) -> bool:
    """Presigned or by header. It names no service: S3 is the only one that still knows it in both forms."""
    if request.headers.get("authorization", "").startswith("AWS "):
        return True
    return all(name in request.query_params for name in _PRESIGNED)


def refuse_version_2(request: Request) -> Response:
    """S3's own refusal, in the Regions that never took Signature Version 2."""
    note(request, operation="s3 (signature version 2)", why="the caller has to sign with AWS4-HMAC-SHA256")
    return refusal(request, ServiceError("InvalidRequest", _VERSION_2))


def is_posted_form(request: Request) -> bool:
    """What S3's POST Object is sent as. Pages and gateway routes come first: theirs may look the same."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return request.method == "POST" and content_type == "multipart/form-data"


def refuse_posted_form(request: Request) -> Response:
    note(request, operation="s3 (POST Object)", why="forms with a policy are not built yet")
    return refusal(request, ServiceError("NotImplemented", _POLICY, status=501))
