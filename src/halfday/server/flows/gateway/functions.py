"""Functions that the gateway calls, as integrations and as authorizers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from halfday.protocol.identifiers import parse_arn
from halfday.server.domain.gateway.events import Routed
from halfday.server.domain.gateway.expressions import Surroundings
from halfday.server.flows.functions.invoking import invoke_for
from halfday.server.outside.functions.invocation import Called, FunctionError, NotInvoked
from halfday.server.runs import in_a_task
from halfday.server.services import Services

SERVICE = "apigateway.amazonaws.com"
MOST_EVENT_BYTES = 6 * 1024 * 1024
"""Lambda's limit on a synchronous call."""


class EventTooLarge(Exception):
    """The event is longer than Lambda takes."""


class TimedOut(Exception):
    """The function did not answer within the integration's time."""


async def call_function(
    services: Services,
    arn: str,
    event: Mapping[str, Any],
    around: Surroundings,
    *,
    timeout_s: float,
    source_arn: str,
) -> Any:
    """The JSON that the function answers. `arn` may hold stage variables. `source_arn`: who calls, for permissions.

    Raises FunctionError, NotInvoked, TimedOut, EventTooLarge; ValueError for an answer that is no JSON.
    """
    text = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    if len(text.encode("utf-8", "replace")) > MOST_EVENT_BYTES:
        raise EventTooLarge
    called = Called(_checked(around.with_stage_variables(arn)), around.request.request_id, timeout_s)
    await in_a_task()
    try:
        async with asyncio.timeout(timeout_s):
            invoked, _ = await invoke_for(services, source_arn, called, text, service=SERVICE, attempts=1)
    except TimeoutError as problem:
        raise TimedOut from problem
    return json.loads(invoked.answer)


def _checked(arn: str) -> str:
    """Raises NotInvoked for what names no function, as a stage variable may."""
    try:
        parts = parse_arn(arn)
    except ValueError as problem:
        raise NotInvoked("ResourceNotFoundException", "the integration names no function") from problem
    if parts.service != "lambda" or not parts.resource.startswith("function:"):
        raise NotInvoked("ResourceNotFoundException", "the integration names no function")
    return arn


def reason_of(problem: Exception) -> str:
    """For a log: what the function itself said is left out."""
    if isinstance(problem, FunctionError):
        return f"the function failed{f' at {problem.where}' if problem.where else ''}"
    if isinstance(problem, NotInvoked):
        return f"the function was not run: {problem.reason}: {problem.detail}"
    return {TimedOut: "the function took too long", EventTooLarge: "the event is longer than Lambda takes"}.get(
        type(problem), "the function's answer is no JSON"
    )


def routed_surroundings(routed: Routed, context: Mapping[str, Any]) -> Surroundings:
    return Surroundings(routed.request, routed.parameters, routed.at.variables, context)
