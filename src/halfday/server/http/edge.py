"""The edge of every request: its id, its one record, and what happens to an error that nobody expected.

The record holds what handlers put down with `note`, and nothing else: never a token, code, secret, password or
attribute value. Of the request itself it has the client's address, the method, and the path only where the path is one
of ours (`ROUTE`): people paste tokens and codes into paths and queries (docs/decisions/0028).
"""

from __future__ import annotations

import json
import logging
import os
import random
import time
from typing import TypedDict, Unpack

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from halfday.protocol.printable import printable
from halfday.server.domain.failures import without_words
from halfday.server.events.log_lines import log_request
from halfday.server.events.requests import RequestRecord, Subscribers
from halfday.server.http.requests.body_budget import Room, holding
from halfday.server.http.requests.field_values import trimmed

log = logging.getLogger("halfday.requests")

CLIENT_WENT_AWAY = 499
"""In the record only: nginx's number for it."""
ROUTE = "halfday.route"
"""The scope's key for the declared path that a request has gone to."""

INTERNAL_ERROR = ((b"content-type", b"application/x-amz-json-1.1"),)

_FACTS = "halfday.facts"
_ids = random.Random()  # noqa: S311 - no secret, only a name
if hasattr(os, "register_at_fork"):  # else two processes would give the same ids
    os.register_at_fork(after_in_child=_ids.seed)
_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
_METHODS = frozenset("GET HEAD POST PUT DELETE OPTIONS PATCH".split())


class Facts(TypedDict, total=False):
    """What a handler may say of a request: fields of events/requests.RequestRecord."""

    operation: str | None
    pool: str | None
    client: str | None
    caller: str | None
    user: str | None
    grant: str | None
    remark: str | None
    why: str | None


def note(request: Request, **facts: Unpack[Facts]) -> None:
    """Puts facts into the request's record. A fact that is None changes nothing."""
    known: dict[str, object] = request.scope.setdefault(_FACTS, {})
    known.update({name: value for name, value in facts.items() if value is not None})


def request_id(request: Request) -> str:
    return str(request.scope["halfday.request_id"])


class AnswerCutOff(Exception):
    """An answer broke off in the middle. The server cuts the connection; the exception does not name the cause."""


class Edge:
    """ASGI middleware around the whole server."""

    def __init__(self, app: ASGIApp, subscribers: Subscribers | None = None) -> None:
        """Without `subscribers` the log is the only one."""
        self._app, self._room = app, Room()
        self._subscribers = subscribers or Subscribers(log_request)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with holding(scope, self._room):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = begin(scope)
        scope["headers"] = trimmed(scope["headers"])
        answer = _Answer(scope, send, self._subscribers, started)
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:  # there is nobody to answer
            answer.end(CLIENT_WENT_AWAY, why="the client went away before its request was whole")
        except Exception as problem:
            content = report(scope, problem)
            if answer.begun:  # too late for another answer: the server cuts the connection
                answer.end(answer.status, why="the answer broke off")
                raise AnswerCutOff from None
            await _internal_error(content, answer.send)


class _Answer:
    """One answer on its way out, and the one record of its request."""

    def __init__(self, scope: Scope, send: Send, subscribers: Subscribers, started: float) -> None:
        self._scope, self._send, self._subscribers = scope, send, subscribers
        self._started, self._recorded = started, False
        self.status, self.begun = 500, False
        self._head: Message = {}

    async def send(self, message: Message) -> None:
        """The record is made before the answer's end is sent: whoever has the answer finds its line in the log.

        Of an answer without a body the head is the end. So the head waits for the body's first part.
        """
        if message["type"] == "http.response.start":
            self.status, self._head = message["status"], message
            message["headers"] = [*message["headers"], *id_headers(self._scope)]
            return
        if not message.get("more_body", False):
            self.end(self.status)
        if not self.begun:
            self.begun = True
            await self._send(self._head)
        await self._send(message)

    def end(self, status: int, *, why: str | None = None) -> None:
        """Makes the record, and tells the subscribers: once."""
        if not self._recorded:
            self._recorded = True
            self._subscribers.tell(record_of(self._scope, status, self._started, why))


def begin(scope: Scope) -> float:
    """Gives the request its id and its facts. The time from which on it is measured."""
    scope["halfday.request_id"] = _new_id()
    scope[_FACTS] = {}
    return time.perf_counter()


def record_of(scope: Scope, status: int, started: float, why: str | None = None) -> RequestRecord:
    facts: dict[str, str] = scope[_FACTS] | {"why": why} if why else scope[_FACTS]
    if "operation" not in facts:
        facts["route"] = f"{_method(scope)} {scope.get(ROUTE, '…')}"
    return RequestRecord(
        request_id=scope["halfday.request_id"],
        answered_at=time.time(),
        status=status,
        ms=(time.perf_counter() - started) * 1000,
        address=_address(scope),
        **{name: printable(str(value)) for name, value in facts.items()},
    )


def _new_id() -> str:
    """A UUID of version 4. It names the request in the log; it is no secret, so the system is not asked for it."""
    digits = f"{_ids.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANTS[digits[16]]}{digits[17:20]}-{digits[20:]}"


def rendered_ids(scope: Scope) -> bytes:
    """The same as they stand in an answer: made of hexadecimal digits, they need no look."""
    value = scope["halfday.request_id"]
    return f"x-amzn-requestid: {value}\r\nx-amz-cognito-request-id: {value}\r\n".encode()


def id_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    value = scope["halfday.request_id"].encode()
    return [(b"x-amzn-requestid", value), (b"x-amz-cognito-request-id", value)]


def report(scope: Scope, problem: Exception) -> bytes:
    """Logs an error that nobody expected. The answer's body has AWS's code and the request id, and nothing of it."""
    log.error("request %s failed\n%s", scope["halfday.request_id"], without_words(problem))
    message = f"Internal error. Request id {scope['halfday.request_id']}"
    return json.dumps({"__type": "InternalErrorException", "message": message}).encode()


async def _internal_error(content: bytes, send: Send) -> None:
    headers = [*INTERNAL_ERROR, (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _method(scope: Scope) -> str:
    return str(scope["method"]) if scope["method"] in _METHODS else "…"


def _address(scope: Scope) -> str | None:
    """The client's address where http/requests/proxies has read the headers, else the peer's."""
    return str(scope["client"][0]) if scope.get("client") else None
