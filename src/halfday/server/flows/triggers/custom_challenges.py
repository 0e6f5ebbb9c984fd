"""DefineAuthChallenge, CreateAuthChallenge and VerifyAuthChallengeResponse. Source: facts/triggers.md §4, §5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.challenge_records import ChallengeResult
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.triggers import Trigger
from halfday.server.flows.triggers.answers import flag, table_of_texts, text
from halfday.server.flows.triggers.invoke import call, has
from halfday.server.services import Services


@dataclass(frozen=True, slots=True)
class Asked:
    """What each of the three is told. `user_not_found`: the pool has no user of that name."""

    username: str
    user_attributes: Mapping[str, str] = field(repr=False)
    session: Sequence[ChallengeResult]
    context: RequestContext
    user_not_found: bool = False

    def request(self, **further: Any) -> dict[str, Any]:
        metadata = self.context.client_metadata
        return {
            "userAttributes": dict(self.user_attributes),
            **further,
            **({"clientMetadata": dict(metadata)} if metadata else {}),
            **({"userNotFound": True} if self.user_not_found else {}),
        }


@dataclass(frozen=True, slots=True)
class Defined:
    """The define trigger's answer: the next challenge, tokens, or a failed sign-in."""

    challenge_name: str | None = None
    issue_tokens: bool = False
    fail_authentication: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """A challenge: `public` is shown to the person, `private` is passed to `verify` with the answer."""

    public: Mapping[str, str] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict, repr=False)
    metadata: str | None = None


def has_custom_challenges(pool: Pool) -> bool:
    """Whether a sign-in by them can be begun; the other two functions are missed when they are called."""
    return has(pool, Trigger.DEFINE_AUTH_CHALLENGE)


async def define(services: Services, pool: Pool, asked: Asked) -> Defined:
    """Raises Refused."""
    response = await call(
        services,
        pool,
        Trigger.DEFINE_AUTH_CHALLENGE,
        "DefineAuthChallenge_Authentication",
        username=asked.username,
        request=asked.request(session=[_shown(result) for result in asked.session]),
        response={"challengeName": None, "issueTokens": None, "failAuthentication": None},
        context=asked.context,
    )
    answer = response or {}
    return Defined(text(answer, "challengeName"), flag(answer, "issueTokens"), flag(answer, "failAuthentication"))


async def create(services: Services, pool: Pool, asked: Asked, challenge_name: str) -> Created:
    """Raises Refused. A pool without this function makes challenges without parameters [inferred]."""
    response = await call(
        services,
        pool,
        Trigger.CREATE_AUTH_CHALLENGE,
        "CreateAuthChallenge_Authentication",
        username=asked.username,
        request=asked.request(challengeName=challenge_name, session=[_shown(result) for result in asked.session]),
        response={"publicChallengeParameters": None, "privateChallengeParameters": None, "challengeMetadata": None},
        context=asked.context,
    )
    answer = response or {}
    return Created(
        table_of_texts(answer, "publicChallengeParameters") or {},
        table_of_texts(answer, "privateChallengeParameters") or {},
        text(answer, "challengeMetadata"),
    )


async def verify(services: Services, pool: Pool, asked: Asked, private: Mapping[str, str], answer: str) -> bool:
    """Whether the answer is right. Without this function none is [inferred]. Raises Refused."""
    response = await call(
        services,
        pool,
        Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE,
        "VerifyAuthChallengeResponse_Authentication",
        username=asked.username,
        request=asked.request(privateChallengeParameters=dict(private), challengeAnswer=answer),
        response={"answerCorrect": None},
        context=asked.context,
    )
    return flag(response or {}, "answerCorrect")


def _shown(result: ChallengeResult) -> dict[str, Any]:
    return {
        "challengeName": result.name,
        "challengeResult": result.passed,
        "challengeMetadata": result.metadata,
    }
