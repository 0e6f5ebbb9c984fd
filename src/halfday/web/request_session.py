"""The session during one request: looked up when it is asked for, and sent to the browser at the end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from functools import cached_property

from halfday.web.http_messages import Cookie, Rejection, WebRequest, WebResponse, comes_from, page
from halfday.web.relying_party import RelyingParty
from halfday.web.sessions import TooLong, WebSession
from halfday.web.settings import for_the_log

_log = logging.getLogger("halfday.web")


class RequestSession:
    """Made by an adapter for every request. A request that does not ask for the session does not look it up.

    `session` finds and settles it in one. On an event loop both are called one by one: `find` waits for the store, and
    `settle` for Cognito if `asks_cognito`.
    """

    def __init__(self, party: RelyingParty, read: Callable[[], WebRequest]) -> None:
        self._party = party
        self._read = read
        self._lock = threading.Lock()
        self._session: WebSession | None = None
        self._is_good = False
        self._rejection: Rejection | None = None
        self.looked = False
        """Whether the request has asked who is signed in: then the response is for this browser alone."""
        self.settled = False

    @cached_property
    def web_request(self) -> WebRequest:
        return self._read()

    @property
    def session(self) -> WebSession | None:
        """As RelyingParty.session, looked up once. Raises Rejection, each time, when that cannot be told."""
        if not self.settled:
            with self._lock:
                self.find()
                self.settle()
        if self._rejection is not None:
            raise self._rejection
        return self._session if self._is_good else None

    @property
    def key(self) -> str:
        """What the session is kept under, empty without one: requests with one key wait for one renewal."""
        return self._session.holder.key if self._session else ""

    @property
    def asks_cognito(self) -> bool:
        return self._session is not None and self._session.asks_cognito()

    def find(self) -> None:
        """Looks the session up. Called again, it finds what was renewed since."""
        self.looked = True
        if self.web_request.is_upgrade and not comes_from(self.web_request, self._party.origin):
            self.reject(Rejection(page(403, "A websocket is opened by a page of this site.")))
            return
        try:
            self._session = self._party.find(self.web_request)
        except Rejection as rejection:
            self.reject(rejection)

    def settle(self) -> None:
        """Verifies what was found, and renews what is old."""
        if self.settled:
            return
        try:
            self._is_good = self._session is not None and self._party.is_good(self._session)
            self.settled = True
        except Rejection as rejection:
            self.reject(rejection)

    def reject(self, rejection: Rejection) -> None:
        """Sets the answer to those that ask for the session."""
        self._rejection, self.settled = rejection, True

    def answer(self) -> WebResponse | None:
        """The answer on one of our own paths; None on any other."""
        own = self._party.at(self.web_request.method, self.web_request.path)
        return own(self.web_request) if own else None

    def required(self, groups: Collection[str] | None = None) -> WebSession:
        """As RelyingParty.required."""
        return self._party.required(self.web_request, self.session, groups)

    def cookies(self) -> list[Cookie]:
        """The response's cookies, also after a rejection: the refresh token may have been rotated before."""
        if not self.looked:
            return []
        if self._rejection is not None and self._session is None:
            return []
        try:
            return self._party.told(self.web_request, self._session if self._is_good or self._rejection else None)
        except TooLong as problem:
            _log.warning("the browser keeps the session of before: %s", for_the_log(problem))
            return []
