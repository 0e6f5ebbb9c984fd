"""Kept sessions in the system's keyring, with real back-ends of the library; and what `none` keeps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, REDIRECT_URI, SUB, Peer
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError
from keyrings.alt.file import PlaintextKeyring

from halfday import Cognito, HalfdayError, Session, SettingsError, SignInNeeded
from halfday.client import kept_sessions
from halfday.client.token_store import keyring_store
from halfday.client.token_store.cache_files import cache_dir
from halfday.client.token_store.token_cache import TokenCache, kept_keys

Make = Callable[..., Cognito]


class Narrow(KeyringBackend):
    """As Windows' Credential Manager: 2,560 bytes of UTF-16 an entry. In memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False
        self.on_set: Callable[[str], None] = lambda username: None

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("locked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        assert len(password.encode("utf-16-le")) <= 2560, "CredWrite: the stub received bad data"
        self.on_set(username)
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("no such password")


@pytest.fixture
def narrow() -> Iterator[Narrow]:
    before, backend = keyring.get_keyring(), Narrow()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def signed_in(make_cognito: Make, peer: Peer, **settings: str) -> Session:
    cognito = make_cognito(**{"token_store": "keyring", **settings})
    return cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True)


def on_disk() -> str:
    return "".join(path.read_text() for path in Path(cache_dir()).rglob("*") if path.is_file())


def secrets_of(session: Session) -> list[str]:
    credentials = session.credentials()
    tokens = [session.id_token, session.access_token, str(session.refresh_token)]
    return [*tokens, credentials.secret_access_key, credentials.access_key_id]


