"""Who is calling an AWS API, proven, and what they may do.

Made by http/callers (signatures) and flows/tokens/tokens (access tokens) only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from halfday.protocol.claims import VerifiedClaims
from halfday.server.domain.aws.policies import AccessRequest, Decision, Kind, evaluate, parse_policy
from halfday.server.domain.aws.roles import IssuedCredentials, Role
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


class Permissions:
    """The role's policies and the session's, parsed once a call: a bulk delete asks about 1,000 keys."""

    def __init__(self, caller: AssumedRole) -> None:
        issued = caller.credentials
        self._policies = [parse_policy(document, name=name) for name, document in caller.role.policies.items()]
        self._session = [parse_policy(one, name="session", kind=Kind.SESSION) for one in issued.session_policies]
        names = {"aws:userid": issued.user_id, "aws:PrincipalArn": caller.role.arn}
        self._context = {**names, "aws:PrincipalType": "AssumedRole", **issued.context}

    def decide(self, action: str, resource: str, context: Mapping[str, Any]) -> Decision:
        """The decision of these policies about one action on one resource."""
        request = AccessRequest(action, resource, {**self._context, **context})
        return evaluate(self._policies, request, session_policies=self._session)


def decide(caller: AssumedRole, action: str, resource: str, context: Mapping[str, Any]) -> Decision:
    return Permissions(caller).decide(action, resource, context)


def denial(caller: AssumedRole, decision: Decision, resource: str) -> str:
    """AWS's sentence for a call that a policy denies."""
    return (
        f"User: {caller.arn} is not authorized to perform: {decision.action} on resource: {resource} {decision.because}"
    )
