"""Which functions were invoked.

GET /triggers            {"invocations": […]}, newest first, without passwords and codes; pool_id, trigger_source,
                         arn and outcome choose, and `limit` (100, at most 200)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from halfday.server.http.management.answers import answer, number, refuse_unknown
from halfday.server.outside.functions.functions import KEPT
from halfday.server.outside.functions.invocation import InvocationRecord

EXACT = ("pool_id", "trigger_source", "arn", "outcome")


class TriggerHandlers:
    def __init__(self, invocations: Sequence[InvocationRecord]) -> None:
        """`invocations`: oldest first."""
        self._invocations = invocations

    async def list(self, request: Request) -> Response:
        limit = int(number(request, "limit", 100, KEPT))
        asked = {name: value for name, value in request.query_params.items() if name != "limit"}
        refuse_unknown(asked, EXACT)
        found = [each for each in reversed(self._invocations) if all(getattr(each, n) == v for n, v in asked.items())]
        return answer({"invocations": [asdict(each) for each in found[:limit]]})
