"""External identity providers of a pool. Source: facts/federation.md §1, §3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

GOOGLE_DETAILS: Mapping[str, str] = {
    "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
    "attributes_url_add_attributes": "true",
    "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
    "oidc_issuer": "https://accounts.google.com",
    "token_request_method": "POST",
    "token_url": "https://www.googleapis.com/oauth2/v4/token",
}
GOOGLE_JWKS = "https://www.googleapis.com/oauth2/v3/certs"


@dataclass(frozen=True, slots=True)
class ExternalProvider:
    """A provider as CreateIdentityProvider describes it. `details` hold its client secret: sealed at rest."""

    pool_id: str
    name: str
    kind: str
    created_at: float
    modified_at: float
    details: dict[str, str] = field(default_factory=dict, repr=False)
    attribute_mapping: dict[str, str] = field(default_factory=dict)
    identifiers: tuple[str, ...] = ()


def external_username(provider_name: str, subject: str) -> str:
    """`Google_109…`: both spellings of the prefix occur on AWS; ours keeps the name's case [inferred]."""
    return f"{provider_name}_{subject}"


def external_group(pool_id: str, provider_name: str) -> str:
    return f"{pool_id}_{provider_name}"
