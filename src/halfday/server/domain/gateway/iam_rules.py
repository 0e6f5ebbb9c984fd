"""execute-api:Invoke: what is asked of policies, of callers', of authorizers' and of the API's own.

Source: developer guide, Control access to a REST API with IAM permissions; How API Gateway resource policies affect
authorization workflow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.domain.aws.policies import (
    ANONYMOUS,
    AccessRequest,
    Decision,
    Kind,
    Outcome,
    Policy,
    PolicySet,
    Principal,
    decide,
    parse_policy,
)
from halfday.server.domain.gateway.refusals import GatewayRefused, ResponseType
from halfday.server.domain.gateway.requests import ApiRequest
from halfday.server.domain.gateway.serving import ApiAtStage

INVOKE = "execute-api:Invoke"

_SLASHES = re.compile("/+")
_SHORT = re.compile(r"execute-api:/(.*)", re.DOTALL)


def request_context(request: ApiRequest, region: str) -> dict[str, str]:
    """The condition keys that say what is asked, from where and when."""
    at = datetime.fromtimestamp(request.received_at, UTC)
    context = {
        "aws:CurrentTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(request.received_at)),
        "aws:RequestedRegion": region,
        "aws:SecureTransport": str(request.secure).lower(),
        "aws:SourceIp": request.source_ip,
    }
    for key, name in (("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")):
        value = request.header(name)
        if value is not None:
            context[key] = value
    return context


def completed(document: Mapping[str, Any], at: ApiAtStage) -> dict[str, Any]:
    """A resource policy whose short names, execute-api:/STAGE/METHOD/PATH, are ARNs of this API."""
    own = f"arn:aws:execute-api:{at.region}:{at.account}:{at.api_id}/"
    statements = document.get("Statement", [])
    listed = [statements] if isinstance(statements, Mapping) else statements
    return {**document, "Statement": [_completed(one, own) for one in listed]}


def _completed(statement: Mapping[str, Any], own: str) -> dict[str, Any]:
    changed = dict(statement)
    for member in ("Resource", "NotResource"):
        if member in changed:
            given = changed[member]
            texts = [given] if isinstance(given, str) else given
            changed[member] = [_SHORT.sub(lambda found: own + found[1], text) for text in texts]
    return changed


def resource_policy(at: ApiAtStage) -> Policy | None:
    """The API's own policy. Raises Refused for one that is not honoured, which configuring it does already."""
    if at.served.policy is None:
        return None
    return parse_policy(completed(at.served.policy, at), name="the API's policy", kind=Kind.RESOURCE)


def decision_of(
    request: ApiRequest,
    at: ApiAtStage,
    *,
    identity: Sequence[Policy] = (),
    principal: Principal | None = ANONYMOUS,
    with_resource: bool = True,
) -> Decision:
    arn = at.method_arn(request.method, request.raw_path)
    asked = AccessRequest(INVOKE, arn, request_context(request, at.region), principal)
    resource = resource_policy(at) if with_resource else None
    return _decided(asked, PolicySet(identity=tuple(identity), resource=resource), request, at)


def _decided(asked: AccessRequest, policies: PolicySet, request: ApiRequest, at: ApiAtStage) -> Decision:
    """An Allow is for the path as it was sent, which authorizers are told; a Deny counts however the path is spelt,
    because the method is found, and the backend told, by another spelling too.
    """
    decision = decide(asked, policies)
    for method, path in _spellings(request):
        arn = at.method_arn(method, path)
        if arn != asked.resource:
            found = decide(replace(asked, resource=arn), policies)
            if found.outcome is Outcome.EXPLICIT_DENY:
                return found
    return decision


def _spellings(request: ApiRequest) -> set[tuple[str, str]]:
    paths = {request.raw_path, request.path}
    paths |= {_SLASHES.sub("/", path) for path in paths}
    paths |= {path.rstrip("/") for path in paths}
    return {(method, path) for method in (request.method, request.method.upper()) for path in paths}


def check_resource_policy(request: ApiRequest, at: ApiAtStage) -> None:
    """Of a method that nobody signs for: the API's policy has to allow, if there is one. Raises GatewayRefused."""
    if at.served.policy is None:
        return
    decision = decision_of(request, at)
    if not decision.allowed:
        raise anonymous_denied(request, at, decision)


def check_not_denied(request: ApiRequest, at: ApiAtStage) -> None:
    """Before a Lambda authorizer is asked. Raises GatewayRefused."""
    if at.served.policy is not None and (decision := decision_of(request, at)).outcome is Outcome.EXPLICIT_DENY:
        raise anonymous_denied(request, at, decision)


def check_authorizer_policy(document: Mapping[str, Any], request: ApiRequest, at: ApiAtStage) -> str:
    """What allowed it, of the policy that a Lambda authorizer answered and of the API's. Raises GatewayRefused,
    Refused.
    """
    policy = _authorizer_policy(json.dumps(document, sort_keys=True))
    decision = decision_of(request, at, identity=[policy], principal=None)
    if decision.allowed:
        return str(decision)
    message = ResponseType.ACCESS_DENIED.usual.message or ""
    if decision.outcome is Outcome.EXPLICIT_DENY:
        message += f" {decision.because}"
    raise GatewayRefused(ResponseType.ACCESS_DENIED, str(decision), message=message)


def check_signed(caller: SignedCaller, request: ApiRequest, at: ApiAtStage) -> str:
    """What allowed it, for the log: the caller's policies or the API's, unless one of them denies. Raises
    GatewayRefused.
    """
    arn = at.method_arn(request.method, request.raw_path)
    asked = AccessRequest(INVOKE, arn, request_context(request, at.region), caller.principal, at.account)
    decision = _decided(asked, replace(caller.policies, resource=resource_policy(at)), request, at)
    if decision.allowed:
        return str(decision)
    sentence = denied_sentence(caller.arn, request, at, decision.because)
    raise GatewayRefused(ResponseType.ACCESS_DENIED, str(decision), message=sentence)


def anonymous_denied(request: ApiRequest, at: ApiAtStage, decision: Decision) -> GatewayRefused:
    sentence = denied_sentence("anonymous", request, at, decision.because)
    return GatewayRefused(ResponseType.ACCESS_DENIED, str(decision), message=sentence)


def denied_sentence(who: str, request: ApiRequest, at: ApiAtStage, because: str) -> str:
    arn = _masked(at.method_arn(request.method, request.raw_path), at)
    return f"User: {who} is not authorized to perform: {INVOKE} on resource: {arn} {because}".rstrip()


def _masked(arn: str, at: ApiAtStage) -> str:
    """The account's number is mostly hidden in these sentences."""
    return arn.replace(f":{at.account}:", f":********{at.account[-4:]}:")


@lru_cache(maxsize=256)
def _authorizer_policy(text: str) -> Policy:
    """Raises Refused."""
    return parse_policy(text, name="the authorizer's answer")
