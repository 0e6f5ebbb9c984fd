"""A function that decides a pool's own challenges (CUSTOM_AUTH): defines them, creates them, verifies their answers.

On AWS three Lambda triggers do it. Source: facts/triggers.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.challenge_records import ChallengeResult as ChallengeResult


@dataclass(frozen=True, slots=True)
class Asked:
    """What every trigger of a custom sign-in is told. `user_not_found`: nobody of that name is in the pool."""

    pool_id: str
    client_id: str
    username: str
    user_attributes: Mapping[str, str] = field(repr=False)
    session: Sequence[ChallengeResult]
    context: RequestContext
    user_not_found: bool = False


@dataclass(frozen=True, slots=True)
class Defined:
    """The define trigger's answer: the next challenge, or the end, well or badly."""

    challenge_name: str | None = None
    issue_tokens: bool = False
    fail_authentication: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """A challenge: what the person is shown, and what the answer is held against."""

    public: Mapping[str, str] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict, repr=False)
    metadata: str | None = None


class CustomAuth(Protocol):
    async def define(self, asked: Asked) -> Defined: ...

    async def create(self, asked: Asked, challenge_name: str) -> Created: ...

    async def verify(self, asked: Asked, private: Mapping[str, str], answer: str) -> bool: ...
