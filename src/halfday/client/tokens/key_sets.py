"""The key sets (JWKS) of user pools: fetched once and kept, by one request at a time, and not for every forged kid.

Their addresses come from settings, or from a pool that our own sign-in proved, never from a token of unknown origin.
Keys that cannot be fetched are a NetworkError and never a refusal; so is a set without keys, which no pool publishes.
Source: facts/tokens.md §9; aws-jwt-verify, whose users expect no less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from halfday.client.errors import NetworkError
from halfday.client.token_store.key_files import KeyFiles
from halfday.client.transport import wire
from halfday.client.transport.blocking import Transport
from halfday.client.transport.thread_locks import ThreadLock
from halfday.protocol.jwk import Jwk, parse_jwks

PENALTY_S = 10.0
"""So long after a fetch an unknown kid causes no other one: a flood of forged tokens is no flood of requests."""


class KeySets:
    """Key sets by URL. Safe to share between threads: those that need a set share one fetch."""

    def __init__(self, transport: Transport, clock: Callable[[], float], files: KeyFiles | None = None) -> None:
        self._transport = transport
        self._files = files
        self._clock = clock
        self._sets: dict[str, _KeySet] = {}
        self._guard = ThreadLock()

    def at_hand(self, url: str) -> Mapping[str, Jwk]:
        """The keys that are there without a request; an empty mapping when there are none."""
        found = self._sets.get(url)
        return found.keys or {} if found else {}

    def keys(self, url: str) -> Mapping[str, Jwk]:
        """The keys by kid. Raises NetworkError, when there are none yet and they cannot be had."""
        kept = self._set(url)
        if kept.keys is not None:
            return kept.keys
        before = kept.fetches
        with kept.lock:
            if kept.fetches != before:
                kept.raise_if_failed()
            return kept.keys or self._load(url, kept) or self._fetch(url, kept)

    def newer_keys(self, url: str, than: Mapping[str, Jwk]) -> Mapping[str, Jwk]:
        """For a kid that is not in `than`: what was fetched since, else a new fetch, else `than` within the penalty.

        Raises NetworkError, within the penalty too when the last fetch failed: the kid may be good.
        """
        kept = self._set(url)
        with kept.lock:
            if kept.keys is not None and kept.keys is not than:
                return kept.keys
            if not kept.was_fetched_within(PENALTY_S, self._clock()):
                return self._fetch(url, kept)
            kept.raise_if_failed()
            return than

    def put(self, url: str, jwks: Mapping[str, object]) -> None:
        """Sets keys from a file or from the deployment. Raises ValueError for what is no key set."""
        keys = parse_jwks(dict(jwks))
        if not keys:
            raise ValueError("not a JWKS of a user pool: it holds no RSA signature key")
        self._set(url).keys = keys

    def _set(self, url: str) -> _KeySet:
        with self._guard:
            return self._sets.setdefault(url, _KeySet())

    def _fetch(self, url: str, kept: _KeySet) -> Mapping[str, Jwk]:
        try:
            key_set, keys = self._transport.run(_fetched(url))
        except NetworkError as problem:
            kept.fetched(self._clock(), failed_with=problem)
            raise
        kept.fetched(self._clock())
        kept.keys = keys
        if self._files is not None:
            self._files.save(url, key_set)
        return keys

    def _load(self, url: str, kept: _KeySet) -> Mapping[str, Jwk] | None:
        kept.keys = (self._files.load(url) if self._files is not None else None) or None
        return kept.keys


class _KeySet:
    """The keys of one URL, and how its last fetch ended."""

    __slots__ = ("_failed_with", "_fetched_at", "fetches", "keys", "lock")

    def __init__(self) -> None:
        self.keys: Mapping[str, Jwk] | None = None
        self.lock = ThreadLock()
        self.fetches = 0
        self._fetched_at: float | None = None
        self._failed_with: NetworkError | None = None

    def fetched(self, at: float, *, failed_with: NetworkError | None = None) -> None:
        """Notes that a fetch has ended."""
        self.fetches += 1
        self._fetched_at, self._failed_with = at, failed_with

    def was_fetched_within(self, seconds: float, now: float) -> bool:
        """A fetch in the future does not count: the clock was set back since."""
        return self._fetched_at is not None and 0 <= now - self._fetched_at < seconds

    def raise_if_failed(self) -> None:
        """Raises the NetworkError of the last fetch again, for those that waited for it."""
        if self._failed_with is not None:
            raise NetworkError(str(self._failed_with), kind=self._failed_with.kind)


def _fetched(url: str) -> wire.Flow[tuple[dict[str, Any], dict[str, Jwk]]]:
    """The set as it came, and its keys by kid."""
    request = wire.Request("GET", url, {"Accept": "application/json"})
    response = yield request
    wire.raise_for_fault(request, response)
    if response.status in (400, 404) and response.json():
        raise NetworkError(f"{url} answered {response.status}: there is no such user pool", kind="no_such_pool")
    try:
        key_set = response.json()
        keys = parse_jwks(key_set)
    except ValueError as problem:
        raise wire.unusable(request, response) from problem
    if not keys:
        raise NetworkError(f"{url} answered without a key: a user pool has two", kind="strange_answer")
    return key_set, keys
