"""ARNs and queue addresses that calls name their resources by: of this account and Region, or refused.

Another account's resource cannot be told by its name alone from one of this account to what stands behind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from halfday.server.domain.calls.refusals import CallRefused

_ARN = re.compile(
    r"arn:aws:(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>\d{12}|):(?P<name>[!-~]{1,2048})"
)
_QUEUE_URL = re.compile(
    r"(?:https?://[A-Za-z0-9.:\[\]-]+)?/(?P<account>\d{12})/(?P<name>[A-Za-z0-9_-]{1,80}(?:\.fifo)?)/?"
)


@dataclass(frozen=True, slots=True)
class Place:
    """The Region and the account that a call is made in."""

    region: str
    account: str

    def arn(self, service: str, name: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{name}"

    def name_in(self, arn: str, service: str) -> str:
        """What follows the account in an ARN of this place. Raises CallRefused."""
        found = _ARN.fullmatch(arn)
        if found is None or found["service"] != service:
            raise CallRefused("ValidationException", f"Invalid ARN: {arn[:256]!r} is no ARN of {service}.")
        if (found["region"], found["account"]) != (self.region, self.account):
            raise CallRefused(
                "AccessDeniedException", f"{arn[:256]} is of another account or Region, which is not built.", status=403
            )
        return found["name"]

    def queue_in(self, url: str) -> str:
        """The name of the queue that has this address. Raises CallRefused."""
        found = _QUEUE_URL.fullmatch(url)
        if found is None:
            raise CallRefused("InvalidAddress", f"The address {url[:256]} is not valid for this endpoint.")
        if found["account"] != self.account:
            raise CallRefused(
                "AccessDeniedException", "The queue is of another account, which is not built.", status=403
            )
        return found["name"]


def is_arn(text: str) -> bool:
    return text.startswith("arn:")
