"""Sign-ins that have begun and not come back yet: each in a small sealed cookie of its own, used once."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any

from halfday.client.oauth.authorization import AuthorizationRequest
from halfday.protocol import pkce
from halfday.web.http_messages import MAX_CHARACTERS, Cookie, WebRequest
from halfday.web.sessions import WebSessions
from halfday.web.stores import MemoryStore

LIFE_S = 600
MAX_BEGUN = 16
"""As many as a browser's tabs that are opened again at once."""
MAX_FORGOTTEN = 64
"""Cookies that one response removes."""
LEAST_CHARACTERS = 1200
"""Room for sign-ins beside a long session."""

_NAME_DIGITS = 16
_MEMBERS = 5
_BEGAN_AT = 3

PendingSignIn = tuple[AuthorizationRequest, str]
"""The authorization request, and the path that the person goes to afterwards."""


class PendingSignIns:
    """One cookie for each sign-in, so that tabs do not replace each other's. Safe to share between threads."""

    def __init__(self, sessions: WebSessions, cookie: str, *, secure: bool, clock: Callable[[], float]) -> None:
        self._sessions = sessions
        self._prefix = f"{cookie}-begun-"
        self._ours = re.compile(re.escape(self._prefix) + rf"[0-9a-f]{{{_NAME_DIGITS}}}")
        self._secure = secure
        self._clock = clock
        self._used = MemoryStore(clock=clock)

    def name(self, state: str) -> str:
        return self._prefix + hashlib.sha256(state.encode()).hexdigest()[:_NAME_DIGITS]

    def cookies(self, web_request: WebRequest, request: AuthorizationRequest, return_to: str) -> list[Cookie]:
        """A cookie for this sign-in, and the removal of the oldest ones that there is no room for."""
        begun = [request.state, request.nonce, request.code_verifier, request.began_at, return_to]
        sealed = self._sessions.seal(begun, "begun", self._clock() + LIFE_S)
        new = Cookie(self.name(request.state), sealed, LIFE_S, self._secure)
        forgotten = self._without_room(web_request, len(new.name) + len(new.value))
        return [*(Cookie(name, "", 0, self._secure) for name in forgotten), new]

    def take(self, web_request: WebRequest, state: str, *, client_id: str, redirect_uri: str) -> PendingSignIn | None:
        """The sign-in of this browser that `state` belongs to, once; None for any other."""
        begun = self._read(web_request, self.name(state))
        if begun is None:
            return None
        began_with, nonce, verifier, began_at, return_to = begun
        if not hmac.compare_digest(began_with.encode(), state.encode()):
            return None
        if not self._used.add(began_with, "used", expires_at=self._clock() + LIFE_S):
            return None
        challenge = pkce.challenge_of(verifier)
        request = AuthorizationRequest("", client_id, redirect_uri, state, nonce, verifier, challenge, began_at)
        return request, return_to

    def _read(self, web_request: WebRequest, name: str) -> list[Any] | None:
        begun = self._sessions.read(web_request.cookies.get(name, ""), "begun")
        return begun if isinstance(begun, list) and len(begun) == _MEMBERS else None

    def _without_room(self, web_request: WebRequest, new_characters: int) -> list[str]:
        """The oldest cookies, until the others and the new one fit. A cookie that cannot be read counts as oldest."""
        began_at = {
            name: self._began_at(web_request, name) for name in web_request.cookies if self._ours.fullmatch(name)
        }
        newest = sorted(began_at, key=began_at.__getitem__, reverse=True)
        others = sum(len(name) + len(value) for name, value in web_request.cookies.items() if name not in began_at)
        room = max(LEAST_CHARACTERS, MAX_CHARACTERS - others) - new_characters
        kept: set[str] = set()
        for name in newest[: MAX_BEGUN - 1]:
            room -= len(name) + len(web_request.cookies[name])
            if room < 0:
                break
            kept.add(name)
        return [name for name in newest if name not in kept][:MAX_FORGOTTEN]

    def _began_at(self, web_request: WebRequest, name: str) -> float:
        begun = self._read(web_request, name)
        return float(begun[_BEGAN_AT]) if begun else 0.0
