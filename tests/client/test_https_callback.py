"""Callbacks over https on loopback, at addresses that nothing can listen on, and over SSH."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from cognito_peer import SUB, Peer
from cryptography import x509

from halfday import Cognito, LoginAbandoned, SettingsError
from halfday.client.browser import opening as browser
from halfday.client.browser.callback_certificate import make_certificate
from ports import free_port

Make = Callable[..., Cognito]


class Person:
    """Opens the link as a browser beside the terminal does, trusting what `trust` says; `before` comes first."""

    def __init__(self, trust: ssl.SSLContext, before: Callable[[], None] = lambda: None) -> None:
        self.lines: list[str] = []
        self.trust, self.before = trust, before
        self.page = ""
        self.threads: list[threading.Thread] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        if "/oauth2/authorize" in line:
            self.threads.append(threading.Thread(target=self._go, args=(line.strip(),)))
            self.threads[-1].start()

    def _go(self, link: str) -> None:
        self.before()
        with urllib.request.urlopen(link, timeout=20, context=self.trust) as answer:
            self.page = answer.read().decode()

    def said(self) -> str:
        for thread in self.threads:
            thread.join(20)
        return "\n".join(self.lines)


def trusting(certificate: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=certificate)


@pytest.fixture
def redirect_uri(peer: Peer) -> str:
    uri = f"https://localhost:{free_port()}/callback"
    peer.redirect_uris = [uri]
    return uri


def test_a_certificate_is_made_for_the_sign_in_and_said_to_be(
    cognito: Cognito, peer: Peer, redirect_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that trusts this very certificate gets through: it names localhost."""
    made = make_certificate()
    monkeypatch.setattr("halfday.client.browser.callback_certificate.make_certificate", lambda: made)
    person = Person(trusting(made[0]))
    assert cognito.login(redirect_uri, say=person, browser=False).subject == SUB
    said = person.said()
    assert "Signed in as ada@example.com" in person.page
    assert f"The certificate of {redirect_uri} was made just now" in said
    assert f"SHA-256 {made[2]}" in said


def test_the_made_certificate_is_for_loopback_alone_and_ends_soon() -> None:
    first, second = (x509.load_pem_x509_certificate(make_certificate()[0].encode()) for _ in range(2))
    names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert not first.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert (first.not_valid_after_utc - first.not_valid_before_utc).days <= 2
    assert first.public_key() != second.public_key()


def test_its_key_stays_in_no_file(
    cognito: Cognito, redirect_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(LoginAbandoned):
        cognito.login(redirect_uri, say=lambda line: None, browser=False, timeout_s=0.05)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]


@pytest.mark.parametrize("together", [True, False])
def test_ones_own_certificate_is_shown_and_no_other_is_made(
    make_cognito: Make, redirect_uri: str, tmp_path: Path, together: bool
) -> None:
    certificate, key, _ = make_certificate()
    own, own_key = tmp_path / "own.pem", tmp_path / "own-key.pem"
    own.write_text(certificate + key if together else certificate)
    own_key.write_text(key)
    files = {"callback_certificate": str(own)} | ({} if together else {"callback_key": str(own_key)})
    person = Person(trusting(certificate))
    assert make_cognito(**files).login(redirect_uri, say=person, browser=False).subject == SUB
    assert "was made just now" not in person.said()


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"callback_certificate": "/no/such.pem"}, "there is no /no/such.pem"),
        ({"callback_certificate": "{own}", "callback_key": "/no/key.pem"}, "there is no /no/key.pem"),
        ({"callback_certificate": "{own}"}, "cannot be used"),
        ({"callback_certificate": "{locked}"}, "behind a password"),
        ({"callback_key": "{own}"}, "without callback_certificate"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told_before_the_browser_opens(
    make_cognito: Make, redirect_uri: str, tmp_path: Path, files: dict[str, str], told: str
) -> None:
    from cryptography.hazmat.primitives import serialization

    certificate, key, _ = make_certificate()
    own, locked = tmp_path / "own.pem", tmp_path / "locked.pem"
    own.write_text(certificate)
    encrypted = serialization.load_pem_private_key(key.encode(), None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"word"),
    )
    locked.write_text(certificate + encrypted.decode())
    given = {name: path.format(own=own, locked=locked) for name, path in files.items()}
    lines: list[str] = []
    with pytest.raises(SettingsError, match=told):
        make_cognito(**given).login(redirect_uri, say=lines.append, browser=False)
    assert lines == []


