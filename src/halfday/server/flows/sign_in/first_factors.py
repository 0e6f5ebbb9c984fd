"""First factors: what USER_AUTH offers to whom, one-time codes and passkeys put and answered. All of it raises Refused.

SRP has a file of its own. Source: facts/api.md §4 (USER_AUTH), §6 (people who are to stay unknown).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from halfday.server.domain.sign_in import next_step as rules
from halfday.server.domain.sign_in import stepping_up
from halfday.server.domain.sign_in.authentication_levels import Method
from halfday.server.domain.sign_in.challenge_records import FirstFactorChoice, OneTimeCode, PasskeyRequest, Record
from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal
from halfday.server.domain.user_pools.triggers import Trigger
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.flows.account.migration import migrate
from halfday.server.flows.factors import passkeys
from halfday.server.flows.factors.passwords import check_password, unknown_user
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.limits import count_attempt
from halfday.server.flows.protection.user_existence import counted_as, pretend_to_choose
from halfday.server.flows.sign_in import challenges, one_time_codes
from halfday.server.flows.sign_in.challenges import OpenChallenge, SignIn
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, advance, standing_of
from halfday.server.flows.triggers.authentication import pre_authentication
from halfday.server.flows.triggers.invoke import has
from halfday.server.flows.users import find_user, logged
from halfday.server.services import Services


async def prove_password(
    services: Services, sign_in: SignIn, name: str, password: str, *, announced: bool = False
) -> Outcome:
    """A sign-in that begins with a password. A wrong one is counted. `announced`: the sign-in has begun before."""
    user = await user_of_password(services, sign_in, name, password, announced=announced)
    return await advance(services, sign_in, user, proof=Proof.PASSWORD, method=Method.PASSWORD)


async def user_of_password(
    services: Services, sign_in: SignIn, name: str, password: str, *, announced: bool = False
) -> User:
    """The user whose password this is. The pool's functions are asked: of the sign-in, and of whom the pool does not
    know but another directory does, who come over with this password. Raises Refused.
    """
    pool = sign_in.pool
    if not announced:
        await announce(services, sign_in, name)
    if has(pool, Trigger.USER_MIGRATION) and await find_user(services, pool, name) is None:
        await migrate(services, pool, sign_in.client, name, password, sign_in.context)
    return await check_password(services, pool, sign_in.client, name, password)


async def announce(services: Services, sign_in: SignIn, name: str) -> None:
    """The pool's function is told that somebody begins to sign in, and may refuse it. Raises Refused.

    Of a name that nobody has it is told where the client is not to learn that (facts/triggers.md §2).
    """
    if not has(sign_in.pool, Trigger.PRE_AUTHENTICATION):
        return
    user = await find_user(services, sign_in.pool, name)
    if user is not None or sign_in.client.hide_unknown_users:
        await pre_authentication(services, sign_in.pool, user, name, sign_in.context)


async def take_password(services: Services, opened: OpenChallenge, name: str, password: str) -> Outcome:
    """The answer to PASSWORD. A wrong one leaves the session for another try, as far as the lock-out lets it."""
    user = await check_password(services, opened.sign_in.pool, opened.sign_in.client, name, password)
    async with challenges.answered(services, opened):
        return await advance(services, opened.sign_in, user, proof=Proof.PASSWORD, method=Method.PASSWORD)


async def take_first_code(services: Services, opened: OpenChallenge, code: str) -> Outcome:
    """The answer to EMAIL_OTP or SMS_OTP as a first factor. The address is verified, the user CONFIRMED."""
    sent = await one_time_codes.check_code(services, opened, code)
    user, sign_in = opened.the_user, opened.sign_in
    async with challenges.answered(services, opened):
        user = await one_time_codes.mark_proven(services, sign_in.pool, user, sent)
        if user.status is UserStatus.UNCONFIRMED:
            change = partial(replace, status=UserStatus.CONFIRMED, modified_at=services.clock())
            user = await services.store.users.change(user.pool_id, user.username, change)
        method = stepping_up.method_of(opened.pending.challenge)
        return await advance(services, sign_in, user, proof=Proof.OTP, method=method)


async def take_passkey(services: Services, opened: OpenChallenge, credential: str) -> Outcome:
    user, sign_in = opened.the_user, opened.sign_in
    await lockout.check_not_locked(services, sign_in.pool, user.username)
    request = opened.kept(PasskeyRequest)
    async with challenges.answered(services, opened):
        shown = await passkeys.check_authentication(services, sign_in.pool, user, request, credential)
        proof = Proof.VERIFIED_PASSKEY if shown.verified else Proof.PASSKEY
        return await advance(services, sign_in, user, proof=proof, method=shown.method)


async def choices(services: Services, sign_in: SignIn, user: User | None, name: str) -> tuple[Challenge, ...]:
    """The first factors that USER_AUTH offers. For a user who is to stay unknown, those of somebody made up."""
    shown = await _shown(services, sign_in, user, name)
    if not shown.enabled:
        raise Refusal.DISABLED.because(f"{logged(user)} is disabled")
    offered = await _offered(services, sign_in, shown)
    if not offered and sign_in.levels:
        raise Refusal.OUT_OF_REACH.because(
            f"{logged(user)} has no first factor that leads to a level that was asked for"
        )
    if not offered:
        raise Refusal.WRONG.because(f"{logged(user)} has no first factor that this pool accepts")
    return offered


async def _shown(services: Services, sign_in: SignIn, user: User | None, name: str) -> User:
    """The person; where the client is not to learn who exists, somebody made up for whoever cannot sign in at all.

    Raises Refused.
    """
    if not sign_in.client.hide_unknown_users:
        if user is None:
            raise unknown_user(sign_in.client)
        return user
    made_up = await pretend_to_choose(services, sign_in.pool, name, of=user)
    shown = user if user is not None and user.enabled else made_up
    return shown if await _offered(services, sign_in, shown) else made_up


async def _offered(services: Services, sign_in: SignIn, user: User) -> tuple[Challenge, ...]:
    pool, standing = sign_in.pool, await standing_of(services, sign_in, user)
    needed = rules.needs_second_factor(standing)
    has_passkeys = bool(await services.store.passkeys.of_user(pool.pool_id, user.username))
    offered = rules.first_factors(pool, user, passkeys=has_passkeys, second_factor_needed=needed)
    return _towards_level(sign_in, offered, standing.all_factors)


def _towards_level(sign_in: SignIn, offered: tuple[Challenge, ...], factors: tuple[str, ...]) -> tuple[Challenge, ...]:
    """Those that lead to a level that the app asked for; none of them, where no level is within reach.

    Where the client is not to learn who exists, everybody counts as if they had every code there is: who lacks it hears
    so once they have shown the first factor.
    """
    if not sign_in.levels:
        return offered
    counted = stepping_up.CODES if sign_in.client.hide_unknown_users else factors
    return tuple(map(Challenge, stepping_up.first_factors_towards(sign_in.levels, offered, counted)))


async def offer(services: Services, sign_in: SignIn, user: User | None, name: str) -> Challenged:
    """SELECT_CHALLENGE."""
    offered = await choices(services, sign_in, user, name)
    shown = await _shown(services, sign_in, user, name)
    challenge, kept, pretence = Challenge.SELECT_CHALLENGE, FirstFactorChoice(offered), shown is not user
    session = await challenges.put(services, sign_in, shown, challenge, kept, name=name, pretence=pretence)
    return Challenged(challenge, session, {}, offered)


async def start_first(
    services: Services, sign_in: SignIn, user: User | None, name: str, challenge: Challenge
) -> Challenged:
    """Puts a first factor's challenge: a code is sent, a passkey asked for, a password waited for.

    Raises Refused. Nothing has been proven yet by whoever asks for codes, so that asking is counted.
    """
    shown = await _shown(services, sign_in, user, name)
    parameters: dict[str, str] = {}
    kept: Record | None = None
    if challenge in (Challenge.EMAIL_OTP, Challenge.SMS_OTP):
        counted = await counted_as(services, sign_in.pool, name)
        await lockout.check_not_locked(services, sign_in.pool, counted)
        await count_attempt(services, sign_in.pool, counted, "FirstFactorCode")
        kept = one_time_codes.new_code(services, shown, challenge, first=True)
        parameters = one_time_codes.delivery_parameters(kept)
    elif challenge is Challenge.WEB_AUTHN:
        parameters, kept = await _passkey_request(services, sign_in, shown, pretence=shown is not user)
    pretence = shown is not user
    async with services.store.unit(sign_in.pool.pool_id):
        session = await challenges.put(services, sign_in, shown, challenge, kept, name=name, pretence=pretence)
        if isinstance(kept, OneTimeCode):
            await one_time_codes.send(services, sign_in, shown, kept, pretence=pretence)
    return Challenged(challenge, session, parameters)


async def take_choice(services: Services, opened: OpenChallenge, chosen: Challenge) -> Challenged:
    """The first factor that was chosen of SELECT_CHALLENGE's is asked for. Raises Refused."""
    name = opened.begun.name or opened.pending.username
    await check_chosen(services, opened, name, chosen)
    async with challenges.answered(services, opened):
        return await start_first(services, opened.sign_in, opened.user, name, chosen)


async def check_chosen(services: Services, opened: OpenChallenge, name: str, chosen: str) -> None:
    """Refuses what was offered and is no first factor of the person any more. Raises Refused."""
    if chosen not in await choices(services, opened.sign_in, opened.user, name):
        raise Refusal.INVALID_SESSION.because(f"{chosen} is no first factor of {logged(opened.user)} any more")


async def _passkey_request(
    services: Services, sign_in: SignIn, user: User, *, pretence: bool
) -> tuple[dict[str, str], PasskeyRequest]:
    """Somebody who is made up has no passkeys to ask for."""
    if pretence:
        return {}, PasskeyRequest()
    options, kept = await passkeys.start_authentication(services, sign_in.pool, user)
    return {"CREDENTIAL_REQUEST_OPTIONS": options}, kept
