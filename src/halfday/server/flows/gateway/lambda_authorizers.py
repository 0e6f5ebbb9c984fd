"""Lambda authorizers: TOKEN and REQUEST of REST APIs, REQUEST of HTTP APIs. What they said is kept for a while.

Source: developer guides, Use API Gateway Lambda authorizers; Control access to HTTP APIs with Lambda authorizers.
"""

from __future__ import annotations

import re

from halfday.server.domain.gateway import authorizer_functions as functions
from halfday.server.domain.gateway.authorizer_functions import Verdict, broken, context_texts, question, verdict_of
from halfday.server.domain.gateway.events import NOBODY, Authorized, Routed, context_v1
from halfday.server.domain.gateway.expressions import Surroundings
from halfday.server.domain.gateway.iam_rules import check_authorizer_policy, check_not_denied
from halfday.server.domain.gateway.refusals import GatewayRefused, ResponseType
from halfday.server.domain.gateway.serving import ApiKind, Authorizer, AuthorizerKind
from halfday.server.domain.refusals import Refused
from halfday.server.flows.gateway.functions import (
    EventTooLarge,
    TimedOut,
    call_function,
    reason_of,
    routed_surroundings,
)
from halfday.server.outside.functions.invocation import FunctionError, NotInvoked
from halfday.server.services import Services

TIMEOUT_S = 29.0


async def by_function(services: Services, routed: Routed, authorizer: Authorizer) -> Authorized:
    """What the function says of the caller. Raises GatewayRefused."""
    check_not_denied(routed.request, routed.at)
    around = routed_surroundings(routed, context_v1(routed, NOBODY))
    sources = identity_sources(around, authorizer, routed.at.served.kind)
    verdict = await _verdict(services, routed, authorizer, around, sources)
    _check_allowed(routed, authorizer, verdict)
    principal = {} if verdict.principal is None else {"principalId": verdict.principal}
    v1 = {**principal, **context_texts(verdict.context), "integrationLatency": 0}
    return Authorized(v1=v1, v2={"lambda": dict(verdict.context)} if verdict.context else {"lambda": None})


def identity_sources(around: Surroundings, authorizer: Authorizer, kind: ApiKind) -> list[str]:
    """The values of the identity sources: all have to be there. Raises GatewayRefused, and no function is asked."""
    of = around.of_rest if kind is ApiKind.REST else around.of_http
    values = [of(expression) for expression in authorizer.identity_sources]
    found = [value for value in values if value]
    if len(found) != len(values):
        raise GatewayRefused(ResponseType.UNAUTHORIZED, "an identity source is missing or empty")
    expression = authorizer.validation_expression
    if authorizer.kind is AuthorizerKind.TOKEN and expression and not re.fullmatch(expression, found[0]):
        detail = "the token does not match the authorizer's identityValidationExpression"
        raise GatewayRefused(ResponseType.UNAUTHORIZED, detail)
    return found


async def _verdict(
    services: Services, routed: Routed, authorizer: Authorizer, around: Surroundings, sources: list[str]
) -> Verdict:
    """The kept one of these identity sources, else what the function says now. Without sources nothing is kept."""
    now, at = services.clock(), routed.at
    kept = authorizer.ttl_s > 0 and bool(sources)
    key = (at.api_id, at.stage, authorizer, tuple(sources))
    if kept and (known := services.gateway_memory.verdict(key, now)) is not None:
        return known
    verdict = await try_function(services, routed, authorizer, around, sources)
    if kept:
        services.gateway_memory.keep_verdict(key, verdict, now + authorizer.ttl_s)
    return verdict


async def try_function(
    services: Services, routed: Routed, authorizer: Authorizer, around: Surroundings, sources: list[str]
) -> Verdict:
    """What the function says now. Raises GatewayRefused."""
    event, at = question(routed, authorizer, sources), routed.at
    source_arn = f"arn:aws:execute-api:{at.region}:{at.account}:{at.api_id}/authorizers/{authorizer.authorizer_id}"
    try:
        arn = authorizer.function_arn
        found = await call_function(services, arn, event, around, timeout_s=TIMEOUT_S, source_arn=source_arn)
    except FunctionError as problem:
        if _says_unauthorized(problem):
            raise GatewayRefused(
                ResponseType.UNAUTHORIZED, "the authorizer's function raised Unauthorized"
            ) from problem
        raise GatewayRefused(ResponseType.AUTHORIZER_FAILURE, f"the authorizer: {reason_of(problem)}") from problem
    except (NotInvoked, TimedOut, EventTooLarge) as problem:
        raise GatewayRefused(ResponseType.AUTHORIZER_FAILURE, f"the authorizer: {reason_of(problem)}") from problem
    except ValueError as problem:
        raise broken("its answer is no JSON") from problem
    return verdict_of(found, authorizer, routed.at.served.kind)


def _check_allowed(routed: Routed, authorizer: Authorizer, verdict: Verdict) -> None:
    if authorizer.simple:
        if not verdict.allowed:
            raise GatewayRefused(ResponseType.ACCESS_DENIED, "the authorizer's function answered isAuthorized: false")
        return
    try:
        check_authorizer_policy(verdict.policy or {}, routed.request, routed.at)
    except Refused as problem:
        raise broken(f"its policy is none: {problem.sentence}") from problem


def _says_unauthorized(problem: FunctionError) -> bool:
    return problem.message == functions.UNAUTHORIZED or problem.message.endswith(f": {functions.UNAUTHORIZED}")
