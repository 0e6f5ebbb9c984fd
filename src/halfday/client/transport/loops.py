"""Runs the blocking classes' work for programs that may have several running event loops.

asyncio's locks and futures belong to one loop: a task that waits for another loop's is never woken.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

from halfday.client.errors import SettingsError
from halfday.client.transport.thread_locks import ThreadLock

Result = TypeVar("Result")

_asking: ContextVar[asyncio.AbstractEventLoop | None] = ContextVar("halfday_asking_loop", default=None)


class OneAtATime:
    """Of the tasks of one loop one at a time goes to a thread; the others wait without holding any."""

    def __init__(self) -> None:
        self._guard = ThreadLock()
        self._locks: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}

    async def in_a_thread(self, work: Callable[[], Result]) -> Result:
        async with self._lock():
            return await in_a_thread(work)

    def _lock(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        with self._guard:
            if loop not in self._locks:
                self._locks = {one: lock for one, lock in self._locks.items() if not one.is_closed()}
                self._locks[loop] = asyncio.Lock()
            return self._locks[loop]


async def in_a_thread(work: Callable[[], Result]) -> Result:
    """What `work` returns, run in a thread. `from_a_thread` finds the loop that asked."""
    before = _asking.set(asyncio.get_running_loop())
    try:
        return await asyncio.to_thread(work)
    finally:
        _asking.reset(before)


def from_a_thread(
    ask: Callable[[], Result | Awaitable[Result]],
) -> Callable[[], Result]:
    """`ask` as a function that a thread can call: a coroutine is awaited on the loop that asked, which is free."""
    if not inspect.iscoroutinefunction(ask):
        return ask  # type: ignore[return-value]
    made_on = asyncio.get_running_loop()

    def asked() -> Result:
        loop = _asking.get() or made_on
        if not loop.is_running() or loop is _running_here():
            hint = "ask with await, on a loop that runs; or give a function that is not a coroutine's"
            raise SettingsError("a coroutine function was given, and no loop is free to await it", hint=hint)
        found: Result = asyncio.run_coroutine_threadsafe(ask(), loop).result()
        return found

    return asked


def _running_here() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
