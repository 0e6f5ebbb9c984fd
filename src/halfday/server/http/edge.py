"""The edge of every request: its id, its one log line, and what happens to an error that nobody expected.

The line holds request id, operation or route, pool, kind of caller, outcome and milliseconds. Never a token, code,
secret, password or attribute value: handlers put down what may be said with `note`, and nothing else is logged. Of the
request itself the line has its method, and its path only where the path is one of ours (`ROUTE`): people paste tokens
and codes into paths and queries (docs/decisions/0028).
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from halfday.server.domain.failures import without_words
from halfday.server.http.body_budget import Room, holding
from halfday.server.http.field_values import trimmed

log = logging.getLogger("halfday.requests")

LONGEST_LINE = 2000
CLIENT_WENT_AWAY = 499
"""In the log only: nginx's number for it."""
ROUTE = "halfday.route"
"""The scope's key for the declared path that a request has gone to."""

_NOTES = "halfday.notes"
_METHODS = frozenset("GET HEAD POST PUT DELETE OPTIONS PATCH".split())


def note(request: Request, **facts: object) -> None:
    """Puts facts into the request's log line: operation=, pool=, client=, caller=, why=."""
    request.scope.setdefault(_NOTES, {}).update({name: value for name, value in facts.items() if value is not None})


def request_id(request: Request) -> str:
    return str(request.scope["halfday.request_id"])


class AnswerCutOff(Exception):
    """An answer broke off in the middle. For the server, which cuts the connection; it says nothing of the cause."""


class Edge:
    """ASGI middleware around the whole server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._room = app, Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with holding(scope, self._room):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["halfday.request_id"] = str(uuid.uuid4())
        scope[_NOTES] = {}
        scope["headers"] = trimmed(scope["headers"])
        started, status, answering = time.perf_counter(), 500, False

        async def send_and_watch(message: Message) -> None:
            """The line is written before the answer's end is sent: whoever has the answer finds the line."""
            nonlocal status, answering
            if message["type"] == "http.response.start":
                status, answering = message["status"], True
                message["headers"] = [*message["headers"], *_id_headers(scope)]
            elif not message.get("more_body", False):
                log.info("%s", _line(scope, status, (time.perf_counter() - started) * 1000))
            await send(message)

        try:
            await self._app(scope, receive, send_and_watch)
        except ClientDisconnect:  # there is nobody to answer
            note(Request(scope), why="the client went away before its request was whole")
            log.info("%s", _line(scope, CLIENT_WENT_AWAY, (time.perf_counter() - started) * 1000))
        except Exception as problem:
            log.error("request %s failed\n%s", scope["halfday.request_id"], without_words(problem))
            if answering:  # too late for another answer: the server cuts the connection
                raise AnswerCutOff from None
            await _internal_error(scope, send_and_watch)


def _id_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    value = scope["halfday.request_id"].encode()
    return [(b"x-amzn-requestid", value), (b"x-amz-cognito-request-id", value)]


async def _internal_error(scope: Scope, send: Any) -> None:
    """AWS's code and the request id, and nothing of what went wrong."""
    body = {"__type": "InternalErrorException", "message": f"Internal error. Request id {scope['halfday.request_id']}"}
    content = json.dumps(body).encode()
    headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _line(scope: Scope, status: int, ms: float) -> str:
    notes = dict(scope[_NOTES])
    what = notes.pop("operation", None) or f"{_method(scope)} {scope.get(ROUTE, '…')}"
    why = notes.pop("why", None)
    facts = " ".join(f"{name}={_one_word(str(value))}" for name, value in notes.items())
    parts = [str(what), str(status), f"{ms:.1f} ms", facts, f"id={scope['halfday.request_id'][:8]}", why and f"· {why}"]
    return _printable(" ".join(part for part in parts if part))


def _method(scope: Scope) -> str:
    return str(scope["method"]) if scope["method"] in _METHODS else "…"


def _one_word(value: str) -> str:
    """Quoted where a value could pass for more facts than one."""
    return json.dumps(value, ensure_ascii=False) if not value or any(map(str.isspace, value)) else value


def _printable(line: str) -> str:
    """One line of bounded length, whatever was sent: nothing in it moves a terminal's cursor."""
    shown = line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown)
