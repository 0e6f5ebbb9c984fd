"""A sign-in by browser: the listener and a browser are real; the browser is urllib, which follows redirects."""

from __future__ import annotations

import contextlib
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from cognito_peer import SUB, Peer

from halfday import CallbackRefused, Cognito, GrantRefused, LoginAbandoned, SettingsError
from halfday.client.browser import opening as browser
from ports import free_port


def visit(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


class Person:
    """Reads what the terminal says, and opens the link in a thread, as a browser beside it does."""

    def __init__(self, *before: str) -> None:
        self.lines: list[str] = []
        self.before = before
        self.pages: list[tuple[int, str]] = []
        self.thread: threading.Thread | None = None

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        if "/oauth2/authorize" in line:
            self.thread = threading.Thread(target=self._go, args=(line.strip(),))
            self.thread.start()

    def _go(self, link: str) -> None:
        self.pages = [visit(url) for url in (*self.before, link)]

    def last_page(self) -> tuple[int, str]:
        assert self.thread is not None
        self.thread.join(20)
        return self.pages[-1]


def test_the_browser_brings_the_code_back_and_sees_the_outcome(cognito: Cognito, peer: Peer) -> None:
    redirect_uri = f"http://localhost:{free_port()}/callback"
    peer.redirect_uris = [redirect_uri]
    person = Person(f"{redirect_uri.replace('/callback', '/favicon.ico')}", f"{redirect_uri}?code=evil&state=evil")
    session = cognito.login(redirect_uri, say=person, browser=False)
    status, page = person.last_page()
    assert session.subject == SUB
    assert (status, "Signed in as ada@example.com" in page) == (200, True)
    assert [status for status, _ in person.pages] == [404, 404, 200]
    sent = next(members for path, members in peer.requests if path == "/oauth2/authorize")
    assert sent["code_challenge_method"] == "S256"
    assert cognito.session.subject == SUB


def test_the_last_page_tells_a_failure_as_one(cognito: Cognito, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    redirect_uri = f"http://127.0.0.1:{free_port()}"
    peer.redirect_uris = [redirect_uri]
    monkeypatch.setattr(peer, "issue", lambda members: "spent")
    person = Person()
    with pytest.raises(GrantRefused):
        cognito.login(redirect_uri, say=person, browser=False)
    status, page = person.last_page()
    assert status == 400
    assert "did not work" in page
    assert "Signed in" not in page


def test_an_unregistered_redirect_uri_is_passed_over_before_the_browser_opens(
    make_cognito: Callable[..., Cognito], peer: Peer
) -> None:
    good = f"http://localhost:{free_port()}"
    peer.redirect_uris = [good]
    cognito = make_cognito(redirect_uri=[f"{good}/", good])
    person = Person()
    assert cognito.login(say=person, browser=False).subject == SUB
    assert sum("/oauth2/authorize" in line for line in person.lines) == 1


def test_when_none_is_registered_the_one_to_register_is_named(cognito: Cognito, peer: Peer) -> None:
    redirect_uri = f"http://localhost:{free_port()}"
    with pytest.raises(CallbackRefused, match="redirect_mismatch") as refused:
        cognito.login(redirect_uri, say=Person(), browser=False)
    assert f"add {redirect_uri}" in refused.value.hint


def test_a_scope_that_is_not_enabled_is_refused_before_the_browser_opens(
    make_cognito: Callable[..., Cognito], peer: Peer
) -> None:
    redirect_uri = f"http://localhost:{free_port()}"
    peer.redirect_uris = [redirect_uri]
    person = Person()
    with pytest.raises(CallbackRefused, match="invalid_scope"):
        make_cognito(scopes=["forbidden"]).login(redirect_uri, say=person, browser=False)
    assert person.lines == []


def test_nobody_coming_back_ends_in_time_and_frees_the_port(cognito: Cognito, peer: Peer) -> None:
    port = free_port()
    peer.redirect_uris = [f"http://localhost:{port}"]
    for _ in range(2):
        with pytest.raises(LoginAbandoned, match="nobody signed in"):
            cognito.login(peer.redirect_uris[0], say=lambda line: None, browser=False, timeout_s=0.1)


def test_a_port_that_is_taken_is_said_to_be(cognito: Cognito, peer: Peer) -> None:
    with contextlib.closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        peer.redirect_uris = [f"http://localhost:{other.getsockname()[1]}"]
        with pytest.raises(SettingsError, match="cannot be listened on"):
            cognito.login(peer.redirect_uris[0], say=Person(), browser=False)


@pytest.mark.parametrize(
    ("environ", "opens"),
    [
        ({"NOBROWSER": "1", "BROWSER": "firefox", "DISPLAY": ":0"}, False),
        ({"BROWSER": "firefox"}, True),
        ({"DISPLAY": ":0"}, True),
        ({}, False),
    ],
)
def test_a_browser_is_opened_only_where_there_is_one(
    environ: dict[str, str], opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert browser.can_open(environ) is opens
