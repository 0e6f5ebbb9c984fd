"""Answers of an upstream in the clear, in every form of HTTP/1.1, and those that are none."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from halfday.server.outside.upstreams import Answer, HttpUpstream, UpstreamCall, UpstreamFailed, whole

LONG = b"x" * 3_000_000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GET = UpstreamCall("s3", "s3", "us-east-1", "1" * 12, "GET", "/b/k")


@contextmanager
def answering(*answers: bytes, each_connection: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says these bytes, one after the other; and the requests that it saw."""
    seen: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        left = list(answers)
        while left:
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            with peer:
                while left and (asked := peer.recv(65_536)):
                    seen.append(asked)
                    peer.sendall(left.pop(0))
                    if each_connection:
                        break

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", seen


def ask(url: str, *calls: UpstreamCall) -> list[Answer]:
    async def run() -> list[Answer]:
        upstream = HttpUpstream(url)
        try:
            return [await whole(upstream, call) for call in calls]
        finally:
            await upstream.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", b"abc"),
        (b"HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(LONG), LONG), LONG),
        (
            CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n",
            b"abcde",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", b"a"),
    ],
)
def test_a_body_is_read_to_its_end_and_the_connection_is_used_again(raw: bytes, body: bytes) -> None:
    with answering(raw, raw) as (url, seen):
        first, second = ask(url, GET, GET)
    assert (first.status, first.body, second.body) == (200, body, body)
    assert all(one.startswith(b"GET /b/k HTTP/1.1\r\nhost: 127.0.0.1:") for one in seen)


def test_without_a_length_the_end_of_the_connection_is_the_end() -> None:
    with answering(b"HTTP/1.0 200 OK\r\nETag: x\r\n\r\nabc", each_connection=True) as (url, _):
        (answer,) = ask(url, GET)
    assert (answer.body, dict(answer.headers)["etag"]) == (b"abc", "x")


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"-3\r\nabc\r\n",
        CHUNKED + b"3\r\nabcde\r\n0\r\n\r\n",
        CHUNKED + b"3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000,
        b"",
    ],
)
def test_what_is_no_answer_is_none(raw: bytes) -> None:
    with answering(raw or b"\r\n", each_connection=True) as (url, _), pytest.raises(UpstreamFailed):
        ask(url, GET)


def test_a_header_s_line_break_goes_nowhere() -> None:
    call = UpstreamCall(
        "s3", "s3", "us-east-1", "1" * 12, "GET", "/b/k", {"x-amz-meta-a": "1\r\nx-amz-acl: public-read"}
    )
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (url, seen), pytest.raises(UpstreamFailed):
        ask(url, call)
    assert seen == []
