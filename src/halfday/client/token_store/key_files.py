"""Key sets on disk, so that a program that renews its session once an hour need not fetch them every time.

    CACHE/NAME.keys      a key set by the address that it came from: public, and trusted as far as the folder is

A kid that is not in it has the set fetched anew, whatever its age. A file that cannot be written costs one request.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from halfday.client.token_store.cache_files import file_name, read_record_of, write_private
from halfday.protocol.jwk import Jwk, parse_jwks

LIFE_S = 86_400
"""A key that a pool withdraws is accepted for a day at most."""


class KeyFiles:
    def __init__(self, directory: str, clock: Callable[[], float]) -> None:
        self._directory = directory
        self._clock = clock

    def load(self, url: str) -> Mapping[str, Jwk] | None:
        """The keys by kid; None when there are none, or old ones, or something else is in the file."""
        try:
            record = read_record_of(self._path(url))
            age_s = self._clock() - float(record["fetched_at"])
            return parse_jwks(record["key_set"]) if record["url"] == url and 0 <= age_s < LIFE_S else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def save(self, url: str, key_set: Mapping[str, Any]) -> None:
        record = {"url": url, "fetched_at": self._clock(), "key_set": key_set}
        with contextlib.suppress(OSError):
            write_private(self._path(url), json.dumps(record))

    def _path(self, url: str) -> str:
        return os.path.join(self._directory, f"{file_name(url)}.keys")
