"""Encoded authorization messages: what decided a call, for those who may know it (DecodeAuthorizationMessage).

AWS hands them out with the refusals of some services, of EC2 above all. Source: STS API reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.domain.aws.policies import Decision, Outcome
from halfday.server.flows.identity.sealed_texts import seal, unseal
from halfday.server.services import Services

_PURPOSE = "authorization message"
_LIFETIME_S = 24 * 3600


def encoded_message(
    services: Services, caller: SignedCaller, decision: Decision, resource: str, context: Mapping[str, Any]
) -> str:
    """The message, which only DecodeAuthorizationMessage reads. Its form is AWS's as far as it is documented."""
    conditions = [
        {"key": key, "values": {"items": [{"value": str(one)} for one in _values(value)]}}
        for key, value in context.items()
    ]
    told = {
        "allowed": decision.allowed,
        "explicitDeny": decision.outcome is Outcome.EXPLICIT_DENY,
        "matchedStatements": {"items": [{"statementId": decision.statement}] if decision.statement else []},
        "failures": {"items": []},
        "context": {
            "principal": {"id": caller.user_id, "arn": caller.arn},
            "action": decision.action,
            "resource": resource,
            "conditions": {"items": conditions},
        },
    }
    return seal(services, _PURPOSE, told, lifetime_s=_LIFETIME_S)


def read_message(services: Services, encoded: str) -> str | None:
    """The JSON of a message; None for what is none, and after a day."""
    told = unseal(services, _PURPOSE, encoded)
    return None if told is None else json.dumps(told, separators=(",", ":"))


def _values(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
