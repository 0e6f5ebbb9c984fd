"""Room for bodies: how many bytes of all requests and answers this process holds at once, and whose they are.

Each body has a limit of its own; a hundred bodies at their limit would still be more than the machine has. So what is
longer than a form is counted here from its first byte until its request has been answered, and who comes when there is
no room is told to come again (503). Nobody can take all of it: a caller whose key is known has half, everybody who is
not known yet has an eighth together. What is short is never counted, so that a sign-in is never refused for uploads.
"""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request
from starlette.types import Scope

from halfday.server.connections.memory import Receding

MEBIBYTE = 1024 * 1024
MOST_BYTES = 512 * MEBIBYTE
SHORT_BYTES = 16 * 1024
"""The first bytes of each body, which are not counted. At the limit of connections they take 16 MiB together."""
KNOWN_SHARE, STRANGERS_SHARE = 2, 8
"""One caller may have a half: the longest body that any entrance takes. All strangers together may have an eighth."""

_HELD = "halfday.held"


class NoRoom(Exception):
    """Too much is held already, of everybody or of this caller. Nothing was done; the same may be sent again."""


class Room:
    """The bytes that one process holds, by holder."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._by_holder: Counter[str | None] = Counter()
        self.held_bytes = 0
        self._receding = Receding()

    def take(self, holder: str | None, size: int) -> None:
        """`holder` is a caller's name, None for all who are not known. Raises NoRoom, and then nothing is taken."""
        share = self._most // (KNOWN_SHARE if holder else STRANGERS_SHARE)
        if self._by_holder[holder] + size > share:
            whose = "this caller's bodies" if holder else "bodies of callers who are not known"
            raise NoRoom(f"{whose} take more than {share} bytes already")
        if self.held_bytes + size > self._most:
            raise NoRoom(f"all bodies together take {self.held_bytes} of {self._most} bytes already")
        self._by_holder[holder] += size
        self.held_bytes += size
        self._receding.look(self.held_bytes // MEBIBYTE)

    def give_back(self, holder: str | None, size: int) -> None:
        self.held_bytes -= size
        self._by_holder[holder] -= size
        if not self._by_holder[holder]:
            del self._by_holder[holder]
        self._receding.look(self.held_bytes // MEBIBYTE)


class Held:
    """What one request holds: its body, and later the body of its answer. Given back at the end of `with`."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._holder: str | None = None
        self._came = self._counted = 0

    def grow(self, size: int) -> None:
        """Counts `size` more bytes. Raises NoRoom."""
        self._came += size
        more = max(0, self._came - SHORT_BYTES) - self._counted
        if more > 0:
            self._room.take(self._holder, more)
            self._counted += more

    def belongs_to(self, caller: str) -> None:
        """Counts what the request holds as this caller's from now on. Raises NoRoom."""
        if caller == self._holder:
            return
        self._room.take(caller, self._counted)
        self._room.give_back(self._holder, self._counted)
        self._holder = caller

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *raised: object) -> None:
        self.end()

    def end(self) -> None:
        if self._counted:
            self._room.give_back(self._holder, self._counted)
        self._came = self._counted = 0


def holding(scope: Scope, room: Room) -> Held:
    """Counts what the request holds while the block runs, and gives it back at the end."""
    held = scope[_HELD] = Held(room)
    return held


def held_by(request: Request) -> Held:
    """What the request holds. Servers without a Room bound each body and the number of connections instead."""
    held: Held | None = request.scope.get(_HELD)
    return held or Held(Room())
