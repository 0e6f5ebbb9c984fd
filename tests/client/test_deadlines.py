"""The read timeout ends an answer as a whole, whichever part of it the server draws out."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from halfday import NetworkError
from halfday.client.transport.blocking import Transport
from halfday.client.transport.wire import Request

GOES_ON_S = 20.0
"""How long the hostile server draws its answer out; each byte comes well within the timeout."""
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
DRAWN_OUT = {
    "the status line": (b"", b"H"),
    "a header": (HEAD + b"X: ", b"a"),
    "headers": (HEAD, b"X: y\r\n"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": (HEAD + b"Content-Length: 1000000\r\n\r\n", b"a"),
    "a body without a length": (HEAD + b"Connection: close\r\n\r\n", b"a"),
    "a compressed body": (
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n\x1f\x8b\x08\x08aaaaaa",
        b"a",
    ),
    "a chunk's extension": (CHUNKED, b"1;"),
    "chunks": (CHUNKED, b"1\r\na\r\n"),
    "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n"),
}


@contextmanager
def drawing_out(first: bytes, part: bytes, every_s: float = 0.05, last: bytes = b"") -> Iterator[str]:
    """A server that answers once, with `first` and then part after part."""
    ended = threading.Event()

    def answer() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(first)
                ends_at = time.monotonic() + GOES_ON_S
                while not ended.wait(every_s) and time.monotonic() < ends_at:
                    connection.sendall(part)
                connection.sendall(last)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            ended.set()
            thread.join(5)


@pytest.mark.parametrize("part", DRAWN_OUT)
def test_an_answer_that_is_drawn_out_ends_at_the_read_timeout(part: str) -> None:
    began = time.monotonic()
    with drawing_out(*DRAWN_OUT[part]) as url, pytest.raises(NetworkError, match="did not answer in time") as raised:
        Transport(read_timeout_s=0.3).send(Request("GET", url))
    assert raised.value.kind == "timeout"
    assert time.monotonic() - began < GOES_ON_S / 2


@pytest.mark.parametrize("part", ["the status line", "a header", "100 Continue"])
def test_where_a_body_may_take_long_its_head_may_not(part: str) -> None:
    began = time.monotonic()
    with drawing_out(*DRAWN_OUT[part]) as url, pytest.raises(NetworkError, match="did not answer in time"):
        Transport(read_timeout_s=0.3, whole_answers=True).send(Request("GET", url))
    assert time.monotonic() - began < GOES_ON_S / 2


def test_where_a_body_may_take_long_it_is_read_to_its_end() -> None:
    """Longer than the timeout, as long as something comes."""
    parts = iter(range(8))

    class Slow(threading.Thread):
        def run(self) -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(HEAD + b"Content-Length: 8\r\n\r\n")
                for _ in parts:
                    time.sleep(0.15)
                    connection.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        Slow(daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        answer = Transport(read_timeout_s=0.6, whole_answers=True).send(Request("GET", url))
    assert answer.body == b"a" * 8


def test_a_kept_connection_has_the_whole_time_for_its_next_answer() -> None:
    """What was left of the last answer's time is not the next one's."""

    def answer() -> None:
        connection, _ = listening.accept()
        with connection:
            for _ in range(3):
                connection.recv(65_536)
                time.sleep(0.4)
                connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, daemon=True).start()
        carrier, url = Transport(read_timeout_s=1.0), f"http://127.0.0.1:{listening.getsockname()[1]}/"
        assert [carrier.send(Request("GET", url)).status for _ in range(3)] == [200] * 3
