"""What is asked once for all that runs in one turn of the event loop."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

from halfday.server.runs import this_run

T = TypeVar("T")


class KnownThisTurn(Generic[T]):
    """A value that is known until the event loop's next turn, or until it is forgotten.

    What has happened elsewhere since cannot be missed: forgetting is queued as the value is learned, and whoever is
    woken by something that arrives later, a request or an answer, is queued behind that. A request that is begun at
    once, in the turn that read it, is a run of its own (server/runs): it knows nothing that was known before.
    """

    def __init__(self) -> None:
        self._value: T | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._run: object = None

    def get(self) -> T | None:
        return self._value if self._run is this_run() and self._loop is asyncio.get_running_loop() else None

    def learn(self, value: T) -> None:
        """Call it in the turn in which the value was asked for, with nothing awaited in between."""
        self._value, self._loop, self._run = value, asyncio.get_running_loop(), this_run()
        if asyncio.current_task() is not None:  # else it is forgotten with the run
            self._loop.call_soon(self.forget)

    def forget(self) -> None:
        self._value = None
