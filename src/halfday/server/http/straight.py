"""The straight road: calls of the JSON APIs, /oauth2/token and /oauth2/userInfo, answered without ASGI in between.

They are nine in ten of all requests, and short: the body has come whole, the answer is made whole and leaves in one
write. The connection asks for the road of each request (`find`). What is longer, sent in chunks, signed where no
signature belongs, or odd in its headers goes by ASGI through `edge` and `app`, which have the same rules. So a request
is answered alike on both: what this refuses to take is not refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from halfday.server.connections.answering import Road, Whole, rendered
from halfday.server.http import aws, token_endpoints
from halfday.server.http.answers import Ready, whole
from halfday.server.http.caching import unstored
from halfday.server.http.edge import INTERNAL_ERROR, ROUTE, begin, record_of, rendered_ids, report
from halfday.server.http.requests.body_budget import SHORT_BYTES, NoRoom
from halfday.server.http.requests.field_values import trimmed
from halfday.server.http.requests.headers import are_plain
from halfday.server.http.requests.proxies import see_through_proxies
from halfday.server.http.requests.received import Received
from halfday.server.http.unavailable import unavailable
from halfday.server.operations.framework.model import target_prefixes
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

Handler = Callable[[Request, Services], Awaitable[Response]]

_EXACTLY: Mapping[tuple[str, str], Handler] = {
    ("POST", "/oauth2/token"): token_endpoints.post_token,
    ("GET", "/oauth2/userInfo"): token_endpoints.get_user_info,
    ("POST", "/oauth2/userInfo"): token_endpoints.get_user_info,
}


class StraightRoads:
    def __init__(self, services: Services) -> None:
        self._services = services

    def find(self, scope: Scope) -> Road | None:
        """The road of a request, given what its head says; None where ASGI has to look at it."""
        headers = trimmed(scope["headers"])
        fields = dict(headers)
        handler = _handler_of(scope, fields)
        if handler is None or not are_plain(fields, len(headers)):
            return None
        scope["headers"] = headers
        if handler is not aws.handle_json:
            scope[ROUTE] = scope["path"]
        return partial(self._answer, Received(scope, fields), handler)

    async def _answer(self, request: Received, handler: Handler, body: bytes) -> Whole:
        """The answer. Its record is made before it leaves: whoever has the answer finds its line in the log."""
        scope, request.content = request.scope, body
        started = begin(scope)
        try:
            see_through_proxies(scope, self._services.settings)
            answer = whole(await self._response(request, handler), rendered_ids(scope))
        except Exception as problem:
            content = report(scope, problem)
            answer = Whole(500, rendered(INTERNAL_ERROR) + rendered_ids(scope), content)
        self._services.request_subscribers.tell(record_of(scope, answer.status, started))
        return answer

    async def _response(self, request: Received, handler: Handler) -> Response:
        try:
            response = await handler(request, self._services)
        except (Busy, NoRoom) as busy:
            return unavailable(request, busy)
        return response if isinstance(response, Ready) else unstored(response)


def _handler_of(scope: Scope, fields: Mapping[bytes, bytes]) -> Handler | None:
    """Not of a request that may be another service's: those are told apart by signature and query (http/app)."""
    length = fields.get(b"content-length", b"0")
    if len(length) > 5 or not length.isdigit() or int(length) > SHORT_BYTES:
        return None
    if b"x-amz-target" in fields:
        return aws.handle_json if scope["method"] == "POST" and _is_own_target(scope, fields) else None
    if scope["query_string"] or fields.get(b"authorization", b"").startswith(b"AWS"):
        return None
    handler = _EXACTLY.get((scope["method"], scope["path"]))
    if handler is None or fields.get(b"content-type", b"").lower().startswith(b"multipart/"):
        return None
    return handler


def _is_own_target(scope: Scope, fields: Mapping[bytes, bytes]) -> bool:
    """Whether the call is no signed one of a service behind the front door, nor of Version 4A."""
    authorization = fields.get(b"authorization", b"")
    if authorization.startswith(b"AWS4-ECDSA"):
        return False
    if fields[b"x-amz-target"].partition(b".")[0].decode("latin-1") in target_prefixes():
        return True
    return not scope["query_string"] and not authorization.startswith(b"AWS")
