"""Signing in with a password, for the JSON API and the pages: the check, SRP's two steps, and challenges between.

What is refused and in which order is `domain/sign_in`'s; here it meets the store. Raises SignInRefused throughout.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from halfday.protocol import srp
from halfday.protocol.identifiers import make_uuid, pool_name_of
from halfday.server.domain.app_clients import AppClient
from halfday.server.domain.grants import PendingChallenge, digest
from halfday.server.domain.pools import Pool
from halfday.server.domain.sign_in import (
    PASSWORD_VERIFIER,
    Refusal,
    SignInRefused,
    challenge_after_password,
    refusal_after_password,
    refusal_before_password,
)
from halfday.server.domain.users import User, UserStatus
from halfday.server.services import Services


async def find_user(services: Services, pool: Pool, name: str) -> User | None:
    """By username, alias or sub, folded as the pool folds names; as it is written for the users of providers."""
    users, folded = services.store.users, pool.fold(name)
    found = await users.find_by_any_name(pool.pool_id, folded)
    return found if found is not None or folded == name else await users.find_by_any_name(pool.pool_id, name)


async def check_password(services: Services, pool: Pool, client: AppClient, name: str, password: str) -> User:
    """The user whose password this is, in a state in which a password may sign in."""
    user = await find_user(services, pool, name)
    if user is None:
        _spend_the_time_of_a_check(pool, name, password)
        raise _unknown(client, name)
    if (refusal := refusal_before_password(user)) is not None:
        _spend_the_time_of_a_check(pool, name, password)
        raise SignInRefused(refusal, f"user {user.username} is {_state(user)}")
    verifier = srp.Verifier(user.srp_salt, user.srp_verifier)
    if not srp.password_matches(verifier, pool_name_of(pool.pool_id), user.username, password):
        raise SignInRefused(Refusal.WRONG, f"wrong password for user {user.username}")
    return _past_password(user, services.clock())


async def set_password(
    services: Services, pool: Pool, user: User, password: str, *, status: UserStatus, temporary_until: float = 0.0
) -> User:
    """Replaces the password by its SRP verifier; the password is kept nowhere. Policy is the caller's to check."""
    verifier = srp.make_verifier(pool_name_of(pool.pool_id), user.username, password, services.random(srp.SALT_BYTES))
    await services.store.users.set_password(
        user,
        srp_salt=verifier.salt_hex,
        srp_verifier=verifier.verifier_hex,
        status=status,
        temporary_until=temporary_until,
        now=services.clock(),
    )
    return await services.store.users.get(pool.pool_id, user.username)


async def start_srp(services: Services, pool: Pool, client: AppClient, name: str, srp_a: str) -> dict[str, str]:
    """The PASSWORD_VERIFIER challenge's parameters. A user who is to stay unknown gets a stable pretence of one."""
    user = await find_user(services, pool, name)
    if user is None and not client.hide_unknown_users:
        raise _unknown(client, name)
    if user is not None and (refusal := refusal_before_password(user)) is not None:
        if refusal is not Refusal.WRONG or not client.hide_unknown_users:
            raise SignInRefused(refusal, f"user {user.username} is {_state(user)}")
        user = None  # somebody without a password is to look like nobody at all
    srp.check_public(srp_a)
    user_id, verifier = await _srp_identity(services, pool, user, name)
    private = services.random(srp.PRIVATE_BYTES)
    start = srp.ServerStart(verifier, private)
    secret_block = services.random(64)
    memory = {"srp_a": srp_a, "b": private.hex(), "srp_b": start.public, "name": name}
    await _remember(services, pool, client, user_id, PASSWORD_VERIFIER, memory, _block_hash(secret_block))
    return {
        "SALT": verifier.salt_hex,
        "SECRET_BLOCK": _base64(secret_block),
        "SRP_B": start.public,
        "USERNAME": user_id,
        "USER_ID_FOR_SRP": user_id,
    }


async def finish_srp(
    services: Services, pool: Pool, client: AppClient, name: str, *, secret_block: str, signature: str, timestamp: str
) -> User:
    """The user whose password made this signature. Each secret block is answered once, by whom it was made for."""
    block_hash = _block_hash(_from_base64(secret_block))
    memory, user_id = await _take(services, pool, client, block_hash, PASSWORD_VERIFIER, name)
    user = await services.store.users.find(pool.pool_id, user_id)
    if user is None:
        raise _unknown(client, memory["name"])
    if (refusal := refusal_before_password(user)) is not None:
        raise SignInRefused(refusal, f"user {user.username} is {_state(user)} since the challenge")
    start = srp.ServerStart(
        srp.Verifier(user.srp_salt, user.srp_verifier), bytes.fromhex(memory["b"]), public=memory["srp_b"]
    )
    proven = start.signature_is_valid(
        signature,
        memory["srp_a"],
        pool_name=pool_name_of(pool.pool_id),
        user_id=user.username,
        secret_block_b64=secret_block,
        timestamp=timestamp,
    )
    if not proven:
        raise SignInRefused(Refusal.WRONG, f"wrong password for user {user.username} (SRP)")
    return _past_password(user, services.clock())


