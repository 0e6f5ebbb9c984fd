"""A cache of documents that providers publish (discovery, key sets, metadata), for five minutes. Callers fetch them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

_KEPT_FOR_S = 300


class PublishedDocuments:
    """Documents by URL. Expired ones are dropped when the next document is fetched."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Callable[[], float], Any]] = {}

    async def get(
        self,
        url: str,
        fetch: Callable[[], Awaitable[Any]],
        *,
        lasting: Callable[[Any], float] = lambda _: _KEPT_FOR_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> Any:
        """The cached document of `url`, else the one that `fetch` returns. Raises what `fetch` raises.

        `lasting` says for how many seconds of `clock` a document is kept.
        """
        found = self._kept.get(url)
        if found is not None and _is_fresh(found):
            return found[2]
        document = await fetch()
        self._kept = {at: kept for at, kept in self._kept.items() if _is_fresh(kept)}
        self._kept[url] = clock() + lasting(document), clock, document
        return document

    def forget(self, url: str) -> None:
        self._kept.pop(url, None)


def _is_fresh(kept: tuple[float, Callable[[], float], Any]) -> bool:
    ends_at, clock, _ = kept
    return clock() <= ends_at
