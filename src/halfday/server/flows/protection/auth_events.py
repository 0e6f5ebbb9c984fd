"""Authentication events: recorded in pools with threat protection, for the API and the pages alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from halfday.server.domain.sign_in.codes_and_sessions import digest
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.auth_events import (
    KEPT_S,
    AuthEvent,
    EventChallenge,
    EventContext,
    EventResponse,
    EventType,
)
from halfday.server.services import Services


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded event. `feedback_token` is for the message to the user; only its hash is kept."""

    event: AuthEvent
    feedback_token: str = field(repr=False)


async def record(
    services: Services,
    pool: Pool,
    username: str,
    event_type: EventType,
    response: EventResponse,
    *,
    client: AppClient,
    challenges: Sequence[EventChallenge] = (),
    context: EventContext | None = None,
    pretended: bool = False,
) -> Recorded | None:
    """Records the event, in pools with threat protection; None in others. Tokens may carry its `event_id`.

    `pretended`: no user has the name. An event that has expired already is written, so that it takes the same time.
    """
    if pool.threat_protection == "OFF":
        return None
    now, feedback_token = services.clock(), services.token()
    event = AuthEvent(
        pool_id=pool.pool_id,
        username="" if pretended else username,
        event_id=services.uuid(),
        created_at=now,
        expires_at=now if pretended else now + KEPT_S,
        event_type=event_type,
        response=response,
        client_id=client.client_id,
        feedback_hash=digest(feedback_token),
        challenges=tuple(challenges),
        context=context or EventContext(),
    )
    await services.store.auth_events.insert(event)
    return Recorded(event, feedback_token)
