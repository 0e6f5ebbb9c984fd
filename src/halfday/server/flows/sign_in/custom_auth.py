"""CUSTOM_AUTH: a pool's own challenges, decided by its triggers. Source: facts/triggers.md §5.

What the triggers decide is the first factor; whatever the pool asks of everybody beside it is still asked [inferred].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from halfday.server.domain.refusals import Refused, invalid
from halfday.server.domain.sign_in.authentication_levels import Method
from halfday.server.domain.sign_in.challenge_records import ChallengeResult, CustomChallenge, PasswordVerifier
from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User
from halfday.server.flows.factors.passwords import state_of, unknown_user
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.user_existence import counted_as, pretend
from halfday.server.flows.sign_in import challenges, srp
from halfday.server.flows.sign_in.challenges import OpenChallenge, SignIn
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, advance
from halfday.server.flows.triggers import custom_challenges as triggers
from halfday.server.flows.triggers.custom_challenges import Asked
from halfday.server.flows.triggers.invoke import attributes_of
from halfday.server.flows.users import find_user, logged
from halfday.server.services import Services

Results = Sequence[ChallengeResult]


async def begin(services: Services, sign_in: SignIn, name: str, *, srp_a: str | None) -> Outcome:
    """`srp_a`: the person begins by proving a password, if the triggers want one."""
    _check_configured(sign_in.pool)
    user = await find_user(services, sign_in.pool, name)
    if user is None and not sign_in.client.hide_unknown_users:
        raise unknown_user(sign_in.client)
    if user is not None and not user.enabled:
        if not sign_in.client.hide_unknown_users:
            raise Refusal.DISABLED.because(f"{logged(user)} is {state_of(user)}")
        user = None
    await lockout.check_not_locked(services, sign_in.pool, sign_in.pool.fold(name) if user is None else user.username)
    results = [ChallengeResult("SRP_A", True)] if srp_a is not None else []
    return await _next(services, sign_in, user, name, results, srp_a=srp_a)


async def take_answer(services: Services, opened: OpenChallenge, answer: str) -> Outcome:
    """The answer is verified, right or wrong, and the triggers say how to go on.

    The challenge is taken before: a trigger may take seconds, and no unit is held that long.
    """
    kept = opened.kept(CustomChallenge)
    name = opened.begun.name or opened.pending.username
    await challenges.take(services, opened)
    asked = await _asked(services, opened.sign_in, opened.user, name, kept.results)
    right = await triggers.verify(services, opened.sign_in.pool, asked, kept.private, answer)
    result = ChallengeResult(Challenge.CUSTOM_CHALLENGE, right, kept.metadata)
    return await _next(services, opened.sign_in, opened.user, name, [*kept.results, result])


async def after_password(services: Services, opened: OpenChallenge) -> Outcome:
    """The password that the triggers wanted has been proven, and its challenge taken."""
    kept, name = opened.kept(PasswordVerifier), opened.begun.name or opened.pending.username
    results = [*(kept.results or ()), ChallengeResult(Challenge.PASSWORD_VERIFIER, True)]
    proven, shown = opened.sign_in.proven | {Proof.PASSWORD}, opened.sign_in.shown.with_method(Method.PASSWORD)
    sign_in = replace(opened.sign_in, proven=proven, shown=shown)
    return await _next(services, sign_in, opened.user, name, results)


def belongs_to_triggers(opened: OpenChallenge) -> bool:
    return opened.kept(PasswordVerifier).results is not None


async def _next(
    services: Services, sign_in: SignIn, user: User | None, name: str, results: Results, *, srp_a: str | None = None
) -> Outcome:
    asked = await _asked(services, sign_in, user, name, results)
    _check_configured(sign_in.pool)
    defined = await triggers.define(services, sign_in.pool, asked)
    if defined.issue_tokens and user is not None:
        return await advance(services, sign_in, user, proof=Proof.CUSTOM)
    if defined.fail_authentication or defined.issue_tokens:
        counted = await counted_as(services, sign_in.pool, name)
        await lockout.failed(services, sign_in.pool, counted, client=sign_in.client, pretended=user is None)
        raise Refusal.WRONG.because(f"the define trigger ended the sign-in of {logged(user)}")
    if defined.challenge_name == Challenge.CUSTOM_CHALLENGE:
        return await _custom_challenge(services, sign_in, user, name, asked)
    if defined.challenge_name == Challenge.PASSWORD_VERIFIER and srp_a is not None:
        return await srp.challenge(services, sign_in, name, srp_a, tuple(results))
    detail = "the define trigger asked for a challenge that cannot stand here"
    raise Refused("InvalidLambdaResponseException", "Unrecognizable lambda output", detail)


async def _custom_challenge(
    services: Services, sign_in: SignIn, user: User | None, name: str, asked: Asked
) -> Challenged:
    challenge = Challenge.CUSTOM_CHALLENGE
    created = await triggers.create(services, sign_in.pool, asked, challenge)
    kept = CustomChallenge(tuple(asked.session), dict(created.private), created.metadata)
    made_up = (await pretend(services, sign_in.pool, name)).user
    session = await challenges.put(
        services, sign_in, user or made_up, challenge, kept, name=name, pretence=user is None
    )
    return Challenged(challenge, session, {**created.public, "USERNAME": asked.username})


def _check_configured(pool: Pool) -> None:
    """Raises Refused where the pool names no function for this."""
    if not triggers.has_custom_challenges(pool):
        raise invalid("Custom auth lambda trigger is not configured for the user pool.")


async def _asked(services: Services, sign_in: SignIn, user: User | None, name: str, results: Results) -> Asked:
    made_up = (await pretend(services, sign_in.pool, name)).user
    return Asked(
        made_up.username if user is None else user.username,
        {} if user is None else attributes_of(user),
        tuple(results),
        sign_in.context,
        user_not_found=user is None,
    )
