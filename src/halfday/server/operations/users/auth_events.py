"""Authentication events and feedback on them: AdminListUserAuthEvents, AdminUpdateAuthEventFeedback,
UpdateAuthEventFeedback.

Events are recorded by `flows/protection/auth_events`. Each shows RiskDecision NoRisk, because nothing here assesses
risks.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from functools import partial
from typing import Any

from halfday.server.domain.refusals import Refused, not_authorized
from halfday.server.domain.sign_in.codes_and_sessions import digest
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.auth_events import AuthEvent, Feedback
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import the_pool, the_user
from halfday.server.operations.framework.registry import Call, Output, operation


@operation("cognito-idp", "AdminListUserAuthEvents", honours="UserPoolId Username MaxResults NextToken")
async def admin_list_user_auth_events(call: Call) -> Output:
    """Newest first."""
    pool = await _watching_pool(call)
    user = await the_user(call, pool)
    return await paging.listing(
        call,
        "AuthEvents",
        lambda limit, after: call.services.store.auth_events.page(
            pool.pool_id, user.username, limit=limit, now=call.now, before=after
        ),
        key=lambda event: f"{event.created_at!r} {event.event_id}",
        shape=_shape,
        read_token=paging.moment,
    )


@operation("cognito-idp", "AdminUpdateAuthEventFeedback", honours="UserPoolId Username EventId FeedbackValue")
async def admin_update_auth_event_feedback(call: Call) -> Output:
    event = await _the_event(call, await _watching_pool(call))
    return await _keep(call, event, "Admin")


@operation("cognito-idp", "UpdateAuthEventFeedback", honours="UserPoolId Username EventId FeedbackToken FeedbackValue")
async def update_auth_event_feedback(call: Call) -> Output:
    """Feedback by the user, whose message about the event held the token."""
    event = await _the_event(call, await _watching_pool(call))
    if not hmac.compare_digest(digest(call.input["FeedbackToken"]), event.feedback_hash):
        raise not_authorized("Invalid feedback token.")
    return await _keep(call, event, "User")


async def _watching_pool(call: Call) -> Pool:
    pool = await the_pool(call)
    if pool.threat_protection == "OFF":
        raise Refused("UserPoolAddOnNotEnabledException", "User pool add-ons are not enabled.")
    return pool


async def _the_event(call: Call, pool: Pool) -> AuthEvent:
    user = await the_user(call, pool)
    event = await call.services.store.auth_events.find(pool.pool_id, user.username, call.input["EventId"])
    if event is None or call.now >= event.expires_at:
        raise Refused("ResourceNotFoundException", "Event does not exist.")
    return event


async def _keep(call: Call, event: AuthEvent, provider: str) -> Output:
    """Keeps the feedback in place of an earlier one."""
    feedback = Feedback(call.input["FeedbackValue"], provider, call.now)
    await call.services.store.auth_events.change(event, partial(replace, feedback=feedback))
    return {}


def _shape(event: AuthEvent) -> dict[str, Any]:
    return {
        "EventId": event.event_id,
        "EventType": event.event_type,
        "CreationDate": event.created_at,
        "EventResponse": event.response,
        "EventRisk": {"RiskDecision": "NoRisk", "CompromisedCredentialsDetected": False},
        "ChallengeResponses": [{"ChallengeName": c.name, "ChallengeResponse": c.response} for c in event.challenges],
        "EventContextData": _context(event),
        "EventFeedback": _feedback(event.feedback),
    }


def _context(event: AuthEvent) -> dict[str, Any]:
    context = event.context
    return {
        "IpAddress": context.ip_address,
        "DeviceName": context.device_name,
        "Timezone": context.timezone,
        "City": context.city,
        "Country": context.country,
    }


def _feedback(feedback: Feedback | None) -> dict[str, Any] | None:
    if feedback is None:
        return None
    return {"FeedbackValue": feedback.value, "Provider": feedback.provider, "FeedbackDate": feedback.given_at}