def test_browsers_that_do_not_trust_it_and_plain_http_disturb_nothing(
    cognito: Cognito, redirect_uri: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    made = make_certificate()
    monkeypatch.setattr("halfday.client.browser.callback_certificate.make_certificate", lambda: made)
    refusals: list[type[BaseException]] = []

    def strangers() -> None:
        for url in (redirect_uri, redirect_uri.replace("https:", "http:")):
            try:
                urllib.request.urlopen(url, timeout=20, context=ssl.create_default_context())
            except OSError as problem:
                refusals.append(type(problem))
        with contextlib.closing(socket.create_connection(("127.0.0.1", urlsplit(redirect_uri).port or 0))):
            pass  # a connection that says nothing holds nobody up

    person = Person(trusting(made[0]), strangers)
    assert cognito.login(redirect_uri, say=person, browser=False).subject == SUB
    person.said()
    assert len(refusals) == 2
    assert capfd.readouterr() == ("", "")


# --- pasting, and ports ---------------------------------------------------------------------------------------------


@pytest.fixture
def paste(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Standard input, as a person's terminal has it."""
    theirs, ours = os.pipe()
    monkeypatch.setattr("sys.stdin", io.open(theirs))  # noqa: UP020, SIM115
    yield lambda text: void(os.write(ours, text.encode()))
    os.close(ours)


def void(_: object) -> None:
    pass


def answer(peer: Peer, link: str, *, bare: bool = False) -> str:
    """What the browser's address bar ends at, or the code in it."""
    members = dict(parse_qsl(urlsplit(link.strip()).query))
    code = peer.issue(members)
    return code if bare else f"{members['redirect_uri']}?code={code}&state={members['state']}"


@pytest.mark.parametrize("bare", [True, False])
def test_an_address_elsewhere_is_pasted(cognito: Cognito, peer: Peer, paste: Callable[[str], None], bare: bool) -> None:
    peer.redirect_uris = ["https://app.example.com/callback"]
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        if "/oauth2/authorize" in line:
            paste(answer(peer, line, bare=bare) + "\n")

    assert cognito.login(peer.redirect_uris[0], say=say, paste=True).subject == SUB
    assert "Then paste the address it ends at here, or the code in it:" in lines[-1]


def test_where_one_can_listen_at_a_later_address_nobody_has_to_paste(
    make_cognito: Make, peer: Peer, paste: Callable[[str], None]
) -> None:
    """And pasting works beside the listener all the same."""
    peer.redirect_uris = ["https://app.example.com/callback", f"http://localhost:{free_port()}"]
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        if "/oauth2/authorize" in line:
            paste(answer(peer, line) + "\n")

    cognito = make_cognito(redirect_uri=peer.redirect_uris)
    assert cognito.login(say=say, paste=True, browser=False).subject == SUB
    assert "Waiting for the browser" in lines[-1]


def test_the_next_registered_port_is_taken_when_one_is_in_use(make_cognito: Make, peer: Peer) -> None:
    with contextlib.closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken, free = other.getsockname()[1], free_port()
        peer.redirect_uris = [f"http://localhost:{taken}", f"http://localhost:{free}"]
        person = Person(ssl.create_default_context())
        session = make_cognito(redirect_uri=peer.redirect_uris).login(say=person, browser=False)
    assert session.subject == SUB
    assert f"localhost%3A{free}" in person.said()


def test_with_every_port_in_use_one_can_still_paste(cognito: Cognito, peer: Peer, paste: Callable[[str], None]) -> None:
    with contextlib.closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        peer.redirect_uris = [f"http://localhost:{other.getsockname()[1]}"]
        lines: list[str] = []

        def say(line: str) -> None:
            lines.append(line)
            if "/oauth2/authorize" in line:
                paste(answer(peer, line) + "\n")

        assert cognito.login(peer.redirect_uris[0], say=say, paste=True, browser=False).subject == SUB
    assert "cannot be listened on" in lines[0]


# --- over SSH ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ssh_port", "option"), [("22", ""), ("2222", " -p 2222")])
def test_over_ssh_it_is_said_how_to_forward_the_port(
    cognito: Cognito, redirect_uri: str, monkeypatch: pytest.MonkeyPatch, ssh_port: str, option: str
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", f"203.0.113.9 50000 198.51.100.7 {ssh_port}")
    monkeypatch.setenv("LOGNAME", "ada")
    lines: list[str] = []
    with pytest.raises(LoginAbandoned):
        cognito.login(redirect_uri, say=lines.append, browser=False, timeout_s=0.05)
    port = urlsplit(redirect_uri).port
    assert f"ssh -N -L {port}:localhost:{port}{option} ada@198.51.100.7" in "\n".join(lines)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_no_browser_opens_on_a_machine_that_one_is_not_at(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert browser.can_open({})
    assert not browser.can_open({"SSH_CONNECTION": "203.0.113.9 50000 198.51.100.7 22"})
    assert browser.can_open({"SSH_CONNECTION": "203.0.113.9 50000 198.51.100.7 22", "BROWSER": "open %s"})


def test_without_a_browser_only_the_link_is_shown(peer: Peer, tmp_path: Path) -> None:
    """--no-browser, as a command: the browser that BROWSER names is not started."""
    port = free_port()
    peer.redirect_uris = [f"http://localhost:{port}"]
    started = tmp_path / "started"
    environ = {**os.environ, "BROWSER": f"touch {started} #%s", "HALFDAY_DOMAIN": peer.origin}
    command = [sys.executable, "-m", "halfday.cli", "login", "--client-id", "peerclient", "--no-browser"]
    options = ["--redirect-uri", peer.redirect_uris[0], "--timeout", "0.1"]
    done = subprocess.run([*command, *options], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "To sign in, go to:" in done.stderr
    assert f"{peer.origin}/oauth2/authorize?" in done.stderr
    assert not started.exists()
