"""One visit from its beginning to its end: the session looked at when asked for, and told to the browser at the end."""

from __future__ import annotations

import threading
from collections.abc import Collection

from halfday.web.exchange import Answer, Cookie, Visit
from halfday.web.relying_party import RelyingParty
from halfday.web.sessions import WebSession


class Visiting:
    """Made by an adapter for every request."""

    def __init__(self, party: RelyingParty, visit: Visit) -> None:
        self._party = party
        self._visit = visit
        self._lock = threading.Lock()
        self._session: WebSession | None = None
        self.looked = False
        """Whether anybody has asked who is signed in: then the answer is this browser's alone."""

    @property
    def session(self) -> WebSession | None:
        """As RelyingParty.session, looked up once."""
        with self._lock:
            if not self.looked:
                self._session = self._party.session(self._visit)
                self.looked = True
            return self._session

    def required(self, groups: Collection[str] | None = None) -> WebSession:
        """As RelyingParty.required."""
        return self._party.required(self._visit, self.session, groups)

    def cookies(self) -> list[Cookie]:
        return self._party.told(self._visit, self._session) if self.looked else []

    def answer(self) -> Answer | None:
        """The answer on one of our own paths; None on any other."""
        party = self._party
        path, is_get = self._visit.path, self._visit.method == "GET"
        if path == party.logout_path:
            return party.sign_out(self._visit)
        if path == party.login_path and is_get:
            return party.begin(self._visit)
        return party.finish(self._visit) if path == party.callback_path and is_get else None
