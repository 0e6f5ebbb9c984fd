"""CUSTOM_AUTH: a pool's own challenges, decided behind the seam of `outside/custom_auth`. Source: facts/triggers.md §5.

What the triggers decide is the first factor; whatever the pool asks of everybody beside it is still asked [inferred].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal, SignInRefused
from halfday.server.domain.users.users import User
from halfday.server.flows.factors.passwords import state_of, unknown_user
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.user_existence import counted_as, pretend
from halfday.server.flows.sign_in import challenges, srp
from halfday.server.flows.sign_in.challenges import Session, SignIn
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, advance
from halfday.server.flows.users import find_user, logged
from halfday.server.outside.custom_auth import Asked, ChallengeResult, CustomAuth
from halfday.server.services import Services

Results = Sequence[ChallengeResult]


class NotConfigured(Exception):
    """Nobody decides the pool's own challenges. The sentence is AWS's."""

    def __init__(self) -> None:
        super().__init__("Custom auth lambda trigger is not configured for the user pool.")


class Unrecognizable(Exception):
    """What a trigger answered cannot be followed. The sentence is AWS's."""

    def __init__(self, detail: str) -> None:
        super().__init__("Unrecognizable lambda output")
        self.detail = detail


async def begin(services: Services, sign_in: SignIn, name: str, *, srp_a: str | None) -> Outcome:
    """`srp_a`: the person begins by proving a password, if the triggers want one."""
    _the_triggers(services)
    user = await find_user(services, sign_in.pool, name)
    if user is None and not sign_in.client.hide_unknown_users:
        raise unknown_user(sign_in.client)
    if user is not None and not user.enabled:
        if not sign_in.client.hide_unknown_users:
            raise SignInRefused(Refusal.DISABLED, f"{logged(user)} is {state_of(user)}")
        user = None
    await lockout.check_not_locked(services, sign_in.pool, sign_in.pool.fold(name) if user is None else user.username)
    results = [ChallengeResult("SRP_A", True)] if srp_a is not None else []
    return await _next(services, sign_in, user, name, results, srp_a=srp_a)


async def take_answer(services: Services, session: Session, answer: str) -> Outcome:
    """The answer is verified, right or wrong, and the triggers say how to go on."""
    triggers, memory, user = _the_triggers(services), session.memory, session.user
    await challenges.use_up(services, session)
    asked = await _asked(services, session.sign_in, user, memory["name"], _results_in(memory))
    right = await triggers.verify(asked, memory["private"], answer)
    result = ChallengeResult(Challenge.CUSTOM_CHALLENGE, right, memory["metadata"])
    return await _next(services, session.sign_in, user, memory["name"], [*asked.session, result])


async def after_password(services: Services, session: Session) -> Outcome:
    """The password that the triggers wanted has been proven."""
    results = [*_results_in(session.memory), ChallengeResult(Challenge.PASSWORD_VERIFIER, True)]
    sign_in = replace(session.sign_in, proven=session.sign_in.proven | {Proof.PASSWORD})
    return await _next(services, sign_in, session.user, session.memory["name"], results)


def belongs_to_triggers(session: Session) -> bool:
    return "results" in session.memory


async def _next(
    services: Services, sign_in: SignIn, user: User | None, name: str, results: Results, *, srp_a: str | None = None
) -> Outcome:
    asked = await _asked(services, sign_in, user, name, results)
    defined = await _the_triggers(services).define(asked)
    if defined.issue_tokens and user is not None:
        return await advance(services, sign_in, user, proof=Proof.CUSTOM)
    if defined.fail_authentication or defined.issue_tokens:
        counted = await counted_as(services, sign_in.pool, name)
        await lockout.failed(services, sign_in.pool, counted, client=sign_in.client, pretended=user is None)
        raise SignInRefused(Refusal.WRONG, f"the define trigger ended the sign-in of {logged(user)}")
    if defined.challenge_name == Challenge.CUSTOM_CHALLENGE:
        return await _custom_challenge(services, sign_in, user, name, asked)
    if defined.challenge_name == Challenge.PASSWORD_VERIFIER and srp_a is not None:
        return await srp.challenge(services, sign_in, name, srp_a, {"results": _results_out(results)})
    raise Unrecognizable("the define trigger asked for a challenge that cannot stand here")


async def _custom_challenge(
    services: Services, sign_in: SignIn, user: User | None, name: str, asked: Asked
) -> Challenged:
    created = await _the_triggers(services).create(asked, Challenge.CUSTOM_CHALLENGE)
    memory = {
        "pretence": user is None,
        "name": name,
        "results": _results_out(asked.session),
        "private": dict(created.private),
        "metadata": created.metadata,
    }
    session = await challenges.start(services, sign_in, asked.username, Challenge.CUSTOM_CHALLENGE, memory, of=user)
    return Challenged(Challenge.CUSTOM_CHALLENGE, session, {**created.public, "USERNAME": asked.username})


def _the_triggers(services: Services) -> CustomAuth:
    if services.custom_auth is None:
        raise NotConfigured
    return services.custom_auth


async def _asked(services: Services, sign_in: SignIn, user: User | None, name: str, results: Results) -> Asked:
    nobody = (await pretend(services, sign_in.pool, name)).user
    username = nobody.username if user is None else user.username
    attributes = {} if user is None else {**user.all_attributes, "cognito:user_status": user.status.value}
    return Asked(
        sign_in.pool.pool_id,
        sign_in.client.client_id,
        username,
        attributes,
        tuple(results),
        sign_in.metadata,
        user_not_found=user is None,
    )


def _results_out(results: Results) -> list[list[Any]]:
    return [[result.name, result.passed, result.metadata] for result in results]


def _results_in(memory: dict[str, Any]) -> list[ChallengeResult]:
    return [ChallengeResult(*result) for result in memory["results"]]
