"""What a pool with threat protection remembers of people's sign-ins and the like, and what was thought of it later.

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
    """Where it came from, as far as anybody said."""

    ip_address: str | None = None
    device_name: str | None = None
    timezone: str | None = None
    city: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody thought of the event. `provider` is who: Admin, or User by the link in a message."""

    value: FeedbackValue
    provider: str
    given_at: float


@dataclass(frozen=True, slots=True)
class AuthEvent:
    """One event. `feedback_hash` is of the token that lets its user say what they think of it; it is kept by hash."""

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
