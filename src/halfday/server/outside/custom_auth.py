"""The seam at which a pool's own challenges are decided (CUSTOM_AUTH): defined, created, verified.

On AWS three Lambda triggers stand behind it; those are not there yet. Source: facts/triggers.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ChallengeResult:
    """One challenge that was answered in this sign-in, as the define trigger sees it."""

    name: str
    passed: bool
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What every trigger of a custom sign-in is told. `user_not_found`: nobody of that name is in the pool."""

    pool_id: str
    client_id: str
    username: str
    user_attributes: Mapping[str, str] = field(repr=False)
    session: Sequence[ChallengeResult]
    client_metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
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
