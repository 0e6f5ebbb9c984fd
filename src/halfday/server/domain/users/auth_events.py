"""Authentication events of a pool with threat protection, and the feedback on them.

Source: API reference, AdminListUserAuthEvents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

EventType = Literal["SignIn", "SignUp", "ForgotPassword", "PasswordChange", "ResendCode"]
EventResponse = Literal["Pass", "Fail", "InProgress"]
FeedbackValue = Literal["Valid", "Invalid"]

KEPT_S = 2 * 365 * 86400
"""How long an event is kept: two years (Developer guide, Viewing user event history)."""


@dataclass(frozen=True, slots=True)
class EventChallenge:
    """A challenge within the event: `name` is Password or Mfa, `response` Success or Failure."""

    name: str
    response: str


@dataclass(frozen=True, slots=True)
class EventContext:
    """Where the request came from, as far as it is known."""

    ip_address: str | None = None
    device_name: str | None = None
    timezone: str | None = None
    city: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """The feedback on an event. `provider` is Admin, or User when it came by the link in a message."""

    value: FeedbackValue
    provider: str
    given_at: float


@dataclass(frozen=True, slots=True)
class AuthEvent:
    """One event. `feedback_hash` is the hash of the token with which the user may give feedback."""

    pool_id: str
    username: str
    event_id: str
    created_at: float
    expires_at: float
    event_type: EventType
    response: EventResponse
    client_id: str
    feedback_hash: str
    challenges: tuple[EventChallenge, ...] = ()
    context: EventContext = field(default_factory=EventContext)
    feedback: Feedback | None = None
