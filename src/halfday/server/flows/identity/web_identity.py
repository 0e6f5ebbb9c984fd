"""Tokens that AssumeRoleWithWebIdentity takes: of identity pools; of any OpenID Connect issuer that is a provider in
IAM, user pools of this server among them; of Google; and, by ProviderId, Facebook's and Amazon's.

Source: facts/identity.md §9; IAM user guide, OIDC federation, and Pass session tags using AssumeRoleWithWebIdentity.
Raises Refused with AWS's sentences; those about tags are [inferred].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.protocol.claims import ClaimsError, VerifiedClaims, verify
from halfday.protocol.identifiers import login_provider
from halfday.protocol.jws import Compact, MalformedToken, read_unverified
from halfday.server.domain.aws.identity_pools import OPENID_ISSUER
from halfday.server.domain.aws.logins import AMAZON, BY_ACCESS_TOKEN, FACEBOOK, GOOGLE, ISSUERS
from halfday.server.domain.aws.session_limits import is_name
from halfday.server.domain.aws.trusted_providers import OidcProvider
from halfday.server.domain.refusals import Refused
from halfday.server.flows.identity import credentials
from halfday.server.flows.tokens import keys
from halfday.server.flows.tokens.tokens import reason_of
from halfday.server.outside.connections import unreachable
from halfday.server.outside.login_providers import AMAZON_API, FACEBOOK_API, LoginProviders, NotTaken, Unanswered
from halfday.server.services import Services

NAMESPACE = "https://aws.amazon.com/tags"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"

_NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
_UNVERIFIABLE = (
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)
_CONDITIONS = ("sub", "amr", "azp", "email")
_LONGEST_KEY, _LONGEST_VALUE, _MOST_TAGS = 128, 256, 50


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Whom a verified token is about. `principal` is what a trust policy calls the provider (Federated), `provider`
    what STS answers; `context` holds the condition keys.
    """

    subject: str
    audience: str
    provider: str
    principal: str
    context: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None


async def read_web_identity(services: Services, account: str, token: str, provider_id: str | None) -> WebIdentity:
    """`provider_id` is for access tokens of Facebook and Amazon, which are opaque."""
    if provider_id is not None:
        return await _of_access_token(services, provider_id, token)
    try:
        compact = read_unverified(token)
    except MalformedToken as problem:
        raise _invalid(_NOT_A_JWT, str(problem)) from problem
    issuer = compact.unverified_payload.get("iss")
    if issuer == OPENID_ISSUER:
        return await _of_identity_pool(services, compact)
    provider, own_pool = await _provider(services, account, issuer)
    google = provider is None and isinstance(issuer, str) and issuer in _issuers_of_google(services)
    if provider is None and not google:
        raise _invalid(f"No OpenIDConnect provider found in your account for {issuer}")
    try:
        claims = await _verified(services, compact, str(issuer), own_pool)
    except ClaimsError as problem:
        raise _refused(services, problem) from problem
    return _of_google(claims) if provider is None else _of_provider(provider, claims)


async def _of_identity_pool(services: Services, compact: Compact) -> WebIdentity:
    try:
        claims = await credentials.verify_openid_token(services, compact)
    except ClaimsError as problem:
        raise _refused(services, problem) from problem
    identity = await services.store.identities.find(claims.subject)
    if identity is None:
        raise _invalid(_UNVERIFIABLE, f"identity {claims.subject} is gone")
    principal = credentials.FEDERATED_PRINCIPAL
    return WebIdentity(
        subject=identity.identity_id,
        audience=identity.identity_pool_id,
        provider=principal,
        principal=principal,
        context={**credentials.amr_context(identity, list(claims["amr"])), "aws:FederatedProvider": principal},
        tags=_tags(claims),
        transitive_tag_keys=_transitive(claims),
        source_identity=_source_identity(claims),
    )


def _of_provider(provider: OidcProvider, claims: VerifiedClaims) -> WebIdentity:
    named = _parties(claims)
    audience = next((one for one in named if one in provider.client_ids), None)
    if audience is None:
        raise _invalid("Incorrect token audience", f"{named[0][:100]} is not a client id of {provider.url}")
    said = {name: _texts(claims.get(name)) for name in _CONDITIONS}
    context: dict[str, Any] = {f"{provider.url}:{name}": values for name, values in said.items() if values}
    context |= {f"{provider.url}:aud": audience}
    return _identity_of(claims, audience, provider.arn, context)


def _of_google(claims: VerifiedClaims) -> WebIdentity:
    """Google needs no provider in IAM: the role's trust policy says for which app. `aud` is the authorized party
    where there is one (IAM and STS condition context keys).
    """
    party = _parties(claims)[0]
    context = {
        f"{GOOGLE}:aud": party,
        f"{GOOGLE}:oaud": _texts(claims["aud"]),
        f"{GOOGLE}:sub": _texts(claims.get("sub")),
    }
    return _identity_of(claims, party, GOOGLE, context)


def _identity_of(claims: VerifiedClaims, audience: str, principal: str, context: Mapping[str, Any]) -> WebIdentity:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise _invalid("Missing a required claim: sub")
    return WebIdentity(
        subject=subject,
        audience=audience,
        provider=principal,
        principal=principal,
        context={**context, "aws:FederatedProvider": principal},
        tags=_tags(claims),
        transitive_tag_keys=_transitive(claims),
        source_identity=_source_identity(claims),
    )


