"""What is asked once a turn of the event loop is never older than what a task was woken by."""

from __future__ import annotations

import asyncio
import socket

from halfday.server.storage.turns import KnownThisTurn


def test_it_is_known_in_its_turn_and_in_no_other() -> None:
    known = KnownThisTurn[int]()

    async def ask() -> list[int | None]:
        known.learn(7)
        within = known.get()
        await asyncio.sleep(0)
        return [within, known.get()]

    assert asyncio.run(ask()) == [7, None]


def test_what_was_learned_in_a_loop_that_has_ended_is_not_known_in_another() -> None:
    known = KnownThisTurn[int]()
    loop = asyncio.new_event_loop()

    async def learn() -> None:
        known.learn(7)

    loop.run_until_complete(learn())
    loop.close()

    async def ask() -> int | None:
        return known.get()

    assert asyncio.run(ask()) is None


def test_who_is_woken_by_what_arrives_after_it_was_learned_does_not_know_it() -> None:
    """By bytes that are there already in the turn in which it is learned, by a thread, and by another task."""
    known = KnownThisTurn[int]()

    async def woken_by_bytes(ours: socket.socket) -> int | None:
        await asyncio.get_running_loop().sock_recv(ours, 1)
        return known.get()

    async def woken_by(event: asyncio.Event) -> int | None:
        await event.wait()
        return known.get()

    async def ask() -> list[int | None]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        by_task, by_thread = asyncio.Event(), asyncio.Event()
        waiting = [woken_by_bytes(ours), woken_by(by_task), woken_by(by_thread)]
        tasks = [asyncio.create_task(one) for one in waiting]
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        known.learn(7)
        theirs.send(b"x")
        by_task.set()
        await loop.run_in_executor(None, loop.call_soon_threadsafe, by_thread.set)
        found = await asyncio.gather(*tasks)
        ours.close()
        theirs.close()
        return found

    assert asyncio.run(ask()) == [None, None, None]
