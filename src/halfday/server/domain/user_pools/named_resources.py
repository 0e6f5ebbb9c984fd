"""What else in AWS a setting may name: roles, SES identities, log groups, certificates, Pinpoint apps.

AWS refuses a name of another account, another Region or another service, so this server does too, although it never
calls the service. Each function returns the objection, or None. Whether the resource exists is not checked: nothing
here stands in for SNS, SES, ACM, CloudWatch or Pinpoint.

Sentences were measured by others (github.com/badmintoncryer/cdk-preflight, rules/cognito, September 2026), but for
those marked [inferred].
"""

from __future__ import annotations

import re

from halfday.protocol.identifiers import Arn, is_role_arn, parse_arn

SES_REGIONS = ("eu-west-1", "us-east-1", "us-west-2")
"""Cognito sends from these Regions, whatever the pool's own Region."""

CERTIFICATE_REGION = "us-east-1"
_REGIONS_WITH_TEXTS = frozenset(
    ("us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-1", "ap-southeast-2")
)
"""Whose SNS has sent texts from the beginning: no other one is allowed there (developer guide, SMS settings)."""

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")


def role(text: str, account: str) -> str | None:
    """Of a role that AWS is to assume."""
    if is_role_arn(text, account):
        return None
    if _ROLE.fullmatch(text) and f"::{account}:" not in text:
        return "Cross-account pass role is not allowed."
    return f"{text} is not the ARN of a role."  # [inferred]


def ses_identity(text: str, region: str, *, member: str) -> str | None:
    """`member` is the setting that names it: EmailConfiguration.SourceArn. The pool's own Region is allowed too
    (developer guide).
    """
    arn = _arn(text)
    if arn is None or arn.service != "ses" or not arn.resource.startswith("identity/"):
        return f"Invalid {member}. {text} is not the ARN of an SES identity."  # [inferred]
    if arn.region in (*SES_REGIONS, region):
        return None
    allowed = ", ".join(SES_REGIONS)
    return f"Invalid {member}. Provided SourceArn must be in one of the following SES regions: {allowed}."


def sns_region(named: str, region: str) -> str | None:
    """In Regions without texts of their own AWS names another one: which is not looked at."""
    if region not in _REGIONS_WITH_TEXTS or named == region:
        return None
    return f"Invalid snsRegion. Allowed SNS region for {region} is {region}"


def log_group(text: str, account: str, region: str) -> str | None:
    arn = _arn(text)
    if arn is None or arn.service != "logs" or not arn.resource.startswith("log-group:"):
        return f"Request validation Failed. [{text} is not the ARN of a CloudWatch log group. ]"  # [inferred]
    foreign = (
        (arn.account != account, "ARN does not belong to invoking account. "),
        (arn.region != region, "ARN does not belong to current region. "),
    )
    errors = "".join(error for is_foreign, error in foreign if is_foreign)
    if not errors:
        return None
    told = f"CloudWatch log group arn {text} failed with the following validation errors: {errors}"
    return f"Request validation Failed. [{told}]"


def certificate(text: str) -> str | None:
    """Of ACM, where CloudFront looks for it."""
    arn = _arn(text)
    if arn is not None and (arn.service, arn.region) == ("acm", CERTIFICATE_REGION):
        return None if arn.resource.startswith("certificate/") else _NO_CERTIFICATE
    return _NO_CERTIFICATE


def pinpoint_app(text: str, region: str) -> str | None:
    """Regions without Pinpoint use us-east-1's (API reference, AnalyticsConfigurationType)."""
    arn = _arn(text)
    named = arn.region if arn is not None else text
    if named in (region, "us-east-1"):
        return None
    return f"The integration with Pinpoint is not supported for the requested {named} region."


_NO_CERTIFICATE = (
    "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid "
    "certificate chain."
)


def _arn(text: str) -> Arn | None:
    try:
        return parse_arn(text)
    except ValueError:
        return None
