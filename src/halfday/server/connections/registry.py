"""All connections of a process: which are closed when there are too many, and which have passed their deadline.

What a connection is waiting for, and its deadlines, are decided in `protocol` and `accepting`.
"""

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
    """What the registry needs of a connection."""

    def check(self, now: float) -> None:
        """Closes the connection if it has passed its deadline."""
        ...

    def give_way(self) -> None: ...


class Waits(Enum):
    """Why a connection waits. Connections are closed in this order; in each group, the longest idle first."""

    SILENT = "it has sent nothing yet"
    HALF_SENT = "its first request is not whole"
    UNREAD = "what it has sent is not read yet: it waits for this server"
    BETWEEN = "its client keeps it for the next request"


_Queue = OrderedDict[Connection, None]


class Connections:
    """The open connections, and queues of those that wait. A connection that is being answered is never closed.

    However many connections stay silent or send half a request, a client that sends its request at once is served, and
    connections that clients keep open between requests stay open.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.most = limits.connections_within(descriptor_limit())
        self._all: set[Connection] = set()
        self._queues: dict[Waits, _Queue] = {waits: OrderedDict() for waits in Waits}
        self._between = self._queues[Waits.BETWEEN]
        self._in: dict[Connection, _Queue] = {}
        self._tally: Counter[str] = Counter()
        self._logged_at: float | None = None
        self._receding = Receding()

    def __len__(self) -> int:
        return len(self._all)

    def opened(self, connection: Connection, waits: Waits) -> None:
        self._all.add(connection)
        self._wait(connection, self._queues[waits])

    def closed(self, connection: Connection) -> None:
        self._all.discard(connection)
        self.answering(connection)

    def spoke(self, connection: Connection) -> None:
        """A silent connection has sent its first byte."""
        self._wait(connection, self._queues[Waits.UNREAD])

    def progressed(self, connection: Connection) -> None:
        """More of a body has arrived."""
        if (queue := self._in.get(connection)) is not None:
            queue.move_to_end(connection)

    def answering(self, connection: Connection) -> None:
        """The connection has sent a complete request."""
        if (queue := self._in.pop(connection, None)) is not None:
            del queue[connection]

    def answered(self, connection: Connection) -> None:
        if connection in self._all:
            self._wait(connection, self._between)

    def _wait(self, connection: Connection, queue: _Queue) -> None:
        """Puts the connection at the end of this queue. No connection stands in two."""
        self.answering(connection)
        queue[connection], self._in[connection] = None, queue

    def make_room(self, *, also: int = 0) -> bool:
        """Closes the oldest waiting connections until there is room for one more and `also`. True if there is room."""
        while len(self._all) + also >= self.most:
            if not self.end_oldest():
                return len(self._all) < self.most
        return True

    def end_oldest(self) -> bool:
        """Closes the connection that is first in the queues. False if none waits."""
        for queue in self._queues.values():
            if queue:
                oldest = next(iter(queue))
                self.closed(oldest)
                oldest.give_way()
                return True
        return False

    def tell(self, what: str) -> None:
        """Counts a refusal or a closed connection. The log gets at most one line a minute, whatever is sent."""
        self._tally[what] += 1
        self._log_when_due()

    async def watch(self) -> None:
        """Closes connections that have passed their deadline, until it is cancelled."""
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
        """Closes a connection whose check fails, so that the watch over the others goes on."""
        try:
            connection.check(now)
        except Exception as problem:
            log.error("the check of a connection failed\n%s", without_words(problem))
            connection.give_way()

    def _log_when_due(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self._tally or (self._logged_at is not None and now < self._logged_at + LOG_EVERY_S):
            return
        counts = "; ".join(f"{count} × {what}" for what, count in self._tally.most_common())
        log.warning("refused or closed: %s (%d connections open)", counts, len(self._all))
        self._tally.clear()
        self._logged_at = now
