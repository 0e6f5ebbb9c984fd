"""Connections: used again while they are fresh, by one process each; and bodies, however they are framed."""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from halfday import NetworkError
from halfday.client.transport import pools
from halfday.client.transport.blocking import Transport
from halfday.client.transport.pools import BODY_LIMIT_BYTES
from halfday.client.transport.wire import Request, Response
from sockets import Handler, answering

FORKED = """
import json, os, sys
from halfday.client.transport.blocking import Transport
from halfday.client.transport.wire import Request
transport = Transport()
def port(): return transport.send(Request("GET", sys.argv[1])).json()["port"]
print(json.dumps([port(), port()]), flush=True)
for _ in range(2):
    if not os.fork():
        print(json.dumps([port(), port()]), flush=True)
        os._exit(0)
    os.wait()
print(json.dumps([port(), port()]), flush=True)
"""


@dataclass
class Place:
    """A server that keeps connections open and tells the port that it was asked from. `framed` is how it answers."""

    origin: str = ""
    framed: str = "by length"
    body: bytes = b""
    together: threading.Barrier | None = None
    ports: list[int] = field(default_factory=list)


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()

    class Endpoint(Handler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if place.together:
                place.together.wait(10)
            place.ports.append(self.client_address[1])
            body = place.body or json.dumps({"port": self.client_address[1]}).encode()
            if place.framed == "by length":
                self.answer(200, body)
            elif place.framed == "compressed":
                self.answer(200, gzip.compress(body), Content_Encoding="gzip")
            elif place.framed == "by the end":
                self.send_response(200)
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True
            else:
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for at in range(0, len(body), 7000):
                    part = body[at : at + 7000]
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                self.wfile.write(b"0\r\n\r\n" if place.framed == "in chunks" else b"")
                self.close_connection = place.framed != "in chunks"

    with answering(Endpoint) as place.origin:
        yield place


def get(transport: Transport, place: Place) -> Response:
    return transport.send(Request("GET", place.origin))


@pytest.mark.parametrize("framed", ["by length", "compressed", "by the end", "in chunks"])
@pytest.mark.parametrize("size", [1, 50_000, BODY_LIMIT_BYTES])
def test_a_body_is_read_whole_however_it_is_framed(place: Place, framed: str, size: int) -> None:
    place.framed, place.body = framed, bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    carrier = Transport()
    assert get(carrier, place).body == place.body
    assert get(carrier, place).body == place.body


@pytest.mark.parametrize("framed", ["by length", "compressed", "by the end", "in chunks"])
def test_a_body_that_is_too_long_is_not_read_to_its_end(place: Place, framed: str) -> None:
    place.framed, place.body = framed, b"x" * (BODY_LIMIT_BYTES + 1)
    carrier = Transport()
    with pytest.raises(NetworkError, match="more than 4 MiB"):
        get(carrier, place)
    place.body = b"{}"
    assert get(carrier, place).body == b"{}"


def test_chunks_that_do_not_end_are_a_broken_answer(place: Place) -> None:
    place.framed = "in chunks that do not end"
    with pytest.raises(NetworkError) as raised:
        get(Transport(), place)
    assert raised.value.kind == "broken"


def test_a_connection_is_used_again_and_not_after_a_pause(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Routers forget a quiet connection without telling: the hourly renewal would fail, every time."""
    carrier = Transport()
    assert len({get(carrier, place).json()["port"] for _ in range(3)}) == 1
    monkeypatch.setattr(pools, "IDLE_S", 0)
    assert len({get(carrier, place).json()["port"] for _ in range(3)}) == 3


def test_a_forked_process_has_connections_of_its_own(place: Place) -> None:
    """Two on one connection would read each other's answers: somebody else's tokens."""
    done = subprocess.run([sys.executable, "-c", FORKED, place.origin], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    parent, first, second, parent_again = (json.loads(line) for line in done.stdout.splitlines())
    assert parent == parent_again
    assert len({*parent, *first, *second}) == 3


def test_many_threads_keep_their_connections_and_nothing_is_said_of_it(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """urllib3 warns on stderr of connections that it has no room for."""
    place.together, carrier = threading.Barrier(8), Transport()
    with caplog.at_level(logging.WARNING), ThreadPoolExecutor(8) as threads:
        for _ in range(2):
            list(threads.map(lambda _: get(carrier, place), range(8)))
    assert len(set(place.ports)) == 8
    assert caplog.records == []
