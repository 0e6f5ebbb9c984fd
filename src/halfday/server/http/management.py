"""The side door: what was sent to people, for tests and for whoever sits at this machine. On a port of its own.

    GET /messages            {"messages": […]}, newest first; filters and `limit` (100, at most 1000)
    GET /messages/latest     the newest, or 404; `wait_s` (at most 30) waits for one to be sent
    DELETE /messages         forgets them; the file keeps them
    GET /triggers            {"invocations": […]}, newest first, without passwords and codes; pool_id, trigger_source,
                             arn and outcome choose, and `limit` (100, at most 200)

Filters: pool_id, username, destination, medium, purpose, and `after`, an epoch time: those sent later. As `username`
counts any name of the person: in a pool of addresses the username itself is a UUID, which nobody knows.

It listens on loopback only and asks for no password. What keeps web pages out that are open on this machine are the
headers that a page cannot choose: a request with an Origin was made by a page, one for another Host by DNS rebinding.
One that a proxy has forwarded may come from anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from halfday.server import reachability as reach
from halfday.server.http.edge import ROUTE, Edge, note
from halfday.server.outside.functions.functions import KEPT as KEPT_INVOCATIONS
from halfday.server.outside.functions.invocation import InvocationRecord
from halfday.server.outside.messages import Message
from halfday.server.outside.sent_messages import KEPT, SentMessages

LONGEST_WAIT_S = 30

Handler = Callable[[Request], Awaitable[Response]]

_EXACT = ("pool_id", "destination", "medium", "purpose")
_OF_INVOCATIONS = ("pool_id", "trigger_source", "arn", "outcome")


def make_management(sent: SentMessages, invocations: Sequence[InvocationRecord] = ()) -> ASGIApp:
    """`invocations`: of functions, oldest first."""
    return Edge(_OwnMachineOnly(_Management(sent, invocations).router))


class _Refused(ValueError):
    """A parameter is unknown, or has an impossible value."""


class _OwnMachineOnly:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        objection = reach.objection_to_management(request.headers.items())
        if objection is not None:
            note(request, why=objection)
            await _json({"message": objection}, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class _Management:
    def __init__(self, sent: SentMessages, invocations: Sequence[InvocationRecord]) -> None:
        self._sent, self._invocations = sent, invocations
        self.router = Router(
            [
                Route("/messages", _told(self.list, "/messages"), methods=["GET"]),
                Route("/messages", _told(self.delete, "/messages"), methods=["DELETE"]),
                Route("/messages/latest", _told(self.latest, "/messages/latest"), methods=["GET"]),
                Route("/triggers", _told(self.triggers, "/triggers"), methods=["GET"]),
            ],
            redirect_slashes=False,
            default=_nothing_there,
        )

    async def list(self, request: Request) -> Response:
        wanted, limit = _filter(request, "limit"), _number(request, "limit", 100, KEPT)
        return _json({"messages": [asdict(message) for message in self._sent.newest(wanted, int(limit))]})

    async def latest(self, request: Request) -> Response:
        wanted, wait_s = _filter(request, "wait_s"), _number(request, "wait_s", 0, LONGEST_WAIT_S)
        message = await self._sent.latest(wanted, wait_s)
        return _json({"message": "No such message was sent."}, 404) if message is None else _json(asdict(message))

    async def delete(self, request: Request) -> Response:
        _filter(request)
        self._sent.clear()
        return Response(status_code=204)

    async def triggers(self, request: Request) -> Response:
        limit = int(_number(request, "limit", 100, KEPT_INVOCATIONS))
        asked = {name: value for name, value in request.query_params.items() if name != "limit"}
        _refuse_unknown(asked, _OF_INVOCATIONS)
        found = [each for each in reversed(self._invocations) if all(getattr(each, n) == v for n, v in asked.items())]
        return _json({"invocations": [asdict(each) for each in found[:limit]]})


def _filter(request: Request, *others: str) -> Callable[[Message], bool]:
    asked = dict(request.query_params)
    known = {*_EXACT, "username", "after", *others} if request.method == "GET" else set()
    _refuse_unknown(asked, known)
    exact = {name: asked[name] for name in _EXACT if name in asked}
    after = _number(request, "after", float("-inf"), float("inf"))
    name = asked.get("username")

    def wanted(message: Message) -> bool:
        fits = all(getattr(message, one) == exact[one] for one in exact)
        return fits and message.sent_at > after and (name is None or message.is_for(name))

    return wanted


def _refuse_unknown(asked: Iterable[str], known: Collection[str]) -> None:
    if unknown := sorted(set(asked) - set(known)):
        raise _Refused(f"{unknown[0]}: there is no such parameter; there are: {', '.join(sorted(known)) or 'none'}")


def _number(request: Request, name: str, default: float, most: float) -> float:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 <= number <= most:
        raise _Refused(f"{name}: must be a number from 0" + ("." if most == float("inf") else f" to {most}."))
    return number


def _told(handler: Handler, path: str) -> Handler:
    async def endpoint(request: Request) -> Response:
        request.scope[ROUTE] = path
        try:
            return await handler(request)
        except _Refused as refused:
            return _json({"message": str(refused)}, 400)

    return endpoint


async def _nothing_there(scope: Scope, receive: Receive, send: Send) -> None:
    sentence = "There is nothing here. There are GET and DELETE /messages, GET /messages/latest and GET /triggers."
    await _json({"message": sentence}, 404)(scope, receive, send)


def _json(content: object, status: int = 200) -> Response:
    """A JSON answer that no cache keeps and no page of another origin may include."""
    headers = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return _Ascii(content, status, headers)


class _Ascii(JSONResponse):
    """Functions may put half of a surrogate pair in their answers and words, which UTF-8 has no bytes for."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")
