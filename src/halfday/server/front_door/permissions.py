"""Whether policies allow what an S3 call needs: all of it, at a cost that has an end.

A bulk delete asks for 1,000 keys, each of which is held against every statement. So the policies are read once, others
have their turn in between, and what conditions compare is not longer than what they are written for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from time import thread_time

from halfday.protocol.errors import ServiceError
from halfday.server.domain.aws.callers import Root, SignedCaller
from halfday.server.domain.aws.permissions import Permissions
from halfday.server.domain.s3.actions import Need
from halfday.server.flows.identity.unknown_keys import tell_unknown_keys

TURN_S = 0.005
"""Processor time after which others have their turn. What a decision costs depends on the policies."""
LONGEST_CONTEXT_VALUE = 2_048
"""Characters of a header or parameter that conditions may ask about, such as aws:UserAgent. Halfday's own limit."""


async def authorize_all(caller: SignedCaller, needs: Sequence[Need], context: Mapping[str, str]) -> list[str]:
    """What decided, each statement once, for the log. Raises Refused; ServiceError for a context that is too long."""
    permissions, decisions = Permissions(caller, "s3"), dict[str, None]()
    turn_ends = thread_time() + TURN_S
    try:
        for need in needs:
            asked = {**context, **need.context}
            if not isinstance(caller, Root):
                _check_length(asked)
            decisions[permissions.check(need.action, need.resource, asked)] = None
            if thread_time() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = thread_time() + TURN_S
    finally:
        tell_unknown_keys(permissions.unknown_keys)
    return list(decisions)


def _check_length(context: Mapping[str, str]) -> None:
    if any(len(value) > LONGEST_CONTEXT_VALUE for value in context.values()):
        message = "Your request header section exceeds the maximum allowed size."
        detail = f"what policies may ask about is longer than {LONGEST_CONTEXT_VALUE} characters"
        raise ServiceError("RequestHeaderSectionTooLarge", message, detail=detail)