async def start_challenge(services: Services, pool: Pool, client: AppClient, user: User, challenge: str) -> str:
    """A session in which `challenge` stands for this user: opaque, for this client only, to be answered once."""
    session = services.token() + services.token()
    await _remember(services, pool, client, user.username, challenge, {}, digest(session))
    return session


async def take_challenge(
    services: Services, pool: Pool, client: AppClient, session: str, challenge: str, *, name: str | None = None
) -> User:
    """The user for whom this challenge stood. The session is used up by asking. `name`: whom the answer names."""
    _, username = await _take(services, pool, client, digest(session), challenge, name)
    user = await services.store.users.find(pool.pool_id, username)
    if user is None:
        raise SignInRefused(Refusal.INVALID_SESSION, f"user {username} is gone")
    if not user.enabled:
        raise SignInRefused(Refusal.DISABLED, f"user {username} is disabled")
    if challenge_after_password(user) != challenge:
        raise SignInRefused(Refusal.INVALID_SESSION, f"{challenge} stands no longer for user {username}")
    return user


def _past_password(user: User, now: float) -> User:
    if (refusal := refusal_after_password(user, now)) is not None:
        raise SignInRefused(refusal, f"the password is right, but user {user.username} is {_state(user)}")
    return user


def _unknown(client: AppClient, name: str) -> SignInRefused:
    refusal = Refusal.WRONG if client.hide_unknown_users else Refusal.UNKNOWN_USER
    return SignInRefused(refusal, f"there is no user {name!r}")


def _state(user: User) -> str:
    return user.status.value if user.enabled else "disabled"


def _spend_the_time_of_a_check(pool: Pool, name: str, password: str) -> None:
    """An unknown user takes as long to refuse as a wrong password, so that time does not tell them apart."""
    srp.make_verifier(pool_name_of(pool.pool_id), name, password, b"\x01" * srp.SALT_BYTES)


async def _srp_identity(services: Services, pool: Pool, user: User | None, name: str) -> tuple[str, srp.Verifier]:
    if user is not None:
        return user.username, srp.Verifier(user.srp_salt, user.srp_verifier)
    key = (await services.store.signing_keys.of(pool.pool_id))[0]
    seed = hmac.new(key.private_pem.encode(), pool.fold(name).encode(), hashlib.sha256).digest()
    user_id = make_uuid(seed[16:])
    return user_id, srp.make_verifier(pool_name_of(pool.pool_id), user_id, seed.hex(), seed[:16])


async def _remember(
    services: Services,
    pool: Pool,
    client: AppClient,
    username: str,
    challenge: str,
    memory: dict[str, Any],
    session_hash: str,
) -> None:
    expires_at = services.clock() + client.session_validity_minutes * 60
    pending = PendingChallenge(
        session_hash=session_hash,
        pool_id=pool.pool_id,
        client_id=client.client_id,
        username=username,
        challenge=challenge,
        expires_at=expires_at,
        memory=memory,
    )
    await services.store.challenges.insert(pending)


async def _take(
    services: Services, pool: Pool, client: AppClient, session_hash: str, challenge: str, name: str | None
) -> tuple[dict[str, Any], str]:
    pending = await services.store.challenges.take(pool.pool_id, session_hash)
    if pending is None or pending.client_id != client.client_id or pending.challenge != challenge:
        raise SignInRefused(
            Refusal.INVALID_SESSION, "the session is unknown, used up, or another client's or challenge's"
        )
    user = None if name is None else await find_user(services, pool, name)
    if user is not None and user.username != pending.username:
        raise SignInRefused(Refusal.INVALID_SESSION, f"the session is another user's, not {user.username}'s")
    if services.clock() >= pending.expires_at:
        raise SignInRefused(Refusal.EXPIRED_SESSION, "the session has expired")
    return pending.memory, pending.username


def _block_hash(secret_block: bytes) -> str:
    return digest(secret_block.hex())


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as problem:
        raise SignInRefused(Refusal.WRONG, "PASSWORD_CLAIM_SECRET_BLOCK is not base64") from problem
