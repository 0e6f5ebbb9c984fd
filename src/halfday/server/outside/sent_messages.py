"""The last messages since the start, for tests and people who wait for a code. The management port reads them.

All servers of a data folder write their messages into one file (outside/messages), and each shows all messages in that
file. Messages from before the start, and all but the last thousand, are in the file only.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from halfday.server.outside.messages import Message

log = logging.getLogger("halfday.messages")

KEPT = 1000
LOOK_EVERY_S = 0.1
"""Interval at which the file is read for messages of other processes while somebody waits. Our own messages wake the
waiting caller at once.
"""


class SentMessages:
    """At most `KEPT` messages; the oldest are dropped. Without a file, only those of this process."""

    def __init__(self, file: Path | None = None) -> None:
        self._messages: deque[Message] = deque(maxlen=KEPT)
        self._pretended: deque[Message] = deque(maxlen=1)
        self._arrival = asyncio.Event()
        self._file = file
        self._read_bytes = file.stat().st_size if file is not None and file.exists() else 0

    async def send(self, message: Message) -> None:
        """Wakes those who wait. FileMessages has already written the message into the file, if there is one."""
        if self._file is None:
            self._messages.appendleft(message)
        self._arrive()

    async def pretend(self, message: Message) -> None:
        self._pretended.appendleft(message)
        asyncio.Event().set()

    def newest(self, wanted: Callable[[Message], bool], limit: int) -> list[Message]:
        """The messages that are wanted, newest first."""
        self._read_file()
        return list(islice(filter(wanted, self._messages), limit))

    async def latest(self, wanted: Callable[[Message], bool], wait_s: float = 0.0) -> Message | None:
        """The newest message that is wanted; None if there is none and none arrives within `wait_s`."""
        try:
            async with asyncio.timeout(wait_s):
                while not (found := self.newest(wanted, 1)):
                    await self._wait_a_little()
        except TimeoutError:
            return None
        return found[0]

    def clear(self) -> None:
        """Forgets the messages in this process. Other processes that share the file still show them."""
        self._read_file()
        self._messages.clear()

    async def _wait_a_little(self) -> None:
        arrival = self._arrival
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await arrival.wait()
        except TimeoutError:
            pass

    def _read_file(self) -> None:
        """Reads new messages from the file, complete lines only: another process may be writing one."""
        if self._file is None or not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(self._read_bytes)
            whole, newline, _rest = file.read().rpartition(b"\n")
        self._read_bytes += len(whole) + len(newline)
        for line in whole.splitlines():
            try:
                self._messages.appendleft(Message(**json.loads(line)))
            except (ValueError, TypeError):
                log.warning("a line of %s is not a message of this version and is skipped", self._file.name)

    def _arrive(self) -> None:
        arrived, self._arrival = self._arrival, asyncio.Event()
        arrived.set()
