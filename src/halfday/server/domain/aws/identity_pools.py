"""Identity pools and the identities in them. How those are linked and merged: `linking`. Source: facts/identity.md."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from halfday.protocol import identifiers
from halfday.server.domain.aws.logins import ProvenLogin
from halfday.server.domain.aws.principal_tags import PrincipalTagMap, tags_claim
from halfday.server.domain.aws.role_mapping import RoleMapping

OPENID_ISSUER = "https://cognito-identity.amazonaws.com"
OPENID_LIFETIME_S = 600
DEVELOPER_LIFETIME_S = 900
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
    """An identity pool. `roles` maps authenticated and unauthenticated to role ARNs.

    `login_providers` maps the host of a social provider to the app's id there. `role_mappings` and `principal_tags` are
    by provider.
    """

    identity_pool_id: str
    name: str
    created_at: float
    allow_guests: bool = False
    allow_classic_flow: bool = False
    user_pool_providers: tuple[UserPoolProvider, ...] = ()
    roles: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    login_providers: dict[str, str] = field(default_factory=dict)
    developer_provider: str | None = None
    oidc_provider_arns: tuple[str, ...] = ()
    saml_provider_arns: tuple[str, ...] = ()
    role_mappings: dict[str, RoleMapping] = field(default_factory=dict)
    principal_tags: dict[str, PrincipalTagMap] = field(default_factory=dict)

    @property
    def region(self) -> str:
        return identifiers.region_of_identity(self.identity_pool_id)

    def arn(self, account: str) -> str:
        return identifiers.identity_pool_arn(self.identity_pool_id, account)

    def accepts(self, provider_name: str, client_id: str) -> UserPoolProvider | None:
        wanted = (provider_name, client_id)
        return next((p for p in self.user_pool_providers if (p.provider_name, p.client_id) == wanted), None)

    def oidc_provider_arn(self, provider_name: str) -> str | None:
        """The ARN of the IAM OIDC provider whose people show their tokens under this name."""
        return next((arn for arn in self.oidc_provider_arns if oidc_login_of(arn) == provider_name), None)

    @property
    def has_providers(self) -> bool:
        known = (self.user_pool_providers, self.login_providers, self.oidc_provider_arns, self.saml_provider_arns)
        return self.developer_provider is not None or any(known)

    @property
    def provider_names(self) -> Collection[str]:
        """Keys of Logins, and ARNs of OIDC providers: what principal tags may be for."""
        user_pools = (p.provider_name for p in self.user_pool_providers)
        oidc = (*self.oidc_provider_arns, *map(oidc_login_of, self.oidc_provider_arns))
        developer = (self.developer_provider,) if self.developer_provider else ()
        return {*user_pools, *self.login_providers, *oidc, *self.saml_provider_arns, *developer}

    @property
    def mapping_keys(self) -> Collection[str]:
        """What RoleMappings may be for."""
        clients = {f"{p.provider_name}:{p.client_id}" for p in self.user_pool_providers}
        return clients | (set(self.provider_names) - {p.provider_name for p in self.user_pool_providers})


@dataclass(frozen=True, slots=True)
class Identity:
    """One person, or one guest, as an identity pool knows them.

    `logins` maps provider name to subject; `developer_logins` a developer provider's name to the users of the backend,
    who may be several. An identity that is not `enabled` is nobody's any more: it was merged into another
    (`merged_into`), or has lost its last login.
    """

    identity_pool_id: str
    identity_id: str
    created_at: float
    modified_at: float
    logins: dict[str, str] = field(default_factory=dict)
    developer_logins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    enabled: bool = True
    merged_into: str | None = None

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Every login: (provider, subject)."""
        of_backend = {(provider, user) for provider, users in self.developer_logins.items() for user in users}
        return {*self.logins.items(), *of_backend}

    @property
    def pairs_of_logins(self) -> set[tuple[str, str]]:
        """Those of public providers, whose tokens prove them."""
        return set(self.logins.items())

    @property
    def providers(self) -> list[str]:
        return [*self.logins, *self.developer_logins]

    @property
    def is_guest(self) -> bool:
        return not self.logins and not self.developer_logins


def amr_of(shown: Sequence[ProvenLogin]) -> list[str]:
    """The `amr` claim of the OpenID token that STS sees, for these logins (facts/identity.md §6)."""
    if not shown:
        return ["unauthenticated"]
    named = [entry for login in shown for entry in login.amr]
    return named if named == ["unauthenticated"] else ["authenticated", *dict.fromkeys(named)]


def developer_amr(provider: str, identity_pool_id: str, user: str) -> list[str]:
    return [provider, f"{provider}:{identity_pool_id}:{user}"]


def openid_claims(
    identity: Identity,
    *,
    amr: list[str],
    now: float,
    tags: Mapping[str, str] | None = None,
    lifetime_s: int = OPENID_LIFETIME_S,
) -> dict[str, Any]:
    return {
        "sub": identity.identity_id,
        "aud": identity.identity_pool_id,
        "amr": amr,
        "iss": OPENID_ISSUER,
        **tags_claim(tags or {}),
        "exp": int(now) + lifetime_s,
        "iat": int(now),
    }


def oidc_login_of(arn: str) -> str:
    """The key of Logins for an IAM OIDC provider: its issuer without the scheme."""
    return arn.partition(":oidc-provider/")[2]
