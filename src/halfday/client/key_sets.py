"""The key sets (JWKS) of user pools: fetched once and kept, by one request at a time, and not for every forged kid.

Source: facts/tokens.md §9; aws-jwt-verify, whose users expect no less.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from halfday.client import wire
from halfday.client.errors import NetworkError
from halfday.client.key_files import KeyFiles
from halfday.client.transport import Transport
from halfday.protocol.jwk import Jwk, parse_jwks

PENALTY_S = 10.0
"""How long after a fetch an unknown kid fetches nothing again: a flood of forged tokens is no flood of requests."""


class KeySets:
    """Kept by URL. Safe to share between threads: who asks while a set is fetched waits for that one fetch."""

    def __init__(self, transport: Transport, clock: Callable[[], float], files: KeyFiles | None = None) -> None:
        self._transport = transport
        self._files = files
        self._clock = clock
        self._kept: dict[str, Mapping[str, Jwk]] = {}
        self._fetched_at: dict[str, float] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def keys(self, url: str) -> Mapping[str, Jwk]:
        """The keys by kid. Raises NetworkError, when there are none yet and they cannot be had."""
        kept = self._kept.get(url)
        if kept is not None:
            return kept
        with self._locks[url]:
            return self._kept.get(url) or self._load(url) or self._fetch(url)

    def newer_keys(self, url: str, than: Mapping[str, Jwk]) -> Mapping[str, Jwk]:
        """For a kid that is not in `than`: what was fetched since, else a new fetch, else `than` within the penalty."""
        with self._locks[url]:
            kept = self._kept.get(url, than)
            too_soon = self._clock() - self._fetched_at.get(url, float("-inf")) < PENALTY_S
            return kept if kept is not than or too_soon else self._fetch(url)

    def put(self, url: str, jwks: Mapping[str, object]) -> None:
        """Keys that came another way: out of a file, or with the deployment. Raises ValueError for no key set."""
        self._kept[url] = parse_jwks(dict(jwks))

    def _fetch(self, url: str) -> Mapping[str, Jwk]:
        self._fetched_at[url] = self._clock()
        key_set, keys = self._transport.run(_fetched(url))
        self._kept[url] = keys
        if self._files is not None:
            self._files.save(url, key_set)
        return keys

    def _load(self, url: str) -> Mapping[str, Jwk] | None:
        found = self._files.load(url) if self._files is not None else None
        if found:
            self._kept[url] = found
        return found


def _fetched(url: str) -> wire.Flow[tuple[dict[str, Any], dict[str, Jwk]]]:
    """The set as it came, and its keys by kid."""
    request = wire.Request("GET", url, {"Accept": "application/json"})
    response = yield request
    wire.raise_for_fault(request, response)
    if response.status in (400, 404) and response.json():
        raise NetworkError(f"{url} answered {response.status}: there is no such user pool", kind="no_such_pool")
    try:
        key_set = response.json()
        return key_set, parse_jwks(key_set)
    except ValueError as problem:
        raise wire.unusable(request, response) from problem