def test_a_session_is_kept_in_pieces_that_every_keyring_takes(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    session = signed_in(make_cognito, peer)
    session.credentials()
    again = make_cognito(token_store="keyring").session
    assert (again.subject, again.id_token) == (SUB, session.id_token)
    assert again.credentials() == session.credentials()
    assert len(narrow.entries) > 1
    assert {service for service, _ in narrow.entries} == {"halfday"}


def test_the_folder_then_holds_no_secret(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    found = secrets_of(signed_in(make_cognito, peer))
    text = on_disk()
    assert '"kept_in": "keyring"' in text
    assert not [secret for secret in found if secret in text]
    assert list(Path(cache_dir()).glob("*.process")) == []


def test_a_session_stays_where_it_is_without_a_word(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    signed_in(make_cognito, peer)
    session = make_cognito().session
    session.renew()
    assert '"kept_in": "keyring"' in on_disk()
    assert make_cognito().session.id_token == session.id_token
    assert not [secret for secret in secrets_of(session) if secret in on_disk()]


def test_moving_leaves_nothing_behind_in_either_place(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    session = signed_in(make_cognito, peer, token_store="disk")
    session.credentials()
    assert narrow.entries == {}
    assert list(Path(cache_dir()).glob("*.process"))
    make_cognito(token_store="keyring").session.renew()
    assert list(Path(cache_dir()).glob("*.process")) == []
    assert str(session.refresh_token) not in on_disk()
    make_cognito(token_store="disk").session.renew()
    assert narrow.entries == {}
    assert make_cognito().session.subject == SUB


def test_logging_out_empties_the_keyring(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    signed_in(make_cognito, peer).logout()
    assert (narrow.entries, peer.refresh_tokens) == ({}, set())
    with pytest.raises(SignInNeeded):
        _ = make_cognito(token_store="keyring").session


def test_every_session_is_ended_wherever_it_is_kept(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    signed_in(make_cognito, peer)
    ended = list(kept_sessions.end_all(make_cognito().settings))
    assert [one.problem for one in ended] == [None]
    assert (narrow.entries, peer.refresh_tokens, kept_keys(cache_dir())) == ({}, set(), [])


def test_two_folders_share_a_keyring_and_no_session(
    narrow: Narrow, make_cognito: Make, peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(make_cognito, peer)
    monkeypatch.setenv("HALFDAY_CACHE_DIR", str(tmp_path / "other"))
    with pytest.raises(SignInNeeded):
        _ = make_cognito(token_store="keyring").session
    signed_in(make_cognito, peer).logout()
    monkeypatch.setenv("HALFDAY_CACHE_DIR", str(tmp_path / "cache"))
    assert make_cognito().session.subject == SUB


def test_who_dies_while_writing_leaves_the_session_as_it_was(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    session = signed_in(make_cognito, peer)
    kept = session.id_token
    cache = TokenCache(make_cognito().settings.key)
    written = []

    def die(username: str) -> None:
        written.append(username)
        if len(written) == 2:
            raise KeyboardInterrupt

    for _ in range(2):
        written.clear()
        narrow.on_set = die
        with pytest.raises(KeyboardInterrupt):
            cache.save({"tokens": "x" * 9_000})
        narrow.on_set = lambda username: None
        assert make_cognito().session.id_token == kept
    session.renew()
    assert make_cognito().session.id_token == session.id_token != kept
    cache.forget()
    assert narrow.entries == {}


def test_a_reader_that_meets_a_writer_reads_again(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    """Between the pointer and its first piece the session is written twice, so that the pieces are of another."""
    session = signed_in(make_cognito, peer)
    cache, read, meanwhile = TokenCache(make_cognito().settings.key), TokenCache._read, [session.renew] * 2

    def met(self: TokenCache) -> dict[str, object] | None:
        pointer = read(self)
        work, meanwhile[:] = list(meanwhile), []
        for renew in work:
            renew()
        return pointer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TokenCache, "_read", met)
        record = cache.load()
    assert record is not None
    assert record["tokens"]["id_token"] == session.id_token


def test_entries_that_somebody_removed_mean_signing_in_again(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    signed_in(make_cognito, peer)
    narrow.entries.pop(next(iter(narrow.entries)))
    with pytest.raises(SignInNeeded):
        _ = make_cognito().session


def test_a_locked_keyring_is_no_log_out(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    signed_in(make_cognito, peer)
    narrow.locked = True
    with pytest.raises(HalfdayError, match="the keyring is locked") as refused:
        _ = make_cognito().session
    assert not isinstance(refused.value, SignInNeeded)
    narrow.locked = False
    assert make_cognito().session.subject == SUB


@pytest.mark.parametrize("backend", ["fail", "null"])
def test_without_a_keyring_nobody_is_sent_to_the_browser(backend: str, make_cognito: Make, peer: Peer) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.core.load_keyring(f"keyring.backends.{backend}.Keyring"))
    try:
        with pytest.raises(SettingsError, match="keyring") as refused:
            make_cognito(token_store="keyring").login(REDIRECT_URI, say=lambda line: None, browser=False)
    finally:
        keyring.set_keyring(before)
    assert "token_store = disk" in refused.value.hint
    assert peer.requests == []


def test_keyring_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SettingsError, match="not installed") as refused:
        keyring_store.check()
    assert "halfday[keyring]" in refused.value.hint


def test_none_keeps_nothing_anywhere(narrow: Narrow, make_cognito: Make, peer: Peer) -> None:
    session = signed_in(make_cognito, peer, token_store="none")
    found = secrets_of(session)
    session.renew()
    assert narrow.entries == {}
    assert not [secret for secret in found if secret in on_disk()]
    with pytest.raises(SignInNeeded, match="token_store is none"):
        _ = make_cognito(token_store="none").session


def test_another_word_is_refused(make_cognito: Make) -> None:
    with pytest.raises(SettingsError, match="none of disk, keyring and none"):
        make_cognito(token_store="vault")


# --- several processes, over a keyring in a file ----------------------------------------------------------------------


@pytest.fixture
def in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    before = keyring.get_keyring()
    backend = PlaintextKeyring()
    backend.file_path = str(tmp_path / "data" / "python_keyring" / "keyring_pass.cfg")
    keyring.set_keyring(backend)
    yield tmp_path / "data"
    keyring.set_keyring(before)


RENEW = """
import sys
from halfday import Cognito
session = Cognito(domain=sys.argv[1], client_id=sys.argv[2], token_store="keyring").session
print("ready", flush=True)
sys.stdin.readline()
assert session.id_token.count(".") == 2
"""


def test_processes_that_renew_at_once_renew_once_and_lose_no_rotation(
    in_a_file: Path, make_cognito: Make, peer: Peer
) -> None:
    peer.rotates = True
    signed_in(make_cognito, peer)
    cache = TokenCache(make_cognito().settings.key)
    record = cache.load()
    assert record is not None
    ended = {name: time.time() - 10 for name in ("access_expires_at", "id_expires_at", "received_at")}
    cache.save({**record, "tokens": {**record["tokens"], **ended}})
    command, pipe = [sys.executable, "-c", RENEW, peer.origin, CLIENT_ID], subprocess.PIPE
    workers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate(timeout=60)
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert peer.count("/oauth2/token") == 2
    assert make_cognito().session.refresh_token in peer.refresh_tokens


def test_the_command_line_keeps_its_session_there(in_a_file: Path, peer: Peer) -> None:
    environ = {
        **os.environ,
        "HALFDAY_DOMAIN": peer.origin,
        "HALFDAY_CLIENT_ID": CLIENT_ID,
        "HALFDAY_IDENTITY_POOL_ID": IDENTITY_POOL_ID,
        "HALFDAY_REDIRECT_URI": REDIRECT_URI,
        "HALFDAY_TOKEN_STORE": "keyring",
    }

    def run(*argv: str) -> str:
        command = [sys.executable, "-m", "halfday.cli", *argv]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("exchange", peer.issue({}))
    first = json.loads(run("credentials"))
    assert json.loads(run("credentials")) == first
    assert first["SecretAccessKey"] not in on_disk()
    assert any(in_a_file.rglob("*.cfg"))
    run("logout")
    assert peer.refresh_tokens == set()
