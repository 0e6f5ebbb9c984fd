"""No secret where others can read it: logs, URLs, reprs, tracebacks, the process list, pages, sentences, file modes.

The peer keeps every secret that it gave out or was shown. While each request is under way, with the secrets in the
hands of whoever sent it, everything of Halfday that lives in this process is asked for its repr, and `ps` for every
command line on this machine.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import io
import json
import logging
import os
import secrets
import stat
import subprocess
import sys
import threading
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import urllib3
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, PASSWORD, POOL_ID, Peer, Refusal

from halfday import Cognito, HalfdayError, Session
from ports import free_port

CLIENT_SECRET = "c1ient-s3cret-that-nobody-sees"
WRONG_PASSWORD = "Wrong-horse-1"


class Watch:
    """Everything secret that was seen, and every text in which none of it may stand."""

    def __init__(self, ours_before: list[Any]) -> None:
        self.ours_before = ours_before
        self.secrets: dict[str, str] = {CLIENT_SECRET: "client secret", PASSWORD: "password"}
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        self.secrets[basic] = "client secret in Basic form"
        self.secrets[WRONG_PASSWORD] = "wrong password"
        self.texts: list[tuple[str, str]] = []

    def secret(self, kind: str, value: object) -> None:
        if isinstance(value, str) and len(value) > 12:
            self.secrets.setdefault(value, kind)
            if value.count(".") == 2:
                self.secrets[value.rpartition(".")[2]] = f"{kind}'s signature"

    def text(self, where: str, text: str) -> None:
        self.texts.append((where, text))

    def found(self) -> set[str]:
        return {f"{kind} in {where}" for where, text in self.texts for one, kind in self.secrets.items() if one in text}

    def kinds(self) -> set[str]:
        return set(self.secrets.values())


class SignInRequests(list[tuple[str, dict[str, Any]]]):
    """The peer's requests. Each is looked at, and so is the world around it, while its sender waits."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch

    def append(self, request: tuple[str, dict[str, Any]]) -> None:
        super().append(request)
        path, members = request
        for name in ("code", "code_verifier", "refresh_token", "token", "RefreshToken", "Token"):
            if path.startswith("/oauth2/") or name[0].isupper():
                self.watch.secret(name, members.get(name))
        if path in ("/oauth2/authorize", "/login", "/api"):
            self.watch.text(f"the query of {path}", json.dumps(members))
        self.watch.text("a repr", "\n".join(reprs(self.watch.ours_before)))
        self.watch.text("the process list", processes())


def objects_of_ours() -> Iterator[Any]:
    for one in gc.get_objects():
        if str(type(one).__module__).startswith(("halfday.client", "halfday.protocol")):
            yield one


def reprs(before: list[Any]) -> Iterator[str]:
    for one in (*before, *objects_of_ours()):
        with contextlib.suppress(AttributeError):  # of an object that is being made
            yield repr(one)


def processes() -> str:
    """Every command line, from where ps has them; from ps itself where that is not to be read."""
    if os.path.isdir("/proc/self"):
        lines = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        return "\n".join(lines)
    return subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def ours_before() -> Iterator[list[Any]]:
    """Our own objects; other tests' thousands are not walked at every request: gc.get_objects leaves out the frozen."""
    gc.unfreeze()
    gc.collect()
    ours = list(objects_of_ours())
    gc.freeze()
    yield ours
    gc.unfreeze()


@pytest.fixture
def watch(peer: Peer, monkeypatch: pytest.MonkeyPatch, ours_before: list[Any]) -> Watch:
    watch = Watch(ours_before)
    peer.secret = CLIENT_SECRET
    peer.requests = SignInRequests(watch)
    issue, tokens, credentials = peer.issue, peer.tokens, peer.op_GetCredentialsForIdentity

    def watched_issue(members: dict[str, str]) -> str:
        code = issue(members)
        watch.secret("code", code)
        return code

    def watched_tokens(began: dict[str, str]) -> dict[str, Any]:
        given = tokens(began)
        given["refresh_token"] = secrets.token_hex(24)
        peer.refresh_tokens.add(given["refresh_token"])
        for name in ("id_token", "access_token", "refresh_token"):
            watch.secret(name, given[name])
        return given

    def watched_credentials(members: dict[str, Any]) -> dict[str, Any]:
        given = credentials(members)
        for name in ("SecretKey", "SessionToken"):
            given["Credentials"][name] = secrets.token_hex(20)
            watch.secret(name, given["Credentials"][name])
        return given

    monkeypatch.setattr(peer, "issue", watched_issue)
    monkeypatch.setattr(peer, "tokens", watched_tokens)
    monkeypatch.setattr(peer, "op_GetCredentialsForIdentity", watched_credentials)
    return watch


@pytest.fixture
def log(watch: Watch) -> Iterator[io.StringIO]:
    """What a program writes that logs everything of everybody."""
    written, root = io.StringIO(), logging.getLogger()
    handler, before = logging.StreamHandler(written), root.level
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


