"""Headers of S3 requests: which are known, and which are passed on to the upstream. A test compares them with the
model.

Two servers must not read one header differently. `x_amz_acl` and `x-amz-acl` are the same to WSGI, a header given twice
has one value or the other, `x-amz-acl` may stand in the query too, and some servers take `false` for true. So a header
that can be read in two ways is refused, one that S3 knows and this server does not is refused by name, and only the
headers listed here are passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from halfday.server.domain.s3.refusals import S3RequestRefused

Pairs = Iterable[tuple[str, str]]

ACL_HEADER = "x-amz-acl"
CANNED_ACLS = frozenset(
    {"private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "log-delivery-write"}
    | {"bucket-owner-read", "bucket-owner-full-control"}
)
"""S3 user guide, Canned ACL. moto fails over any other."""
BYPASS_HEADER = "x-amz-bypass-governance-retention"
OWNER_HEADERS = ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")

PLAIN_HEADERS = frozenset(
    {"cache-control", "content-disposition", "content-encoding", "content-language", "content-md5", "content-type"}
    | {"expires", "if-match", "if-modified-since", "if-none-match", "if-unmodified-since", "range"}
)

_CUSTOMER_KEYS = {"customer-algorithm", "customer-key", "customer-key-md5"}
AMZ_HEADERS = frozenset(
    f"x-amz-{name}"
    for name in {"acl", "bucket-object-lock-enabled", "bucket-object-lock-token", "bypass-governance-retention"}
    | {"checksum-algorithm", "checksum-mode", "checksum-type", "sdk-checksum-algorithm"}
    | {"confirm-remove-self-bucket-access", "content-sha256", "copy-source", "copy-source-if-match"}
    | {"copy-source-if-modified-since", "copy-source-if-none-match", "copy-source-if-unmodified-since"}
    | {"copy-source-range", "grant-full-control", "grant-read", "grant-read-acp", "grant-write", "grant-write-acp"}
    | {"max-parts", "metadata-directive", "mp-object-size", "object-attributes", "object-lock-legal-hold"}
    | {"object-lock-mode", "object-lock-retain-until-date", "object-ownership", "optional-object-attributes"}
    | {"part-number-marker", "request-payer", "server-side-encryption", "server-side-encryption-aws-kms-key-id"}
    | {"server-side-encryption-bucket-key-enabled", "server-side-encryption-context", "skip-destination-validation"}
    | {"storage-class", "tagging", "tagging-directive", "transition-default-minimum-object-size"}
    | {"website-redirect-location"}
    | {f"server-side-encryption-{name}" for name in _CUSTOMER_KEYS}
    | {f"copy-source-server-side-encryption-{name}" for name in _CUSTOMER_KEYS}
)
ANSWERED_HERE = frozenset(
    {"x-amz-date", "x-amz-decoded-content-length", "x-amz-security-token", "x-amz-trailer", "x-amz-user-agent"}
    | {*OWNER_HEADERS}
)

_CHECKSUM = re.compile(r"x-amz-checksum-[a-z0-9]{3,16}")
_METADATA = re.compile(r"x-amz-meta-[!#$%&'*+.^_`|~0-9a-z-]+")
_BLANKS = re.compile("[ \t]+")


def read_headers(headers: Pairs, moved: Pairs = ()) -> dict[str, str]:
    """The headers that S3 reads, by lower-case name. `moved`: headers that a presigned URL carries in its query.

    Raises S3RequestRefused.
    """
    read: dict[str, str] = {}
    for given, value in (*headers, *moved):
        name = given.lower()
        if not _is_read(name):
            continue
        if name in read:
            raise S3RequestRefused("InvalidRequest", f"The header {name!r} is given more than once")
        read[name] = value if _METADATA.fullmatch(name) else _BLANKS.sub(" ", value).strip(" ")
    _check_metadata(read)
    if read.get(ACL_HEADER, "private") not in CANNED_ACLS:
        raise S3RequestRefused("InvalidArgument", f"The header {ACL_HEADER!r} names no canned ACL")
    if _truth(read, BYPASS_HEADER) is False:
        del read[BYPASS_HEADER]
    return read


def goes_on(name: str) -> bool:
    """Whether this header is passed on to the upstream."""
    known = name in PLAIN_HEADERS or name in AMZ_HEADERS
    return known or bool(_CHECKSUM.fullmatch(name) or _METADATA.fullmatch(name))


def _is_read(name: str) -> bool:
    """False for what S3 ignores. Raises S3RequestRefused for what could be taken for another, or is not known."""
    if goes_on(name) or name in ANSWERED_HERE:
        return True
    folded = name.replace("_", "-")
    if folded != name and (folded.startswith("x-amz-") or goes_on(folded)):
        raise S3RequestRefused("InvalidRequest", f"The header {name!r} can be taken for {folded!r}: write it so")
    if name.startswith("x-amz-"):
        sentence = f"A header you provided implies functionality that is not implemented: {name}"
        raise S3RequestRefused("NotImplemented", sentence, status=501)
    return False


def _check_metadata(read: dict[str, str]) -> None:
    """S3 distinguishes `my_key` from `my-key`; the upstream may not."""
    folded = [name.replace("_", "-") for name in read]
    if twice := next((name for name in folded if folded.count(name) > 1), None):
        raise S3RequestRefused("InvalidRequest", f"The header {twice!r} is given with '_' and with '-'")


def _truth(read: dict[str, str], name: str) -> bool | None:
    """None when the header is absent. `false` is not passed on: some servers take any value for true."""
    value = read.get(name)
    if value is None:
        return None
    if value.lower() not in ("true", "false"):
        raise S3RequestRefused("InvalidArgument", f"The header {name!r} must be true or false")
    return value.lower() == "true"
