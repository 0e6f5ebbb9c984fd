"""From identities to AWS credentials: OpenID tokens, trust, assumed roles. For cognito-identity and STS.

Whose identity it is, and what logins prove: `identities`, `logins`. Source: facts/identity.md §6 to §9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.protocol.claims import VerifiedClaims, verify
from halfday.protocol.jws import Compact
from halfday.server.domain.aws.assuming import Wanted, objection
from halfday.server.domain.aws.identity_pools import OPENID_ISSUER, Identity
from halfday.server.domain.aws.policies import Principal, PrincipalKind
from halfday.server.domain.aws.roles import DEFAULT_SESSION_DURATION_S, Role
from halfday.server.domain.aws.sessions import NO_TAGS, IssuedCredentials
from halfday.server.flows.sessions import Limits, issue_for_role
from halfday.server.flows.tokens import keys
from halfday.server.services import Services

FEDERATED_PRINCIPAL = "cognito-identity.amazonaws.com"
ASSUME = "sts:AssumeRoleWithWebIdentity"
SESSION_NAME = "CognitoIdentityCredentials"
"""Of sessions in the enhanced flow (facts/identity.md §3)."""


def amr_context(identity: Identity, amr: list[str]) -> dict[str, list[str]]:
    """The policy variables of a session: who, from which identity pool, authenticated how."""
    return {
        f"{FEDERATED_PRINCIPAL}:sub": [identity.identity_id],
        f"{FEDERATED_PRINCIPAL}:aud": [identity.identity_pool_id],
        f"{FEDERATED_PRINCIPAL}:amr": amr,
    }


def role_trusts(role: Role, context: Mapping[str, list[str]], tags: Mapping[str, str] = NO_TAGS) -> bool:
    """Whether the role's trust policy lets a Cognito identity with this context assume it, and pass these tags."""
    principal = Principal(PrincipalKind.PROVIDER, FEDERATED_PRINCIPAL)
    wanted = Wanted(ASSUME, SESSION_NAME, DEFAULT_SESSION_DURATION_S, tags=tags, context=context)
    return objection(role, principal, wanted) is None


async def assume(
    services: Services,
    role: Role,
    *,
    session_name: str,
    lifetime_s: int,
    context: Mapping[str, list[str]],
    session_policies: tuple[dict[str, Any], ...] = (),
    session_policy_arns: tuple[str, ...] = (),
    tags: Mapping[str, str] = NO_TAGS,
    transitive_tag_keys: tuple[str, ...] = (),
    source_identity: str | None = None,
) -> IssuedCredentials:
    """Temporary credentials for a role whose trust has been checked, for sts:TagSession too where there are tags.

    They are kept, sealed, to verify what they sign (`sessions`).
    """
    limits = Limits(
        policies=session_policies,
        policy_arns=session_policy_arns,
        tags=tags,
        transitive_tag_keys=transitive_tag_keys,
        source_identity=source_identity,
    )
    return await issue_for_role(
        services, role, session_name=session_name, lifetime_s=lifetime_s, context=context, limits=limits
    )


async def verify_openid_token(services: Services, token: Compact) -> VerifiedClaims:
    """The claims of an identity pool's OpenID token. Raises ClaimsError."""
    return verify(
        token,
        await keys.identity_public_keys(services),
        issuer=OPENID_ISSUER,
        token_use=None,
        client_id=None,
        now=services.clock(),
    )
