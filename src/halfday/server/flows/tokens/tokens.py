"""Tokens: issued after a sign-in, renewed, checked when shown, ended. Source: facts/tokens.md."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from halfday.protocol.claims import ClaimsError, VerifiedClaims, verify
from halfday.protocol.identifiers import SESSION_ID_BYTES, make_session_id
from halfday.protocol.jws import Compact, MalformedToken, read_unverified
from halfday.server.domain.aws.callers import TokenUser
from halfday.server.domain.refusals import invalid, not_authorized
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.authentication_levels import Authentication
from halfday.server.domain.sign_in.codes_and_sessions import TokenFamily, digest
from halfday.server.domain.sign_in.tokens import API_SCOPE, at_hash
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User
from halfday.server.flows.factors import devices
from halfday.server.flows.tokens import keys, rotation
from halfday.server.flows.tokens.minter import minter_for
from halfday.server.flows.triggers import token_generation
from halfday.server.flows.users import logged
from halfday.server.services import Services
from halfday.server.storage.errors import Missing

_NOT_WITH_ROTATION = "REFRESH_TOKEN_AUTH flow not enabled for this client"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in or a renewal yields. `expires_in` is the access token's, in seconds."""

    access_token: str = field(repr=False)
    expires_in: int
    id_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody has just proved who they are, and for what. `scopes` are OAuth's, or the API's single one.

    `sso_session_id`: the browser session by which they did. `event_id`: the event under which that was recorded.
    `word`: the last of PreTokenGeneration's source, for a sign-in over the API. `acr`, `resource`: as in TokenFamily.
    """

    pool: Pool
    client: AppClient
    user: User
    context: RequestContext
    scopes: tuple[str, ...] = (API_SCOPE,)
    auth_time: float | None = None
    nonce: str | None = field(default=None, repr=False)
    from_oauth: bool = False
    device_key: str | None = None
    sso_session_id: str | None = None
    event_id: str | None = None
    word: str = token_generation.AUTHENTICATION
    authentication: Authentication = field(default_factory=Authentication)
    acr: str | None = None
    resource: str | None = None


async def issue(
    services: Services,
    signed_in: SignedIn,
    *,
    with_refresh_token: bool = True,
    spend: Callable[[], Awaitable[None]] | None = None,
) -> Tokens:
    """Mints the first tokens of a new family, and writes it.

    With a refresh token it is a session, where those are tracked: of more than the pool allows, those that rested
    longest end. `spend` takes what the sign-in is proven by, in one unit with the family: both are done or neither.
    What it raises goes through; raises Refused when the user was disabled, deleted or given another password meanwhile.
    """
    tracked = signed_in.pool.sessions.tracked and with_refresh_token
    family = _new_family(services, signed_in, tracked)
    minted = await _mint(
        services,
        signed_in.pool,
        signed_in.client,
        signed_in.user,
        family,
        signed_in.context,
        word=token_generation.HOSTED_AUTH if signed_in.from_oauth else signed_in.word,
    )
    refresh_token = services.token() + services.token() if with_refresh_token else None
    async with services.store.unit(family.pool_id):
        if spend is not None:
            await spend()
        await _check_still_there(services, signed_in.user)
        await services.store.token_families.insert(
            family,
            None if refresh_token is None else rotation.refresh_token_of(family, refresh_token),
            at_most=signed_in.pool.sessions.limit if tracked else None,
        )
        await _touch_sso_session(services, family)
    return Tokens(*minted, refresh_token)


async def _check_still_there(services: Services, user: User) -> None:
    """In the unit of the family: else it would be the session of whoever is given this name next. Raises Refused."""
    try:
        await services.store.users.check_may_sign_in(user)
    except Missing as problem:
        raise not_authorized("User is disabled.", f"{logged(user)}: {problem}") from problem


def _new_family(services: Services, signed_in: SignedIn, tracked: bool) -> TokenFamily:
    now = services.clock()
    return TokenFamily(
        pool_id=signed_in.pool.pool_id,
        origin_jti=services.uuid(),
        client_id=signed_in.client.client_id,
        username=signed_in.user.username,
        scopes=signed_in.scopes,
        auth_time=now if signed_in.auth_time is None else signed_in.auth_time,
        expires_at=now + signed_in.client.validity.refresh_s,
        event_id=signed_in.event_id or services.uuid(),
        from_oauth=signed_in.from_oauth,
        nonce=signed_in.nonce,
        device_key=signed_in.device_key,
        session_id=make_session_id("tkn", services.random(SESSION_ID_BYTES)) if tracked else None,
        sso_session_id=signed_in.sso_session_id,
        created_at=now,
        active_at=now,
        authentication=signed_in.authentication,
        acr=signed_in.acr,
        resource=signed_in.resource,
    )


async def refresh(
    services: Services,
    pool: Pool,
    client: AppClient,
    refresh_token: str,
    context: RequestContext,
    *,
    device_key: str | None,
    may_rotate: bool = False,
) -> Tokens:
    """New ID and access tokens from current user data; the refresh token stays (facts/tokens.md §5).

    A client with rotation gets a new refresh token too, which lives no longer than the old one would; who cannot hand
    it one (`may_rotate`, REFRESH_TOKEN_AUTH) is refused. A token that was issued to a device is renewed for that device
    alone: `device_key` is the one that was named. Raises Refused.
    """
    found = await services.store.token_families.find_by_refresh_token(pool.pool_id, digest(refresh_token))
    await _check_device(services, pool, found, device_key)
    if client.rotation_grace_s is not None and not may_rotate:
        raise invalid(_NOT_WITH_ROTATION, f"client {client.client_id} rotates refresh tokens")
    family = await _live_family(services, client, refresh_token, found)
    user = await _enabled_user(services, family)
    await rotation.check_unspent(services, family, refresh_token)
    minted = await _mint(services, pool, client, user, family, context, word=token_generation.REFRESH)
    successor = None
    if client.rotation_grace_s is not None:
        async with services.store.unit(pool.pool_id):
            successor = await rotation.rotate(services, family, refresh_token, grace_s=client.rotation_grace_s)
            await _touch_sso_session(services, family)
            await _touch_session(services, family)
    else:
        await _touch_session(services, family)
    return Tokens(*minted, successor)


async def check_device(services: Services, pool: Pool, refresh_token: str, device_key: str | None) -> None:
    """A refresh token issued to a device is renewed for it alone, once it is confirmed. Raises Refused."""
    family = await services.store.token_families.find_by_refresh_token(pool.pool_id, digest(refresh_token))
    await _check_device(services, pool, family, device_key)


async def _check_device(services: Services, pool: Pool, family: TokenFamily | None, device_key: str | None) -> None:
    if family is not None and not await devices.may_refresh(services, pool, family, device_key):
        detail = f"the token is device {family.device_key}'s, and another one was named, or it was never confirmed"
        raise not_authorized("Invalid Refresh Token.", detail)


async def _touch_session(services: Services, family: TokenFamily) -> None:
    if family.session_id is not None:
        await services.store.token_families.set_active(family.pool_id, family.origin_jti, services.clock())


async def _touch_sso_session(services: Services, family: TokenFamily) -> None:
    """The browser session that the family came by was in use just now: a token grant or a rotation tells."""
    if family.sso_session_id is not None:
        await services.store.browser_sessions.set_active(
            family.pool_id, family.username, family.sso_session_id, services.clock()
        )


async def revoke(services: Services, client: AppClient, refresh_token: str) -> TokenFamily | None:
    """Ends the token's family, if it is one of this client's, by a token rotated out too. What ended, if anything."""
    family = await services.store.token_families.find_by_refresh_token(client.pool_id, digest(refresh_token))
    if family is None or family.client_id != client.client_id:
        return None
    await services.store.token_families.revoke(client.pool_id, family.origin_jti)
    return family


def is_a_jwt(token: str) -> bool:
    """Whether it is an ID or access token, which nobody can revoke by itself, and no refresh token."""
    return _split(token) is not None


def _split(token: str) -> Compact | None:
    try:
        return read_unverified(token)
    except MalformedToken:
        return None


async def issue_to_machine(
    services: Services, pool: Pool, client: AppClient, scopes: tuple[str, ...], context: RequestContext
) -> Tokens:
    """The access token of client_credentials (RFC 6749 §4.4): nothing is stored for it."""
    changes = await token_generation.changes_for_machine(services, pool, scopes, context)
    token = await minter_for(services, pool, client).machine_token(scopes, changes)
    return Tokens(token, client.validity.access_s, None, None)


async def check_access_token(services: Services, token: str, *, scope: str) -> TokenUser:
    """Who shows this access token: signature, issuer, expiry, revocation, scope, in this order.

    Raises Refused with AWS's sentence (facts/api.md §5, any class B).
    """
    pool, claims = await _verify_access_token(services, token)
    user, live = await _user_of(services, pool, claims)
    if not live:
        raise not_authorized("Access Token has been revoked", "its token family has ended")
    if scope not in claims.scopes:
        held = " ".join(sorted(claims.scopes)) or "none"
        raise not_authorized(
            "Access Token does not have required scopes",
            f"scope {scope} is missing, it has {held}",
        )
    client = await services.store.app_clients.find(str(claims["client_id"]))
    if client is None or user is None or user.sub != claims.subject:
        raise not_authorized("Invalid Access Token", "its client or its user is gone")
    if not user.enabled:
        raise not_authorized("User is disabled.", "its user is disabled")
    return TokenUser(pool, client, user, claims)


async def verify_pool_token(
    services: Services, pool: Pool, token: str | Compact, *, token_use: str | None, client_id: str | None
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


def reason_of(problem: ClaimsError) -> str:
    """Why a token of ours was refused, for a log. Before its signature is verified, what it says is anybody's text."""
    if problem.claim == "kid":
        return "the token was signed with a key that is not among the pool's published keys"
    return str(problem)


