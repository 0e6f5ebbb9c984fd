"""Authorizers that verify a token themselves: COGNITO_USER_POOLS of REST APIs, JWT of HTTP APIs.

Source: facts/apigateway.md §1, §2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from halfday.protocol.claims import ClaimsError, VerifiedClaims, verify
from halfday.protocol.jwk import Jwk, parse_jwks
from halfday.protocol.jws import Compact, MalformedToken, read_unverified
from halfday.server.domain.gateway.claims import http_claims, rest_claims
from halfday.server.domain.gateway.events import Authorized, Routed
from halfday.server.domain.gateway.refusals import GatewayRefused, ResponseType
from halfday.server.domain.gateway.serving import Authorizer
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.flows.tokens import keys
from halfday.server.flows.tokens.tokens import reason_of, verify_pool_token
from halfday.server.outside.provider_http import get_json, require_https
from halfday.server.services import Services

_AWS_ISSUER = re.compile(r"https://(?:issuer-)?cognito-idp\.[a-z0-9-]+\.amazonaws\.com/(?P<pool>[\w-]+_[0-9A-Za-z]+)")
_RSA = ("RS256", "RS384", "RS512")


async def by_cognito(services: Services, routed: Routed, authorizer: Authorizer, token: str) -> Authorized:
    """An ID token of one of the pools; of a method with scopes an access token that has one. Raises GatewayRefused.

    It may be of any client of the pool. Results are not kept: an expired token is refused at once.
    """
    token, scopes = _bare(token), routed.method.scopes
    try:
        compact = read_unverified(token)
    except MalformedToken as problem:
        raise _unauthorized(str(problem)) from problem
    _check_expression(authorizer, compact)
    pool = await _pool_of(services, authorizer, compact)
    try:
        token_use = "access" if scopes else "id"
        claims = await verify_pool_token(services, pool, compact, token_use=token_use, client_id=None)
    except ClaimsError as refused:
        if refused.claim == "exp":
            raise GatewayRefused(ResponseType.EXPIRED_TOKEN, reason_of(refused)) from refused
        raise _unauthorized(reason_of(refused)) from refused
    if scopes and not claims.scopes & set(scopes):
        raise _unauthorized(f"none of the scopes {' '.join(scopes)} is in the token")
    return Authorized(v1={"claims": rest_claims(claims), **({"scopes": list(scopes)} if scopes else {})})


async def by_jwt(services: Services, routed: Routed, authorizer: Authorizer, token: str) -> Authorized:
    """A token of the issuer, for one of the audience; with route scopes it has one of them. Raises GatewayRefused."""
    scopes = routed.method.scopes
    try:
        compact = read_unverified(_bare(token))
    except MalformedToken as problem:
        parts = "token contains an invalid number of segments" if token.count(".") != 2 else "token is malformed"
        raise _invalid_token(scopes, parts, str(problem)) from problem
    claims = await _verified(services, authorizer, compact, scopes)
    _check_audience(authorizer, claims, scopes)
    if scopes and not _scopes_in(claims) & set(scopes):
        challenge = f'Bearer scope="{" ".join(scopes)}" error="insufficient_scope"'
        detail = f"none of the scopes {' '.join(scopes)} is in the token"
        raise GatewayRefused(ResponseType.ACCESS_DENIED, detail, challenge=challenge)
    told = {"claims": http_claims(claims), "scopes": list(scopes) or None}
    return Authorized(v1=told, v2={"jwt": told})


def no_token(routed: Routed) -> GatewayRefused:
    return GatewayRefused(ResponseType.UNAUTHORIZED, "the identity source is missing", challenge="Bearer")


async def _pool_of(services: Services, authorizer: Authorizer, compact: Compact) -> Pool:
    """The authorizer's pool that the token says it is from. Raises GatewayRefused where a pool of them is gone."""
    wanted = str(compact.unverified_payload.get("iss", "")).rpartition("/")[2]
    for pool_id in authorizer.pool_ids:
        pool = await services.store.pools.find(pool_id)
        if pool is None:
            detail = f"the authorizer's pool {pool_id} is gone"
            raise GatewayRefused(ResponseType.AUTHORIZER_CONFIGURATION_ERROR, detail)
        if pool_id == wanted:
            return pool
    raise _unauthorized("the token is of none of the authorizer's pools")


def _check_expression(authorizer: Authorizer, compact: Compact) -> None:
    """An expression is held against `aud`, which access tokens lack. Raises GatewayRefused."""
    if authorizer.validation_expression is None:
        return
    audience = compact.unverified_payload.get("aud")
    if not isinstance(audience, str) or re.fullmatch(authorizer.validation_expression, audience) is None:
        raise _unauthorized("aud does not match the authorizer's identityValidationExpression")


