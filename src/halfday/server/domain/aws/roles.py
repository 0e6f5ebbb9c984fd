"""IAM roles, and the temporary credentials that were issued for them. Source: facts/identity.md §7, §9."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from halfday.protocol import identifiers
from halfday.protocol.credentials import Credentials

DEFAULT_SESSION_DURATION_S = 3600
SHORTEST_SESSION_DURATION_S = 900
LONGEST_SESSION_DURATION_S = 43200


@dataclass(frozen=True, slots=True)
class Role:
    """`policies` maps the names of inline policies to their documents, `attached_policies` are the ARNs of managed ones
    in the order in which they were attached. `path` begins and ends with a slash.
    """

    account: str
    name: str
    role_id: str
    trust_policy: dict[str, Any]
    created_at: float
    path: str = "/"
    policies: dict[str, Any] = field(default_factory=dict)
    description: str | None = None
    max_session_duration_s: int = DEFAULT_SESSION_DURATION_S
    tags: dict[str, str] = field(default_factory=dict)
    permissions_boundary: str | None = None
    attached_policies: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        return identifiers.role_arn(self.account, self.name, self.path)


@dataclass(frozen=True, slots=True)
class IssuedCredentials:
    """One session of a role, alive from `issued_at` until `expires_at`, in epoch seconds.

    `context` holds the condition keys of the session, such as cognito-identity.amazonaws.com:sub, :aud and :amr.
    `session_policies` are documents; without any the session may do all that the role may.
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

    @property
    def arn(self) -> str:
        return identifiers.assumed_role_arn(self.account, self.role_name, self.session_name)

    @property
    def role_arn(self) -> str:
        """The ARN of the assumed role, which leaves out the role's path."""
        return identifiers.role_arn(self.account, self.role_name)

    @property
    def user_id(self) -> str:
        return f"{self.role_id}:{self.session_name}"

    @property
    def credentials(self) -> Credentials:
        """What the caller of STS receives."""
        return Credentials(self.access_key_id, self.secret_access_key, self.session_token, int(self.expires_at))
