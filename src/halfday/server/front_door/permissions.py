"""Whether policies allow what an S3 call needs: all of it, at a cost that has an end.

A bulk delete asks for 1,000 keys, each of which is held against every statement. So the policies are read once, others
have their turn in between, and what conditions compare is not longer than what they are written for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import thread_time

from halfday.protocol.errors import ServiceError
from halfday.server.domain.aws.callers import Root, SignedCaller
from halfday.server.domain.aws.permissions import Permissions
from halfday.server.domain.aws.policies import KNOWN_ANYWHERE, OF_S3, OF_THE_REQUEST, KnownKeys
from halfday.server.domain.s3.actions import Need
from halfday.server.flows.identity.unknown_keys import tell_unknown_keys
from halfday.server.front_door.resource_policies import ResourcePolicies

TURN_S = 0.005
"""Processor time after which others have their turn. What a decision costs depends on the policies."""
LONGEST_CONTEXT_VALUE = 2_048
"""Characters of a header or parameter that conditions may ask about, such as aws:UserAgent. Halfday's own limit."""


async def authorize_all(
    caller: SignedCaller,
    needs: Sequence[Need],
    context: Mapping[str, str],
    *,
    service: str = "s3",
    known: KnownKeys = OF_S3,
    unsure: bool = False,
    policies: ResourcePolicies | None = None,
) -> list[str]:
    """What decided, each statement once, for the log. Raises Refused; ServiceError for a context that is too long.

    `known`: condition keys that are in the needs' contexts wherever AWS has them. `unsure`: the resource is not known.
    `policies` are the resources' own.
    """
    permissions, decisions = Permissions(caller, service), dict[str, None]()
    known = _known_with(known)
    turn_ends = thread_time() + TURN_S
    try:
        for need in needs:
            asked = {**context, **need.context}
            if not isinstance(caller, Root):
                _check_length(asked)
            owned = await policies.of(need) if policies is not None and not isinstance(caller, Root) else None
            decided = permissions.check(need.action, need.resource, asked, owned=owned, known=known, unsure=unsure)
            decisions[decided] = None
            if thread_time() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = thread_time() + TURN_S
    finally:
        tell_unknown_keys(permissions.unknown_keys)
    return list(decisions)


@lru_cache(maxsize=16)
def _known_with(known: KnownKeys) -> KnownKeys:
    return KNOWN_ANYWHERE | OF_THE_REQUEST | known


def _check_length(context: Mapping[str, str | Sequence[str]]) -> None:
    texts = (text for value in context.values() for text in ([value] if isinstance(value, str) else value))
    if any(len(text) > LONGEST_CONTEXT_VALUE for text in texts):
        message = "Your request header section exceeds the maximum allowed size."
        detail = f"what policies may ask about is longer than {LONGEST_CONTEXT_VALUE} characters"
        raise ServiceError("RequestHeaderSectionTooLarge", message, detail=detail)
