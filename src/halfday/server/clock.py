"""The time that a server goes by: the machine's, or where management has moved it to, so that expiry needs no waiting.

Signatures of requests are held against the machine's time, because whoever signs goes by theirs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_FORWARD_S = 20 * 365 * 24 * 3600
"""A refresh token may last ten years."""


class Clock:
    def __init__(self, machine: Callable[[], float] = time.time) -> None:
        self.machine = machine
        self._frozen_at: float | None = None
        self._ahead_s = 0.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return (self.machine() if self._frozen_at is None else self._frozen_at) + self._ahead_s

    @property
    def is_frozen(self) -> bool:
        return self._frozen_at is not None

    @property
    def ahead_s(self) -> float:
        """By how much it is ahead of the machine's; of a frozen clock that changes by itself."""
        return self() - self.machine()

    def forward(self, seconds: float) -> None:
        """It is so much later from now on. A frozen clock stays frozen."""
        self._ahead_s += seconds

    def freeze(self) -> None:
        """It stands still."""
        self._frozen_at, self._ahead_s = self(), 0.0

    def release(self) -> None:
        """It is the machine's time again."""
        self._frozen_at, self._ahead_s = None, 0.0


def machine_time(clock: Callable[[], float]) -> float:
    """The time that whoever signs goes by, wherever this clock was moved to."""
    return clock.machine() if isinstance(clock, Clock) else clock()
