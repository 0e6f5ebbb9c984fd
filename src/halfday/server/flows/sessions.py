"""Temporary credentials, made and kept: for a role whose trust has been checked, for a user's own session, for
somebody for whom a user vouches.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.protocol.identifiers import ACCESS_KEY_BYTES, make_access_key_id
from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import IssuedCredentials, SessionKind
from halfday.server.services import Services

_TOKEN_BYTES = 96


@dataclass(frozen=True, slots=True)
class Limits:
    """What a session is limited by, and known by. `token_characters`: at least so long is its session token."""

    policies: tuple[Any, ...] = ()
    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    token_characters: int = 0
    chained: bool = False


async def issue_for_role(
    services: Services,
    role: Role,
    *,
    session_name: str,
    lifetime_s: int,
    context: Mapping[str, Any],
    limits: Limits,
) -> IssuedCredentials:
    whose = _Whose(SessionKind.ASSUMED_ROLE, session_name, role=role, context=context)
    return await _kept(services, _made(services, role.account, lifetime_s, limits, whose))


async def issue_for_user(
    services: Services, account: str, user: IamUser | None, *, name: str | None, lifetime_s: int, limits: Limits
) -> IssuedCredentials:
    """The session of a federated user of this name, or without a name the user's own. Without a user, the root's."""
    kind = SessionKind.OWN_SESSION if name is None else SessionKind.FEDERATED_USER
    whose = _Whose(kind, name or "", user=user)
    return await _kept(services, _made(services, account, lifetime_s, limits, whose))


@dataclass(frozen=True, slots=True)
class _Whose:
    kind: SessionKind
    session_name: str
    role: Role | None = None
    user: IamUser | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


def _made(services: Services, account: str, lifetime_s: int, limits: Limits, whose: _Whose) -> IssuedCredentials:
    now = services.clock()
    token_bytes = max(_TOKEN_BYTES, math.ceil(limits.token_characters / 4) * 3)
    return IssuedCredentials(
        access_key_id=make_access_key_id(services.random(ACCESS_KEY_BYTES)),
        secret_access_key=base64.b64encode(services.random(30)).decode(),
        session_token=base64.b64encode(services.random(token_bytes)).decode(),
        account=account,
        kind=whose.kind,
        role_name=whose.role.name if whose.role else "",
        role_id=whose.role.role_id if whose.role else "",
        user_name=whose.user.name if whose.user else "",
        user_unique_id=whose.user.user_id if whose.user else "",
        session_name=whose.session_name,
        context=dict(whose.context),
        session_policies=limits.policies,
        session_policy_arns=limits.policy_arns,
        principal_tags=dict(limits.tags),
        transitive_tag_keys=limits.transitive_tag_keys,
        source_identity=limits.source_identity,
        chained=limits.chained,
        issued_at=now,
        expires_at=int(now) + lifetime_s,
    )


async def _kept(services: Services, credentials: IssuedCredentials) -> IssuedCredentials:
    """Sealed, to verify what they sign."""
    await services.store.credentials.insert(credentials)
    return credentials
