"""What a function of Lambda's API says itself of who may do something with it: its resource policy."""

from __future__ import annotations

import json

from halfday.server.domain.aws.permissions import Owned
from halfday.server.domain.aws.policies import Kind, kept_policy
from halfday.server.flows.functions.invoking import find_uploaded
from halfday.server.services import Services


async def owned_function(services: Services, arn: str) -> Owned | None:
    """None for an ARN of no function."""
    function = await find_uploaded(services, arn)
    if function is None:
        return None
    text = json.dumps(function.policy) if function.statements else None
    policy = kept_policy(text, name=f"of {function.name}", kind=Kind.RESOURCE) if text else None
    return Owned(function.account, policy)
