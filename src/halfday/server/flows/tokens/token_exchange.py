"""A token for a token: narrower, for another audience, maybe on somebody's behalf (RFC 8693).

Of what the pool issued itself only: tokens of external providers are not exchanged. Source: API reference,
GetDerivedToken; Developer guide, Exchanging tokens for downstream services. Its sentences are [inferred].
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from halfday.protocol.claims import ClaimsError, VerifiedClaims
from halfday.server.domain.refusals import invalid, not_authorized
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.codes_and_sessions import TokenFamily
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User
from halfday.server.flows.tokens.minter import TokenUse, minter_for
from halfday.server.flows.tokens.tokens import reason_of, verify_pool_token
from halfday.server.services import Services


@dataclass(frozen=True, slots=True)
class Presented:
    """A token as somebody shows it, and what they say it is."""

    token: str = field(repr=False)
    token_use: TokenUse


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is asked for. `scopes` None: those of the subject token. `audience` becomes the new token's `aud`."""

    subject: Presented
    actor: Presented | None = None
    scopes: tuple[str, ...] | None = None
    audience: str | None = None
    wanted: TokenUse = "access"


@dataclass(frozen=True, slots=True)
class Derived:
    """The new token. `scopes` are what it grants; an ID token grants none."""

    token: str = field(repr=False)
    token_use: TokenUse
    expires_in: int
    scopes: tuple[str, ...] | None


async def exchange(
    services: Services, pool: Pool, client: AppClient, asked: Exchange, context: RequestContext
) -> Derived:
    """The subject's user, as `client` is to show them. The new token is of the subject's family, and ends with it.

    Raises Refused.
    """
    claims = await _proven(services, pool, asked.subject, "Subject")
    family, user = await _of_user(services, pool, claims)
    held = tuple(str(claims["scope"]).split()) if "scope" in claims else family.scopes
    scopes = _granted(client, held, asked.scopes)
    further = await _further_claims(services, pool, asked, claims)
    groups = await services.store.groups.of_user(pool.pool_id, user.username)
    minter = minter_for(services, pool, client)
    token = await minter.user_token(asked.wanted, replace(family, scopes=scopes), user, groups, further)
    if asked.wanted == "access":
        return Derived(token, "access", client.validity.access_s, scopes)
    return Derived(token, "id", client.validity.id_s, None)


async def _proven(services: Services, pool: Pool, presented: Presented, whose: str) -> VerifiedClaims:
    try:
        return await verify_pool_token(services, pool, presented.token, token_use=presented.token_use, client_id=None)
    except ClaimsError as problem:
        sentence = f"{whose} Token has expired" if problem.claim == "exp" else f"Invalid {whose} Token"
        raise not_authorized(sentence, reason_of(problem)) from problem


async def _of_user(services: Services, pool: Pool, claims: VerifiedClaims) -> tuple[TokenFamily, User]:
    """Whom the subject token speaks of. A machine's, or one that cannot be revoked, has no family to belong to."""
    family = await services.store.token_families.find(pool.pool_id, str(claims.get("origin_jti", "")))
    if family is None:
        if "origin_jti" in claims:
            raise not_authorized("Subject Token has been revoked", "its token family has ended")
        raise not_authorized(
            "Invalid Subject Token",
            "it has no origin_jti: a machine's, or of a client without revocation",
        )
    user = await services.store.users.find(pool.pool_id, family.username)
    if user is None or user.sub != claims.subject:
        raise not_authorized("Invalid Subject Token", "its user is gone")
    if not user.enabled:
        raise not_authorized("User is disabled.", "its user is disabled")
    return family, user


def _granted(client: AppClient, held: tuple[str, ...], asked: tuple[str, ...] | None) -> tuple[str, ...]:
    """What is asked for, held and allowed; all that is held when nothing is asked for (GetDerivedToken, Scopes)."""
    if not asked:
        return held
    granted = tuple(scope for scope in dict.fromkeys(asked) if scope in held and scope in client.scopes)
    if not granted:
        detail = f"held {' '.join(held)}; allowed {' '.join(client.scopes)}; others were asked for"
        raise invalid("None of the requested scopes can be granted.", detail)
    return granted


async def _further_claims(services: Services, pool: Pool, asked: Exchange, subject: VerifiedClaims) -> dict[str, Any]:
    """`aud`, and `act` for who acts on the subject's behalf: before them whoever did already (RFC 8693 §4.1)."""
    further: dict[str, Any] = {} if asked.audience is None else {"aud": asked.audience}
    if asked.actor is not None:
        actor = await _proven(services, pool, asked.actor, "Actor")
        earlier = {"act": subject["act"]} if "act" in subject else {}
        further["act"] = {"sub": actor.subject, **earlier}
    return further
