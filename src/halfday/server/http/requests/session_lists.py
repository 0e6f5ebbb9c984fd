"""The value of the cookie `cognito`: a browser's sessions at this origin, one a pool.

On AWS each pool has an origin of its own, and its cookie holds one session. Here many pools may share one, and who
signs in to one of them stays signed in to the others. An entry is TAG~SECRET~EXPIRES: the pool's tag, the session's
secret, and when the session ends, in seconds since 1970. Nothing in it is believed: a secret that is no session's finds
none.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from halfday.protocol.encoding import b64url_encode

MOST = 16
"""Sessions. A cookie of more than 4096 bytes is dropped by browsers."""

_TAG_BYTES = 6
_ENTRY = re.compile(r"([A-Za-z0-9_-]{8})~([A-Za-z0-9_-]{16,128})~([0-9]{1,12})")


@dataclass(frozen=True, slots=True)
class SessionList:
    """The entries, the oldest first. Of one pool there is one."""

    entries: tuple[tuple[str, str, int], ...] = field(repr=False)

    def secret_of(self, pool_id: str) -> str:
        """The secret of this pool's session; "" for none."""
        return next((secret for tag, secret, _ in self.entries if tag == _tag(pool_id)), "")

    def with_session(self, pool_id: str, secret: str, expires_at: float) -> SessionList:
        """With this session in place of the pool's earlier one. Of too many the oldest are dropped."""
        others = self.without(pool_id).entries
        return SessionList((*others, (_tag(pool_id), secret, int(expires_at)))[-MOST:])

    def without(self, pool_id: str) -> SessionList:
        return SessionList(tuple(entry for entry in self.entries if entry[0] != _tag(pool_id)))

    def live(self, now: float) -> SessionList:
        """Without those that have ended."""
        return SessionList(tuple(entry for entry in self.entries if now < entry[2]))

    @property
    def ends_at(self) -> int:
        """When the last of them ends; 0 where there is none."""
        return max((expires_at for _, _, expires_at in self.entries), default=0)

    def __str__(self) -> str:
        return ".".join(f"{tag}~{secret}~{expires_at}" for tag, secret, expires_at in self.entries)


def session_list(cookie: str) -> SessionList:
    """What stands in the cookie; what is no entry is left out."""
    read = (_ENTRY.fullmatch(part) for part in cookie.split(".")[:MOST])
    return SessionList(tuple((found[1], found[2], int(found[3])) for found in read if found))


def _tag(pool_id: str) -> str:
    return b64url_encode(hashlib.sha256(pool_id.encode()).digest()[:_TAG_BYTES])
