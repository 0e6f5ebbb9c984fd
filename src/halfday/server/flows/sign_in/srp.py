"""Signing in by SRP: PASSWORD_VERIFIER given out, and its answer checked. Source: facts/api.md §4.1.

The secret block is the session: it is answered once, right or wrong, and only for the client it was made for. See
`finish_srp` for the one exception.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.protocol import srp
from halfday.protocol.identifiers import pool_name_of
from halfday.server.domain.sign_in.codes_and_sessions import digest
from halfday.server.domain.sign_in.next_step import Challenge, Refusal, SignInRefused, refusal_before_password
from halfday.server.flows.factors import devices
from halfday.server.flows.factors.passwords import state_of, unknown_user
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.limits import counted_name
from halfday.server.flows.protection.user_existence import counted_as, pretend
from halfday.server.flows.sign_in import challenges
from halfday.server.flows.sign_in.challenges import SignIn
from halfday.server.flows.sign_in.sign_in import Challenged
from halfday.server.flows.users import find_user, logged
from halfday.server.services import Services


async def challenge(
    services: Services, sign_in: SignIn, name: str, srp_a: str, memory: Mapping[str, Any] | None = None
) -> Challenged:
    """PASSWORD_VERIFIER with a session beside the secret block, as USER_AUTH and CUSTOM_AUTH hand it out."""
    session = challenges.new_session(services, sign_in.pool)
    kept = {**(memory or {}), "session_hash": digest(session)}
    parameters = await start_srp(services, sign_in, name, srp_a, kept)
    return Challenged(Challenge.PASSWORD_VERIFIER, session, parameters)


async def start_srp(
    services: Services, sign_in: SignIn, name: str, srp_a: str, memory: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """The PASSWORD_VERIFIER challenge's parameters. A user who is to stay unknown gets a stable pretence of one.

    `memory` is found again by whoever finishes. Raises SrpError for an impossible SRP_A, SignInRefused.
    """
    pool, client = sign_in.pool, sign_in.client
    user = await find_user(services, pool, name)
    nobody = (await pretend(services, pool, name)).user if client.hide_unknown_users else None
    await lockout.check_not_locked(services, pool, counted_name(pool, name, user))
    if user is None and nobody is None:
        raise unknown_user(client)
    refusal = None if user is None else refusal_before_password(user)
    if user is not None and nobody is None and refusal is not None:
        raise SignInRefused(refusal, f"{logged(user)} is {state_of(user)}")
    srp.check_public(srp_a)
    shown = user if user is not None and refusal is not Refusal.WRONG else nobody  # without a password: like nobody
    if shown is None:
        raise unknown_user(client)
    user_id, verifier = shown.username, srp.Verifier(shown.srp_salt, shown.srp_verifier)
    private = services.random(srp.PRIVATE_BYTES)
    start = srp.ServerStart(verifier, private)
    secret_block = _base64(services.random(64))
    kept = {
        **(memory or {}),
        "pretence": shown is not user,
        "srp_a": srp_a,
        "b": private.hex(),
        "srp_b": start.public,
        "name": name,
    }
    await challenges.start(
        services, sign_in, user_id, Challenge.PASSWORD_VERIFIER, kept, of=shown, session=secret_block
    )
    return {
        "SALT": verifier.salt_hex,
        "SECRET_BLOCK": secret_block,
        "SRP_B": start.public,
        "USERNAME": user_id,
        "USER_ID_FOR_SRP": user_id,
    }


async def finish_srp(
    services: Services,
    sign_in: SignIn,
    name: str,
    *,
    secret_block: str,
    signature: str,
    timestamp: str,
    session: str | None = None,
    device_key: str | None = None,
) -> challenges.Session:
    """The sign-in of whoever's password made this signature, for the caller to use up.

    `session` must be the one given out, if one was.
    Only the device that the answer names counts (API reference, RespondToAuthChallenge). One that does not exist leaves
    the secret block: AWS's JavaScript clients then send the same proof again without it (Amplify's
    retryOnResourceNotFoundException, CognitoUser.authenticateUserDefaultAuth). Raises SignInRefused, ServiceError.
    """
    opened = await challenges.look(services, sign_in, secret_block, Challenge.PASSWORD_VERIFIER, name=name)
    memory, pool = opened.memory, sign_in.pool
    if "session_hash" in memory and memory["session_hash"] != digest(session or ""):
        raise SignInRefused(Refusal.INVALID_SESSION, "the session is not the one that came with the secret block")
    user, hidden = opened.user, sign_in.client.hide_unknown_users
    nobody = (await pretend(services, pool, memory["name"])).user if hidden or user is None else None
    counted = await counted_as(services, pool, memory["name"])
    await lockout.check_not_locked(services, pool, counted)
    refusal = None if user is None else refusal_before_password(user)
    if user is not None and refusal is not None and not hidden:
        raise SignInRefused(refusal, f"{logged(user)} is {state_of(user)} since the challenge")
    shown = user if user is not None and refusal is not Refusal.WRONG else nobody
    if shown is None:
        raise unknown_user(sign_in.client)
    start = srp.ServerStart(
        srp.Verifier(shown.srp_salt, shown.srp_verifier), bytes.fromhex(memory["b"]), public=memory["srp_b"]
    )
    proven = start.signature_is_valid(
        signature,
        memory["srp_a"],
        pool_name=pool_name_of(pool.pool_id),
        user_id=shown.username,
        secret_block_b64=secret_block,
        timestamp=timestamp,
    )
    if proven and user is not None:
        await devices.tracked(services, pool, user, device_key)
    if user is None or shown is not user or not proven:
        async with services.store.unit(pool.pool_id):
            await challenges.use_up(services, opened)
            await lockout.failed(
                services, pool, counted, client=sign_in.client, challenge="Password", pretended=user is None
            )
        if user is None:
            raise unknown_user(sign_in.client)
        raise SignInRefused(Refusal.WRONG, f"wrong password for {logged(user)} (SRP)")
    return replace(opened, sign_in=replace(opened.sign_in, device_key=device_key))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
