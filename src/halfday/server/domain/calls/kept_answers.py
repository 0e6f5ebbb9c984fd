"""What the AWS behind said a moment ago, kept for as long as AWS itself may be late."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

KEPT_S = 2.0
MOST_KEPT = 4_096


class KeptAnswers:
    """By name; the oldest go when there are many. `now` is in seconds of a clock that only goes forward."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, Any]] = OrderedDict()

    def find(self, name: str, now: float) -> Any:
        """None where nothing is kept, or not any more."""
        until, answer = self._kept.get(name, (now, None))
        return answer if now < until else None

    def put(self, name: str, answer: Any, now: float) -> None:
        self._kept.pop(name, None)
        self._kept[name] = (now + KEPT_S, answer)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        self._kept.clear()
