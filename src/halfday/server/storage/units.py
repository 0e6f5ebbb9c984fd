"""A unit: statements of one task that are kept together, all of them or none.

While a unit is open it holds what others wait for. So its task awaits the unit's own statements and nothing else: no
mail, no function, no other server, no key pair. A unit that did is undone, and RuntimeError says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Work = Callable[[], Awaitable[None]]


class Unit:
    """An open unit. Whoever runs its statements says `waits` before one that may suspend and `goes_on` after it."""

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
        """`work` is done once the unit is kept, and not at all where it is undone."""
        self._afterwards.append(work)

    def goes_on(self) -> None:
        """From here on the loop has no turn before the next statement, or the unit awaited something else."""
        self._handle = asyncio.get_running_loop().call_soon(self._was_suspended)

    def waits(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def check(self) -> None:
        """Raises RuntimeError when the unit was held over something else than its statements."""
        self.waits()
        if self._suspended:
            raise RuntimeError("a unit awaited something else than its own statements: it is undone")

    async def kept(self) -> None:
        self.waits()
        for work in self._afterwards:
            await work()

    def _was_suspended(self) -> Any:
        self._suspended = True
