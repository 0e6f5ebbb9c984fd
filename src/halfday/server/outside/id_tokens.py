"""ID tokens of a provider, verified: signature, issuer, audience, times, subject and authorized party.

RS, PS and ES algorithms by the provider's published keys; HS by the client secret, where discovery does not exclude it.
Source: OpenID Connect Core 1.0 §2, §3.1.3.7; facts/federation.md §2 (algorithms, `kid`), §6 (sentences).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from halfday.protocol.claims import ClaimsError, VerifiedClaims, verify
from halfday.protocol.jwk import Jwk, parse_jwks
from halfday.protocol.jws import HMAC_ALGORITHMS, RSA_ALGORITHMS, Compact, MalformedToken, read_unverified
from halfday.server.domain.failures import kind_of
from halfday.server.outside.provider_port import federation_refused

LONGEST_TOKEN = 64 * 1024
_LEEWAY_S = 60

KeySet = Callable[[bool], Awaitable[dict[str, Any]]]
"""The provider's JWKS; True fetches it again."""

Algorithms = Callable[[], Awaitable[Collection[str] | None]]
"""The algorithms that the provider publishes; None where it publishes no list."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose ID token is awaited, and for whom. `algorithms` is asked for where a token comes by a shared secret."""

    provider_name: str
    issuer: str | Collection[str]
    client_id: str
    client_secret: str = field(repr=False)
    algorithms: Algorithms


async def verified(token: object, key_set: KeySet, expected: Expected, *, now: float, nonce: str) -> VerifiedClaims:
    """The claims of an ID token that answers this request. An unknown `kid` fetches the keys again, once.

    Raises Refused.
    """
    compact = _split(token)
    try:
        identity = _checked(compact, await _keys(compact, key_set, expected, again=False), expected, now)
    except ClaimsError as problem:
        if problem.claim != "kid" or compact.header.get("alg") in HMAC_ALGORITHMS:
            raise federation_refused(_bad_token(problem), _reason(problem)) from problem
        try:
            identity = _checked(compact, await _keys(compact, key_set, expected, again=True), expected, now)
        except ClaimsError as still:
            raise federation_refused(_bad_token(still), _reason(still)) from still
    _check_parties(identity, expected.client_id)
    if identity.get("nonce") != nonce:
        raise federation_refused("Invalid nonce in id_token", "the nonce is not the one that was sent")
    return identity


def _split(token: object) -> Compact:
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
        raise federation_refused("Bad id_token token", f"there is no ID token of {LONGEST_TOKEN} characters at most")
    try:
        return read_unverified(token)
    except MalformedToken as problem:
        raise federation_refused("Bad id_token token", str(problem)) from problem


async def _keys(compact: Compact, key_set: KeySet, expected: Expected, *, again: bool) -> dict[str, Jwk]:
    """The keys that this token may be signed with. A public key is never taken for a shared secret (RFC 8725 §3.1)."""
    algorithm = compact.header.get("alg")
    if isinstance(algorithm, str) and algorithm in HMAC_ALGORITHMS:
        return await _shared_secret(compact, algorithm, expected)
    document = await key_set(again)
    rsa_algorithm = algorithm if isinstance(algorithm, str) and algorithm in RSA_ALGORITHMS else "RS256"
    try:
        return parse_jwks(document, rsa_algorithm=rsa_algorithm)
    except ValueError as problem:
        sentence = f"{expected.provider_name} Error - its keys cannot be read"
        raise federation_refused(sentence, f"its key set: {kind_of(problem)}") from problem


async def _shared_secret(compact: Compact, algorithm: str, expected: Expected) -> dict[str, Jwk]:
    """The client secret as the key (OpenID Connect Core §10.1), unless discovery lists other algorithms only."""
    kid, published = compact.header.get("kid", ""), await expected.algorithms()
    if not expected.client_secret or not isinstance(kid, str) or (published is not None and algorithm not in published):
        return {}
    return {kid: Jwk(kid, algorithm, expected.client_secret.encode())}


def _checked(compact: Compact, keys: dict[str, Jwk], expected: Expected, now: float) -> VerifiedClaims:
    return verify(
        compact,
        keys,
        issuer=expected.issuer,
        token_use=None,
        client_id=expected.client_id,
        now=now,
        leeway_s=_LEEWAY_S,
    )


def _check_parties(identity: VerifiedClaims, client_id: str) -> None:
    """Checks the token's subject, audience and authorized party (OpenID Connect Core §2, §3.1.3.7, 4 and 5)."""
    subject, audience = identity.get("sub"), identity.get("aud")
    if not isinstance(subject, str) or not subject:
        raise federation_refused("Bad id_token sub", "sub is missing, or is not text")
    if not isinstance(audience, (str, list)):
        raise federation_refused("Bad id_token aud", "aud is neither a text nor a list")
    default = client_id if isinstance(audience, str) or len(audience) == 1 else None
    if identity.get("azp", default) != client_id:
        raise federation_refused("Bad id_token azp", "azp is not our client_id, or is missing beside other audiences")


def _bad_token(problem: ClaimsError) -> str:
    return f"Bad id_token issuer {problem.actual}" if problem.claim == "iss" else f"Bad id_token {problem.claim}"


def _reason(problem: ClaimsError) -> str:
    """The reason, for the log. An unverified token's `kid` is not repeated: anybody could have written it."""
    return "the ID token was signed with none of the provider's keys" if problem.claim == "kid" else str(problem)
