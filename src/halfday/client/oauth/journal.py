"""What was sent at authorize time, and which codes were already sent: so that invalid_grant can be explained.

    CACHE/pending/HASH.json    one sign-in begun and not yet finished, by the hash of its state; 0600, a day at most
    CACHE/spent                one line a code sent to the token endpoint: time, outcome, hash. Never the code itself

A journal that cannot be written (a read-only disk) costs explanations, never a sign-in. Source: failures.md P7.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass

from halfday.client.oauth.authorization import AuthorizationRequest
from halfday.client.token_store.cache_files import (
    cache_dir,
    make_private_dir,
    read_private,
    read_record_of,
    write_private,
)
from halfday.client.token_store.records import read_dataclass

PENDING_LIFE_S = 86_400
SPENT_LIMIT_BYTES = 65_536

REDEEMED, REFUSED = "redeemed", "refused"


@dataclass(frozen=True, slots=True)
class SpentCode:
    """A code that was sent to the token endpoint before: when, and whether tokens came back."""

    at: float
    outcome: str


class Journal:
    """Safe to share between threads and processes: every record is a file or a line of its own."""

    def __init__(self, directory: str | None = None) -> None:
        directory = directory or cache_dir()
        self._pending = os.path.join(directory, "pending")
        self._spent = os.path.join(directory, "spent")

    def began(self, request: AuthorizationRequest, *, now: float) -> None:
        """Notes a sign-in, so that another process that holds its state can finish or explain it."""
        with contextlib.suppress(OSError):
            self._prune(now)
            write_private(self._path(request.state), json.dumps(dataclasses.asdict(request)))

    def find(self, state: str | None) -> AuthorizationRequest | None:
        """The sign-in that `state` belongs to."""
        if not state:
            return None
        with contextlib.suppress(OSError, ValueError, TypeError):
            request = read_dataclass(AuthorizationRequest, read_record_of(self._path(state)))
            return request if request.state == state else None
        return None

    def finished(self, state: str) -> None:
        """Forgets a sign-in that is over, with its verifier."""
        with contextlib.suppress(OSError):
            os.unlink(self._path(state))

    def sent(self, code: str, outcome: str, *, now: float) -> None:
        """Notes that a code was sent to the token endpoint. `outcome`: REDEEMED or REFUSED."""
        with contextlib.suppress(OSError):
            make_private_dir(os.path.dirname(self._spent))
            line = f"{now:.0f} {outcome} {_hash(code)}\n".encode()
            handle = os.open(self._spent, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "ab", buffering=0) as file:
                file.write(line)
                long = file.tell() > SPENT_LIMIT_BYTES
            if long:
                self._shorten()

    def find_spent(self, code: str) -> SpentCode | None:
        """When this code was redeemed; of one that never was, when it was sent last. None when neither is known."""
        wanted, last = _hash(code), None
        with contextlib.suppress(OSError, ValueError):
            for line in read_private(self._spent).splitlines():
                at, outcome, found = line.split()
                if found == wanted:
                    last = SpentCode(float(at), outcome)
                    if outcome == REDEEMED:
                        return last
        return last

    def _shorten(self) -> None:
        with open(self._spent, encoding="ascii") as file:
            lines = file.readlines()
        write_private(self._spent, "".join(lines[len(lines) // 2 :]))

    def _prune(self, now: float) -> None:
        if not os.path.isdir(self._pending):
            return
        for entry in os.scandir(self._pending):
            if now - entry.stat().st_mtime > PENDING_LIFE_S:
                os.unlink(entry.path)

    def _path(self, state: str) -> str:
        return os.path.join(self._pending, f"{_hash(state)}.json")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
