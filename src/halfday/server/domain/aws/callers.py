"""Who is calling an AWS API, proven. What they may do: `permissions`.

Made by http/requests/callers (signatures) and flows/tokens/tokens (access tokens) only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from halfday.protocol.claims import VerifiedClaims
from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.policies import (
    Kind,
    Policy,
    PolicySet,
    Principal,
    PrincipalKind,
    kept_policy,
)
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import IssuedCredentials
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User

Named = tuple[str, Mapping[str, Any]]
"""A policy's document, and what a log calls it."""


@dataclass(frozen=True, slots=True)
class Held:
    """The policies that a caller has beside the inline ones, read when the caller was proven.

    `session` is None where nothing limits the session beside its role or user.
    """

    managed: tuple[Named, ...] = ()
    boundary: Named | None = None
    session: tuple[Named, ...] | None = None


NOTHING_HELD = Held()
NO_LIMIT: Named = (
    "the root's powers",
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
)


@dataclass(frozen=True, slots=True)
class Anonymous:
    """The caller of a public operation: nobody has proven who they are."""


@dataclass(frozen=True, slots=True)
class Root:
    """The account's root user, who may do everything. `credentials` are those of GetSessionToken, if any.

    `taken_unseen`: by a dummy pair of keys, whose signature says nothing.
    """

    account: str
    credentials: IssuedCredentials | None = None
    taken_unseen: bool = False

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:root"

    @property
    def user_id(self) -> str:
        return self.account

    @property
    def kind(self) -> str:
        """For a log."""
        return "root"

    @property
    def principal(self) -> Principal:
        session = {} if self.credentials is None else self.credentials.context_of()
        return Principal(PrincipalKind.ROOT, self.arn, self.account, user_id=self.account, session_keys=session)

    @property
    def policies(self) -> PolicySet:
        return PolicySet()


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """Somebody with credentials that were issued here, limited by the role's policies and the session's."""

    credentials: IssuedCredentials
    role: Role
    held: Held = field(default=NOTHING_HELD, repr=False)

    @property
    def account(self) -> str:
        return self.credentials.account

    @property
    def arn(self) -> str:
        return self.credentials.arn

    @property
    def user_id(self) -> str:
        return self.credentials.user_id

    @property
    def kind(self) -> str:
        """For a log. The session's name is left out: whoever assumes the role chooses it."""
        return f"role:{self.role.name}"

    @property
    def principal(self) -> Principal:
        return Principal(
            PrincipalKind.ROLE_SESSION,
            self.arn,
            self.account,
            issuer_arn=self.role.arn,
            user_id=self.user_id,
            session_keys=self.credentials.context_of(self.role.tags),
        )

    @property
    def policies(self) -> PolicySet:
        return _policy_set(tuple(self.role.policies.items()), self.held)


@dataclass(frozen=True, slots=True)
class SignedUser:
    """An IAM user: by an access key, or by `credentials` of GetSessionToken."""

    user: IamUser
    held: Held = field(default=NOTHING_HELD, repr=False)
    credentials: IssuedCredentials | None = None

    @property
    def account(self) -> str:
        return self.user.account

    @property
    def arn(self) -> str:
        return self.user.arn

    @property
    def user_id(self) -> str:
        return self.user.user_id

    @property
    def kind(self) -> str:
        """For a log."""
        return f"user:{self.user.name}"

    @property
    def principal(self) -> Principal:
        session = {} if self.credentials is None else self.credentials.context_of()
        return Principal(
            PrincipalKind.USER,
            self.arn,
            self.account,
            user_id=self.user_id,
            user_name=self.user.name,
            tags=self.user.tags,
            session_keys=session,
        )

    @property
    def policies(self) -> PolicySet:
        return _policy_set(tuple(self.user.policies.items()), self.held)


@dataclass(frozen=True, slots=True)
class FederatedUser:
    """Somebody for whom an IAM user vouches (the root, where there is none), within that user's policies and the
    session's.
    """

    credentials: IssuedCredentials
    user: IamUser | None
    held: Held = field(default=NOTHING_HELD, repr=False)

    @property
    def account(self) -> str:
        return self.credentials.account

    @property
    def arn(self) -> str:
        return self.credentials.arn

    @property
    def user_id(self) -> str:
        return self.credentials.user_id

    @property
    def kind(self) -> str:
        """For a log. Whoever vouches chooses the name."""
        return f"federated-user of {self.user.name if self.user else 'root'}"

    @property
    def principal(self) -> Principal:
        return Principal(
            PrincipalKind.FEDERATED_USER,
            self.arn,
            self.account,
            issuer_arn=self.user.arn if self.user else f"arn:aws:iam::{self.account}:root",
            user_id=self.user_id,
            session_keys=self.credentials.context_of(self.user.tags if self.user else {}),
            voucher_id=self.user.user_id if self.user else "",
        )

    @property
    def policies(self) -> PolicySet:
        inline: tuple[Named, ...] = tuple(self.user.policies.items()) if self.user else (NO_LIMIT,)
        return _policy_set(inline, self.held)


@dataclass(frozen=True, slots=True)
class TokenUser:
    """A user who showed an access token that is still good."""

    pool: Pool
    client: AppClient
    user: User
    claims: VerifiedClaims


SignedCaller = Root | AssumedRole | SignedUser | FederatedUser
Caller = Anonymous | SignedCaller | TokenUser


def _policy_set(inline: Sequence[Named], held: Held) -> PolicySet:
    return PolicySet(
        identity=[_parsed(one, Kind.IDENTITY) for one in (*inline, *held.managed)],
        boundary=None if held.boundary is None else _parsed(held.boundary, Kind.BOUNDARY),
        session=None if held.session is None else [_parsed(one, Kind.SESSION) for one in held.session],
    )


def _parsed(named: Named, kind: Kind) -> Policy:
    name, document = named
    return kept_policy(document, name=name, kind=kind)
