"""Signing in by SRP: PASSWORD_VERIFIER put, and its answer checked. Source: facts/api.md §4.1.

The secret block is the session: it is answered once, right or wrong, and only for the client it was made for. See
`finish_srp` for the one exception.
"""

from __future__ import annotations

from dataclasses import replace

from halfday.protocol import srp
from halfday.server.domain.refusals import invalid
from halfday.server.domain.sign_in.challenge_records import ChallengeResult, PasswordVerifier
from halfday.server.domain.sign_in.codes_and_sessions import digest
from halfday.server.domain.sign_in.next_step import Challenge, Refusal, refusal_before_password
from halfday.server.domain.users.password_hashes import is_hash
from halfday.server.domain.users.users import User
from halfday.server.flows.factors import devices
from halfday.server.flows.factors.passwords import state_of, unknown_user
from halfday.server.flows.factors.srp_server import Prover, Signature, first_message, is_signed, user_prover
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.limits import counted_name
from halfday.server.flows.protection.user_existence import counted_as, pretend
from halfday.server.flows.sign_in import challenges
from halfday.server.flows.sign_in.challenges import OpenChallenge, SignIn
from halfday.server.flows.sign_in.sign_in import Challenged
from halfday.server.flows.users import find_user, logged
from halfday.server.services import Services


async def challenge(
    services: Services,
    sign_in: SignIn,
    name: str,
    srp_a: str,
    results: tuple[ChallengeResult, ...] | None = None,
) -> Challenged:
    """PASSWORD_VERIFIER with a session beside the secret block, as USER_AUTH and CUSTOM_AUTH hand it out."""
    session = challenges.new_session(services, sign_in.pool)
    parameters = await start_srp(services, sign_in, name, srp_a, session_hash=digest(session), results=results)
    return Challenged(Challenge.PASSWORD_VERIFIER, session, parameters)


async def start_srp(
    services: Services,
    sign_in: SignIn,
    name: str,
    srp_a: str,
    *,
    session_hash: str | None = None,
    results: tuple[ChallengeResult, ...] | None = None,
) -> dict[str, str]:
    """The PASSWORD_VERIFIER challenge's parameters. A user who is to stay unknown gets a stable pretence of one.

    `session_hash`: of the session that is handed out beside the secret block. `results`: those of a custom sign-in.
    Raises Refused.
    """
    pool, client = sign_in.pool, sign_in.client
    user = await find_user(services, pool, name)
    needed = client.hide_unknown_users or (user is not None and is_hash(user.srp_verifier))
    made_up = (await pretend(services, pool, name)).user if needed else None
    await lockout.check_not_locked(services, pool, counted_name(pool, name, user))
    if user is None and made_up is None:
        raise unknown_user(client)
    refusal = None if user is None else refusal_before_password(user)
    if user is not None and not client.hide_unknown_users and refusal is not None:
        raise refusal.because(f"{logged(user)} is {state_of(user)}")
    _check_public(srp_a)
    shown = user if user is not None and refusal is not Refusal.WRONG else made_up  # no password: like an unknown one
    if shown is None:
        raise unknown_user(client)
    first = first_message(services, _prover(shown, made_up))
    kept = PasswordVerifier(srp_a, first.private, first.public, session_hash, results)
    await challenges.put(
        services,
        sign_in,
        shown,
        Challenge.PASSWORD_VERIFIER,
        kept,
        name=name,
        pretence=shown is not user,
        session=first.secret_block,
    )
    return {**first.parameters(shown.username), "USER_ID_FOR_SRP": shown.username}


def _prover(shown: User, made_up: User | None) -> Prover:
    """Of a password that came as a hash, a verifier that nobody's password has: it is refused as a wrong one is."""
    if made_up is None or not is_hash(shown.srp_verifier):
        return user_prover(shown)
    return user_prover(replace(shown, srp_salt=made_up.srp_salt, srp_verifier=made_up.srp_verifier))


def _check_public(srp_a: str) -> None:
    try:
        srp.check_public(srp_a)
    except srp.SrpError as problem:
        raise invalid("SRP_A is not a valid public value.") from problem


async def finish_srp(
    services: Services,
    sign_in: SignIn,
    name: str,
    answer: Signature,
    *,
    session: str | None = None,
    device_key: str | None = None,
) -> OpenChallenge:
    """The challenge of whoever's password made this signature, for the caller to take.

    `session` must be the one given out, if one was.
    Only the device that the answer names counts (API reference, RespondToAuthChallenge). One that does not exist leaves
    the secret block: AWS's JavaScript clients then send the same proof again without it (Amplify's
    retryOnResourceNotFoundException, CognitoUser.authenticateUserDefaultAuth). Raises Refused.
    """
    block = answer.secret_block
    opened = await challenges.open_session(services, sign_in, block, Challenge.PASSWORD_VERIFIER, name=name)
    kept, began_as, pool = opened.kept(PasswordVerifier), opened.begun.name or name, sign_in.pool
    if kept.session_hash is not None and kept.session_hash != digest(session or ""):
        raise Refusal.INVALID_SESSION.because("the session is not the one that came with the secret block")
    user, hidden = opened.user, sign_in.client.hide_unknown_users
    needed = hidden or user is None or is_hash(user.srp_verifier)
    made_up = (await pretend(services, pool, began_as)).user if needed else None
    counted = await counted_as(services, pool, began_as)
    await lockout.check_not_locked(services, pool, counted)
    refusal = None if user is None else refusal_before_password(user)
    if user is not None and refusal is not None and not hidden:
        raise refusal.because(f"{logged(user)} is {state_of(user)} since the challenge")
    shown = user if user is not None and refusal is not Refusal.WRONG else made_up
    if shown is None:
        raise unknown_user(sign_in.client)
    proven = is_signed(_prover(shown, made_up), kept, answer)
    if proven and user is not None:
        await devices.tracked(services, pool, user, device_key)
    if user is None or shown is not user or not proven:
        async with services.store.unit(pool.pool_id):
            await challenges.take(services, opened)
            await lockout.failed(
                services, pool, counted, client=sign_in.client, challenge="Password", pretended=user is None
            )
        if user is None:
            raise unknown_user(sign_in.client)
        raise Refusal.WRONG.because(f"wrong password for {logged(user)} (SRP)")
    return replace(opened, sign_in=replace(opened.sign_in, device_key=device_key))
