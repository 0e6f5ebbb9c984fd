"""Who an account takes people from: OpenID Connect and SAML providers of IAM."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """`url` is the issuer without its scheme, as it stands in the ARN and in condition keys."""

    account: str
    url: str
    created_at: float
    client_ids: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:oidc-provider/{self.url}"


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """`metadata` is the provider's document as it was given, `valid_until` its own word on how long it is good."""

    account: str
    name: str
    provider_id: str
    metadata: str
    created_at: float
    valid_until: float | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:saml-provider/{self.name}"
