"""What is asked once for all that runs in one turn of the event loop."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class KnownThisTurn(Generic[T]):
    """A value that is known until the event loop's next turn, or until it is forgotten.

    What has happened elsewhere since cannot be missed: forgetting is queued as the value is learned, and whoever is
    woken by something that arrives later, a request or an answer, is queued behind that.
    """

    def __init__(self) -> None:
        self._value: T | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def get(self) -> T | None:
        return self._value if self._loop is asyncio.get_running_loop() else None

    def learn(self, value: T) -> None:
        """Call it in the turn in which the value was asked for, with nothing awaited in between."""
        self._value, self._loop = value, asyncio.get_running_loop()
        self._loop.call_soon(self.forget)

    def forget(self) -> None:
        self._value = None
