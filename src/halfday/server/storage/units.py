"""A unit: statements of one task that are committed together, all or none.

An open unit keeps other tasks waiting. So its task awaits the unit's own statements only: no mail, no function, no
other server, no key pair. A unit that awaited anything else is rolled back with RuntimeError.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Work = Callable[[], Awaitable[None]]


class Unit:
    """An open unit. A database calls `waits` before a statement that may suspend, and `goes_on` after it."""

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self._afterwards: list[Work] = []
        self._suspended = False
        self._handle: asyncio.Handle | None = None
        self.goes_on()

    @property
    def is_mine(self) -> bool:
        return asyncio.current_task() is self._task

    def afterwards(self, work: Work) -> None:
        """Runs `work` once the unit is committed, and never if it is rolled back."""
        self._afterwards.append(work)

    def goes_on(self) -> None:
        """From here on, a turn of the event loop before the next statement means that something else was awaited."""
        self._handle = asyncio.get_running_loop().call_soon(self._was_suspended)

    def waits(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def check(self) -> None:
        """Raises RuntimeError if the unit awaited anything but its own statements."""
        self.waits()
        if self._suspended:
            raise RuntimeError("a unit awaited something else than its own statements: it is undone")

    async def kept(self) -> None:
        self.waits()
        for work in self._afterwards:
            await work()

    def _was_suspended(self) -> Any:
        self._suspended = True