async def _verified(
    services: Services, authorizer: Authorizer, compact: Compact, scopes: tuple[str, ...]
) -> VerifiedClaims:
    own = await _own_pool(services, authorizer.issuer)
    try:
        known = await (keys.public_keys(services, own.pool_id) if own else _published(services, authorizer.issuer))
    except Refused as problem:
        sentence = "OIDC discovery endpoint communication error"
        raise _invalid_token(scopes, sentence, problem.detail or problem.sentence) from problem
    issuer = own.issuer(services.origin) if own else authorizer.issuer
    usable = {kid: key for kid, key in known.items() if key.algorithm in _RSA}
    try:
        return verify(compact, usable, issuer=issuer, token_use=None, client_id=None, now=services.clock())
    except ClaimsError as refused:
        raise _invalid_token(scopes, _sentence(refused), reason_of(refused)) from refused


async def _own_pool(services: Services, issuer: str) -> Pool | None:
    """The pool here whose issuer this is, spelt as this server or as AWS spells it."""
    found = _AWS_ISSUER.fullmatch(issuer)
    pool = await services.store.pools.find(found["pool"] if found else issuer.rpartition("/")[2])
    if pool is None or found:
        return pool
    return pool if pool.issuer(services.origin) == issuer or _is_here(services, issuer, pool) else None


def _is_here(services: Services, issuer: str, pool: Pool) -> bool:
    """Whether it is this server under another name of this machine, such as localhost for 127.0.0.1."""
    here, there = urlsplit(services.origin), urlsplit(issuer)
    local = {"localhost", "127.0.0.1", "[::1]", "::1"}
    same = here.port == there.port and here.hostname in local and there.hostname in local
    return same and there.path == f"/{pool.pool_id}"


async def _published(services: Services, issuer: str) -> Mapping[str, Jwk]:
    """The issuer's keys, by discovery. Raises Refused."""
    require_https(issuer, "issuer")
    discovery = await _document(services, f"{issuer.rstrip('/')}/.well-known/openid-configuration", "discovery")
    url = discovery.get("jwks_uri")
    if not isinstance(url, str):
        raise Refused("InvalidParameterException", "no jwks_uri", f"the discovery document of {issuer} has no jwks_uri")
    require_https(url, "jwks_uri")
    try:
        return parse_jwks(await _document(services, url, "jwks uri"))
    except ValueError as problem:
        raise Refused("InvalidParameterException", "not a JWKS", f"{url}: {problem}") from problem


async def _document(services: Services, url: str, what: str) -> dict[str, Any]:
    found: dict[str, Any] = await services.provider_documents.get(url, partial(get_json, services.http, url, what))
    return found


def _check_audience(authorizer: Authorizer, claims: VerifiedClaims, scopes: tuple[str, ...]) -> None:
    """client_id is looked at only where there is no aud."""
    given = claims.get("aud", claims.get("client_id"))
    values = given if isinstance(given, list) else [given]
    if not any(value in authorizer.audience for value in values):
        sentence = "the token does not have a valid audience"
        raise _invalid_token(scopes, sentence, "neither aud nor client_id is in the authorizer's audience")


def _scopes_in(claims: VerifiedClaims) -> frozenset[str]:
    scp = claims.get("scp", ())
    return claims.scopes | frozenset(scp.split() if isinstance(scp, str) else map(str, scp))


def _sentence(refused: ClaimsError) -> str:
    """[inferred] but for the audience's: facts/apigateway.md §2."""
    return {
        "exp": "the token has expired",
        "iat": "the token is used before it was issued",
        "iss": "the token has an invalid issuer",
        "kid": "unable to find a signing key that matches the token's kid",
        "signature": "crypto/rsa: verification error",
    }.get(refused.claim, "the token is invalid")


def _bare(token: str) -> str:
    return token[7:].strip() if token[:7].lower() == "bearer " else token.strip()


def _unauthorized(detail: str) -> GatewayRefused:
    return GatewayRefused(ResponseType.UNAUTHORIZED, detail)


def _invalid_token(scopes: tuple[str, ...], description: str, detail: str) -> GatewayRefused:
    challenge = f'Bearer scope="{" ".join(scopes)}" error="invalid_token" error_description="{description}"'
    return GatewayRefused(ResponseType.UNAUTHORIZED, detail, challenge=challenge)
