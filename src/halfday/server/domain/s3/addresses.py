"""Which bucket and key an S3 request names: path style or virtual-hosted, and names that nobody may use here.

The bucket and key that were authorised must be those that the upstream acts on. So a key needs a bucket, and no name
may have another meaning to the upstream: a path of its administration, or a segment that it would resolve.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from halfday.server.domain.s3.refusals import S3NotBuilt, S3RequestRefused

LONGEST_KEY_BYTES = 1024

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_S3_HOST = re.compile(r"^(?:(?P<bucket>.+)\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$")
# Paths that are no objects to moto's server, to its control API, and to MinIO.
_ADMINISTRATION = ("moto-api", "latest/meta-data", "latest/api", "v20180820", "minio/", "favicon.ico")


def locate(host: str, path: str, domains: Iterable[str]) -> tuple[str, str]:
    """(bucket, key) of a path-style or a virtual-hosted address. Raises S3RequestRefused for impossible ones."""
    bucket, rest = _virtual_bucket(host, domains), unquote(path.removeprefix("/"), errors="surrogateescape")
    if bucket is None:
        bucket, _, rest = rest.partition("/")
    check_names(bucket, rest)
    return bucket, rest


def check_names(bucket: str, key: str) -> None:
    """Raises S3RequestRefused. Segments of dots are legal in S3's keys, but proxies and servers resolve them."""
    if (bucket or key) and not _BUCKET.fullmatch(bucket):
        raise S3RequestRefused("InvalidBucketName", f"The specified bucket is not valid: {bucket!r}")
    if f"{bucket}/{key}".startswith(_ADMINISTRATION):
        raise S3RequestRefused("InvalidBucketName", f"The specified bucket is reserved here: {bucket!r}")
    if len(key.encode("utf-8", "surrogateescape")) > LONGEST_KEY_BYTES:
        raise S3RequestRefused("KeyTooLongError", "Your key is too long")
    if {".", ".."} & set(key.split("/")):
        raise S3NotBuilt(f"the key {key!r}, which holds a path segment of dots only")
    if key.startswith("/") or "//" in key:
        raise S3NotBuilt(f"the key {key!r}, which holds an empty path segment")


def _virtual_bucket(host: str, domains: Iterable[str]) -> str | None:
    """The bucket in front of a host name of AWS's or of ours; None when the bucket stands in the path."""
    name = host.lower().partition(":")[0]
    found = _S3_HOST.match(name)
    if found:
        return found["bucket"]
    label = next((name.removesuffix("." + domain) for domain in domains if name.endswith("." + domain)), "s3")
    return None if label == "s3" else label.removesuffix(".s3")
