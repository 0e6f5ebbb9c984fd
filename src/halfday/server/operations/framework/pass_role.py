"""Roles that a call passes to Cognito: the caller needs iam:PassRole on each, besides permission for the operation.

Without this somebody who may set an identity pool's roles could hand out any role of the account. Source: IAM user
guide, Granting a user permissions to pass a role to an AWS service; AWS's managed policy AmazonESCognitoAccess, which
grants it for cognito-identity. Of cognito-identity the sentence is AWS's (boto/boto3#73); of cognito-idp [inferred].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from halfday.server.domain.aws.permissions import Permissions
from halfday.server.domain.refusals import Refused

ACTION = "iam:PassRole"

PATHS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("cognito-identity", "SetIdentityPoolRoles"): ("Roles.authenticated", "Roles.unauthenticated"),
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


def check_passed(permissions: Permissions, service: str, name: str, given: Mapping[str, Any]) -> None:
    """Raises Refused for a role that the caller may not pass."""
    context = {"iam:PassedToService": f"{service}.amazonaws.com"}
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
        value: Any = given
        for member in path.split("."):
            value = value.get(member) if isinstance(value, Mapping) else None
        if value:
            yield value
