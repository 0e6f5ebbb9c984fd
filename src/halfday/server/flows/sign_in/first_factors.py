"""First factors: what USER_AUTH offers to whom, one-time codes and passkeys put and taken back. Raises SignInRefused.

Passwords and SRP have files of their own. Source: facts/api.md §4 (USER_AUTH), §6 (people who are to stay unknown).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from halfday.server.domain.sign_in import next_step as rules
from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal, SignInRefused
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.flows.factors import passkeys
from halfday.server.flows.factors.passwords import unknown_user
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.limits import count_attempt
from halfday.server.flows.protection.user_existence import counted_as, pretend_to_choose
from halfday.server.flows.sign_in import challenges, one_time_codes
from halfday.server.flows.sign_in.challenges import Session, SignIn
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, advance, standing_of
from halfday.server.flows.users import logged
from halfday.server.services import Services


async def take_first_code(services: Services, session: Session, code: str) -> Outcome:
    """The code of EMAIL_OTP or SMS_OTP as a first factor. It proves the address too, and confirms who is not yet."""
    await one_time_codes.check_code(services, session, code)
    user, sign_in = session.the_user, session.sign_in
    async with challenges.answered(services, session):
        user = await one_time_codes.mark_proven(services, sign_in.pool, user, session.memory)
        if user.status is UserStatus.UNCONFIRMED:
            change = partial(replace, status=UserStatus.CONFIRMED, modified_at=services.clock())
            user = await services.store.users.change(user.pool_id, user.username, change)
        return await advance(services, sign_in, user, proof=Proof.OTP)


async def take_passkey(services: Services, session: Session, credential: str) -> Outcome:
    user, sign_in = session.the_user, session.sign_in
    await lockout.check_not_locked(services, sign_in.pool, user.username)
    async with challenges.answered(services, session):
        verified = await passkeys.check_authentication(services, sign_in.pool, user, session.memory, credential)
        return await advance(services, sign_in, user, proof=Proof.VERIFIED_PASSKEY if verified else Proof.PASSKEY)


async def choices(services: Services, sign_in: SignIn, user: User | None, name: str) -> tuple[Challenge, ...]:
    """The first factors that USER_AUTH offers. To somebody who is to stay unknown, what people may have."""
    shown = await _shown(services, sign_in, user, name)
    if not shown.enabled:
        raise SignInRefused(Refusal.DISABLED, f"{logged(user)} is disabled")
    offered = await _offered(services, sign_in, shown)
    if not offered:
        raise SignInRefused(Refusal.WRONG, f"{logged(user)} has no first factor that this pool accepts")
    return offered


async def _shown(services: Services, sign_in: SignIn, user: User | None, name: str) -> User:
    """The person; where the client is not to learn who exists, somebody made up for whoever cannot sign in at all.

    Raises SignInRefused.
    """
    if not sign_in.client.hide_unknown_users:
        if user is None:
            raise unknown_user(sign_in.client)
        return user
    nobody = await pretend_to_choose(services, sign_in.pool, name, of=user)
    shown = user if user is not None and user.enabled else nobody
    return shown if await _offered(services, sign_in, shown) else nobody


async def _offered(services: Services, sign_in: SignIn, user: User) -> tuple[Challenge, ...]:
    pool = sign_in.pool
    needed = rules.needs_second_factor(await standing_of(services, sign_in, user))
    has_passkeys = bool(await services.store.passkeys.of_user(pool.pool_id, user.username))
    return rules.first_factors(pool, user, passkeys=has_passkeys, second_factor_needed=needed)


async def offer(services: Services, sign_in: SignIn, user: User | None, name: str) -> Challenged:
    """SELECT_CHALLENGE."""
    offered = await choices(services, sign_in, user, name)
    shown = await _shown(services, sign_in, user, name)
    memory = {"available": offered, "pretence": shown is not user, "name": name}
    session = await challenges.start(services, sign_in, shown.username, Challenge.SELECT_CHALLENGE, memory, of=shown)
    return Challenged(Challenge.SELECT_CHALLENGE, session, {}, offered)


async def start_first(
    services: Services, sign_in: SignIn, user: User | None, name: str, challenge: Challenge
) -> Challenged:
    """Puts a first factor's challenge: a code is sent, a passkey asked for, a password waited for.

    Raises Refused: nothing has been proven yet by whoever asks for codes.
    """
    shown = await _shown(services, sign_in, user, name)
    parameters: dict[str, str] = {}
    memory: dict[str, object] = {"pretence": shown is not user, "name": name}
    if challenge in (Challenge.EMAIL_OTP, Challenge.SMS_OTP):
        counted = await counted_as(services, sign_in.pool, name)
        await lockout.check_not_locked(services, sign_in.pool, counted)
        await count_attempt(services, sign_in.pool, counted, "FirstFactorCode")
        parameters, code = one_time_codes.new_code(services, shown, challenge, first_factor=True)
        memory = {**memory, **code, "first": True}
    elif challenge is Challenge.WEB_AUTHN and shown is user:
        options, kept = await passkeys.start_authentication(services, sign_in.pool, shown)
        parameters, memory = {"CREDENTIAL_REQUEST_OPTIONS": options}, {**memory, **kept}
    async with services.store.unit(sign_in.pool.pool_id):
        session = await challenges.start(services, sign_in, shown.username, challenge, memory, of=shown)
        if "code" in memory:
            pretended = shown is not user
            await one_time_codes.send(services, sign_in.pool, sign_in.client, shown, memory, pretended=pretended)
    return Challenged(challenge, session, parameters)
