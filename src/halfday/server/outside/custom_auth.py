"""The port for a pool's custom challenges (CUSTOM_AUTH): a function defines them, creates them and verifies answers.

On AWS three Lambda triggers do this. Source: facts/triggers.md §5. The flow that calls the function is in
flows/sign_in/custom_auth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.challenge_records import ChallengeResult as ChallengeResult


@dataclass(frozen=True, slots=True)
class Asked:
    """The input of every trigger of a custom sign-in. `user_not_found`: the pool has no user of that name."""

    pool_id: str
    client_id: str
    username: str
    user_attributes: Mapping[str, str] = field(repr=False)
    session: Sequence[ChallengeResult]
    context: RequestContext
    user_not_found: bool = False


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


class CustomAuth(Protocol):
    """The three triggers of a custom sign-in."""

    async def define(self, asked: Asked) -> Defined: ...

    async def create(self, asked: Asked, challenge_name: str) -> Created: ...

    async def verify(self, asked: Asked, private: Mapping[str, str], answer: str) -> bool: ...
