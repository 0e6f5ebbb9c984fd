"""External identity providers of a pool. Source: facts/federation.md §1, §3."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from halfday.protocol.endpoints import LOOPBACK_HOSTS

SOCIAL = ("Google", "Facebook", "LoginWithAmazon", "SignInWithApple")
"""Kinds of which a pool has one, under the kind's own name."""

NATIVE = "COGNITO"
MOST_PROVIDERS = 300
"""In a pool (developer guide, Quotas)."""

_METHODS = ("POST", "GET")


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """What ProviderDetails of one ProviderType hold, and the claim that makes usernames.

    `lacking` is AWS's sentence for a `required` detail that is missing. `urls` must be https. `filled` is what AWS
    adds. It can be given too: so the stand-in takes Google's place. `linked_by_attribute`: whether identities can be
    linked by another attribute than the subject.
    """

    required: tuple[str, ...]
    lacking: str
    urls: tuple[str, ...]
    others: tuple[str, ...]
    filled: Mapping[str, str]
    subject_claim: str = "sub"
    linked_by_attribute: bool = False

    @property
    def known(self) -> frozenset[str]:
        return frozenset((*self.required, *self.urls, *self.others))


_OIDC_URLS = ("oidc_issuer", "authorize_url", "token_url", "attributes_url", "jwks_uri")
_OIDC_OTHERS = ("client_secret", "attributes_request_method", "attributes_url_add_attributes", "token_request_method")

KINDS: Mapping[str, ProviderKind] = {
    "Google": ProviderKind(
        required=("client_id", "client_secret", "authorize_scopes"),
        lacking="clientId, clientSecret and authorizeScopes are all required idp details.",
        urls=_OIDC_URLS,
        others=_OIDC_OTHERS,
        filled={
            "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
            "attributes_url_add_attributes": "true",
            "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
            "oidc_issuer": "https://accounts.google.com",
            "token_request_method": "POST",
            "token_url": "https://www.googleapis.com/oauth2/v4/token",
        },
    ),
    "OIDC": ProviderKind(
        required=("client_id", "authorize_scopes", "oidc_issuer", "attributes_request_method"),
        lacking="clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required idp details.",
        urls=_OIDC_URLS,
        others=_OIDC_OTHERS,
        filled={"attributes_url_add_attributes": "false"},
        linked_by_attribute=True,
    ),
}
"""The kinds that are built. Each has an adapter in outside/provider_kinds."""


def name_objection(name: str, kind: str) -> str | None:
    """Sentence: aws/aws-cli#3179. That no other kind takes a social one's name, or the pool's own, is [inferred]."""
    if (kind in SOCIAL and name != kind) or (kind not in SOCIAL and name in (*SOCIAL, NATIVE)):
        return f"Provider {name} cannot be of type {kind}."
    return None


def details_objection(kind: str, details: Mapping[str, str], *, own_host: str | None) -> str | None:
    """What is wrong with ProviderDetails; empty values count as missing. `own_host` is this server's.

    Sentences: github.com/badmintoncryer/cdk-preflight, rules/cognito, measured; of unknown details [inferred].
    """
    rules, method = KINDS[kind], details.get("attributes_request_method")
    if any(not details.get(name) for name in rules.required):
        return rules.lacking
    if method and method not in _METHODS:
        return (
            f"1 validation error detected: Value '{method}' at 'providerConfiguration.oidcConfig."
            "attributesRequestMethod' failed to satisfy constraint: Member must satisfy enum value set: [POST, GET]"
        )
    if any(not _is_https(details[name], own_host) for name in rules.urls if details.get(name)):
        return "OIDC endpoint must start with https://"
    if strange := sorted(set(details) - rules.known):
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
    """A provider as CreateIdentityProvider describes it. `details` hold its client secret: sealed at rest.

    `acr_mapping`: what the provider calls the pool's authentication levels (Level1 to Level4).
    """

    pool_id: str
    name: str
    kind: str
    created_at: float
    modified_at: float
    details: dict[str, str] = field(default_factory=dict, repr=False)
    attribute_mapping: dict[str, str] = field(default_factory=dict)
    identifiers: tuple[str, ...] = ()
    acr_mapping: dict[str, str] = field(default_factory=dict)


def external_username(provider_name: str, subject: str) -> str:
    """`Google_109…`: both spellings of the prefix occur on AWS; ours keeps the name's case [inferred]."""
    return f"{provider_name}_{subject}"


def external_group(pool_id: str, provider_name: str) -> str:
    return f"{pool_id}_{provider_name}"
