"""The condition keys that any call to an AWS API has (IAM user guide, AWS global condition context keys)."""

from __future__ import annotations

from halfday.protocol.sigv4 import format_timestamp
from halfday.server.domain.request_context import RequestContext


def request_keys(context: RequestContext, *, account: str, region: str, now: float) -> dict[str, str]:
    """Those that say when, from where and with what it was asked."""
    stamp = format_timestamp(now)
    keys = {
        "aws:CurrentTime": f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:11]}:{stamp[11:13]}:{stamp[13:]}",
        "aws:EpochTime": str(int(now)),
        "aws:RequestedRegion": region,
        "aws:ResourceAccount": account,
        "aws:SourceIp": context.source_address,
        "aws:UserAgent": context.user_agent,
    }
    return {key: value for key, value in keys.items() if value is not None}
