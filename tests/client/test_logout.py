"""Ways out: what a log-out ends, what it cannot end and says so, in the library and on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, REDIRECT_URI, Peer

import commands
from halfday import Cognito, NetworkError, Session, SignInNeeded
from halfday.client import kept_sessions
from halfday.client.token_store.cache_files import cache_dir

Make = Callable[..., Cognito]


@pytest.fixture
def session(cognito: Cognito, peer: Peer) -> Session:
    return cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True)


def test_what_stays_good_is_told_with_its_end(session: Session, peer: Peer) -> None:
    peer.credentials_life_s = 1800
    credentials, until = session.credentials(), session.access_expires_at
    out = session.logout()
    assert out.revoked
    assert peer.refresh_tokens == set()
    assert out.remaining.access_token_until == out.remaining.tokens_until == until
    assert out.remaining.id_token_until == until
    assert out.remaining.aws_credentials_until == credentials.expires_at
    assert out.sign_out_url is None


def test_what_there_never_was_does_not_stay(session: Session) -> None:
    assert session.logout().remaining.aws_credentials_until is None


def test_a_session_without_a_refresh_token_has_nothing_to_revoke(session: Session, peer: Peer) -> None:
    session.revoke()
    sent = len(peer.requests)
    assert not session.logout().revoked
    assert len(peer.requests) == sent


def test_the_browsers_session_is_ended_at_the_set_address(make_cognito: Make, peer: Peer) -> None:
    cognito = make_cognito(logout_uri="http://localhost:8080/bye")
    out = cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True).logout()
    assert out.sign_out_url is not None
    assert out.sign_out_url == cognito.logout_url("http://localhost:8080/bye")


def test_what_cannot_be_revoked_is_forgotten_and_the_error_says_so(
    session: Session, cognito: Cognito, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session._connection.transport, "send", _fail)
    with pytest.raises(NetworkError):
        session.logout()
    with pytest.raises(SignInNeeded):
        _ = cognito.session
    assert session.remaining().tokens_until > time.time()


def _fail(request: object) -> object:
    raise NetworkError("cut off", kind="broken")


def test_of_every_session_that_is_ended_it_is_told_what_stays(session: Session, cognito: Cognito) -> None:
    """Guests' too, who have credentials and no tokens."""
    guest = cognito.guest(keep=True).credentials()
    credentials, until = session.credentials(), session.access_expires_at
    ended = {one.key.partition(" ")[0]: one.remaining for one in kept_sessions.end_all(cognito.settings)}
    of_guest = ended.pop("guest")
    assert (of_guest.tokens_until, of_guest.aws_credentials_until) == (0, guest.expires_at)
    (of_person,) = ended.values()
    assert (of_person.tokens_until, of_person.aws_credentials_until) == (until, credentials.expires_at)
    assert list(Path(cache_dir()).glob("*.json")) == []


@pytest.fixture
def run(peer: Peer) -> Callable[..., subprocess.CompletedProcess[str]]:
    ours = {"HALFDAY_DOMAIN": peer.origin, "HALFDAY_CLIENT_ID": CLIENT_ID, "HALFDAY_IDENTITY_POOL_ID": IDENTITY_POOL_ID}

    def run(*argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        return commands.run(*argv, env={**os.environ, **ours, **more})

    return run


def test_the_command_says_what_stays_and_how_to_end_the_browsers_session(session: Session, run) -> None:
    session.credentials()
    done = run("logout")
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing is kept" in done.stderr
    assert "verifiers that do not ask Cognito accept the old tokens until" in done.stderr
    assert "AWS accepts the credentials that were handed out until" in done.stderr
    assert "--logout-uri URL ends that too" in done.stderr


def test_the_command_shows_the_link_that_ends_the_browsers_session(session: Session, run, peer: Peer) -> None:
    done = run("logout", "--no-browser", HALFDAY_LOGOUT_URI="http://localhost:8080/bye")
    assert f"to end its own session: {peer.origin}/logout?client_id={CLIENT_ID}&logout_uri=" in done.stderr
    assert "--logout-uri" not in done.stderr


def test_the_command_as_json(session: Session, run) -> None:
    told = json.loads(run("logout", "--json", "--logout-uri", "http://localhost:8080/bye").stdout)
    assert told["revoked"] is True
    assert told["remaining"]["access_token_until"] > time.time()
    assert told["remaining"]["aws_credentials_until"] is None
    assert "/logout?client_id=" in told["sign_out_url"]
    assert json.loads(run("logout", "--all", "--json").stdout) == []


def test_the_command_forgets_what_it_cannot_revoke_and_fails(session: Session, run, peer: Peer) -> None:
    """The peer's revocation endpoint has moved away; the kept session is this domain's all the same."""
    peer.refresh_tokens = None  # type: ignore[assignment]
    done = run("logout")
    assert done.returncode == 4
    assert "the session is forgotten here and was not revoked" in done.stderr
    assert "accept the old tokens until" in done.stderr
    assert run("whoami").returncode == 3
