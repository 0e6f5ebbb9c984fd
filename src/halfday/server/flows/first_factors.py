"""First factors: what USER_AUTH offers to whom, one-time codes and passkeys put and taken back. Raises SignInRefused.

Passwords and SRP have files of their own. Source: facts/api.md §4 (USER_AUTH), §6 (people who are to stay unknown).
"""

from __future__ import annotations

from halfday.server.domain import sign_in as rules
from halfday.server.domain.pools import Pool
from halfday.server.domain.sign_in import Challenge, Proof, Refusal, SignInRefused
from halfday.server.domain.users import User, UserStatus
from halfday.server.flows import challenges, lockout, one_time_codes, passkeys
from halfday.server.flows.challenges import Session, SignIn
from halfday.server.flows.limits import count_attempt
from halfday.server.flows.passwords import unknown_user
from halfday.server.flows.pretence import counted_as, pretended_delivery, pretended_id
from halfday.server.flows.sign_in import Challenged, Outcome, advance, standing_of
from halfday.server.flows.users import find_user, logged
from halfday.server.services import Services


async def take_first_code(services: Services, session: Session, code: str) -> Outcome:
    """The code of EMAIL_OTP or SMS_OTP as a first factor. It proves the address too, and confirms who is not yet."""
    await one_time_codes.check_code(services, session, code)
    user, sign_in = session.the_user, session.sign_in
    await challenges.use_up(services, session)
    user = await one_time_codes.mark_proven(services, sign_in.pool, user, session.memory)
    if user.status is UserStatus.UNCONFIRMED:
        user = await _confirmed(services, user)
    return await advance(services, sign_in, user, proof=Proof.OTP)


async def take_passkey(services: Services, session: Session, credential: str) -> Outcome:
    user, sign_in = session.the_user, session.sign_in
    await lockout.check_not_locked(services, sign_in.pool, user.username)
    verified = await passkeys.check_authentication(services, sign_in.pool, user, session.memory, credential)
    await challenges.use_up(services, session)
    return await advance(services, sign_in, user, proof=Proof.VERIFIED_PASSKEY if verified else Proof.PASSKEY)


async def choices(services: Services, sign_in: SignIn, user: User | None, name: str) -> tuple[Challenge, ...]:
    """The first factors that USER_AUTH offers. To somebody who is to stay unknown, what most people have."""
    pool = sign_in.pool
    if user is None:
        if not sign_in.client.hide_unknown_users:
            raise unknown_user(sign_in.client)
        by_mail = (Challenge.EMAIL_OTP,) if "EMAIL_OTP" in pool.first_factors and pool.mfa.mode != "ON" else ()
        return (Challenge.PASSWORD, Challenge.PASSWORD_SRP, *by_mail)
    if not user.enabled:
        raise SignInRefused(Refusal.DISABLED, f"{logged(user)} is disabled")
    offered = await _offered(services, sign_in, user)
    if not offered:
        raise SignInRefused(Refusal.WRONG, f"{logged(user)} has no first factor that this pool accepts")
    return offered


async def who_chooses(services: Services, sign_in: SignIn, name: str) -> User | None:
    """Whom the name means. Who has no first factor at all is nobody, where the client is not to learn who exists."""
    user = await find_user(services, sign_in.pool, name)
    if user is None or not (user.enabled and sign_in.client.hide_unknown_users):
        return user
    return user if await _offered(services, sign_in, user) else None


async def _offered(services: Services, sign_in: SignIn, user: User) -> tuple[Challenge, ...]:
    pool = sign_in.pool
    needed = rules.needs_second_factor(await standing_of(services, sign_in, user))
    has_passkeys = bool(await services.store.passkeys.of_user(pool.pool_id, user.username))
    return rules.first_factors(pool, user, passkeys=has_passkeys, second_factor_needed=needed)


async def offer(services: Services, sign_in: SignIn, user: User | None, name: str) -> Challenged:
    """SELECT_CHALLENGE."""
    offered = await choices(services, sign_in, user, name)
    username = await _username(services, sign_in.pool, user, name)
    memory = {"available": offered, "pretence": user is None, "name": name}
    session = await challenges.start(services, sign_in, username, Challenge.SELECT_CHALLENGE, memory)
    return Challenged(Challenge.SELECT_CHALLENGE, session, {}, offered)


async def start_first(
    services: Services, sign_in: SignIn, user: User | None, name: str, challenge: Challenge
) -> Challenged:
    """Puts a first factor's challenge: a code is sent, a passkey asked for, a password waited for.

    Raises SignInRefused, DeliveryFailed, and LimitExceeded: nothing has been proven yet by whoever asks for codes.
    """
    parameters: dict[str, str] = {}
    memory: dict[str, object] = {"pretence": user is None, "name": name}
    if challenge in (Challenge.EMAIL_OTP, Challenge.SMS_OTP):
        memory["first"] = True
        counted = await counted_as(services, sign_in.pool, name)
        await lockout.check_not_locked(services, sign_in.pool, counted)
        await count_attempt(services, sign_in.pool, counted, "FirstFactorCode")
        if user is None:
            nowhere = await pretended_delivery(services, sign_in.pool, name)
            parameters = one_time_codes.delivery_parameters(nowhere.attribute, nowhere.destination)
        else:
            parameters, code = one_time_codes.new_code(services, user, challenge, first_factor=True)
            memory |= code
    elif challenge is Challenge.WEB_AUTHN and user is not None:
        options, kept = await passkeys.start_authentication(services, sign_in.pool, user)
        parameters, memory = {"CREDENTIAL_REQUEST_OPTIONS": options}, {**memory, **kept}
    username = await _username(services, sign_in.pool, user, name)
    session = await challenges.start(services, sign_in, username, challenge, memory)
    if user is not None and "code" in memory:
        await one_time_codes.send(services, sign_in.pool, user, memory)
    return Challenged(challenge, session, parameters)


async def _username(services: Services, pool: Pool, user: User | None, name: str) -> str:
    return await pretended_id(services, pool, name) if user is None else user.username


async def _confirmed(services: Services, user: User) -> User:
    await services.store.users.set_status(user.pool_id, user.username, UserStatus.CONFIRMED, now=services.clock())
    return await services.store.users.get(user.pool_id, user.username)
