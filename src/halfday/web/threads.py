"""Waits for Cognito, a store or keys in threads of their own, so that an event loop's other requests go on.

What needs no waiting is done on the loop: opening a cookie and verifying its token takes less time than a thread. Of
the requests of one session one asks Cognito; the others wait on the loop and hold no thread.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

from halfday.client.transport.thread_locks import ThreadLock
from halfday.web.http_messages import Rejection, not_now
from halfday.web.request_session import RequestSession

Result = TypeVar("Result")

THREADS = 16
WAITING = 500
"""Further requests get a 503: what they would wait for does not answer."""


class Threads:
    """Threads for one kind of work."""

    def __init__(self, kind: str, *, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._kind = kind
        self._threads = threads
        self._limit = threads + waiting
        self._guard = ThreadLock()
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix=f"halfday-{self._kind}")
        self._at_work = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """What `work` returns. Raises what it raises, and Rejection with 503 when too many wait already."""
        with self._guard:
            if self._process != os.getpid():  # a forked child has the executor, and none of its threads
                self._begin()
            if self._at_work >= self._limit:
                raise Rejection(not_now("Too many are waiting at the moment. Try again in a few seconds."))
            self._at_work += 1
        future = self._executor.submit(work)
        future.add_done_callback(self._is_done)
        return await asyncio.wrap_future(future)

    def _is_done(self, _: Future[Result]) -> None:
        with self._guard:
            self._at_work -= 1


class Waiting:
    """One application's threads, by what is waited for."""

    def __init__(self, *, keeps_at_hand: bool) -> None:
        """`keeps_at_hand`: sessions are looked up without waiting."""
        self.keeps_at_hand = keeps_at_hand
        self.sign_ins = Threads("sign-ins")
        self._renewals = Threads("renewals")
        self._stores = Threads("stores")
        self._turns: WeakValueDictionary[tuple[int, str], asyncio.Lock] = WeakValueDictionary()

    async def look(self, request_session: RequestSession) -> None:
        """The session is looked up and settled: `request_session.session` waits for nothing then."""
        try:
            await self._look(request_session)
        except Rejection as rejection:
            request_session.reject(rejection)

    async def _look(self, request_session: RequestSession) -> None:
        await self._near(request_session.find)
        if request_session.asks_cognito:
            async with self._turn(request_session.key):
                await self._near(request_session.find)
                if request_session.asks_cognito:
                    await self._renewals.run(request_session.settle)
        if not request_session.settled:
            await self._near(request_session.settle)

    async def _near(self, work: Callable[[], None]) -> None:
        if self.keeps_at_hand:
            work()
        else:
            await self._stores.run(work)

    def _turn(self, key: str) -> asyncio.Lock:
        """The lock for a session on this loop. Locks belong to one loop; they go when nobody uses them."""
        name = id(asyncio.get_running_loop()), key
        return self._turns.setdefault(name, asyncio.Lock())