class Life:
    """A program of somebody who signs in, works and leaves, with everything that it shows."""

    def __init__(self, peer: Peer, watch: Watch, cognito: Cognito, redirect_uri: str) -> None:
        self.peer, self.watch, self.cognito, self.redirect_uri = peer, watch, cognito, redirect_uri

    def sign_in(self, *, spoil: Callable[[str], str] = lambda link: link) -> Session:
        """By a browser that is not this program: what it logs is its own."""
        threads: list[threading.Thread] = []

        def browse(link: str) -> None:
            with contextlib.suppress(OSError):
                try:
                    page = urllib.request.urlopen(spoil(link), timeout=20).read().decode()
                except urllib.error.HTTPError as refusal:
                    page = refusal.read().decode()
                self.watch.text("the final page", page)

        def say(line: str) -> None:
            self.watch.text("what is said", line)
            if "/oauth2/authorize" in line:
                threads.append(threading.Thread(target=browse, args=(line.strip(),)))
                threads[-1].start()

        try:
            return self.cognito.login(self.redirect_uri, say=say, browser=False)
        finally:
            for thread in threads:
                thread.join(20)

    def fails(self, work: Callable[[], object]) -> HalfdayError:
        try:
            work()
        except HalfdayError as problem:
            shown = [str(problem), repr(problem), problem.hint, repr(problem.findings), repr(problem.symptom)]
            self.watch.text(f"the error {type(problem).__name__}", "\n".join(shown))
            self.watch.text("a traceback", "".join(traceback.format_exception(problem)))
            return problem
        pytest.fail("it worked")


@pytest.fixture
def life(peer: Peer, watch: Watch, make_cognito: Callable[..., Cognito], log: io.StringIO) -> Life:
    redirect_uri = f"http://localhost:{free_port()}/callback"
    peer.redirect_uris = [redirect_uri]
    cognito = make_cognito(client_secret=CLIENT_SECRET, redirect_uri=redirect_uri, user_pool_id=POOL_ID)
    return Life(peer, watch, cognito, redirect_uri)


KINDS = {
    "client secret", "code", "code_verifier", "id_token", "access_token", "refresh_token", "SecretKey", "SessionToken",
}  # fmt: skip


