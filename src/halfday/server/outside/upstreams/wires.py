"""One connection to an upstream: bytes as they come, handed on as they came, without a copy in between.

asyncio's streams copy each byte three times, which is most of what an object costs on its way. Bounded both ways: who
sends more than is taken has to wait, and so have we.
"""

from __future__ import annotations

import asyncio
from collections import deque

MOST_WAITING_BYTES = 1024 * 1024
"""Bytes that have come and are not taken yet; beyond them nothing is read."""
TIMEOUT_S = 60
"""Until an upstream takes or gives the next piece."""


class Wire(asyncio.Protocol):
    """Made by `connect`. What is awaited raises ConnectionError, EOFError or TimeoutError."""

    def __init__(self) -> None:
        self._came: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._ended = self._reading_paused = self._writing_paused = False
        self._news: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it can be used for another request: nothing came that was not asked for."""
        return not self._ended and not self._came and self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._came.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > MOST_WAITING_BYTES and not self._reading_paused and self._transport:
            self._reading_paused = True
            self._transport.pause_reading()
        self._tell()

    def eof_received(self) -> bool:
        self._ended = True
        self._tell()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._transport = True, None
        self._tell()

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        self._tell()

    def write(self, data: bytes) -> None:
        if self._transport is None:
            raise ConnectionResetError("the upstream closed the connection")
        self._transport.write(data)

    async def drain(self) -> None:
        while self._writing_paused:
            if self._transport is None:
                raise ConnectionResetError("the upstream closed the connection")
            await self._wait()

    async def some(self, most_bytes: int) -> bytes:
        """What came next, `most_bytes` at most. Raises EOFError at the end."""
        while not self._came:
            if self._ended:
                raise EOFError
            await self._wait()
        piece = self._came.popleft()
        if len(piece) > most_bytes:
            self._came.appendleft(piece[most_bytes:])
            piece = piece[:most_bytes]
        self._waiting_bytes -= len(piece)
        if self._reading_paused and self._waiting_bytes <= MOST_WAITING_BYTES // 2 and self._transport:
            self._reading_paused = False
            self._transport.resume_reading()
        return piece

    async def until(self, mark: bytes, most_bytes: int) -> bytes:
        """All up to the mark and with it. Raises EOFError at the end, ConnectionError if it does not come in time."""
        found = b""
        while (at := found.find(mark)) < 0:
            if len(found) > most_bytes:
                raise ConnectionError("the upstream sent too much of a head")
            found += await self.some(most_bytes)
        end = at + len(mark)
        if rest := found[end:]:
            self._came.appendleft(rest)
            self._waiting_bytes += len(rest)
        return found[:end]

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _wait(self) -> None:
        self._news = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._news
        finally:
            self._news = None

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


async def connect(host: str, port: int) -> Wire:
    """Raises OSError, TimeoutError."""
    async with asyncio.timeout(TIMEOUT_S):
        _, wire = await asyncio.get_running_loop().create_connection(Wire, host, port)
    return wire
