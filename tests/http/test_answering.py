"""How an answer leaves: its head with its body, framed as it says, and nothing of it where it cannot be framed."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from halfday.server.connections import Connections, Limits
from halfday.server.serving import _Server

Message = dict[str, Any]


class Told:
    """An application that sends the messages that it was told to send."""

    messages: list[Message]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        for message in self.messages:
            await send(message)


@contextmanager
def serving(app: Any, limits: Limits | None = None) -> Iterator[str]:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    started, servers = threading.Event(), []

    async def serve() -> None:
        connections = Connections(limits or Limits())
        servers.append(_Server(app, bound, connections))
        watching = asyncio.create_task(connections.watch())
        started.set()
        await servers[0].run_on_socket()
        watching.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    started.wait()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    servers[0].should_exit = True
    thread.join()
    bound.close()


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[Told, str]]:
    app = Told()
    with serving(app) as origin:
        yield app, origin


def head(*headers: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(part: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": part, "more_body": more}


def raw(origin: str, request: bytes) -> bytes:
    """All that comes until the server closes."""
    host, _, port = origin.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        came = []
        while part := connection.recv(65536):
            came.append(part)
        return b"".join(came)


LENGTH_2 = (b"content-length", b"2")
GET_AND_CLOSE = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def test_an_answer_leaves_in_one_piece(told: tuple[Told, str]) -> None:
    app, origin = told
    app.messages = [head(LENGTH_2), body(b"ok")]
    host, _, port = origin.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        first = connection.recv(65536)
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert first.endswith(b"\r\n\r\nok")


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 3_000_000])
def test_a_body_of_any_length_is_whole(told: tuple[Told, str], size: int) -> None:
    app, origin = told
    app.messages = [head((b"content-length", b"%d" % size)), body(b"x" * size)]
    assert requests.get(origin, timeout=20).content == b"x" * size


def test_parts_of_a_body_arrive_in_their_order(told: tuple[Told, str]) -> None:
    app, origin = told
    parts = [bytes([65 + number % 26]) * (number * 1000) for number in range(40)]
    app.messages = [head(), *(body(part, more=True) for part in parts), body(b"")]
    answer = requests.get(origin, timeout=20)
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.content == b"".join(parts)


@pytest.mark.parametrize("messages", [[head(LENGTH_2), body(b"ok")], [head(), body(b"ok")]])
def test_head_is_answered_without_a_body(told: tuple[Told, str], messages: list[Message]) -> None:
    app, origin = told
    app.messages = messages
    came = raw(origin, GET_AND_CLOSE.replace(b"GET", b"HEAD"))
    assert came.endswith(b"\r\n\r\n")
    assert b"transfer-encoding" not in came


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_by_its_status_has_none(told: tuple[Told, str], status: int) -> None:
    app, origin = told
    app.messages = [head(LENGTH_2, status=status), body(b"ok")]
    assert raw(origin, GET_AND_CLOSE).endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "messages",
    [
        [head(LENGTH_2), body(b"more than that")],
        [head(LENGTH_2), body(b"o", more=True), body(b"verlong")],
        [head(LENGTH_2), body(b"o")],
        [body(b"without a head")],
        [head(LENGTH_2), head(LENGTH_2)],
        [head(LENGTH_2)],
    ],
    ids=["longer", "longer in parts", "shorter", "no head", "two heads", "no body"],
)
def test_what_cannot_be_framed_ends_the_connection_and_is_no_whole_answer(
    told: tuple[Told, str], messages: list[Message]
) -> None:
    app, origin = told
    app.messages = messages
    came = raw(origin, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
    assert came.count(b"HTTP/1.1") <= 1
    assert len(came.partition(b"\r\n\r\n")[2]) < 2 or came.startswith(b"HTTP/1.1 500 ")


def test_an_answer_can_close_its_connection(told: tuple[Told, str]) -> None:
    app, origin = told
    app.messages = [head(LENGTH_2, (b"Connection", b"keep-alive, close")), body(b"ok")]
    came = raw(origin, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert came.lower().count(b"\r\nconnection:") == 1


def test_requests_sent_ahead_are_answered_one_after_the_other(told: tuple[Told, str]) -> None:
    app, origin = told
    app.messages = [head(LENGTH_2), body(b"ok")]
    came = raw(origin, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 5 + GET_AND_CLOSE)
    assert came.count(b"HTTP/1.1 200 OK") == 6
    assert came.endswith(b"\r\n\r\nok")


def test_http_1_0_is_answered_and_closed(told: tuple[Told, str]) -> None:
    app, origin = told
    app.messages = [head(LENGTH_2), body(b"ok")]
    assert raw(origin, b"GET / HTTP/1.0\r\n\r\n").endswith(b"connection: close\r\n\r\nok")


def test_a_path_is_decoded_once_and_kept_as_it_came() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(tuple(scope[name] for name in ("method", "path", "raw_path", "query_string", "http_version")))
        await send(head(LENGTH_2))
        await send(body(b"ok"))

    with serving(app) as origin:
        raw(origin, b"PUT /a%2520b%C3%A9/c?x=%41&y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert seen == [("PUT", "/a%20bé/c", b"/a%2520b%C3%A9/c", b"x=%41&y", "1.1")]


def test_a_kept_connection_without_requests_is_closed_and_nobody_counts_as_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Told()
    app.messages = [head(LENGTH_2), body(b"ok")]
    with caplog.at_level(logging.WARNING), serving(app, Limits(keep_alive_s=1)) as origin:
        assert raw(origin, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"ok")
    assert "refused or closed" not in caplog.text
