"""External identity providers of a pool. Source: facts/federation.md §1, §3."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from halfday.protocol.endpoints import LOOPBACK_HOSTS

GOOGLE_DETAILS: Mapping[str, str] = {
    "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
    "attributes_url_add_attributes": "true",
    "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
    "oidc_issuer": "https://accounts.google.com",
    "token_request_method": "POST",
    "token_url": "https://www.googleapis.com/oauth2/v4/token",
}
GOOGLE_JWKS = "https://www.googleapis.com/oauth2/v3/certs"


SOCIAL = ("Google", "Facebook", "LoginWithAmazon", "SignInWithApple")
"""Kinds of which a pool has one, under the kind's own name."""

NATIVE = "COGNITO"
MOST_PROVIDERS = 300
"""In a pool (developer guide, Quotas)."""

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Google": ("client_id", "client_secret", "authorize_scopes"),
    "OIDC": ("client_id", "authorize_scopes", "oidc_issuer", "attributes_request_method"),
}
_NEEDED = {
    "Google": "clientId, clientSecret and authorizeScopes are all required idp details.",
    "OIDC": "clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required idp details.",
}
_URLS = ("oidc_issuer", "authorize_url", "token_url", "attributes_url", "jwks_uri")
_KNOWN = frozenset(
    (
        "client_id",
        "client_secret",
        "authorize_scopes",
        "attributes_request_method",
        "attributes_url_add_attributes",
        "token_request_method",
        *_URLS,
    )
)
_METHODS = ("POST", "GET")


def name_objection(name: str, kind: str) -> str | None:
    """Sentence: aws/aws-cli#3179. That no other kind takes a social one's name, or the pool's own, is [inferred]."""
    if (kind in SOCIAL and name != kind) or (kind not in SOCIAL and name in (*SOCIAL, NATIVE)):
        return f"Provider {name} cannot be of type {kind}."
    return None


def details_objection(kind: str, details: Mapping[str, str], *, own_host: str | None) -> str | None:
    """What is wrong with ProviderDetails; empty values count as missing. `own_host` is this server's.

    Sentences: github.com/badmintoncryer/cdk-preflight, rules/cognito, measured; of unknown details [inferred].
    """
    method = details.get("attributes_request_method")
    if any(not details.get(name) for name in REQUIRED[kind]):
        return _NEEDED[kind]
    if method and method not in _METHODS:
        return (
            f"1 validation error detected: Value '{method}' at 'providerConfiguration.oidcConfig."
            "attributesRequestMethod' failed to satisfy constraint: Member must satisfy enum value set: [POST, GET]"
        )
    if any(not _is_https(details[name], own_host) for name in _URLS if details.get(name)):
        return "OIDC endpoint must start with https://"
    if strange := sorted(set(details) - _KNOWN):
        return f"{strange[0]} is not a detail of a provider of type {kind}."
    return None


def identifiers_objection(identifiers: Collection[str], others: Collection[str]) -> str | None:
    """An identifier leads to one provider of a pool. The sentence is [inferred]."""
    named = sorted(identifiers)
    twice = [one for one in named if named.count(one) > 1 or one in others]
    return f"The identifier {twice[0]} is used already." if twice else None


def _is_https(url: str, own_host: str | None) -> bool:
    """Plain http is for providers on this machine, which AWS could not reach: for a stand-in and for tests."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in (*LOOPBACK_HOSTS, own_host))
    except ValueError:
        return False


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
