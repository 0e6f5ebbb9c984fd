"""From identities to AWS credentials: OpenID tokens, trust, assumed roles. For cognito-identity and STS.

Whose identity it is, and what logins prove: `identities`, `logins`. Source: facts/identity.md §6 to §9.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from halfday.protocol.claims import VerifiedClaims, verify
from halfday.protocol.identifiers import ACCESS_KEY_BYTES, make_access_key_id
from halfday.protocol.jws import Compact
from halfday.server.domain.aws.identity_pools import OPENID_ISSUER, Identity
from halfday.server.domain.aws.policies import Kind, kept_policy, trusts
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import NO_TAGS, TAG_SESSION, IssuedCredentials, request_tags
from halfday.server.flows.tokens import keys
from halfday.server.services import Services

FEDERATED_PRINCIPAL = "cognito-identity.amazonaws.com"
ASSUME = "sts:AssumeRoleWithWebIdentity"


def amr_context(identity: Identity, amr: list[str]) -> dict[str, list[str]]:
    """The policy variables of a session: who, from which identity pool, authenticated how."""
    return {
        f"{FEDERATED_PRINCIPAL}:sub": [identity.identity_id],
        f"{FEDERATED_PRINCIPAL}:aud": [identity.identity_pool_id],
        f"{FEDERATED_PRINCIPAL}:amr": amr,
    }


def role_trusts(role: Role, context: Mapping[str, list[str]], tags: Mapping[str, str] = NO_TAGS) -> bool:
    """Whether the role's trust policy lets a Cognito identity with this context assume it, and pass these tags."""
    policy = kept_policy(role.trust_policy, name="trust policy", kind=Kind.TRUST)
    actions = (ASSUME, TAG_SESSION) if tags else (ASSUME,)
    asked = {**context, **request_tags(tags)}
    return all(trusts(policy, FEDERATED_PRINCIPAL, action, asked).allowed for action in actions)


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

    They are kept, sealed, to verify what they sign.
    """
    now = services.clock()
    credentials = IssuedCredentials(
        access_key_id=make_access_key_id(services.random(ACCESS_KEY_BYTES)),
        secret_access_key=base64.b64encode(services.random(30)).decode(),
        session_token=base64.b64encode(services.random(96)).decode(),
        account=role.account,
        role_name=role.name,
        role_id=role.role_id,
        session_name=session_name,
        context=dict(context),
        session_policies=session_policies,
        session_policy_arns=session_policy_arns,
        principal_tags=dict(tags),
        transitive_tag_keys=transitive_tag_keys,
        source_identity=source_identity,
        issued_at=now,
        expires_at=int(now) + lifetime_s,
    )
    await services.store.credentials.insert(credentials)
    return credentials


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
