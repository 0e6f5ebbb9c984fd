"""S3's operations as a table: method, target and selecting query parameter → IAM action.

Source: Service authorization reference, Actions, resources, and condition keys for Amazon S3. A test holds it against
botocore's model of S3: each of its operations is either here or listed there as refused.
"""

from __future__ import annotations

from enum import Enum


class Target(Enum):
    SERVICE = "the service"
    BUCKET = "a bucket"
    OBJECT = "an object"


def _configuration(selector: str, get: str, put: str, delete: str = "") -> dict[tuple[str, Target, str], str]:
    """The operations on one piece of a bucket's configuration. An empty action: there is no such operation."""
    actions = {"GET": get, "PUT": put, "DELETE": delete}
    return {(method, Target.BUCKET, selector): f"s3:{action}" for method, action in actions.items() if action}


SINGLE_ACTIONS: dict[tuple[str, Target, str], str] = {
    ("GET", Target.SERVICE, ""): "s3:ListAllMyBuckets",
    ("PUT", Target.BUCKET, ""): "s3:CreateBucket",
    ("HEAD", Target.BUCKET, ""): "s3:ListBucket",
    ("GET", Target.BUCKET, ""): "s3:ListBucket",
    ("GET", Target.BUCKET, "list-type"): "s3:ListBucket",
    ("GET", Target.BUCKET, "versions"): "s3:ListBucketVersions",
    ("GET", Target.BUCKET, "uploads"): "s3:ListBucketMultipartUploads",
    ("GET", Target.BUCKET, "location"): "s3:GetBucketLocation",
    ("DELETE", Target.BUCKET, ""): "s3:DeleteBucket",
    **_configuration("accelerate", "GetAccelerateConfiguration", "PutAccelerateConfiguration"),
    **_configuration("acl", "GetBucketAcl", "PutBucketAcl"),
    **_configuration("cors", "GetBucketCORS", "PutBucketCORS", "PutBucketCORS"),
    **_configuration(
        "encryption", "GetEncryptionConfiguration", "PutEncryptionConfiguration", "PutEncryptionConfiguration"
    ),
    **_configuration(
        "inventory", "GetInventoryConfiguration", "PutInventoryConfiguration", "PutInventoryConfiguration"
    ),
    **_configuration(
        "lifecycle", "GetLifecycleConfiguration", "PutLifecycleConfiguration", "PutLifecycleConfiguration"
    ),
    **_configuration("logging", "GetBucketLogging", "PutBucketLogging"),
    **_configuration("notification", "GetBucketNotification", "PutBucketNotification"),
    **_configuration("object-lock", "GetBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration"),
    **_configuration(
        "ownershipControls", "GetBucketOwnershipControls", "PutBucketOwnershipControls", "PutBucketOwnershipControls"
    ),
    **_configuration("policy", "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
    **_configuration("policyStatus", "GetBucketPolicyStatus", ""),
    **_configuration(
        "publicAccessBlock", "GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock"
    ),
    **_configuration(
        "replication", "GetReplicationConfiguration", "PutReplicationConfiguration", "PutReplicationConfiguration"
    ),
    **_configuration("requestPayment", "GetBucketRequestPayment", "PutBucketRequestPayment"),
    **_configuration("tagging", "GetBucketTagging", "PutBucketTagging", "PutBucketTagging"),
    **_configuration("versioning", "GetBucketVersioning", "PutBucketVersioning"),
    **_configuration("website", "GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"),
    ("GET", Target.OBJECT, ""): "s3:GetObject",
    ("HEAD", Target.OBJECT, ""): "s3:GetObject",
    ("PUT", Target.OBJECT, ""): "s3:PutObject",
    ("DELETE", Target.OBJECT, ""): "s3:DeleteObject",
    ("GET", Target.OBJECT, "acl"): "s3:GetObjectAcl",
    ("PUT", Target.OBJECT, "acl"): "s3:PutObjectAcl",
    ("GET", Target.OBJECT, "tagging"): "s3:GetObjectTagging",
    ("PUT", Target.OBJECT, "tagging"): "s3:PutObjectTagging",
    ("DELETE", Target.OBJECT, "tagging"): "s3:DeleteObjectTagging",
    ("GET", Target.OBJECT, "legal-hold"): "s3:GetObjectLegalHold",
    ("PUT", Target.OBJECT, "legal-hold"): "s3:PutObjectLegalHold",
    ("GET", Target.OBJECT, "retention"): "s3:GetObjectRetention",
    ("PUT", Target.OBJECT, "retention"): "s3:PutObjectRetention",
    ("GET", Target.OBJECT, "attributes"): "s3:GetObjectAttributes",
    ("POST", Target.OBJECT, "restore"): "s3:RestoreObject",
    ("POST", Target.OBJECT, "uploads"): "s3:PutObject",
    ("PUT", Target.OBJECT, "uploadId"): "s3:PutObject",
    ("POST", Target.OBJECT, "uploadId"): "s3:PutObject",
    ("GET", Target.OBJECT, "uploadId"): "s3:ListMultipartUploadParts",
    ("DELETE", Target.OBJECT, "uploadId"): "s3:AbortMultipartUpload",
}
"""DeleteObjects is missing here: its actions depend on its body."""

REFUSED_SELECTORS = {
    Target.SERVICE: frozenset[str](),
    Target.BUCKET: frozenset(
        {"abac", "analytics", "intelligent-tiering", "metrics", "session"}
        | {"metadataConfiguration", "metadataTable", "metadataAnnotationTable", "metadataInventoryTable"}
        | {"metadataJournalTable"}
    ),
    Target.OBJECT: frozenset({"annotation", "encryption", "renameObject", "select", "torrent"}),
}
"""Selectors that S3 knows and this table does not, so that they are refused by their own names."""

SELECTORS = {
    target: REFUSED_SELECTORS[target]
    | {selector for _, at, selector in SINGLE_ACTIONS if at is target and selector}
    | ({"delete"} if target is Target.BUCKET else set())
    for target in Target
}

PLAIN_PARAMETERS = frozenset(
    {"bucket-region", "continuation-token", "delimiter", "encoding-type", "fetch-owner", "id", "key-marker", "marker"}
    | {"max-buckets", "max-keys", "max-parts", "max-uploads", "part-number-marker", "partNumber", "prefix"}
    | {"response-cache-control", "response-content-disposition", "response-content-encoding"}
    | {"response-content-language", "response-content-type", "response-expires", "start-after"}
    | {"upload-id-marker", "version-id-marker", "versionId", "x-id"}
)
"""Parameters that refine an operation and select none. `x-id` is the operation's name, sent by some SDKs."""

VERSIONED = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
    "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
    "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
}
"""What an action is called when a versionId is given."""

