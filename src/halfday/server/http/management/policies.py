"""Which statement decides, of all policies that somebody has: for whoever was denied, or writes a policy.

    POST /policies/explain   {"as": NAME, "action", "resource", "context": {KEY: VALUE}, "session_tags": {TAG: VALUE}}

Nothing is called and nothing issued. The context is what is given here and what the session brings; what a request
would bring beside (its address, its time) fails closed where it is not given. A resource's own policy is not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from halfday.server.domain.aws.policies import AccessRequest, Decision, decide, near_misses
from halfday.server.domain.refusals import Refused as NotAllowed
from halfday.server.flows.identity.supposed_callers import supposed_caller
from halfday.server.http.management.answers import Refused, answer, body_of
from halfday.server.services import Services

MEMBERS = {
    "as": "root, the ARN of a role, a user or a session, an access key id, or a person's name in a user pool",
    "action": "such as s3:GetObject",
    "resource": "its ARN",
    "context": "condition keys of the request, each a text or a list of texts",
    "session_tags": "tags that the session has beside its own",
}


class PolicyHandlers:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def explain(self, request: Request) -> Response:
        asked = await body_of(request, tuple(MEMBERS))
        who, action, resource = (_text(asked, name) for name in ("as", "action", "resource"))
        context = _texts(asked, "context", lists=True)
        try:
            supposed = await supposed_caller(self._services, who, _texts(asked, "session_tags"))
        except NotAllowed as refused:
            raise Refused(f"as: {refused.sentence}.", 404) from None
        principal, policies = supposed.caller.principal, supposed.caller.policies
        about = AccessRequest(action, resource, context, principal)
        decision = decide(about, policies)
        misses = near_misses(about, policies, decision.kind) if decision.is_silent else []
        told = told_of(decision) | {"misses": [asdict(one) for one in misses]}
        return answer({"who": principal.arn, "issuer": principal.issuer_arn, "how": supposed.how, **told})


def told_of(decision: Decision) -> dict[str, Any]:
    return {
        "allowed": decision.allowed,
        "outcome": decision.outcome.value,
        "kind": None if decision.kind is None else decision.kind.value,
        "policy": decision.policy,
        "statement": decision.statement,
        "written": decision.written,
        "unknown_keys": list(decision.unknown_keys),
        "because": decision.because if not decision.allowed else "",
    }


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(f"{name}: must be a text.")
    if name == "action" and value.count(":") != 1:
        raise Refused("action: must be SERVICE:NAME, such as s3:GetObject.")
    return value


def _texts(asked: Mapping[str, Any], name: str, *, lists: bool = False) -> dict[str, Any]:
    given = asked.get(name, {})
    if not isinstance(given, Mapping) or not all(_is_text(value, lists) for value in given.values()):
        raise Refused(f"{name}: must be an object of texts{' or lists of texts' if lists else ''}.")
    return dict(given)


def _is_text(value: object, lists: bool) -> bool:
    if lists and isinstance(value, list):
        return all(isinstance(one, str) for one in value)
    return isinstance(value, str)
