"""Roles that a call passes to Cognito: the caller needs iam:PassRole on each, besides permission for the operation.

Without this somebody who may set an identity pool's roles could hand out any role of the account. Source: IAM user
guide, Granting a user permissions to pass a role to an AWS service; AWS's managed policy AmazonESCognitoAccess, which
grants it for cognito-identity. Of cognito-identity the sentence is AWS's (boto/boto3#73); of cognito-idp [inferred].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from halfday.server.domain.aws.permissions import Permissions
from halfday.server.domain.refusals import Refused

ACTION = "iam:PassRole"

PATHS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("cognito-identity", "SetIdentityPoolRoles"): ("Roles.*", "RoleMappings.*.RulesConfiguration.Rules.*.RoleARN"),
    ("cognito-idp", "CreateGroup"): ("RoleArn",),
    ("cognito-idp", "UpdateGroup"): ("RoleArn",),
    ("cognito-idp", "CreateUserPool"): ("SmsConfiguration.SnsCallerArn", "SmsConfiguration.EumsSms.CallerArn"),
    ("cognito-idp", "UpdateUserPool"): ("SmsConfiguration.SnsCallerArn", "SmsConfiguration.EumsSms.CallerArn"),
    ("cognito-idp", "SetUserPoolMfaConfig"): (
        "SmsMfaConfiguration.SmsConfiguration.SnsCallerArn",
        "SmsMfaConfiguration.SmsConfiguration.EumsSms.CallerArn",
    ),
    ("cognito-idp", "CreateUserImportJob"): ("CloudWatchLogsRoleArn",),
    ("lambda", "CreateFunction"): ("Role",),
    ("lambda", "UpdateFunctionConfiguration"): ("Role",),
    ("cognito-idp", "CreateUserPoolClient"): ("AnalyticsConfiguration.RoleArn",),
    ("cognito-idp", "UpdateUserPoolClient"): ("AnalyticsConfiguration.RoleArn",),
}


def check_passed(
    permissions: Permissions, service: str, name: str, given: Mapping[str, Any], keys: Mapping[str, str]
) -> None:
    """Raises Refused for a role that the caller may not pass."""
    context = {**keys, "iam:PassedToService": f"{service}.amazonaws.com"}
    for arn in _named(given, PATHS.get((service, name), ())):
        try:
            permissions.check(ACTION, arn, context)
        except Refused as refused:
            if service != "cognito-identity":
                raise
            sentence = f"Access to Role '{arn}' is forbidden."
            raise Refused("NotAuthorizedException", sentence, refused.detail) from refused


def _named(given: Mapping[str, Any], paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        yield from _values(given, path.split("."))


def _values(value: Any, members: Sequence[str]) -> Iterator[str]:
    """What stands at the end of the path; `*` is every value of a map, and every member of a list."""
    if not members:
        if value:
            yield value
    elif members[0] != "*":
        yield from _values(value.get(members[0]) if isinstance(value, Mapping) else None, members[1:])
    else:
        for one in value.values() if isinstance(value, Mapping) else value or ():
            yield from _values(one, members[1:])