async def pool_of_token(services: Services, token: Compact) -> Pool | None:
    """The pool that a token says it is from. Nothing is verified by this."""
    issuer = str(token.unverified_payload.get("iss", ""))
    pool = await services.store.pools.find(issuer.rpartition("/")[2])
    return pool if pool and pool.issuer(services.origin) == issuer else None


async def _verify_access_token(services: Services, token: str) -> tuple[Pool, VerifiedClaims]:
    """The token is split once: its issuer chooses the keys that it is then verified with."""
    compact = _split(token)
    pool = None if compact is None else await pool_of_token(services, compact)
    if compact is None or pool is None:
        raise not_authorized("Invalid Access Token", "not a token of a pool on this server")
    try:
        return pool, await verify_pool_token(services, pool, compact, token_use="access", client_id=None)
    except ClaimsError as problem:
        raise not_authorized(_sentence_for(problem), reason_of(problem)) from problem


def _sentence_for(problem: ClaimsError) -> str:
    if problem.claim == "exp":
        return "Access Token has expired"
    if problem.claim in ("kid", "signature"):
        return "Could not verify signature for Access Token"
    return "Invalid Access Token"


async def _user_of(services: Services, pool: Pool, claims: VerifiedClaims) -> tuple[User | None, bool]:
    """The token's user, and whether the sign-in that it came of has not been ended. Mostly one statement tells both."""
    users, username, origin_jti = services.store.users, str(claims.get("username", "")), claims.get("origin_jti")
    if origin_jti:
        user = await users.find_with_family(pool.pool_id, username, str(origin_jti))
        if user is not None:
            return user, True
    live = await _is_live(services, pool, claims)
    return (await users.find(pool.pool_id, username) if live else None), live


