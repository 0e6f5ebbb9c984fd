"""Runs of requests: each goes on within the callback that brought it, and becomes a task when it has to wait.

Most requests wait for nothing: the database is a file, called inline. A task for each would cost a turn of the event
loop. So a request's coroutine is begun at once; only one that suspends is given to a task, which goes on with it from
there, as asyncio's eager tasks do from Python 3.12 on. Until then there is no current task: who needs one, to be timed
or told from others, asks for it with `in_a_task`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any

_run = object()


def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """`work` is done when this returns None; else the task goes on with it. Call it in a callback of the loop."""
    global _run
    _run = object()
    try:
        waits_for = work.send(None)
    except StopIteration:
        return None
    finally:
        _run = object()
    return asyncio.get_running_loop().create_task(_go_on(work, waits_for))


def this_run() -> object:
    """An object that is another one as soon as a request has been begun, or waits, or is done, in whichever thread."""
    return _run


async def in_a_task() -> None:
    """From here on the caller runs in a task: it can be cancelled, given a deadline and told from all others."""
    if asyncio.current_task() is None:
        await asyncio.sleep(0)


async def _go_on(work: Coroutine[Any, Any, None], waits_for: Any) -> None:
    await _rest(work, waits_for)


@coroutine
def _rest(work: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """Yields what `work` waits for, and hands it what comes of that."""
    try:
        while True:
            try:
                came = yield waits_for
            except BaseException as problem:
                waits_for = work.throw(problem)
            else:
                waits_for = work.send(came)
    except StopIteration:
        return
