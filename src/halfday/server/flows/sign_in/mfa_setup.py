"""MFA_SETUP: a second factor registered in the middle of a sign-in. Source: facts/api.md §4.

AssociateSoftwareToken and VerifySoftwareToken hand the session on to each other; the answer to MFA_SETUP comes last.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from halfday.server.domain.refusals import invalid
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.challenge_records import MfaSetup
from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal, next_step
from halfday.server.domain.user_pools.attributes import attribute_objections
from halfday.server.domain.user_pools.pools import EMAIL_OTP, SOFTWARE_TOKEN_MFA
from halfday.server.domain.users.users import User, aliases_in
from halfday.server.flows.factors import software_tokens
from halfday.server.flows.sign_in import challenges
from halfday.server.flows.sign_in.challenges import OpenChallenge, SignIn
from halfday.server.flows.sign_in.sign_in import Outcome, advance, put_challenge, standing_of
from halfday.server.flows.users import logged
from halfday.server.services import Services


async def associate(services: Services, session: str, context: RequestContext) -> tuple[str, str]:
    """A new secret, and the session in which its code is awaited."""
    opened = await _open(services, session, context)
    async with challenges.answered(services, opened):
        secret = await software_tokens.associate(services, opened.sign_in.pool, opened.the_user)
        return secret, await _handed_on(services, opened, set_up=False)


async def verify(
    services: Services, session: str, code: str, context: RequestContext, *, device_name: str | None
) -> str:
    """The app is registered and switched on; the session that is left answers MFA_SETUP. Raises Refused."""
    opened = await _open(services, session, context)
    user = opened.the_user
    proven = await software_tokens.proven_by(services, opened.sign_in.pool, user, code, device_name=device_name)
    async with challenges.answered(services, opened):
        await software_tokens.register(services, opened.sign_in.pool, user, proven)
        await services.store.users.change(user.pool_id, user.username, partial(_with_app, at=services.clock()))
        return await _handed_on(services, opened, set_up=True)


async def take_setup(services: Services, opened: OpenChallenge, *, email: str | None) -> Outcome:
    """What stands next, once an app has been registered. An e-mail address is sent a code, which is asked for next.

    Raises Refused.
    """
    user = opened.the_user
    if opened.kept(MfaSetup).set_up:
        async with challenges.answered(services, opened):
            return await advance(services, opened.sign_in, user, proof=Proof.SECOND, guessed=False)
    if email is None or EMAIL_OTP not in opened.sign_in.pool.mfa.factors:
        raise Refusal.INVALID_SESSION.because(f"{logged(user)} has set up no second factor in this session")
    await _check_still_asked(services, opened)
    if objections := attribute_objections(opened.sign_in.pool.schema, {"email": email}, creating=False):
        raise invalid(" ".join(objections))
    async with challenges.answered(services, opened):
        user = await _with_email(services, opened.sign_in, user, email)
        return await put_challenge(services, opened.sign_in, user, Challenge.EMAIL_OTP)


async def _with_email(services: Services, sign_in: SignIn, user: User, email: str) -> User:
    """The address is the person's once its code comes back, which is what they are asked for next."""
    now = services.clock()

    def with_email(known: User) -> User:
        if known.attributes.get("email"):
            raise Refusal.INVALID_SESSION.because(f"{logged(known)} has an e-mail address already")
        return known.with_attributes({**known.attributes, "email": email, "email_verified": "false"}, at=now)

    aliases = aliases_in(sign_in.pool)
    return await services.store.users.change(user.pool_id, user.username, with_email, aliases=aliases)


def _with_app(user: User, *, at: float) -> User:
    enabled = tuple(dict.fromkeys((*user.mfa_enabled, SOFTWARE_TOKEN_MFA)))
    return replace(user, mfa_enabled=enabled, mfa_preferred=user.mfa_preferred or SOFTWARE_TOKEN_MFA, modified_at=at)


async def _open(services: Services, session: str, context: RequestContext) -> OpenChallenge:
    sign_in = await challenges.sign_in_of(services, session, Challenge.MFA_SETUP, context)
    opened = await challenges.open_session(services, sign_in, session, Challenge.MFA_SETUP)
    if SOFTWARE_TOKEN_MFA not in sign_in.pool.mfa.factors:
        raise Refusal.NO_TOTP.because("the pool has no software token MFA")
    await _check_still_asked(services, opened)
    return opened


async def _check_still_asked(services: Services, opened: OpenChallenge) -> None:
    """Refuses whoever has got a second factor since: they show that one, and set up no other. Raises Refused."""
    if next_step(await standing_of(services, opened.sign_in, opened.the_user)) is not Challenge.MFA_SETUP:
        detail = f"{logged(opened.the_user)} is not to set up a second factor any more"
        raise Refusal.INVALID_SESSION.because(detail)


async def _handed_on(services: Services, opened: OpenChallenge, *, set_up: bool) -> str:
    kept = MfaSetup(set_up=set_up)
    return await challenges.put(services, opened.sign_in, opened.the_user, Challenge.MFA_SETUP, kept)
