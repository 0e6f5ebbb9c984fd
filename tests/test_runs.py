"""A request's coroutine goes on within its callback, and becomes a task when it has to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from halfday.server.runs import in_a_task, start, this_run
from halfday.server.storage.turns import KnownThisTurn


def begun(work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """What `start` returns in a callback of the loop, where no task runs."""
    begun: list[asyncio.Task[None] | None] = []

    async def main() -> None:
        done = asyncio.Event()
        asyncio.get_running_loop().call_soon(lambda: (begun.append(start(work)), done.set()))
        await done.wait()
        if begun[0] is not None:
            await asyncio.wait([begun[0]])

    asyncio.run(main())
    return begun[0]


def test_what_waits_for_nothing_is_done_at_once_and_without_a_task() -> None:
    seen: list[object] = []

    async def work() -> None:
        seen.append(asyncio.current_task())

    assert begun(work()) is None
    assert seen == [None]


def test_what_waits_goes_on_as_a_task_with_what_it_waited_for() -> None:
    seen: list[object] = []

    async def work() -> None:
        seen.append(asyncio.current_task())
        seen.append(await asyncio.to_thread(lambda: 7))
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.01)
        except TimeoutError:
            seen.append("late")
        seen.append(asyncio.current_task())

    task = begun(work())
    assert task is not None
    assert seen == [None, 7, "late", task]
    assert task.exception() is None


def test_what_fails_later_fails_as_its_task() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise ValueError("later")

    task = begun(work())
    assert task is not None
    assert isinstance(task.exception(), ValueError)


def test_a_task_can_be_cancelled_and_its_work_hears_of_it() -> None:
    heard: list[str] = []

    async def work() -> None:
        try:
            await in_a_task()
            task = asyncio.current_task()
            assert task is not None
            asyncio.get_running_loop().call_soon(task.cancel)
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    task = begun(work())
    assert task is not None
    assert task.cancelled()
    assert heard == ["cancelled"]


def test_who_needs_a_deadline_asks_to_be_a_task() -> None:
    async def without() -> None:
        async with asyncio.timeout(1):
            pass

    async def within() -> None:
        await in_a_task()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()

    with pytest.raises(RuntimeError):
        begun_at_once(without())
    task = begun(within())
    assert task is not None
    assert task.exception() is None


def begun_at_once(work: Coroutine[Any, Any, None]) -> None:
    async def main() -> None:
        raised: list[Exception] = []

        def callback() -> None:
            try:
                start(work)
            except Exception as problem:
                raised.append(problem)

        asyncio.get_running_loop().call_soon(callback)
        await asyncio.sleep(0.01)
        if raised:
            raise raised[0]

    asyncio.run(main())


def test_no_run_knows_what_another_in_the_same_turn_was_told() -> None:
    known, seen = KnownThisTurn[int](), list[object]()

    async def learns() -> None:
        known.learn(7)
        seen.append(known.get())

    async def asks() -> None:
        seen.append(known.get())

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for work in (learns(), asks()):
            loop.call_soon(start, work)
        await asyncio.sleep(0)
        seen.append(known.get())

    asyncio.run(main())
    assert seen == [7, None, None]


def test_a_run_is_another_one_after_its_end() -> None:
    runs: list[object] = [this_run()]

    async def work() -> None:
        runs.append(this_run())

    begun(work())
    runs.append(this_run())
    assert len(set(map(id, runs))) == 3
