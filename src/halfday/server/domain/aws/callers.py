"""Who is calling an AWS API, proven. What they may do: `permissions`.

Made by http/requests/callers (signatures) and flows/tokens/tokens (access tokens) only.
"""

from __future__ import annotations

from dataclasses import dataclass

from halfday.protocol.claims import VerifiedClaims
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import IssuedCredentials
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User


@dataclass(frozen=True, slots=True)
class Anonymous:
    """The caller of a public operation: nobody has proven who they are."""


@dataclass(frozen=True, slots=True)
class Root:
    """The account's root user, who may do everything."""

    account: str

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:root"

    @property
    def kind(self) -> str:
        """For a log."""
        return "root"


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """Somebody with credentials that were issued here, limited by the role's policies and the session's."""

    credentials: IssuedCredentials
    role: Role

    @property
    def arn(self) -> str:
        return self.credentials.arn

    @property
    def kind(self) -> str:
        """For a log. The session's name is left out: whoever assumes the role chooses it."""
        return f"role:{self.role.name}"


@dataclass(frozen=True, slots=True)
class TokenUser:
    """A user who showed an access token that is still good."""

    pool: Pool
    client: AppClient
    user: User
    claims: VerifiedClaims


SignedCaller = Root | AssumedRole
Caller = Anonymous | SignedCaller | TokenUser
