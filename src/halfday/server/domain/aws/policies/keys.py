"""Which condition keys a request's context can be trusted to have where AWS has them.

A key that nobody here ever fills in is not absent but unknown: `StringNotEquals` would hold because of our silence. A
statement that asks about one fails closed: an Allow does not apply, a Deny does. Source: IAM user guide, AWS global
condition context keys; IAM and STS condition context keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """Keys that are in the context wherever AWS would have them; compared without regard to case."""

    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    def __contains__(self, key: str) -> bool:
        lowered = key.lower()
        return (
            lowered in self.names
            or lowered.startswith(self.prefixes)
            or (lowered.endswith(self.suffixes) and not lowered.startswith("aws:"))
        )

    def __or__(self, other: KnownKeys) -> KnownKeys:
        return KnownKeys(self.names | other.names, self.prefixes + other.prefixes, (*self.suffixes, *other.suffixes))


def known_keys(names: Iterable[str], *, prefixes: Iterable[str] = (), suffixes: Iterable[str] = ()) -> KnownKeys:
    return KnownKeys(
        frozenset(name.lower() for name in names),
        tuple(prefix.lower() for prefix in prefixes),
        tuple(suffix.lower() for suffix in suffixes),
    )


EVERY_KEY = KnownKeys(prefixes=("",))
"""Of a context that is complete: what is not in it is absent."""

_OF_WHO_ASKS = (
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalType",
    "aws:SourceIdentity",
    "aws:TokenIssueTime",
    "aws:userid",
    "aws:username",
    "aws:ViaAWSService",
)
_NEVER_HERE = (
    "aws:AssumedRoot",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
)
"""AWS has none of them where no organization, VPC, instance or service stands between: absent, and known to be."""
_OF_THE_REQUEST = (
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:Referer",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:SourceIp",
    "aws:UserAgent",
)
_CLAIMS = (":amr", ":app_id", ":aud", ":azp", ":email", ":oaud", ":sub", ":user_id")
"""Claims of an identity provider's token, under the provider's name."""

KNOWN_ANYWHERE = known_keys(
    (*_OF_WHO_ASKS, *_NEVER_HERE, "aws:ResourceAccount"), prefixes=("aws:PrincipalTag/", "saml:"), suffixes=_CLAIMS
)
OF_THE_REQUEST = known_keys(_OF_THE_REQUEST)
"""Known where the context was made from a request that came over HTTP."""
OF_S3 = OF_THE_REQUEST | known_keys(
    f"s3:{name}"
    for name in (
        "authType",
        "delimiter",
        "max-keys",
        "prefix",
        "signatureAge",
        "signatureversion",
        "VersionId",
        "x-amz-acl",
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-metadata-directive",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-storage-class",
    )
)
"""What the front door reads out of a call to S3."""

MULTIVALUED = known_keys(
    (
        "aws:CalledVia",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceNamesList",
        "aws:ResourceOrgPaths",
        "aws:SourceOrgPaths",
        "aws:TagKeys",
        "aws:VpceOrgPaths",
        "dynamodb:Attributes",
        "dynamodb:LeadingKeys",
        "kms:EncryptionContextKeys",
        "kms:GrantOperations",
        "kms:RequestAlias",
        "kms:ResourceAliases",
        "s3:RequestObjectTagKeys",
        "sts:TransitiveTagKeys",
    ),
    suffixes=(":amr",),
)
"""Keys that have a list, also where it has one value; all others have a value, also where it comes in a list. Source:
Service authorization reference, the types that begin with ArrayOf.
"""
