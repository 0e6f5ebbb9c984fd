"""A sign-in from proof to proof, for the JSON API and the pages alike: `advance` after each, until it has passed.

`domain/sign_in/next_step` says what comes next; here it meets the store, the clock and what is sent. Raises
SignInRefused throughout.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from halfday.server.domain.sign_in import next_step as rules
from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal, SignInRefused, Standing, next_step
from halfday.server.domain.user_pools.attributes import full_schema
from halfday.server.domain.user_pools.pools import SOFTWARE_TOKEN_MFA, Pool
from halfday.server.domain.users.auth_events import EventChallenge
from halfday.server.domain.users.users import User
from halfday.server.flows.factors import devices, software_tokens
from halfday.server.flows.factors.devices import NewDevice
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.auth_events import record
from halfday.server.flows.sign_in import challenges, one_time_codes
from halfday.server.flows.sign_in.challenges import Session, SignIn
from halfday.server.flows.tokens.tokens import SignedIn, Tokens, issue
from halfday.server.flows.users import logged
from halfday.server.services import Services


@dataclass(frozen=True, slots=True)
class Challenged:
    """Something is still to be shown. `available` is SELECT_CHALLENGE's list."""

    name: Challenge
    session: str | None = field(repr=False)
    parameters: dict[str, str] = field(default_factory=dict)
    available: tuple[Challenge, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """Nothing stands before tokens any more. `event_id`: under which this was remembered, if it was."""

    sign_in: SignIn
    user: User
    event_id: str | None = None


Outcome = Challenged | Passed


async def advance(services: Services, sign_in: SignIn, user: User, *, proof: Proof) -> Outcome:
    """The challenge that stands after this proof, or that the sign-in has passed."""
    sign_in = replace(sign_in, proven=sign_in.proven | {proof})
    if not user.enabled:
        raise SignInRefused(Refusal.DISABLED, f"{logged(user)} is disabled")
    step = next_step(await standing_of(services, sign_in, user))
    if isinstance(step, Refusal):
        raise SignInRefused(step, f"{logged(user)} is {user.status.value}, after {', '.join(sign_in.proven)}")
    if step is not None:
        return await start(services, sign_in, user, step)
    async with services.store.unit(sign_in.pool.pool_id):
        await lockout.forget(services, sign_in.pool, user.username)
        recorded = await record(
            services, sign_in.pool, user.username, "SignIn", "Pass", client=sign_in.client, challenges=_shown(sign_in)
        )
    return Passed(sign_in, user, recorded.event.event_id if recorded else None)


async def finish(services: Services, passed: Passed) -> tuple[Tokens, NewDevice | None]:
    """The tokens of a sign-in over the API, and the key of a device that the pool did not know."""
    sign_in, user = passed.sign_in, passed.user
    known = sign_in.device_key and await services.store.devices.find(user.pool_id, user.username, sign_in.device_key)
    new = None if known else devices.new_device(services, sign_in.pool)
    device_key = sign_in.device_key if known else (new.device_key if new else None)
    signed_in = SignedIn(sign_in.pool, sign_in.client, user, device_key=device_key, event_id=passed.event_id)
    return await issue(services, signed_in), new


async def start(services: Services, sign_in: SignIn, user: User, challenge: Challenge) -> Challenged:
    """Puts a challenge that follows a first proof, and sends its code if it has one."""
    parameters: dict[str, str] = {"USER_ID_FOR_SRP": user.username}
    memory: dict[str, object] = {}
    match challenge:
        case Challenge.NEW_PASSWORD_REQUIRED:
            missing = missing_attributes(sign_in.pool, user)
            parameters["requiredAttributes"] = _text([f"userAttributes.{name}" for name in missing])
            parameters["userAttributes"] = _text({**user.attributes, **dict.fromkeys(missing, "")})
        case Challenge.SMS_MFA | Challenge.EMAIL_OTP:
            delivery, memory = one_time_codes.new_code(services, user, challenge, first_factor=False)
            parameters |= delivery
        case Challenge.SOFTWARE_TOKEN_MFA:
            token = await services.store.software_tokens.find(user.pool_id, user.username)
            if token is not None and token.device_name:
                parameters["FRIENDLY_DEVICE_NAME"] = token.device_name
        case Challenge.SELECT_MFA_TYPE:
            standing = await standing_of(services, sign_in, user)
            parameters["MFAS_CAN_CHOOSE"] = _text(standing.factors)
            memory["factors"] = standing.factors
        case Challenge.MFA_SETUP:
            parameters["MFAS_CAN_SETUP"] = _text(rules.can_set_up(sign_in.pool))
    async with services.store.unit(sign_in.pool.pool_id):
        session = await challenges.start(services, sign_in, user.username, challenge, memory, of=user)
        if "code" in memory:
            await one_time_codes.send(services, sign_in.pool, sign_in.client, user, memory)
    return Challenged(challenge, session, parameters)


async def take_code(services: Services, session: Session, challenge: Challenge, code: str) -> Outcome:
    """The code of a second factor."""
    user, sign_in = session.the_user, session.sign_in
    if challenge is Challenge.SOFTWARE_TOKEN_MFA:
        app, step = await software_tokens.check(services, sign_in.pool, sign_in.client, user, code)
        async with challenges.answered(services, session):
            await software_tokens.use(services, user, app, step)
            await _check_offered(services, session, challenge)
            return await advance(services, sign_in, user, proof=Proof.SECOND)
    await one_time_codes.check_code(services, session, code)
    async with challenges.answered(services, session):
        await _check_offered(services, session, challenge)
        user = await one_time_codes.mark_proven(services, sign_in.pool, user, session.memory)
        return await advance(services, sign_in, user, proof=Proof.SECOND)


async def take_mfa_choice(services: Services, session: Session, chosen: str) -> Challenged | None:
    """None when it is not one of those that were offered; the session stays then."""
    if chosen not in session.memory["factors"]:
        return None
    async with challenges.answered(services, session):
        await _check_offered(services, session, chosen)
        return await start(services, session.sign_in, session.the_user, Challenge(chosen))


async def _check_offered(services: Services, session: Session, factor: str) -> None:
    """What the person has, and what the pool takes, may have changed since it was asked for. Raises SignInRefused."""
    standing = await standing_of(services, session.sign_in, session.the_user)
    if factor not in standing.factors:
        detail = f"{factor} is no second factor of {logged(session.the_user)} any more"
        raise SignInRefused(Refusal.INVALID_SESSION, detail)


def _text(value: object) -> str:
    """JSON within a parameter, without spaces as AWS writes it (facts/api.md §4)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _shown(sign_in: SignIn) -> list[EventChallenge]:
    shown = {Proof.PASSWORD: "Password", Proof.SECOND: "Mfa"}
    return [EventChallenge(name, "Success") for proof, name in shown.items() if proof in sign_in.proven]


async def standing_of(services: Services, sign_in: SignIn, user: User) -> Standing:
    pool = sign_in.pool
    has_token = SOFTWARE_TOKEN_MFA in pool.mfa.factors and await software_tokens.has_one(services, pool, user)
    return Standing(
        proven=sign_in.proven,
        status=user.status,
        temporary_expired=services.clock() >= user.temporary_password_expires_at,
        mfa=pool.mfa,
        factors=rules.second_factors(pool, user, has_software_token=has_token),
        preferred=user.mfa_preferred,
        can_set_up=rules.can_set_up(pool),
        remembered_device=bool(sign_in.proven)
        and await devices.remembered(services, pool, user, sign_in.device_key) is not None,
        device_suffices=pool.devices is not None and pool.devices.challenge_on_new,
        passkey_suffices=pool.passkeys is not None and pool.passkeys.counts_as_mfa,
    )


def missing_attributes(pool: Pool, user: User) -> list[str]:
    """The required attributes that the person has not got."""
    return [a.name for a in full_schema(pool.schema) if a.required and not user.all_attributes.get(a.name)]
