"""Documents that providers publish, kept for five minutes: discovery documents, key sets, metadata."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

_KEPT_FOR_S = 300


class PublishedDocuments:
    """By URL. What is kept too long is dropped when the next one is fetched."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Any]] = {}

    async def get(self, url: str, fetch: Callable[[], Awaitable[Any]]) -> Any:
        """The document at `url`, which `fetch` brings where it is not kept. What `fetch` raises passes through."""
        found = self._kept.get(url)
        if found is not None and _is_fresh(found):
            return found[1]
        document = await fetch()
        self._kept = {at: kept for at, kept in self._kept.items() if _is_fresh(kept)}
        self._kept[url] = time.monotonic(), document
        return document

    def forget(self, url: str) -> None:
        self._kept.pop(url, None)


def _is_fresh(kept: tuple[float, Any]) -> bool:
    return time.monotonic() - kept[0] <= _KEPT_FOR_S
