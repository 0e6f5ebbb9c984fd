"""RSA key pairs, made in a thread of their own, and from the first one on a few ahead of those who ask.

A pair takes 50 to 120 ms of a core. The event loop goes on meanwhile: `cryptography` releases the interpreter's lock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2048
SPARE = 2
"""What one pool needs: who makes a pool often makes another, and a program that makes none pays for none."""


class KeyPairs:
    """One pair is made at a time, so that a burst of new pools leaves the other cores alone."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="halfday-keys")
        self._ahead: deque[Future[rsa.RSAPrivateKey]] = deque()

    async def take(self) -> rsa.RSAPrivateKey:
        """A pair that nobody else has been given."""
        pair = self._ahead.popleft() if self._ahead else self._ask()
        while len(self._ahead) < SPARE:
            self._ahead.append(self._ask())
        return await asyncio.wrap_future(pair)

    def close(self) -> None:
        """What is asked for and not begun is not made."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _ask(self) -> Future[rsa.RSAPrivateKey]:
        return self._worker.submit(rsa.generate_private_key, public_exponent=65537, key_size=KEY_BITS)
