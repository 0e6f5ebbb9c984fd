"""A browser's cookies without a browser: for what is decided without any framework."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests

from halfday.web.http_messages import Rejection, WebRequest, WebResponse
from halfday.web.relying_party import RelyingParty
from halfday.web.request_session import RequestSession

HOME = "https://app.example.com"


SECRET = "a secret of the tests, which is long enough to be one"


def relying_party(**options: Any) -> RelyingParty:
    """One that talks to nobody, unless it is told to whom."""
    known = {"domain": "https://x.auth.eu-west-1.amazoncognito.com", "client_id": "c", "secret": SECRET}
    return RelyingParty(**{**known, "redirect_uri": f"{HOME}/callback", **options})


class Jar:
    """The cookies of one browser, as the answers leave them."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def visit(self, path: str, method: str = "GET", **headers: str) -> WebRequest:
        parts = urlsplit(path)
        return WebRequest(method, parts.path, parts.query, {"accept": "text/html", **headers}, dict(self.cookies))

    def take(self, cookies: Any) -> None:
        for cookie in cookies:
            self.cookies.pop(cookie.name, None)
            if cookie.max_age_s > 0:
                self.cookies[cookie.name] = cookie.value

    def begin(self, party: RelyingParty, path: str = "/login") -> str:
        """The address at which the hosted pages end."""
        begun = party.begin(self.visit(path))
        self.take(begun.cookies)
        login = requests.get(begun.headers["Location"], allow_redirects=False, timeout=20).headers["Location"]
        url = login if "://" in login else party.connection.settings.require_domain().origin + login
        return requests.get(url, allow_redirects=False, timeout=20).headers["Location"].removeprefix(HOME)

    def finish(self, party: RelyingParty, back: str) -> WebResponse:
        answer = party.finish(self.visit(back))
        self.take(answer.cookies)
        return answer

    def sign_in(self, party: RelyingParty) -> WebResponse:
        return self.finish(party, self.begin(party))

    def look(self, party: RelyingParty) -> bool:
        return self.ask(party) == "in"

    def ask(self, party: RelyingParty) -> str:
        """in, out, or "not now"."""
        request_session = RequestSession(party, lambda: self.visit("/"))
        try:
            found = "out" if request_session.session is None else "in"
        except Rejection as rejection:
            found = "not now" if rejection.answer.status == 503 else str(rejection.answer.status)
        self.take(request_session.cookies())
        return found
