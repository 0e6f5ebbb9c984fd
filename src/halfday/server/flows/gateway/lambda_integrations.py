"""Lambda proxy integrations: a function is told of the request, and its answer is checked."""

from __future__ import annotations

from halfday.server.domain.gateway.events import Authorized, Routed, context_v1, event_v1, event_v2
from halfday.server.domain.gateway.function_answers import answer_v1, answer_v2, malformed
from halfday.server.domain.gateway.refusals import Answer, GatewayRefused, ResponseType
from halfday.server.domain.gateway.serving import ApiKind, Integration
from halfday.server.flows.gateway.functions import (
    EventTooLarge,
    TimedOut,
    call_function,
    reason_of,
    routed_surroundings,
)
from halfday.server.outside.functions.invocation import FunctionError, NotInvoked
from halfday.server.services import Services


async def by_function(services: Services, routed: Routed, integration: Integration, authorized: Authorized) -> Answer:
    """Raises GatewayRefused."""
    second = routed.at.served.kind is ApiKind.HTTP and integration.payload_version == "2.0"
    event = event_v2(routed, authorized) if second else event_v1(routed, authorized)
    around = routed_surroundings(routed, context_v1(routed, authorized))
    try:
        found = await call_function(
            services, integration.uri, event, around, timeout_s=integration.timeout_s, source_arn=_source_arn(routed)
        )
    except EventTooLarge as problem:
        raise GatewayRefused(ResponseType.REQUEST_TOO_LARGE, reason_of(problem)) from problem
    except TimedOut as problem:
        raise GatewayRefused(ResponseType.INTEGRATION_TIMEOUT, reason_of(problem)) from problem
    except NotInvoked as problem:
        late = "timeout" in problem.reason.lower()
        kind = ResponseType.INTEGRATION_TIMEOUT if late else ResponseType.API_CONFIGURATION_ERROR
        raise GatewayRefused(kind, reason_of(problem)) from problem
    except FunctionError as problem:
        raise GatewayRefused(ResponseType.DEFAULT_5XX, reason_of(problem)) from problem
    except ValueError as problem:
        raise malformed("it is no JSON") from problem
    return answer_v2(found) if second else answer_v1(found, strict=routed.at.served.kind is ApiKind.REST)


def _source_arn(routed: Routed) -> str:
    """Who calls the function, as its permission names it: the method, and not the path that was asked."""
    template = routed.method.template
    if template.everything:
        at = routed.at
        return f"arn:aws:execute-api:{at.region}:{at.account}:{at.api_id}/{at.stage}/{template.text}"
    return routed.at.method_arn(routed.request.method, template.text)
