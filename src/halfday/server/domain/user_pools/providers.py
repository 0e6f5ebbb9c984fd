"""External identity providers of a pool. Source: facts/federation.md §1, §3."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from halfday.protocol.endpoints import LOOPBACK_HOSTS
from halfday.server.domain.user_pools.saml_details import FLAGS, incomplete_profile, saml_objection

SOCIAL = ("Google", "Facebook", "LoginWithAmazon", "SignInWithApple")
"""Kinds of which a pool has one, under the kind's own name."""

NATIVE = "COGNITO"
MOST_PROVIDERS = 300
"""In a pool (developer guide, Quotas)."""

_METHODS = ("POST", "GET")
_USUAL_MAPPING: Mapping[str, str] = {"email": "email", "email_verified": "email_verified"}
_FACEBOOK_VERSION = re.compile(r"v\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """What ProviderDetails of one ProviderType hold, and the claim that makes usernames.

    `lacking` is AWS's sentence for a `required` detail that is missing. `urls` must be https. `filled` is what AWS
    adds, with details in braces. It can be given too: so a stand-in takes the real provider's place. `hidden` details
    are not shown. `linked_by_attribute`: whether identities can be linked by another attribute than the subject.
    `tells_levels`: whether it is asked for authentication levels, and tells them (AcrMapping).
    `computed` details are read where the provider publishes them, and replace given ones. `own_key`: the details
    (hidden, shown) that hold a key pair of the provider's own, and its certificate. `objection` is a rule of this kind
    alone. `refusal`: the code and first words by which an app hears that somebody could not be signed in, and
    `incomplete` what it hears of required attributes that did not come.
    `tells_levels`: whether it tells how somebody was authenticated (`acr`, `amr`), and AcrMapping translates that.
    `shown_name` is what people read, where it is not the provider's name. `usual_scopes` and `usual_mapping` are ours,
    for a seed file that names none.
    """

    required: tuple[str, ...]
    lacking: str
    urls: tuple[str, ...]
    others: tuple[str, ...]
    filled: Mapping[str, str]
    subject_claim: str = "sub"
    linked_by_attribute: bool = False
    tells_levels: bool = False
    hidden: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    own_key: tuple[str, str] | None = None
    objection: Callable[[Mapping[str, str], str | None], str | None] | None = None
    refusal: tuple[str, str] = ("invalid_request", "")
    incomplete: Callable[[Collection[str]], str] = lambda names: f"attributes required: [{', '.join(names)}]"
    shown_name: str = ""
    usual_scopes: str = "openid email profile"
    usual_mapping: Mapping[str, str] = field(default_factory=lambda: _USUAL_MAPPING)

    @property
    def known(self) -> frozenset[str]:
        return frozenset((*self.required, *self.urls, *self.others, *self.computed))

    def completed(self, given: Mapping[str, str]) -> dict[str, str]:
        """The given details with those that AWS adds. Given ones win, `api_version` apart from which others follow."""
        known = {**self.filled, **given}
        return {name: text.format(**known) if name not in given else text for name, text in known.items()}

    def shown(self, details: Mapping[str, str]) -> dict[str, str]:
        """The details as DescribeIdentityProvider shows them."""
        return {name: text for name, text in details.items() if name not in self.hidden}


_CLIENT = ("client_id", "client_secret", "authorize_scopes")
_LACKING = "clientId, clientSecret and authorizeScopes are all required idp details."
_OAUTH_URLS = ("authorize_url", "token_url", "attributes_url")
_OIDC_URLS = ("oidc_issuer", "authorize_url", "token_url", "attributes_url", "jwks_uri")
_OTHERS = ("attributes_url_add_attributes", "token_request_method")
_OIDC_OTHERS = ("client_secret", "attributes_request_method", *_OTHERS)

KINDS: Mapping[str, ProviderKind] = {
    "Google": ProviderKind(
        required=_CLIENT,
        lacking=_LACKING,
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
    "Facebook": ProviderKind(
        required=_CLIENT,
        lacking=_LACKING,
        urls=_OAUTH_URLS,
        others=("api_version", *_OTHERS),
        filled={
            "api_version": "v17.0",
            "attributes_url": "https://graph.facebook.com/{api_version}/me?fields=",
            "attributes_url_add_attributes": "true",
            "authorize_url": "https://www.facebook.com/{api_version}/dialog/oauth",
            "token_request_method": "GET",
            "token_url": "https://graph.facebook.com/{api_version}/oauth/access_token",
        },
        subject_claim="id",
        usual_scopes="public_profile, email",
        usual_mapping={"email": "email"},
    ),
    "LoginWithAmazon": ProviderKind(
        required=_CLIENT,
        lacking=_LACKING,
        urls=_OAUTH_URLS,
        others=_OTHERS,
        filled={
            "attributes_url": "https://api.amazon.com/user/profile",
            "attributes_url_add_attributes": "false",
            "authorize_url": "https://www.amazon.com/ap/oa",
            "token_request_method": "POST",
            "token_url": "https://api.amazon.com/auth/o2/token",
        },
        subject_claim="user_id",
        shown_name="Amazon",
        usual_scopes="profile",
        usual_mapping={"email": "email"},
    ),
    "SignInWithApple": ProviderKind(
        required=("client_id", "private_key", "team_id", "key_id"),
        lacking="clientId, privateKey, teamId, and keyId are all required idp details.",
        urls=("oidc_issuer", "authorize_url", "token_url", "jwks_uri"),
        others=("authorize_scopes", *_OTHERS),
        filled={
            "attributes_url_add_attributes": "false",
            "authorize_url": "https://appleid.apple.com/auth/authorize",
            "oidc_issuer": "https://appleid.apple.com",
            "token_request_method": "POST",
            "token_url": "https://appleid.apple.com/auth/token",
        },
        hidden=("private_key",),
        shown_name="Apple",
        usual_scopes="email name",
    ),
    "OIDC": ProviderKind(
        required=("client_id", "authorize_scopes", "oidc_issuer", "attributes_request_method"),
        lacking="clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required idp details.",
        urls=_OIDC_URLS,
        others=_OIDC_OTHERS,
        filled={"attributes_url_add_attributes": "false"},
        linked_by_attribute=True,
        tells_levels=True,
    ),
    "SAML": ProviderKind(
        required=(),
        lacking="",
        urls=(),
        others=("MetadataURL", "MetadataFile", "RequestSigningAlgorithm", *FLAGS),
        filled={"IDPSignout": "false"},
        subject_claim="",
        linked_by_attribute=True,
        hidden=("EncryptionKey", "Metadata"),
        computed=("SSORedirectBindingURI", "SLORedirectBindingURI", "ActiveEncryptionCertificate"),
        own_key=("EncryptionKey", "ActiveEncryptionCertificate"),
        objection=saml_objection,
        refusal=("server_error", "Invalid SAML response received: "),
        incomplete=incomplete_profile,
        usual_mapping={"email": "email"},
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
    if "api_version" in details and not _FACEBOOK_VERSION.fullmatch(details["api_version"]):
        return f"api_version {details['api_version']} is not a version, such as v17.0."
    if rules.objection is not None:
        return rules.objection(details, own_host)
    return None


def are_mixed(names: Collection[str], providers: Collection[ExternalProvider]) -> bool:
    """Whether one of these ways in is a provider that begins sign-ins itself, and another is none of its kind.

    Such an app client is not allowed (facts/federation.md §5).
    """
    named = [provider for provider in providers if provider.name in names]
    beginning = {provider.kind for provider in named if provider.details.get("IDPInit") == "true"}
    return bool(beginning) and (len(named) < len(names) or any(provider.kind not in beginning for provider in named))


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
    """A provider as CreateIdentityProvider describes it. `details` hold its secrets: sealed at rest.

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
