"""The shapes in which IAM answers: what is created comes back without some that was given, and lists leave out tags.

Source: facts/iam.md §1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.iam_users import AccessKey, IamUser
from halfday.server.domain.aws.roles import Role
from halfday.server.operations.aws.iam.documents import encoded

Answer = dict[str, Any]


def tag_list(tags: Mapping[str, str]) -> list[Answer]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def sorted_tags(tags: Mapping[str, str]) -> list[Answer]:
    return tag_list(dict(sorted(tags.items())))


def created_role(role: Role) -> Answer:
    """Of CreateRole. UpdateRoleDescription adds the description, and lists the duration too. Of a role with the trust
    policy as it is shown (lookups.as_shown).
    """
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.role_id,
        "Arn": role.arn,
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": encoded(role.trust_policy),
        "PermissionsBoundary": boundary(role),
        "Tags": tag_list(role.tags) or None,
    }


def described_role(role: Role) -> Answer:
    return {**created_role(role), "Description": role.description, "PermissionsBoundary": None, "Tags": None}


def listed_role(role: Role) -> Answer:
    return {**described_role(role), "MaxSessionDuration": role.max_session_duration_s}


def shown_role(role: Role) -> Answer:
    """Of GetRole. When a role was used last is not tracked."""
    return {
        **listed_role(role),
        "PermissionsBoundary": boundary(role),
        "Tags": sorted_tags(role.tags) or None,
        "RoleLastUsed": {},
    }


def boundary(principal: Role | IamUser) -> Answer | None:
    arn = principal.permissions_boundary
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None


def listed_user(user: IamUser) -> Answer:
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.user_id,
        "Arn": user.arn,
        "CreateDate": user.created_at,
    }


def created_user(user: IamUser) -> Answer:
    return {**listed_user(user), "PermissionsBoundary": boundary(user), "Tags": tag_list(user.tags) or None}


def shown_user(user: IamUser) -> Answer:
    return {**created_user(user), "Tags": sorted_tags(user.tags) or None}


def access_key(key: AccessKey) -> Answer:
    """Of lists: without the secret."""
    return {
        "UserName": key.user_name,
        "AccessKeyId": key.access_key_id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": key.created_at,
    }
