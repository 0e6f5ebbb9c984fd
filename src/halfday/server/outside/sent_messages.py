"""The last messages of this process, kept in memory for whoever waits for a code: tests, and people at the terminal.

What was sent before the start, and more than the last thousand, is in the file only (outside/messages).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice

from halfday.server.outside.messages import Message

KEPT = 1000


class SentMessages:
    """Oldest messages go when there are more than `KEPT`."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque(maxlen=KEPT)
        self._pretended: deque[Message] = deque(maxlen=1)
        self._arrival = asyncio.Event()

    async def send(self, message: Message) -> None:
        self._messages.appendleft(message)
        arrived, self._arrival = self._arrival, asyncio.Event()
        arrived.set()

    async def pretend(self, message: Message) -> None:
        self._pretended.appendleft(message)
        asyncio.Event().set()

    def newest(self, wanted: Callable[[Message], bool], limit: int) -> list[Message]:
        """Newest first, in the order in which they were sent."""
        return list(islice(filter(wanted, self._messages), limit))

    async def latest(self, wanted: Callable[[Message], bool], wait_s: float = 0.0) -> Message | None:
        """The newest that is wanted; None when there is none, nor does one arrive in time."""
        try:
            async with asyncio.timeout(wait_s):
                while not (found := self.newest(wanted, 1)):
                    await self._arrival.wait()
        except TimeoutError:
            return None
        return found[0]

    def clear(self) -> None:
        self._messages.clear()
