"""A sign-in from proof to proof, for the JSON API and the pages alike: `advance` after each, until it has passed.

`domain/sign_in/next_step` says what comes next; here it meets the store, the clock and what is sent. All of it raises
Refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from halfday.server.domain.sign_in import next_step as rules
from halfday.server.domain.sign_in import stepping_up
from halfday.server.domain.sign_in.authentication_levels import Method
from halfday.server.domain.sign_in.challenge_records import MfaChoice, MfaSetup, OneTimeCode, Record
from halfday.server.domain.sign_in.next_step import GUESSABLE_PROOFS, Challenge, Proof, Refusal, Standing, next_step
from halfday.server.domain.user_pools.attributes import full_schema
from halfday.server.domain.user_pools.pools import SOFTWARE_TOKEN_MFA, Pool
from halfday.server.domain.users.auth_events import EventChallenge
from halfday.server.domain.users.users import User
from halfday.server.flows.factors import devices, passkeys, software_tokens
from halfday.server.flows.factors.devices import NewDevice
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.auth_events import record
from halfday.server.flows.protection.limits import count_attempt
from halfday.server.flows.sign_in import challenges, one_time_codes
from halfday.server.flows.sign_in.challenges import OpenChallenge, SignIn
from halfday.server.flows.tokens.tokens import SignedIn, Tokens, issue
from halfday.server.flows.triggers import token_generation
from halfday.server.flows.triggers.authentication import post_authentication
from halfday.server.flows.users import logged
from halfday.server.services import Services
from halfday.server.storage.errors import Missing


@dataclass(frozen=True, slots=True)
class Challenged:
    """Something is still to be shown. `available` is SELECT_CHALLENGE's list."""

    name: Challenge
    session: str | None = field(repr=False)
    parameters: dict[str, str] = field(default_factory=dict)
    available: tuple[Challenge, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """Nothing stands before tokens any more. `event_id`: of the event that was recorded, if one was."""

    sign_in: SignIn
    user: User
    event_id: str | None = None


Outcome = Challenged | Passed


async def advance(
    services: Services,
    sign_in: SignIn,
    user: User,
    *,
    proof: Proof,
    method: Method | None = None,
    guessed: bool = True,
) -> Outcome:
    """The challenge that stands after this proof, or that the sign-in has passed.

    It is one unit, with whatever the caller does in the same: a right guess that came while the name was locked out
    counts for nothing, and neither does a password that was replaced since `user` was read. What comes next is decided
    by the person as they are now. `method`: what the proof counts for in the sign-in's level; None for nothing new.
    `guessed` False: the proof was not this request's to guess. Raises Refused.
    """
    async with services.store.unit(sign_in.pool.pool_id):
        user = await _as_they_are(services, sign_in, user)
        shown = sign_in.shown if method is None else sign_in.shown.with_method(method)
        sign_in = replace(sign_in, proven=sign_in.proven | {proof}, shown=shown)
        if guessed and proof in GUESSABLE_PROOFS:
            await lockout.check_not_locked(services, sign_in.pool, user.username)
        if not user.enabled:
            raise Refusal.DISABLED.because(f"{logged(user)} is disabled")
        step = next_step(await standing_of(services, sign_in, user))
        if isinstance(step, Refusal):
            raise step.because(f"{logged(user)} is {user.status.value}, after {', '.join(sign_in.proven)}")
        if step is not None:
            return await put_challenge(services, sign_in, user, step)
        return await _passed(services, sign_in, user)


async def _as_they_are(services: Services, sign_in: SignIn, user: User) -> User:
    """Raises Refused where the person is gone, or has another password than the one that they signed in with."""
    try:
        return await services.store.users.as_proven(user)
    except Missing as problem:
        refusal = Refusal.INVALID_SESSION if sign_in.proven else Refusal.WRONG
        raise refusal.because(f"{logged(user)}: {problem}") from problem


async def _passed(services: Services, sign_in: SignIn, user: User) -> Passed:
    await lockout.forget(services, sign_in.pool, user.username)
    shown = {Proof.PASSWORD: "Password", Proof.SECOND: "Mfa"}
    recorded = await record(
        services,
        sign_in.pool,
        user.username,
        "SignIn",
        "Pass",
        client=sign_in.client,
        challenges=[EventChallenge(name, "Success") for proof, name in shown.items() if proof in sign_in.proven],
    )
    return Passed(sign_in, user, recorded.event.event_id if recorded else None)


async def finish(services: Services, passed: Passed) -> tuple[Tokens, NewDevice | None]:
    """The tokens of a sign-in over the API, and the key of a device that the pool did not know. Raises Refused."""
    sign_in, user = passed.sign_in, passed.user
    known = sign_in.device_key and await services.store.devices.find(user.pool_id, user.username, sign_in.device_key)
    new = None if known else devices.new_device(services, sign_in.pool)
    device_key = sign_in.device_key if known else (new.device_key if new else None)
    await post_authentication(services, sign_in.pool, user, sign_in.context, new_device=new is not None)
    signed_in = SignedIn(
        sign_in.pool,
        sign_in.client,
        user,
        sign_in.context,
        auth_time=sign_in.auth_time,
        device_key=device_key,
        event_id=passed.event_id,
        authentication=sign_in.shown,
        acr=sign_in.acr,
        word=_word(sign_in),
    )
    return await issue(services, signed_in), new


def _word(sign_in: SignIn) -> str:
    """The last of PreTokenGeneration's source (facts/triggers.md §7)."""
    if Proof.NEW_PASSWORD in sign_in.proven:
        return token_generation.NEW_PASSWORD
    return token_generation.DEVICE if Proof.DEVICE in sign_in.proven else token_generation.AUTHENTICATION


async def put_challenge(services: Services, sign_in: SignIn, user: User, challenge: Challenge) -> Challenged:
    """Puts a challenge that follows a first proof, and sends its code if it has one. Sending is counted."""
    parameters, kept = await _asked(services, sign_in, user, challenge)
    async with services.store.unit(sign_in.pool.pool_id):
        session = await challenges.put(services, sign_in, user, challenge, kept)
        if isinstance(kept, OneTimeCode):
            await count_attempt(services, sign_in.pool, user.username, "SecondFactorCode")
            await one_time_codes.send(services, sign_in, user, kept)
    return Challenged(challenge, session, {"USER_ID_FOR_SRP": user.username, **parameters})


async def _asked(
    services: Services, sign_in: SignIn, user: User, challenge: Challenge
) -> tuple[dict[str, str], Record | None]:
    """What the challenge tells the person, and what is kept for its answer."""
    match challenge:
        case Challenge.NEW_PASSWORD_REQUIRED:
            missing = missing_attributes(sign_in.pool, user)
            required = _text([f"userAttributes.{name}" for name in missing])
            known = _text({**user.attributes, **dict.fromkeys(missing, "")})
            return {"requiredAttributes": required, "userAttributes": known}, None
        case Challenge.SMS_MFA | Challenge.EMAIL_OTP:
            code = one_time_codes.new_code(services, user, challenge, first=False)
            return one_time_codes.delivery_parameters(code), code
        case Challenge.SOFTWARE_TOKEN_MFA:
            app = await services.store.software_tokens.find(user.pool_id, user.username)
            return ({"FRIENDLY_DEVICE_NAME": app.device_name} if app is not None and app.device_name else {}), None
        case Challenge.SELECT_MFA_TYPE:
            factors = rules.codes_to_choose(await standing_of(services, sign_in, user))
            return {"MFAS_CAN_CHOOSE": _text(factors)}, MfaChoice(factors)
        case Challenge.WEB_AUTHN:
            options, request = await passkeys.start_authentication(services, sign_in.pool, user)
            return {"CREDENTIAL_REQUEST_OPTIONS": options}, request
        case Challenge.MFA_SETUP:
            return {"MFAS_CAN_SETUP": _text(rules.can_set_up(sign_in.pool))}, MfaSetup()
    return {}, None


async def take_code(services: Services, opened: OpenChallenge, challenge: Challenge, code: str) -> Outcome:
    """The code of a second factor is right: what stands next."""
    user, sign_in = opened.the_user, opened.sign_in
    if challenge is Challenge.SOFTWARE_TOKEN_MFA:
        app, step = await software_tokens.check(services, sign_in.pool, sign_in.client, user, code)
        async with challenges.answered(services, opened):
            await software_tokens.use(services, user, app, step)
            await _check_offered(services, opened, challenge)
            return await advance(services, sign_in, user, proof=Proof.SECOND, method=Method.TOTP)
    sent = await one_time_codes.check_code(services, opened, code)
    async with challenges.answered(services, opened):
        await (check_to_set_up(services, opened) if sent.is_new else _check_offered(services, opened, challenge))
        user = await one_time_codes.mark_proven(services, sign_in.pool, user, sent)
        return await advance(services, sign_in, user, proof=Proof.SECOND, method=stepping_up.method_of(challenge))


async def take_mfa_choice(services: Services, opened: OpenChallenge, chosen: str) -> Challenged | None:
    """The second factor that was chosen is asked for. None when it was not offered; the challenge stands then."""
    if chosen not in opened.kept(MfaChoice).factors:
        return None
    async with challenges.answered(services, opened):
        await _check_offered(services, opened, chosen)
        return await put_challenge(services, opened.sign_in, opened.the_user, Challenge(chosen))


async def _check_offered(services: Services, opened: OpenChallenge, factor: str) -> None:
    """The factor is still one that the person has and the pool takes. Raises Refused."""
    standing = await standing_of(services, opened.sign_in, opened.the_user)
    if factor not in (*standing.factors, *rules.codes_to_choose(standing)):
        detail = f"{factor} is no second factor of {logged(opened.the_user)} any more"
        raise Refusal.INVALID_SESSION.because(detail)


async def check_to_set_up(services: Services, opened: OpenChallenge) -> None:
    """Refuses whoever has got a second factor since: they show that one, and set up no other. Raises Refused."""
    if next_step(await standing_of(services, opened.sign_in, opened.the_user)) is not Challenge.MFA_SETUP:
        detail = f"{logged(opened.the_user)} is not to set up a second factor any more"
        raise Refusal.INVALID_SESSION.because(detail)


def _text(value: object) -> str:
    """JSON within a parameter, without spaces as AWS writes it (facts/api.md §4)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def standing_of(services: Services, sign_in: SignIn, user: User) -> Standing:
    pool = sign_in.pool
    counts = SOFTWARE_TOKEN_MFA in pool.mfa.factors or bool(sign_in.levels)
    has_token = counts and await software_tokens.has_one(services, pool, user)
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
        levels=sign_in.levels or (),
        shown=sign_in.shown,
        all_factors=await _all_factors(services, sign_in, user, has_token=has_token),
    )


async def _all_factors(services: Services, sign_in: SignIn, user: User, *, has_token: bool) -> tuple[str, ...]:
    """What the person has to reach a level with. Nobody looks where no level was asked for."""
    if not sign_in.levels:
        return ()
    has_passkeys = bool(await services.store.passkeys.of_user(user.pool_id, user.username))
    return stepping_up.factors_of(sign_in.pool, user, has_software_token=has_token, has_passkeys=has_passkeys)


def missing_attributes(pool: Pool, user: User) -> list[str]:
    """The required attributes that the person has not got."""
    return [a.name for a in full_schema(pool.schema) if a.required and not user.all_attributes.get(a.name)]
