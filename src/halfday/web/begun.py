"""Sign-ins that were begun and have not come back yet: each in a sealed cookie of its own, taken once."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Callable

from halfday.client.authorization import AuthorizationRequest
from halfday.web.exchange import Cookie, Visit
from halfday.web.sessions import Keeping
from halfday.web.stores import MemoryStore

LIFE_S = 600
MAX_BEGUN = 5


class BegunSignIns:
    """A cookie a sign-in, so that two tabs do not spoil each other's. Safe to share between threads."""

    def __init__(self, keeping: Keeping, cookie: str, *, secure: bool, clock: Callable[[], float]) -> None:
        self._keeping = keeping
        self._prefix = f"{cookie}-begun-"
        self._secure = secure
        self._clock = clock
        self._used = MemoryStore(clock=clock)

    def name(self, state: str) -> str:
        return self._prefix + hashlib.sha256(state.encode()).hexdigest()[:16]

    def cookies(self, visit: Visit, request: AuthorizationRequest, return_to: str) -> list[Cookie]:
        """The browser remembers this sign-in; of many that were left unfinished it forgets the others."""
        begun = {"request": {**dataclasses.asdict(request), "url": ""}, "return_to": return_to}
        sealed = self._keeping.seal(begun, "begun", self._clock() + LIFE_S)
        left = sorted(name for name in visit.cookies if name.startswith(self._prefix))
        forgotten = left if len(left) >= MAX_BEGUN else []
        return [
            *(Cookie(name, "", 0, self._secure) for name in forgotten),
            Cookie(self.name(request.state), sealed, LIFE_S, self._secure),
        ]

    def take(self, visit: Visit, state: str) -> tuple[AuthorizationRequest, str] | None:
        """The sign-in of this very browser that `state` belongs to, and where it goes afterwards. Once."""
        begun = self._keeping.read(visit.cookies.get(self.name(state), ""), "begun")
        if begun is None:
            return None
        request = AuthorizationRequest(**begun["request"])
        if not hmac.compare_digest(request.state.encode(), state.encode()):
            return None
        if not self._used.add(request.state, "used", expires_at=self._clock() + LIFE_S):
            return None
        return request, begun["return_to"]
