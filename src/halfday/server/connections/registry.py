"""All connections of a process: who gives way when there are too many, and whose time is over."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from enum import Enum
from typing import Protocol

from halfday.server.connections.limits import Limits, descriptor_limit
from halfday.server.connections.memory import Receding
from halfday.server.domain.failures import without_words

LOG_EVERY_S = 60.0
SWEEP_EVERY_S = 0.5

log = logging.getLogger("halfday.connections")


class Connection(Protocol):
    """What the registry knows of one."""

    def check(self, now: float) -> None:
        """Ends it if its time is over."""
        ...

    def give_way(self) -> None: ...


class Waits(Enum):
    """Why a connection waits. In this order they give way, within each the one without progress for longest."""

    SILENT = "it has sent nothing yet"
    HALF_SENT = "its first request is not whole"
    UNREAD = "what it has sent is not read yet: it waits for us"
    BETWEEN = "its client keeps it for the next request"


class Connections:
    """Who is being answered does not wait, and never gives way.

    However many connections are opened and left silent, or send half a request, one that sends its request at once is
    served, and those that clients keep open stay open.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.most = limits.connections_within(descriptor_limit())
        self._all: set[Connection] = set()
        self._queues: dict[Waits, OrderedDict[Connection, None]] = {waits: OrderedDict() for waits in Waits}
        self._tally: Counter[str] = Counter()
        self._logged_at: float | None = None
        self._receding = Receding()

    def __len__(self) -> int:
        return len(self._all)

    def opened(self, connection: Connection, waits: Waits) -> None:
        self._all.add(connection)
        self._queues[waits][connection] = None

    def closed(self, connection: Connection) -> None:
        self._all.discard(connection)
        self.answering(connection)

    def spoke(self, connection: Connection) -> None:
        """It was silent."""
        self.answering(connection)
        self._queues[Waits.UNREAD][connection] = None

    def progressed(self, connection: Connection) -> None:
        """More of a body has come."""
        for queue in self._queues.values():
            if connection in queue:
                queue.move_to_end(connection)

    def answering(self, connection: Connection) -> None:
        """It has sent a whole request."""
        for queue in self._queues.values():
            queue.pop(connection, None)

    def answered(self, connection: Connection) -> None:
        self.answering(connection)
        if connection in self._all:
            self._queues[Waits.BETWEEN][connection] = None

    def make_room(self, *, also: int = 0) -> bool:
        """Whether there is room for one more, and `also` so many: the oldest that wait give way to it."""
        while len(self._all) + also >= self.most:
            if not self.end_oldest():
                return len(self._all) < self.most
        return True

    def end_oldest(self) -> bool:
        """Whether any connection was there to give way."""
        for queue in self._queues.values():
            if queue:
                oldest = next(iter(queue))
                self.closed(oldest)
                oldest.give_way()
                return True
        return False

    def tell(self, what: str) -> None:
        """Counts what was refused or closed. The log gets one line a minute at most, whatever is sent."""
        self._tally[what] += 1
        self._log_when_due()

    async def watch(self) -> None:
        """Ends whose time is over, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            now = loop.time()
            for connection in list(self._all):
                self._check(connection, now)
            self._receding.look(len(self._all))
            self._log_when_due()

    @staticmethod
    def _check(connection: Connection, now: float) -> None:
        """What is wrong with one ends it, and not the watch over all."""
        try:
            connection.check(now)
        except Exception as problem:
            log.error("a connection could not be looked at\n%s", without_words(problem))
            connection.give_way()

    def _log_when_due(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self._tally or (self._logged_at is not None and now < self._logged_at + LOG_EVERY_S):
            return
        counts = "; ".join(f"{count} × {what}" for what, count in self._tally.most_common())
        log.warning("refused or closed: %s (%d connections open)", counts, len(self._all))
        self._tally.clear()
        self._logged_at = now
