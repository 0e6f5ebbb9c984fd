"""AuthParameters and ChallengeResponses: maps of texts, of which AWS's model says nothing but that."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.server.domain.users.usernames import LONGEST, is_too_long
from halfday.server.operations.framework.lookups import invalid

Parameters = Mapping[str, str]


def required(parameters: Parameters, name: str) -> str:
    """Raises Refused when it is missing or empty."""
    if not parameters.get(name):
        raise invalid(f"Missing required parameter {name}")
    return parameters[name]


def required_name(parameters: Parameters) -> str:
    """USERNAME, as long as a Username may be. The model bounds the member, and not what stands in a map [inferred]."""
    name = required(parameters, "USERNAME")
    if is_too_long(name):
        constraint = f"Member must have length less than or equal to {LONGEST}"
        raise invalid(f"1 validation error detected: Value at 'username' failed to satisfy constraint: {constraint}")
    return name
