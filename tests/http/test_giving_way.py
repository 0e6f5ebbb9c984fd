"""Who gives way when there are too many connections, in which order, and who does not wait for that."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator

import pytest

from halfday.server.connections import Accepting, Connections, Limits
from halfday.server.connections.registry import Waits

Address = tuple[str, int]
Peers = Callable[[int, bytes], Callable[[Address], list[socket.socket]]]


class Waiting:
    def __init__(self, name: str, gone: list[str]) -> None:
        self._name, self._gone = name, gone

    def check(self, now: float) -> None: ...

    def give_way(self) -> None:
        self._gone.append(self._name)


def test_who_has_sent_least_gives_way_first_and_who_is_answered_never() -> None:
    connections, gone = Connections(Limits()), []
    for waits in reversed(Waits):
        for number in (1, 2):
            connections.opened(Waiting(f"{waits.name} {number}", gone), waits)
    speaking, answered = Waiting("SPOKE", gone), Waiting("ANSWERED", gone)
    connections.opened(speaking, Waits.SILENT)
    connections.spoke(speaking)
    connections.opened(answered, Waits.HALF_SENT)
    connections.answering(answered)
    while connections.end_oldest():
        pass
    wanted = [f"{waits} {number}" for waits in ("SILENT", "HALF_SENT", "UNREAD", "BETWEEN") for number in (1, 2)]
    wanted.insert(6, "SPOKE")
    assert gone == wanted
    assert len(connections) == 1


class _Talk(asyncio.Protocol):
    def __init__(self, begun: list[bytes]) -> None:
        self._begun = begun

    def data_received(self, data: bytes) -> None:
        self._begun.append(data)


def accept(most: int, use: Callable[[Address], object]) -> tuple[list[bytes], Connections, int]:
    """What the protocols got when all that came has been taken; and how many connections were set up for it."""
    connections, begun, made = Connections(Limits(connections=most)), [], []

    def protocol() -> asyncio.Protocol:
        made.append(1)
        return _Talk(begun)

    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=500) as listening:
            use(listening.getsockname())
            accepting = Accepting(listening, protocol, connections)
            for _ in range(200):
                await asyncio.sleep(0)
            accepting.close()
            await accepting.wait_closed()

    asyncio.run(run())
    return begun, connections, len(made)


@pytest.fixture
def peers() -> Iterator[Peers]:
    """So many that connect and send the same, each at once."""
    kept: list[socket.socket] = []

    def connect(number: int, sent: bytes) -> Callable[[Address], list[socket.socket]]:
        def come(address: Address) -> list[socket.socket]:
            new = [socket.create_connection(address) for _ in range(number)]
            for peer in new:
                peer.sendall(sent)
            kept.extend(new)
            return new

        return come

    yield connect
    for peer in kept:
        peer.close()


def test_who_has_spoken_is_begun_before_more_are_accepted_than_can_wait(peers: Peers) -> None:
    """Two hundred at once where forty may be: those whose bytes are there are all begun, and none gives way unread."""
    begun, _, _ = accept(40, peers(200, b"GET"))
    assert len(begun) == 200


def test_who_has_gone_without_a_word_is_never_set_up(peers: Peers) -> None:
    def come_and_go(address: Address) -> None:
        for peer in peers(50, b"")(address):
            peer.close()

    begun, connections, made = accept(400, come_and_go)
    assert begun == []
    assert made == 0
    assert len(connections) == 0


def test_the_silent_are_no_bar_to_who_sends_its_request_at_once(peers: Peers) -> None:
    def come(address: Address) -> None:
        peers(300, b"")(address)
        peers(1, b"newcomer")(address)

    begun, _, made = accept(40, come)
    assert begun == [b"newcomer"]
    assert made == 1
