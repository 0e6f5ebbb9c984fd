"""Tokens: issued after a sign-in, renewed, checked when shown, ended. Source: facts/tokens.md."""

from __future__ import annotations

from dataclasses import dataclass

from halfday.protocol.claims import ClaimsError, VerifiedClaims, verify
from halfday.protocol.jws import MalformedToken, read_unverified
from halfday.server.domain import tokens as minting
from halfday.server.domain.app_clients import AppClient
from halfday.server.domain.callers import TokenUser
from halfday.server.domain.grants import TokenFamily, digest
from halfday.server.domain.pools import Pool
from halfday.server.domain.tokens import API_SCOPE, Minting
from halfday.server.domain.users import User
from halfday.server.flows import keys
from halfday.server.services import Services
from halfday.server.storage.database import Missing


class TokenRefused(Exception):
    """A token shown to us was refused. The sentence is AWS's; `detail` is for the log."""

    def __init__(self, sentence: str, detail: str) -> None:
        super().__init__(sentence)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in or a renewal yields. `expires_in` is the access token's, in seconds."""

    access_token: str
    expires_in: int
    id_token: str | None
    refresh_token: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody has just proved who they are, and for what. `scopes` are OAuth's, or the API's single one."""

    pool: Pool
    client: AppClient
    user: User
    scopes: tuple[str, ...] = (API_SCOPE,)
    auth_time: float | None = None
    nonce: str | None = None
    from_oauth: bool = False


async def issue(services: Services, signed_in: SignedIn, *, with_refresh_token: bool = True) -> Tokens:
    """Starts a token family and mints its first tokens."""
    now = services.clock()
    refresh_token = services.token() + services.token()
    family = TokenFamily(
        pool_id=signed_in.pool.pool_id,
        origin_jti=services.uuid(),
        refresh_hash=digest(refresh_token),
        client_id=signed_in.client.client_id,
        username=signed_in.user.username,
        scopes=signed_in.scopes,
        auth_time=now if signed_in.auth_time is None else signed_in.auth_time,
        expires_at=now + signed_in.client.validity.refresh_s,
        event_id=services.uuid(),
        from_oauth=signed_in.from_oauth,
        nonce=signed_in.nonce,
    )
    minted = await _mint(services, signed_in.pool, signed_in.client, signed_in.user, family)
    await services.store.token_families.insert(family)
    return Tokens(*minted, refresh_token if with_refresh_token else None)


async def refresh(services: Services, pool: Pool, client: AppClient, refresh_token: str) -> Tokens:
    """New ID and access tokens from current user data; the refresh token stays (facts/tokens.md §5).

    Raises TokenRefused.
    """
    family = await services.store.token_families.find_by_refresh_token(pool.pool_id, digest(refresh_token))
    if family is None:
        raise TokenRefused("Invalid Refresh Token", "the refresh token is unknown, or has been revoked")
    if family.client_id != client.client_id:
        detail = f"the refresh token was issued to client {family.client_id}, not to {client.client_id}"
        raise TokenRefused("Invalid Refresh Token", detail)
    if services.clock() >= family.expires_at:
        raise TokenRefused("Refresh Token has expired", "the refresh token has expired")
    user = await _enabled_user(services, family)
    return Tokens(*await _mint(services, pool, client, user, family), None)


async def revoke(services: Services, client: AppClient, refresh_token: str) -> bool:
    """Ends the token's family, if it is one of this client's. Whether there was one, for the log alone."""
    family = await services.store.token_families.find_by_refresh_token(client.pool_id, digest(refresh_token))
    if family is None or family.client_id != client.client_id:
        return False
    await services.store.token_families.revoke(client.pool_id, family.origin_jti)
    return True


async def issue_to_machine(services: Services, pool: Pool, client: AppClient, scopes: tuple[str, ...]) -> Tokens:
    """The access token of client_credentials (RFC 6749 §4.4): nothing is stored for it."""
    what = Minting(pool.issuer(services.origin), client, services.clock())
    claims = minting.machine_claims(what, scopes, jti=services.uuid())
    token = await keys.sign_claims(services, pool.pool_id, "access", claims)
    return Tokens(token, client.validity.access_s, None, None)


async def check_access_token(services: Services, token: str, *, scope: str) -> TokenUser:
    """Who shows this access token: signature, issuer, expiry, revocation, scope, in this order.

    Raises TokenRefused with AWS's sentence (facts/api.md §5, any class B).
    """
    pool, claims = await _verify_access_token(services, token)
    family = await services.store.token_families.find(pool.pool_id, str(claims.get("origin_jti", "")))
    if family is None and claims.get("origin_jti"):
        raise TokenRefused("Access Token has been revoked", "its token family has ended")
    if scope not in claims.scopes:
        held = " ".join(sorted(claims.scopes)) or "none"
        raise TokenRefused("Access Token does not have required scopes", f"scope {scope} is missing, it has {held}")
    client = await services.store.app_clients.find(str(claims["client_id"]))
    user = await services.store.users.find(pool.pool_id, str(claims.get("username", "")))
    if client is None or user is None or user.sub != claims.subject:
        raise TokenRefused("Invalid Access Token", "its client or its user is gone")
    if not user.enabled:
        raise TokenRefused("User is disabled.", "its user is disabled")
    return TokenUser(pool, client, user, claims)


async def verify_pool_token(
    services: Services, pool: Pool, token: str, *, token_use: str | None, client_id: str | None
) -> VerifiedClaims:
    """The claims of a token of this pool, by the pool's own keys. Raises ClaimsError."""
    return verify(
        token,
        await keys.public_keys(services, pool.pool_id),
        issuer=pool.issuer(services.origin),
        token_use=token_use,
        client_id=client_id,
        now=services.clock(),
    )


