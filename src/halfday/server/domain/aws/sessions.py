"""Temporary credentials, and what a session is known by: whose it is, its tags, its source identity.

Source: facts/identity.md §9; IAM user guide, Pass session tags in AWS STS, and Monitor and control actions taken with
assumed roles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from halfday.protocol import identifiers
from halfday.protocol.credentials import Credentials

TAG_SESSION = "sts:TagSession"
"""The permission to pass tags."""
NO_TAGS: Mapping[str, str] = {}


class SessionKind(Enum):
    """What the credentials stand for: a role that somebody assumed; a user of an application that an IAM user (or the
    root) vouches for, from GetFederationToken; the IAM user (or the root), from GetSessionToken.
    """

    ASSUMED_ROLE = "assumed role"
    FEDERATED_USER = "federated user"
    OWN_SESSION = "own session"


@dataclass(frozen=True, slots=True)
class IssuedCredentials:
    """One session, alive from `issued_at` until `expires_at`, in epoch seconds.

    `role_name` and `role_id` are empty unless a role was assumed; `user_name` and `user_unique_id` are those of the
    IAM user whose session it is or who vouches for it, and empty where that is the root. `session_name` is the
    federated user's name, and empty in an own session. `context` holds further condition keys of the session, such as
    cognito-identity.amazonaws.com:sub, :aud and :amr. `session_policies` are documents, `session_policy_arns` name
    managed policies; without any of them an assumed role's session may do all that the role may.
    `principal_tags` are the session's own tags and those it inherited; the role's are not among them. `chained`: the
    role was assumed with temporary credentials.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    account: str
    role_name: str
    role_id: str
    session_name: str
    issued_at: float
    expires_at: float
    context: dict[str, Any] = field(default_factory=dict)
    session_policies: tuple[Any, ...] = ()
    kind: SessionKind = SessionKind.ASSUMED_ROLE
    user_name: str = ""
    user_unique_id: str = ""
    session_policy_arns: tuple[str, ...] = ()
    principal_tags: dict[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    chained: bool = False

    @property
    def arn(self) -> str:
        """What GetCallerIdentity shows."""
        if self.kind is SessionKind.ASSUMED_ROLE:
            return identifiers.assumed_role_arn(self.account, self.role_name, self.session_name)
        if self.kind is SessionKind.FEDERATED_USER:
            return identifiers.federated_user_arn(self.account, self.session_name)
        raise ValueError("an own session has the ARN of the user, whose path only the user knows")

    @property
    def role_arn(self) -> str:
        """The ARN of the assumed role, which leaves out the role's path."""
        return identifiers.role_arn(self.account, self.role_name)

    @property
    def user_id(self) -> str:
        """The UserId of GetCallerIdentity, which is aws:userid in policies."""
        before = self.role_id if self.kind is SessionKind.ASSUMED_ROLE else self.account
        return f"{before}:{self.session_name}"

    @property
    def credentials(self) -> Credentials:
        """What the caller of STS receives."""
        return Credentials(self.access_key_id, self.secret_access_key, self.session_token, int(self.expires_at))

    @property
    def inherited_tags(self) -> dict[str, str]:
        """The tags that a role assumed with these credentials inherits."""
        transitive = {key.lower() for key in self.transitive_tag_keys}
        return {key: value for key, value in self.principal_tags.items() if key.lower() in transitive}

    def context_of(self, principal_tags: Mapping[str, str] = NO_TAGS) -> dict[str, Any]:
        """The condition keys of whatever is done in this session. `principal_tags` are the role's or the user's own,
        in whose place session tags of the same name stand.
        """
        context = dict(tag_context("aws:PrincipalTag", merged_tags(principal_tags, self.principal_tags)))
        if self.source_identity is not None:
            context["aws:SourceIdentity"] = self.source_identity
        if self.kind is not SessionKind.FEDERATED_USER:  # nobody has a second factor of IAM here
            context["aws:MultiFactorAuthPresent"] = "false"
        return {**context, "aws:TokenIssueTime": str(int(self.issued_at)), **self.context}


def merged_tags(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Both; the second has its way. Tag keys are not distinguished by case (STS API reference, AssumeRole)."""
    again = {key.lower() for key in second}
    return {**{key: value for key, value in first.items() if key.lower() not in again}, **second}


def request_tags(tags: Mapping[str, str]) -> dict[str, Any]:
    """The condition keys by which a policy says which tags may be passed; none where none are."""
    return {**dict(tag_context("aws:RequestTag", tags)), "aws:TagKeys": list(tags)} if tags else {}


def tag_context(key: str, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The condition keys of these tags, such as aws:PrincipalTag/team."""
    return ((f"{key}/{name}", value) for name, value in tags.items())
