"""TARGET_ACR_VALUES, MAX_AGE and ACCESS_TOKEN of the flow USER_AUTH: the level that a sign-in is to reach.

Source: API reference, InitiateAuth, AuthParameters; Developer guide, Step-up authentication with the USER_AUTH flow.
Its sentences are [inferred].
"""

from __future__ import annotations

import re
from dataclasses import replace

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.acr_names import levels_named, may_be_asked_for
from halfday.server.flows.sign_in import step_up
from halfday.server.flows.sign_in.challenges import SignIn
from halfday.server.flows.sign_in.sign_in import Outcome
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.framework.registry import Call
from halfday.server.operations.sign_in.parameters import Parameters

_TARGET, _AGE, _TOKEN = "TARGET_ACR_VALUES", "MAX_AGE", "ACCESS_TOKEN"
_SECONDS = re.compile(r"[0-9]{1,10}")
_NOT_IN_TIER = "Step-up authentication requires the Essentials or Plus feature plan."


def refuse_elsewhere(taken_with: str, parameters: Parameters) -> None:
    """Raises Refused for what would be ignored: in another flow, or beside the session of a sign-up."""
    for name in (_TARGET, _AGE, _TOKEN):
        if name in parameters:
            raise invalid(f"{name} is taken with {taken_with} only.")


def with_levels(sign_in: SignIn, parameters: Parameters) -> SignIn:
    """The sign-in, with the levels that it is asked to reach, and whether its tokens tell one. Raises Refused."""
    max_age_s(parameters)
    if _TOKEN in parameters and _TARGET not in parameters:
        raise invalid(f"{_TOKEN} requires {_TARGET}.")
    if _TARGET not in parameters:
        tells = _AGE in parameters and may_be_asked_for(sign_in.pool.tier)
        return replace(sign_in, levels=()) if tells else sign_in
    if not may_be_asked_for(sign_in.pool.tier):
        raise Refused("FeatureUnavailableInTierException", _NOT_IN_TIER)
    levels = levels_named(sign_in.pool.acr_names, parameters[_TARGET])
    if not levels:
        raise invalid(f"{_TARGET} does not contain a valid ACR value.")
    return replace(sign_in, levels=levels)


async def from_token(call: Call, sign_in: SignIn, parameters: Parameters) -> Outcome | None:
    """The step up from a token's sign-in. None without one, or where it is older than MAX_AGE. Raises Refused."""
    if _TOKEN not in parameters:
        return None
    token, name = parameters[_TOKEN], parameters["USERNAME"]
    return await step_up.with_token(call.services, sign_in, token, name, max_age_s=max_age_s(parameters))


def max_age_s(parameters: Parameters) -> int | None:
    """Raises Refused for what is no number of seconds."""
    given = parameters.get(_AGE)
    if given is None:
        return None
    if not _SECONDS.fullmatch(given):
        raise invalid(f"{_AGE} must be a non-negative integer.")
    return int(given)