TAKE_A_VERSION = frozenset(
    {"s3:GetObjectLegalHold", "s3:PutObjectLegalHold", "s3:GetObjectRetention", "s3:PutObjectRetention"}
    | {"s3:RestoreObject", *VERSIONED}
)
"""Of all others a versionId is refused: what stands behind might do something with it."""

_ACL_HEADERS = ("acl", "grant-full-control", "grant-read", "grant-read-acp", "grant-write", "grant-write-acp")

AUTHORIZED_HEADERS: dict[str, dict[str, str]] = {
    "s3:PutObject": {
        **{f"x-amz-{name}": "s3:PutObjectAcl" for name in _ACL_HEADERS},
        "x-amz-tagging": "s3:PutObjectTagging",
        "x-amz-object-lock-mode": "s3:PutObjectRetention",
        "x-amz-object-lock-retain-until-date": "s3:PutObjectRetention",
        "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
    },
    "s3:CreateBucket": {
        **{f"x-amz-{name}": "s3:PutBucketAcl" for name in _ACL_HEADERS},
        "x-amz-bucket-object-lock-enabled": "s3:PutBucketObjectLockConfiguration",
        "x-amz-object-ownership": "s3:PutBucketOwnershipControls",
    },
}
"""Headers that do a second thing, which has to be allowed too."""

BYPASS_ACTION = "s3:BypassGovernanceRetention"

CONTEXT_PARAMETERS = {"prefix": "s3:prefix", "delimiter": "s3:delimiter", "max-keys": "s3:max-keys"}

CONTEXT_HEADERS = (
    "x-amz-acl",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-metadata-directive",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-storage-class",
)
"""Headers that conditions may ask about, under `s3:` and their names."""
