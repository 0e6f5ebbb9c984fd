"""Identity pools and the identities in them. Source: facts/identity.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.protocol import identifiers

OPENID_ISSUER = "https://cognito-identity.amazonaws.com"
OPENID_LIFETIME_S = 600
CREDENTIALS_LIFETIME_S = 3600
ENHANCED_SESSION_NAME = "CognitoIdentityCredentials"


@dataclass(frozen=True, slots=True)
class UserPoolProvider:
    """One app client of a user pool, accepted by an identity pool."""

    provider_name: str
    client_id: str
    server_side_token_check: bool = False


@dataclass(frozen=True, slots=True)
class IdentityPool:
    """An identity pool. `roles` maps authenticated and unauthenticated to role ARNs."""

    identity_pool_id: str
    name: str
    created_at: float
    allow_guests: bool = False
    allow_classic_flow: bool = False
    user_pool_providers: tuple[UserPoolProvider, ...] = ()
    roles: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def region(self) -> str:
        return identifiers.region_of_identity(self.identity_pool_id)

    def arn(self, account: str) -> str:
        return identifiers.identity_pool_arn(self.identity_pool_id, account)

    def accepts(self, provider_name: str, client_id: str) -> UserPoolProvider | None:
        wanted = (provider_name, client_id)
        return next((p for p in self.user_pool_providers if (p.provider_name, p.client_id) == wanted), None)


@dataclass(frozen=True, slots=True)
class Identity:
    """One person, or one guest, as an identity pool knows them. `logins` maps provider name to subject."""

    identity_pool_id: str
    identity_id: str
    created_at: float
    modified_at: float
    logins: dict[str, str] = field(default_factory=dict)


def amr_of(logins: Mapping[str, str]) -> list[str]:
    """The `amr` claim of the OpenID token that STS sees, for these logins (facts/identity.md §6)."""
    if not logins:
        return ["unauthenticated"]
    named = [name for provider, sub in logins.items() for name in (provider, f"{provider}:CognitoSignIn:{sub}")]
    return ["authenticated", *named]


def openid_claims(identity: Identity, *, amr: list[str], now: float) -> dict[str, Any]:
    return {
        "sub": identity.identity_id,
        "aud": identity.identity_pool_id,
        "amr": amr,
        "iss": OPENID_ISSUER,
        "exp": int(now) + OPENID_LIFETIME_S,
        "iat": int(now),
    }