async def _is_live(services: Services, pool: Pool, claims: VerifiedClaims) -> bool:
    """Whether the sign-in that the access token came of has not been ended. A machine's stands by itself."""
    if not (claims.get("origin_jti") or claims.get("username")):
        return True
    return await family_of_access_token(services, pool, claims) is not None


async def family_of_access_token(services: Services, pool: Pool, claims: VerifiedClaims) -> TokenFamily | None:
    """The family of a user's access token, by its origin_jti, or by its event where it has none; None once it ended."""
    families = services.store.token_families
    if claims.get("origin_jti"):
        return await families.find(pool.pool_id, str(claims["origin_jti"]))
    username, event_id = str(claims.get("username", "")), str(claims.get("event_id", ""))
    return await families.find_of_event(pool.pool_id, username, event_id)


async def family_of(services: Services, client: AppClient, refresh_token: str) -> TokenFamily:
    """The live family of one of this client's refresh tokens. Raises Refused."""
    found = await services.store.token_families.find_by_refresh_token(client.pool_id, digest(refresh_token))
    return await _live_family(services, client, refresh_token, found)


async def _live_family(
    services: Services, client: AppClient, refresh_token: str, family: TokenFamily | None
) -> TokenFamily:
    """The family that was found by this refresh token, if it is this client's and has not expired. Raises Refused."""
    if family is None:
        known = await services.store.token_families.find_refresh_token(client.pool_id, digest(refresh_token))
        if known is not None:
            raise not_authorized("Refresh Token has been revoked", "its token family has been ended")
        raise not_authorized("Invalid Refresh Token", "the refresh token is unknown")
    if family.client_id != client.client_id:
        detail = f"the refresh token was issued to client {family.client_id}, not to {client.client_id}"
        raise not_authorized("Invalid Refresh Token", detail)
    if services.clock() >= family.expires_at:
        raise not_authorized("Refresh Token has expired", "the refresh token has expired")
    return family


async def _enabled_user(services: Services, family: TokenFamily) -> User:
    try:
        user = await services.store.users.get(family.pool_id, family.username)
    except Missing as problem:
        raise not_authorized("Refresh Token has been revoked", "its user is gone") from problem
    if not user.enabled:
        raise not_authorized("Refresh Token has been revoked", "its user is disabled")
    return user


async def _mint(
    services: Services,
    pool: Pool,
    client: AppClient,
    user: User,
    family: TokenFamily,
    context: RequestContext,
    *,
    word: str,
) -> tuple[str, int, str | None]:
    minter = minter_for(services, pool, client)
    groups = await services.store.groups.of_user(pool.pool_id, user.username)
    changes = await token_generation.changes_for_user(services, pool, user, groups, family.scopes, context, source=word)
    access_token = await minter.user_token("access", family, user, groups, changes=changes)
    id_token = None
    if not family.from_oauth or "openid" in family.scopes:
        further = {"at_hash": at_hash(access_token)} if family.from_oauth else {}
        id_token = await minter.user_token("id", family, user, groups, further, changes)
    return access_token, client.validity.access_s, id_token
