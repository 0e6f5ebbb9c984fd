"""RSA key pairs, generated in a separate thread. After the first request, SPARE pairs are generated in advance.

A server that begins with an empty data folder generates its first pool's pairs while it loads (`begin`).
A pair takes 50 to 120 ms of a core. The event loop runs meanwhile, because `cryptography` releases the interpreter's
lock; where there is one core for both, the system gives it to the event loop first. Spare pairs are begun a moment
after others were taken, when the pool's answer is out. flows/tokens/keys stores the pairs and signs with them.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2048
SPARE = 2
"""The pairs that one pool needs: a caller that makes one pool often makes another. Where pools are kept, none are made
before another one is asked for.
"""
MOST_BACK = 1000
"""Pairs that wait for another pool. A pair is some kilobytes."""
PAUSE_S = 0.02
_GIVES_WAY = 10
"""Steps of niceness. On Linux each thread has its own."""


class KeyPairs:
    """Generates one pair at a time, so that a burst of new pools occupies only one core."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="halfday-keys", initializer=_give_way)
        self._ahead: deque[Future[rsa.RSAPrivateKey]] = deque()
        self._back: dict[int, rsa.RSAPrivateKey] = {}
        self._next: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """SPARE pairs are under way."""
        while len(self._ahead) < SPARE:
            self._ahead.append(self._ask())

    def are_ready(self) -> bool:
        """Whether the pairs that one pool needs are there, so that nobody waits for them."""
        ahead = sum(pair.done() and not pair.cancelled() for pair in self._ahead)
        return len(self._back) + ahead >= SPARE

    def give_back(self, pairs: Iterable[rsa.RSAPrivateKey]) -> None:
        """Of pools that are gone, where nothing is kept: the next pools have them (docs/decisions/0072).

        A pair that is given back twice, because a pool was deleted while a server was reset, is there once.
        """
        for pair in pairs:
            if len(self._back) < MOST_BACK:
                self._back[pair.public_key().public_numbers().n] = pair

    async def take(self) -> rsa.RSAPrivateKey:
        """A pair that no other caller has, and, where none was given back, that none has had."""
        if self._back:
            return self._back.pop(next(iter(self._back)))
        pair = self._ahead.popleft() if self._ahead else self._ask()
        if self._next is None:
            self._next = asyncio.get_running_loop().call_later(PAUSE_S, self._begin_again)
        return await asyncio.wrap_future(pair)

    def close(self) -> None:
        """Stops the thread. Pairs whose generation has not begun are not generated."""
        if self._next is not None:
            self._next.cancel()
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _begin_again(self) -> None:
        self._next = None
        self.begin()

    def _ask(self) -> Future[rsa.RSAPrivateKey]:
        return self._worker.submit(rsa.generate_private_key, public_exponent=65537, key_size=KEY_BITS)


def _give_way() -> None:
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _GIVES_WAY)
