"""What a policy's conditions may ask of any call. Source: IAM user guide, AWS global condition context keys."""

from __future__ import annotations

from datetime import UTC, datetime

from halfday.server.domain.request_context import RequestContext
from halfday.server.services import Services

LONGEST_USER_AGENT = 2_048
"""Of a longer one nothing is said, and what policies ask about it fails closed. Halfday's own limit."""


def conditions_of(services: Services, region: str, context: RequestContext) -> dict[str, str]:
    """By condition key. Whether the call came encrypted is told by the server's own origin: TLS may end before it."""
    now = services.clock()
    conditions = {
        "aws:CurrentTime": datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now)),
        "aws:RequestedRegion": region,
        "aws:SecureTransport": str(services.origin.startswith("https://")).lower(),
    }
    if context.source_address:
        conditions["aws:SourceIp"] = context.source_address
    if context.user_agent and len(context.user_agent) <= LONGEST_USER_AGENT:
        conditions["aws:UserAgent"] = context.user_agent
    return conditions
