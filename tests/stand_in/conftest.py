"""The stand-in Google on a real socket, and a person who walks through its chooser."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from halfday.server.stand_in import Account, stand_in_google
from sockets import on_a_socket
from world import Clock

ORIGIN = "http://127.0.0.1:4242"
REDIRECT_URI = f"{ORIGIN}/oauth2/idpresponse"
CLIENT_ID = "stand-in-client.apps.example.com"
CLIENT_SECRET = "stand-in-secret"
ACCOUNTS = (
    Account("grace@example.com", "Grace Hopper"),
    Account("alan@example.com", "Alan Turing", email_verified=False, picture="https://example.com/alan.png"),
)


class Issuer:
    """A running stand-in. What tests need to know of it."""

    redirect_uri, client_id, client_secret, accounts = REDIRECT_URI, CLIENT_ID, CLIENT_SECRET, ACCOUNTS

    def __init__(self, origin: str, clock: Clock) -> None:
        self.origin, self.clock = origin, clock

    def asked(self, **changes: str | None) -> dict[str, str]:
        asked = {
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": "openid email profile",
            "state": "st/4+te",
            "nonce": "n0nce",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def chooser(self, **changes: str | None) -> requests.Response:
        return requests.get(f"{self.origin}/o/oauth2/v2/auth", params=self.asked(**changes), timeout=5)

    def choose(self, page: requests.Response, **fields: str) -> requests.Response:
        found = re.search(r'action="([^"]+)"', page.text)
        assert found, page.text
        action = f"{self.origin}/o/oauth2/v2/auth{found[1].replace('&amp;', '&')}"
        return requests.post(action, data=fields, allow_redirects=False, timeout=5)

    def returned(self, answer: requests.Response) -> dict[str, str]:
        """What arrives at the redirect URI."""
        address = answer.headers["Location"]
        assert address.startswith(f"{REDIRECT_URI}?")
        return dict(parse_qsl(urlsplit(address).query))

    def code(self, email: str = "grace@example.com", **changes: str | None) -> str:
        return self.returned(self.choose(self.chooser(**changes), account=email))["code"]

    def token(self, code: str, auth: tuple[str, str] | None = None, **changes: str | None) -> requests.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            **changes,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        return requests.post(f"{self.origin}/token", data=sent, auth=auth, timeout=5)


@pytest.fixture(scope="session")
def serve() -> Callable[[Callable[[str], Any]], Any]:
    return on_a_socket


@pytest.fixture(scope="module")
def _running() -> Iterator[Issuer]:
    clock = Clock()

    def make(origin: str) -> Any:
        return stand_in_google(
            issuer=origin,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            accounts=ACCOUNTS,
            origins=[ORIGIN],
            clock=clock,
            random=secrets.token_bytes,
        )

    with on_a_socket(make) as origin:
        yield Issuer(origin, clock)


@pytest.fixture
def google(_running: Issuer) -> Issuer:
    _running.clock.ahead_s = 0
    return _running
