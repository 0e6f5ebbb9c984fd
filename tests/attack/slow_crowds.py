"""Many connections that hang: each sends its few bytes and waits to see what the server does about it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from attack.newcomers import Newcomers, coming

Address = tuple[str, int]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
STILL_OPEN = "still open"
CLOSED = "closed"
AT_ONCE = 200
ARRIVAL_S = 5.0
"""Slower than the kernel's queue of connections overflows: what is lost there the server never sees."""


@dataclass
class Crowd:
    """What happened to each of its connections: the status of an answer, or closed, or still open at the end."""

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    sent_bytes: int = 0

    def ended(self, outcome: str, after_s: float) -> None:
        self.outcomes[outcome] += 1
        self.longest_s = max(self.longest_s, after_s)

    def __str__(self) -> str:
        told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(self.outcomes.items()))
        return f"{told}; the last after {self.longest_s:.0f} s"


async def hang(crowd: Crowd, address: Address, number: int, sent: bytes, until: float) -> None:
    """`number` connections, begun within ARRIVAL_S, that send these bytes and then nothing."""
    gate = asyncio.Semaphore(AT_ONCE)
    pauses = (ARRIVAL_S * one / number for one in range(number))
    await asyncio.gather(*(_one(crowd, address, sent, until, gate, pause_s) for pause_s in pauses))


async def _one(
    crowd: Crowd, address: Address, sent: bytes, until: float, gate: asyncio.Semaphore, pause_s: float
) -> None:
    await asyncio.sleep(pause_s)
    started = time.monotonic()
    try:
        async with gate:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(*address), max(1, until - started))
        writer.write(sent)
        outcome = await watch(reader, until)
        writer.transport.abort()
    except (OSError, TimeoutError) as problem:
        outcome = CLOSED if isinstance(problem, ConnectionError) else f"not connected: {type(problem).__name__}"
    crowd.ended(outcome, time.monotonic() - started)


async def watch(reader: asyncio.StreamReader, until: float) -> str:
    """The status of the first answer, CLOSED, or STILL_OPEN; returns when the server has closed, or at the end."""
    heard = b""
    while (left := until - time.monotonic()) > 0:
        try:
            part = await asyncio.wait_for(reader.read(65536), left)
        except TimeoutError:
            break
        except OSError:
            return _status(heard) or CLOSED
        if not part:
            return _status(heard) or CLOSED
        heard = (heard + part)[:4096]
    return STILL_OPEN


def _status(heard: bytes) -> str:
    finals = [part[:3] for part in heard.split(b"HTTP/1.1 ")[1:] if not part.startswith(b"1")]
    return finals[0].decode() if finals else ""


async def pour(
    crowd: Crowd, address: Address, start: bytes, more: bytes, until: float, *, pause_s: float = 0.0, most: int = 0
) -> None:
    """One connection that sends `start` and then `more` again and again until it is stopped."""
    started = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection(*address)
    except OSError as problem:
        crowd.ended(f"not connected: {type(problem).__name__}", 0)
        return
    watching = asyncio.create_task(watch(reader, until))
    try:
        writer.write(start)
        while not watching.done() and time.monotonic() < until and (not most or crowd.sent_bytes < most):
            writer.write(more)
            crowd.sent_bytes += len(more)
            await asyncio.wait_for(writer.drain(), max(0.01, until - time.monotonic()))
            await asyncio.sleep(pause_s)
    except (OSError, TimeoutError):
        pass
    crowd.ended(await watching, time.monotonic() - started)
    writer.transport.abort()


async def never_read(crowd: Crowd, address: Address, number: int, sent: bytes, until: float) -> None:
    """`number` connections that ask and never read. Whether the server lets go shows in its descriptors, not here."""
    connections = []
    for _ in range(number):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(address)
        connection.setblocking(False)
        with suppress(BlockingIOError):
            connection.send(sent)
        connections.append(connection)
        await asyncio.sleep(0)
    await asyncio.sleep(max(0, until - time.monotonic()))
    for connection in connections:
        connection.close()
        crowd.ended("never read", 0)


async def together(
    address: Address, path: str, work: list[Awaitable[None]], meanwhile: Callable[[], Awaitable[None]]
) -> Newcomers:
    """All of the work at once, with newcomers beside it."""
    with coming(address, path) as newcomers:
        await asyncio.gather(meanwhile(), *work)
    return newcomers
