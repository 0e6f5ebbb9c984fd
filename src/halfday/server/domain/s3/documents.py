"""Bodies of S3 calls: which are documents and which are objects, and how long each may be.

The upstream reads a document whole, at a cost that its sender chooses. So each document is read here first
(domain/text/xml_documents). The sizes are S3's where S3 documents one. Source: S3 API reference, PutBucketCors (64 KB),
PutBucketWebsite (128 KB), PutBucketReplication (2 MB), DeleteObjects (1,000 keys), CompleteMultipartUpload (10,000
parts); S3 user guide, Bucket policies (20 KB). Other sizes are ours.
"""

from __future__ import annotations

from halfday.server.domain.s3.actions import S3Request
from halfday.server.domain.s3.bulk_delete import LONGEST_BODY_BYTES
from halfday.server.domain.s3.table import Target

LONGEST_OBJECT_BYTES = 256 * 1024 * 1024
LONGEST_DOCUMENT_BYTES = 64 * 1024

_LONGEST = {
    (Target.BUCKET, "delete"): LONGEST_BODY_BYTES,
    (Target.BUCKET, "lifecycle"): 1024 * 1024,
    (Target.BUCKET, "policy"): 20 * 1024,
    (Target.BUCKET, "replication"): 2 * 1024 * 1024,
    (Target.BUCKET, "website"): 128 * 1024,
    (Target.OBJECT, "uploadId"): 4 * 1024 * 1024,
}


def is_object_data(request: S3Request) -> bool:
    """Whether the body is an object, or a part of one, and nothing of it is read."""
    return request.method == "PUT" and request.target is Target.OBJECT and request.selector in ("", "uploadId")


def longest_body(request: S3Request) -> int:
    """Bytes."""
    if is_object_data(request):
        return LONGEST_OBJECT_BYTES
    return _LONGEST.get((request.target, request.selector), LONGEST_DOCUMENT_BYTES)


def is_xml(request: S3Request) -> bool:
    """Whether the body, if there is one, is XML by S3's reference."""
    return request.method in ("PUT", "POST") and request.selector != "policy" and not is_object_data(request)
