"""The tokens of one sign-in with the times at which they end, and the form in which a session is kept.

Times are this machine's own: received plus lifetime, so that a clock that is wrong does not end tokens early
(facts/failures.md 4.2).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from halfday.client.credentials.aws_state import AwsState
from halfday.client.token_store.kept_tokens import are_old
from halfday.client.token_store.records import read_dataclass

if TYPE_CHECKING:
    from halfday.client.oauth.authorization import TokenAnswer

BY_CODE, BY_API = "code", "api"


@dataclass(frozen=True, slots=True)
class Tokens:
    """`by` tells where they can be renewed: BY_CODE at the token endpoint, BY_API at the user pool's API.

    `device_key`: the device that they were handed out with, where the pool tracks devices.
    """

    access_token: str = field(repr=False)
    access_expires_at: float
    received_at: float
    by: str = BY_CODE
    id_token: str | None = field(default=None, repr=False)
    id_expires_at: float = 0
    refresh_token: str | None = field(default=None, repr=False)
    device_key: str | None = None

    def are_old(self, now: float) -> bool:
        """Whether one of them ends soon; a short-lived token is used for half its life at least."""
        return are_old(self.received_at, self.end_at, now)

    @property
    def end_at(self) -> float:
        """When the first of them ends, in epoch seconds."""
        return min(self.access_expires_at, self.id_expires_at) if self.id_token else self.access_expires_at

    def renewed(self, answer: TokenAnswer, *, now: float) -> Tokens:
        """The tokens of a renewal. Without rotation no refresh token comes back, and the old one stays good."""
        fresh = tokens_of_answer(answer, by=self.by, now=now, device_key=self.device_key)
        return dataclasses.replace(fresh, refresh_token=answer.refresh_token or self.refresh_token)


def tokens_of_answer(answer: TokenAnswer, *, by: str, now: float, device_key: str | None = None) -> Tokens:
    return Tokens(
        access_token=answer.access_token,
        access_expires_at=now + answer.expires_in_s,
        received_at=now,
        by=by,
        id_token=answer.id_token,
        id_expires_at=now + _lifetime_s(answer.id_token, answer.expires_in_s),
        refresh_token=answer.refresh_token,
        device_key=device_key,
    )


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """All of a session that outlives the process. `subject` and `pool_id` were verified when it was kept."""

    tokens: Tokens
    subject: str
    pool_id: str = ""
    aws: AwsState = field(default_factory=AwsState)

    def record(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def read_session_record(record: Mapping[str, Any]) -> SessionRecord | None:
    """The session of a stored record. None for one that another version wrote or that is damaged."""
    try:
        return read_dataclass(SessionRecord, {name: record[name] for name in SessionRecord.__slots__})
    except (KeyError, TypeError):
        return None


def _lifetime_s(id_token: str | None, otherwise_s: float) -> float:
    """exp - iat. It is read before the signature is verified; nothing else is done with the token before that."""
    from halfday.protocol.jws import MalformedToken, read_unverified

    if id_token is None:
        return 0
    try:
        claims = read_unverified(id_token).unverified_payload
        return max(0.0, float(claims["exp"]) - float(claims["iat"]))
    except (MalformedToken, KeyError, TypeError, ValueError, OverflowError):
        return otherwise_s
