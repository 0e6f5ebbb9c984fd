"""What was sent to people.

    GET /messages            {"messages": […]}, newest first; filters and `limit` (100, at most 1000)
    GET /messages/latest     the newest, or 404; `wait_s` (at most 30) waits for one to be sent
    DELETE /messages         forgets them; the file keeps them

Filters: pool_id, username, destination, medium, purpose, and `after`, an epoch time: those sent later. As `username`
counts any name of the person: in a pool of addresses the username itself is a UUID, which nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from halfday.server.http.management.answers import answer, number, refuse_unknown
from halfday.server.outside.messages import Message
from halfday.server.outside.sent_messages import KEPT, SentMessages

LONGEST_WAIT_S = 30
EXACT = ("pool_id", "destination", "medium", "purpose")


class MessageHandlers:
    def __init__(self, sent: SentMessages) -> None:
        self._sent = sent

    async def list(self, request: Request) -> Response:
        wanted, limit = _filter(request, "limit"), number(request, "limit", 100, KEPT)
        return answer({"messages": [asdict(message) for message in self._sent.newest(wanted, int(limit))]})

    async def latest(self, request: Request) -> Response:
        wanted, wait_s = _filter(request, "wait_s"), number(request, "wait_s", 0, LONGEST_WAIT_S)
        message = await self._sent.latest(wanted, wait_s)
        return answer({"message": "No such message was sent."}, 404) if message is None else answer(asdict(message))

    async def delete(self, request: Request) -> Response:
        _filter(request)
        self._sent.clear()
        return Response(status_code=204)


def _filter(request: Request, *others: str) -> Callable[[Message], bool]:
    asked = dict(request.query_params)
    known = {*EXACT, "username", "after", *others} if request.method == "GET" else set()
    refuse_unknown(asked, known)
    exact = {name: asked[name] for name in EXACT if name in asked}
    after = number(request, "after", float("-inf"), float("inf"))
    name = asked.get("username")

    def wanted(message: Message) -> bool:
        fits = all(getattr(message, one) == exact[one] for one in exact)
        return fits and message.sent_at > after and (name is None or message.is_for(name))

    return wanted
