"""MFA_SETUP: a second factor registered in the middle of a sign-in. Source: facts/api.md §4.

AssociateSoftwareToken and VerifySoftwareToken hand the session on to each other; the answer to MFA_SETUP comes last.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from halfday.server.domain.refusals import invalid
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.authentication_levels import Method
from halfday.server.domain.sign_in.challenge_records import MfaSetup
from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal
from halfday.server.domain.user_pools.attributes import attribute_objections
from halfday.server.domain.user_pools.pools import SOFTWARE_TOKEN_MFA
from halfday.server.domain.users.users import User
from halfday.server.flows.factors import software_tokens
from halfday.server.flows.protection.limits import count_attempt
from halfday.server.flows.sign_in import challenges, one_time_codes
from halfday.server.flows.sign_in.challenges import OpenChallenge
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, advance, check_to_set_up
from halfday.server.flows.users import logged
from halfday.server.services import Services


async def associate(services: Services, session: str, context: RequestContext) -> tuple[str, str]:
    """A new secret, and the session in which its code is awaited."""
    return await associate_in(services, await _open(services, session, context))


async def verify(
    services: Services, session: str, code: str, context: RequestContext, *, device_name: str | None
) -> str:
    """The app is registered and switched on; the session that is left answers MFA_SETUP. Raises Refused."""
    return await verify_in(services, await _open(services, session, context), code, device_name=device_name)


async def associate_in(services: Services, opened: OpenChallenge) -> tuple[str, str]:
    await _check_app(services, opened)
    async with challenges.answered(services, opened):
        secret = await software_tokens.associate(services, opened.sign_in.pool, opened.the_user)
        return secret, await _handed_on(services, opened, set_up=False)


async def verify_in(services: Services, opened: OpenChallenge, code: str, *, device_name: str | None) -> str:
    await _check_app(services, opened)
    user = opened.the_user
    proven = await software_tokens.proven_by(services, opened.sign_in.pool, user, code, device_name=device_name)
    async with challenges.answered(services, opened):
        await software_tokens.register(services, opened.sign_in.pool, user, proven)
        await services.store.users.change(user.pool_id, user.username, partial(_with_app, at=services.clock()))
        return await _handed_on(services, opened, set_up=True)


async def take_setup(services: Services, opened: OpenChallenge, *, email: str | None) -> Outcome:
    """What stands next, once an app has been registered, or an e-mail address given. Raises Refused."""
    user = opened.the_user
    if opened.kept(MfaSetup).set_up:
        async with challenges.answered(services, opened):
            proof, method = Proof.SECOND, Method.TOTP  # only an app is set up before: an address is proven by its code
            return await advance(services, opened.sign_in, user, proof=proof, method=method, guessed=False)
    if email is None:
        raise Refusal.INVALID_SESSION.because(f"{logged(user)} has set up no second factor in this session")
    return await take_address(services, opened, Challenge.EMAIL_OTP, email)


async def take_address(services: Services, opened: OpenChallenge, factor: Challenge, address: str) -> Outcome:
    """A code is sent to the address, and asked for next. It is the person's once the code comes back.

    Raises Refused.
    """
    pool, user = opened.sign_in.pool, opened.the_user
    if factor not in pool.mfa.factors:
        raise Refusal.INVALID_SESSION.because(f"{factor} is no second factor of {pool.pool_id}")
    await check_to_set_up(services, opened)
    code = one_time_codes.new_code_to(services, factor, address)
    if objections := attribute_objections(pool.schema, {code.attribute: address}, creating=False):
        raise invalid(" ".join(objections))
    async with challenges.answered(services, opened):
        session = await challenges.put(services, opened.sign_in, user, factor, code)
        await count_attempt(services, pool, user.username, "SecondFactorCode")
        await one_time_codes.send(services, opened.sign_in, user, code)
    told = one_time_codes.delivery_parameters(code)
    return Challenged(factor, session, {"USER_ID_FOR_SRP": user.username, **told})


def _with_app(user: User, *, at: float) -> User:
    enabled = tuple(dict.fromkeys((*user.mfa_enabled, SOFTWARE_TOKEN_MFA)))
    return replace(user, mfa_enabled=enabled, mfa_preferred=user.mfa_preferred or SOFTWARE_TOKEN_MFA, modified_at=at)


async def _open(services: Services, session: str, context: RequestContext) -> OpenChallenge:
    sign_in = await challenges.sign_in_of(services, session, Challenge.MFA_SETUP, context)
    return await challenges.open_session(services, sign_in, session, Challenge.MFA_SETUP)


async def _check_app(services: Services, opened: OpenChallenge) -> None:
    """Raises Refused where no app may be set up."""
    if SOFTWARE_TOKEN_MFA not in opened.sign_in.pool.mfa.factors:
        raise Refusal.NO_TOTP.because("the pool has no software token MFA")
    await check_to_set_up(services, opened)


async def _handed_on(services: Services, opened: OpenChallenge, *, set_up: bool) -> str:
    kept = MfaSetup(set_up=set_up)
    return await challenges.put(services, opened.sign_in, opened.the_user, Challenge.MFA_SETUP, kept)