async def pool_of_token(services: Services, token: str) -> Pool | None:
    """The pool that a token says it is from. Nothing is verified by this."""
    try:
        issuer = str(read_unverified(token).unverified_payload.get("iss", ""))
    except MalformedToken:
        return None
    pool = await services.store.pools.find(issuer.rpartition("/")[2])
    return pool if pool and pool.issuer(services.origin) == issuer else None


async def _verify_access_token(services: Services, token: str) -> tuple[Pool, VerifiedClaims]:
    pool = await pool_of_token(services, token)
    if pool is None:
        raise TokenRefused("Invalid Access Token", "not a token of a pool on this server")
    try:
        return pool, await verify_pool_token(services, pool, token, token_use="access", client_id=None)
    except ClaimsError as problem:
        raise TokenRefused(_sentence_for(problem), str(problem)) from problem


def _sentence_for(problem: ClaimsError) -> str:
    if problem.claim == "exp":
        return "Access Token has expired"
    if problem.claim in ("kid", "signature"):
        return "Could not verify signature for Access Token"
    return "Invalid Access Token"


async def _enabled_user(services: Services, family: TokenFamily) -> User:
    try:
        user = await services.store.users.get(family.pool_id, family.username)
    except Missing as problem:
        raise TokenRefused("Refresh Token has been revoked", "its user is gone") from problem
    if not user.enabled:
        raise TokenRefused("Refresh Token has been revoked", "its user is disabled")
    return user


async def _mint(
    services: Services, pool: Pool, client: AppClient, user: User, family: TokenFamily
) -> tuple[str, int, str | None]:
    what = Minting(pool.issuer(services.origin), client, services.clock())
    groups = await services.store.groups.of_user(pool.pool_id, user.username)
    access = minting.access_claims(what, family, user, groups, jti=services.uuid())
    access_token = await keys.sign_claims(services, pool.pool_id, "access", access)
    id_token = None
    if not family.from_oauth or "openid" in family.scopes:
        claims = minting.id_claims(what, family, user, groups, jti=services.uuid())
        id_token = await keys.sign_claims(services, pool.pool_id, "id", claims)
    return access_token, client.validity.access_s, id_token
