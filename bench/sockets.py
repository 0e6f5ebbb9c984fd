"""Load of our own, where requests differ from each other or have a time to be sent at: many connections, one thread.

wrk (bench/load) asks one request again and again. Here each request is bytes made before, so that asking costs the
load's core some 50 µs and the server is what is measured.
"""

from __future__ import annotations

import gc
import select
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Answer:
    """`s`: seconds since the request was sent or, in an open loop, since it was due."""

    status: int
    head: bytes
    body: bytes
    s: float


def request_bytes(host: str, method: str, path: str, headers: Mapping[str, str], body: str = "") -> bytes:
    """The request as it goes over the wire."""
    sent = body.encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(sent)}", "", ""]).encode() + sent


def ask_all(
    origin: str, requests: Sequence[bytes], *, connections: int, wanted: int = 200
) -> tuple[list[Answer], float]:
    """Asks each, on so many connections, the next as soon as one has its answer: a closed loop.

    Gives the answers in the requests' order, and the seconds that all took. Raises RuntimeError for an unwanted status.
    """
    answers: list[Answer | None] = [None] * len(requests)
    waiting = deque(range(len(requests)))
    with _connected(origin, min(connections, len(requests))) as (poll, idle), _no_collection():
        started = time.perf_counter()
        while True:
            while idle and waiting:
                number = waiting.popleft()
                idle.pop().send(number, requests[number], time.perf_counter())
            for connection, answer in _answered(poll, PATIENCE_S):
                answers[connection.number] = _checked(answer, wanted)
                idle.append(connection)
            if not waiting and len(idle) == poll.size:
                return [answer for answer in answers if answer], time.perf_counter() - started


def ask_on_time(origin: str, request: bytes, *, per_s: float, seconds: float, connections: int = 64) -> list[float]:
    """Asks at even distances, whether or not earlier ones are answered: an open loop.

    Gives seconds from when each was due to its whole answer, so that waiting for a free connection counts too.
    """
    due = deque(number / per_s for number in range(int(per_s * seconds)))
    took: list[float] = []
    with _connected(origin, connections) as (poll, idle), _no_collection():
        began = time.perf_counter() + 0.01
        while due or len(idle) < poll.size:
            now = time.perf_counter()
            while due and idle and began + due[0] <= now:
                idle.pop().send(0, request, began + due.popleft())
            for connection, answer in _answered(poll, 0.0):
                took.append(_checked(answer, 200).s)
                idle.append(connection)
            if now > began + seconds + PATIENCE_S:
                raise RuntimeError(f"{len(due)} requests were not answered {PATIENCE_S:.0f} s after the last was due")
    return took


def _checked(answer: Answer, wanted: int) -> Answer:
    if answer.status != wanted:
        raise RuntimeError(f"{answer.status}: {answer.body[:300].decode(errors='replace')}")
    return answer


class Connection:
    """One connection, kept. `ask` is for one request after another; `send` and `receive` for who has many of these."""

    def __init__(self, origin: str) -> None:
        place = urlsplit(origin)
        self.socket = socket.create_connection((place.hostname, place.port or 80), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number, self._since, self._got = -1, 0.0, b""

    def send(self, number: int, request: bytes, since: float) -> None:
        self.number, self._since, self._got = number, since, b""
        self.socket.sendall(request)

    def ask(self, request: bytes) -> Answer:
        """The answer, once it is whole. Raises RuntimeError for any other than 200."""
        self.send(0, request, time.perf_counter())
        while (answer := self.receive()) is None:
            pass
        return _checked(answer, 200)

    def receive(self) -> Answer | None:
        """The answer, once it is whole. Only answers with a Content-Length are understood."""
        more = self.socket.recv(65536)
        if not more:
            raise RuntimeError("the server closed a connection before it answered")
        self._got += more
        head, blank, body = self._got.partition(b"\r\n\r\n")
        if not blank:
            return None
        if len(body) < _length(head):
            return None
        return Answer(int(head[9:12]), head, body, time.perf_counter() - self._since)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    if not found:
        raise RuntimeError("an answer has no Content-Length")
    return int(rest.partition(b"\r\n")[0])


class _Poll:
    def __init__(self, connections: Iterable[Connection]) -> None:
        self._by_number = {connection.socket.fileno(): connection for connection in connections}
        self._epoll = select.epoll()
        for number in self._by_number:
            self._epoll.register(number, select.EPOLLIN)
        self.size = len(self._by_number)

    def ready(self, timeout_s: float) -> list[Connection]:
        return [self._by_number[number] for number, _ in self._epoll.poll(timeout_s)]

    def close(self) -> None:
        self._epoll.close()


def _answered(poll: _Poll, timeout_s: float) -> Iterator[tuple[Connection, Answer]]:
    ready = poll.ready(timeout_s)
    if not ready and timeout_s:
        raise RuntimeError(f"no answer within {timeout_s:.0f} s")
    for connection in ready:
        answer = connection.receive()
        if answer is not None:
            yield connection, answer


@contextmanager
def _connected(origin: str, number: int) -> Iterator[tuple[_Poll, list[Connection]]]:
    connections = [Connection(origin) for _ in range(number)]
    poll = _Poll(connections)
    try:
        yield poll, list(connections)
    finally:
        poll.close()
        for connection in connections:
            connection.socket.close()


@contextmanager
def _no_collection() -> Iterator[None]:
    """The load's own garbage collection is no latency of the server's."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