def test_a_life_that_goes_well(
    life: Life, peer: Peer, watch: Watch, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    session = life.sign_in()
    session.credentials()
    session.renew()
    assert session.claims["email"] == "ada@example.com"
    api = f"{peer.origin}/api"
    assert requests.get(api, auth=session.requests_auth(), timeout=20).ok
    with httpx.Client(auth=session.httpx_auth()) as client:
        assert client.get(api).is_success
    session.sign_in_page, session.remaining()
    life.cognito.session.credentials()
    session.logout("http://localhost:8080/bye")
    look(watch, log, capfd)
    assert watch.kinds() >= KINDS


def test_a_life_in_which_everything_fails(
    life: Life, peer: Peer, watch: Watch, log: io.StringIO, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, make_cognito: Callable[..., Cognito],
) -> None:  # fmt: skip
    cognito = life.cognito
    spent = peer.issue({"redirect_uri": life.redirect_uri})
    for code in (spent, spent, f"{life.redirect_uri}?code={spent}&state=old", peer.issue({"redirect_uri": "other"})):
        with contextlib.suppress(HalfdayError):
            cognito.exchange(code)
    life.fails(lambda: cognito.exchange(spent))
    life.fails(lambda: cognito.exchange(f"{life.redirect_uri}?error=access_denied&error_description=no"))
    life.fails(lambda: cognito.sign_in("ada", WRONG_PASSWORD, flow="password"))
    life.fails(lambda: cognito.sign_in("ada", WRONG_PASSWORD))
    other = make_cognito(client_secret="another-s3cret-that-nobody-sees", redirect_uri=life.redirect_uri)
    watch.secret("another client secret", other.settings.client_secret)
    life.fails(lambda: other.exchange(peer.issue({"redirect_uri": life.redirect_uri})))

    session = life.sign_in()
    peer.failing_with = 500
    life.fails(session.renew)
    peer.failing_with = 0
    with monkeypatch.context() as broken:
        broken.setattr(peer, "op_GetCredentialsForIdentity", _refuse)
        life.fails(session.credentials)
    with monkeypatch.context() as broken:
        broken.setattr(session._connection.transport._made, "_timeout", urllib3.Timeout(connect=5, read=1e-6))
        life.fails(session.renew)
    with monkeypatch.context() as strange:
        strange.setattr(peer, "sign", lambda claims: "ey.not-a-token.at-all-really")
        life.fails(session.renew)
    peer.refresh_tokens.clear()
    life.fails(session.renew)
    life.fails(lambda: requests.get("http://api.example.com/", auth=session.requests_auth(), timeout=20))
    look(watch, log, capfd)


def _refuse(members: dict[str, Any]) -> dict[str, Any]:
    message = f"Access to Identity '{members['IdentityId']}' is forbidden."
    raise Refusal(400, {"__type": "NotAuthorizedException", "message": message})


def look(watch: Watch, log: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    written = log.getvalue()
    assert "urllib3.connectionpool" in written  # it was on
    watch.text("the log", written)
    printed = capfd.readouterr()
    watch.text("what is printed", printed.out + printed.err)
    assert watch.found() == set()


def test_the_watch_finds_what_is_there(life: Life, watch: Watch, peer: Peer) -> None:
    """Or the other tests would prove nothing."""
    session = life.sign_in()
    for where, text in {
        "a repr": repr({"token": session.id_token}),
        "the process list": f"curl -H {session.access_token}",
        "the log": f"GET /?code={peer.issue({})}",
        "a traceback": str(session.refresh_token),
    }.items():
        watch.text(where, text)
    found = watch.found()
    assert {one.rpartition(" in ")[2] for one in found} == {"a repr", "the process list", "the log", "a traceback"}


def test_every_file_is_for_its_owner_alone_whatever_the_umask(
    life: Life, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every request, and at the end: also what is there only for a while."""
    modes: set[tuple[bool, int]] = set()

    def look() -> None:
        for path in (own_home / "cache", *(own_home / "cache").rglob("*")):
            with contextlib.suppress(FileNotFoundError):
                modes.add((path.is_dir(), stat.S_IMODE(path.lstat().st_mode)))

    monkeypatch.setattr(life.watch, "text", lambda where, text: look())
    before = os.umask(0)
    try:
        session = life.sign_in()
        session.credentials()
        session.renew()
        life.cognito.begin()
        look()
        session.logout()
        look()
    finally:
        os.umask(before)
    assert modes == {(True, 0o700), (False, 0o600)}


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def environ(peer: Peer, watch: Watch, tmp_path: Path) -> dict[str, str]:
    """As a person sets it; Python itself shows every warning, and a failing program its traceback."""
    redirect_uri = f"http://localhost:{free_port()}"
    peer.redirect_uris = [redirect_uri]
    ours = {
        "HALFDAY_DOMAIN": peer.origin,
        "HALFDAY_CLIENT_ID": CLIENT_ID,
        "HALFDAY_CLIENT_SECRET": CLIENT_SECRET,
        "HALFDAY_IDENTITY_POOL_ID": IDENTITY_POOL_ID,
        "HALFDAY_REDIRECT_URI": redirect_uri,
        "PYTHONDEVMODE": "1",
    }
    return {**os.environ, **ours}


BROWSER = """
import html, re, sys, urllib.request
page = urllib.request.urlopen(sys.argv[1]).read().decode()
urllib.request.urlopen(html.unescape(re.search('href="([^"]+)"', page)[1])).read()
"""
CHILD = """
import http.client, os, sys
assert "AWS_SECRET_ACCESS_KEY" in os.environ or "AWS_CONTAINER_CREDENTIALS_FULL_URI" in os.environ
asking = http.client.HTTPConnection(sys.argv[1])
asking.request("GET", "/api")
asking.getresponse().read()
"""


def test_the_commands_of_a_whole_day(environ: dict[str, str], peer: Peer, watch: Watch, tmp_path: Path) -> None:
    """Each request, also the browser's and that of the command that `exec` starts, is a moment to look at `ps`."""
    browser, child = tmp_path / "browser.py", tmp_path / "child.py"
    browser.write_text(BROWSER)
    child.write_text(CHILD)

    def run(*argv: str, code: int = 0, secret: bool = False, stdin: str = "", **more: str) -> None:
        command = [sys.executable, "-m", "halfday.cli", *argv]
        done = subprocess.run(
            command, env={**environ, **more}, input=stdin, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == code, done.stderr
        watch.text(f"what {argv[0]} says", done.stderr)
        if not secret:
            watch.text(f"what {argv[0]} prints", done.stdout)

    host = peer.origin.partition("://")[2]
    run("login", BROWSER=f"{sys.executable} {browser} %s &")
    run("whoami", "--json")
    run("credentials", secret=True)
    run("exec", "--", sys.executable, str(child), host)
    run("exec", "--renew", "--", sys.executable, str(child), host)
    run("call", f"{peer.origin}/api", secret=True)
    run("call", f"{peer.origin}/nowhere", code=1)
    run("call", "http://api.example.com/?key=value", code=2)
    run("token", secret=True)
    run("logout")
    run("logout", code=3)
    run("exchange", "-", stdin=peer.issue({"redirect_uri": environ["HALFDAY_REDIRECT_URI"]}))
    run("exchange", "-", stdin=peer.issue({"redirect_uri": "http://localhost:1"}), code=1)
    run("logout", "--json")
    run("login", "--username", "ada", HALFDAY_PASSWORD=PASSWORD)
    run("login", "--username", "ada", HALFDAY_PASSWORD=WRONG_PASSWORD, code=1)
    peer.refresh_tokens.clear()
    run("logout")
    assert watch.kinds() >= KINDS | {"password"}
    assert watch.found() == set()
    listed = [text for where, text in watch.texts if where == "the process list"]
    assert any("halfday.cli exec" in text or str(child) in text for text in listed)
    assert any("halfday.cli call" in text for text in listed)
    assert any("halfday.cli login" in text for text in listed)
