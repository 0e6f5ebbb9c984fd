"""Where a request came from: one value, made at the edge it came by and handed on unchanged.

It goes to whatever makes a user, sends a code or an invitation, or issues tokens. There Lambda triggers are called,
which are told of it (facts/triggers.md §2, §3). It decides nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Through which app client a request came, from where, and what it said for the triggers.

    `client_id` None: an administrator's call, which goes through no app client. `client_metadata` and `validation_data`
    are what the caller wrote: different triggers are told of them. `source_address` is the person's IP address, as far
    as it is known; `encoded_data` is the fingerprint of their device, in AWS's own encoding. `user_agent` is the
    browser's or program's, `sdk_user_agent` the AWS SDK's own header.
    """

    client_id: str | None = None
    client_metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    validation_data: Mapping[str, str] = field(default_factory=dict, repr=False)
    source_address: str | None = field(default=None, repr=False)
    encoded_data: str | None = field(default=None, repr=False)
    user_agent: str | None = None
    sdk_user_agent: str | None = None