async def _of_access_token(services: Services, provider_id: str, token: str) -> WebIdentity:
    """The provider is asked whose it is, and for which app: the role's trust policy says which app may."""
    here = services.stand_in_logins.get(provider_id)
    providers = LoginProviders(services.http, services.provider_documents, services.clock)
    try:
        if provider_id == FACEBOOK:
            holder, key = await providers.facebook_holder(token, here or FACEBOOK_API), "id"
        elif provider_id == AMAZON:
            holder, key = await providers.amazon_holder(token, here or AMAZON_API), "user_id"
        else:
            raise Refused("ValidationError", f"ProviderId must be {' or '.join(BY_ACCESS_TOKEN)}")
    except NotTaken as problem:
        raise Refused("IDPRejectedClaim", _REJECTED, str(problem)) from problem
    except Unanswered as problem:
        raise Refused("IDPCommunicationError", _UNREACHED, str(problem)) from problem
    context = {f"{provider_id}:app_id": holder.app_id, f"{provider_id}:{key}": holder.subject}
    return WebIdentity(
        subject=holder.subject,
        audience=holder.app_id,
        provider=provider_id,
        principal=provider_id,
        context={**context, "aws:FederatedProvider": provider_id},
    )


async def _provider(services: Services, account: str, issuer: object) -> tuple[OidcProvider | None, str]:
    """IAM's provider of this issuer, and the user pool of this server that the issuer is, or "".

    A user pool is found by AWS's spelling as well as by its local one.
    """
    if not isinstance(issuer, str):
        return None, ""
    pool = await services.store.pools.find(issuer.rpartition("/")[2])
    own = pool.pool_id if pool is not None and pool.issuer(services.origin) == issuer else ""
    for url in (issuer.partition("://")[2], login_provider(own) if own else ""):
        found = await services.store.oidc_providers.find(account, url) if url else None
        if found is not None:
            return found, own
    return None, own


def _issuers_of_google(services: Services) -> tuple[str, ...]:
    """Those of Google itself, and of its stand-in on this server."""
    here = services.stand_in_logins.get(GOOGLE)
    return (*ISSUERS[GOOGLE], *([here] if here else []))


async def _verified(services: Services, compact: Compact, issuer: str, own_pool: str) -> VerifiedClaims:
    now = services.clock()
    if own_pool:
        published = await keys.public_keys(services, own_pool)
        return verify(compact, published, issuer=issuer, token_use=None, client_id=None, now=now)
    at = ISSUERS[GOOGLE][0] if issuer in ISSUERS[GOOGLE] else issuer
    try:
        claims = await LoginProviders(services.http, services.provider_documents, services.clock).verified(compact, at)
    except Unanswered as problem:
        if isinstance(getattr(problem.__cause__, "__cause__", None), unreachable()):
            raise Refused("IDPCommunicationError", _UNREACHED, str(problem)) from problem
        raise _invalid(_UNVERIFIABLE, str(problem)) from problem
    if claims["exp"] <= now:  # what identity pools let pass for some minutes, STS does not
        raise ClaimsError("exp", "the token has expired", expected=now, actual=claims["exp"])
    return claims


_UNREACHED = "Could not communicate with the identity provider to verify the token"
_REJECTED = "The identity provider does not take the token for one of its own"


def _parties(claims: VerifiedClaims) -> list[str]:
    """The authorized party where one is named, else the audience (facts/identity.md §2)."""
    named = _texts(claims.get("azp")) or _texts(claims.get("aud"))
    if not named or "aud" not in claims:
        raise _invalid("Missing a required claim: aud")
    return named


def _tags(claims: Mapping[str, Any]) -> dict[str, str]:
    """Nested under the namespace, or with names that begin with it (IAM user guide)."""
    tags = dict(_each_tag(claims))
    too_long = any(len(key) > _LONGEST_KEY or len(value) > _LONGEST_VALUE for key, value in tags.items())
    if len(tags) > _MOST_TAGS or too_long or len({key.lower() for key in tags}) != len(tags):
        raise _invalid("The session tags in the token are too many, too long, or not distinct.")
    return tags


def _each_tag(claims: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    nested = claims.get(NAMESPACE)
    found = dict(_mapping(_mapping(nested).get("principal_tags")))
    prefix = f"{NAMESPACE}/principal_tags/"
    found |= {name.removeprefix(prefix): value for name, value in claims.items() if name.startswith(prefix)}
    for key, value in found.items():
        values = _texts(value)
        if len(values) != 1 or not key or key.lower().startswith("aws:"):
            raise _invalid("Session tags in the token must have one value each, and no reserved name.")
        yield key, values[0]


def _transitive(claims: Mapping[str, Any]) -> tuple[str, ...]:
    nested = _mapping(claims.get(NAMESPACE)).get("transitive_tag_keys")
    return tuple(_texts(nested) or _texts(claims.get(f"{NAMESPACE}/transitive_tag_keys")))


def _source_identity(claims: Mapping[str, Any]) -> str | None:
    value = claims.get(SOURCE_IDENTITY)
    if value is None:
        return None
    if not isinstance(value, str) or not is_name(value) or value.startswith("aws:"):
        sentence = 'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
        raise _invalid(sentence)
    return value


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _refused(services: Services, problem: ClaimsError) -> Refused:
    if problem.claim == "exp":
        sentence = (
            f"Token expired: current date/time {services.clock():.0f} must be before "
            f"the expiration date/time {problem.actual}"
        )
        return Refused("ExpiredTokenException", sentence)
    return _invalid(_UNVERIFIABLE, reason_of(problem))


def _invalid(sentence: str, detail: str | None = None) -> Refused:
    return Refused("InvalidIdentityToken", sentence, detail)
