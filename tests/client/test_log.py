"""The client's log says what was asked of whom, and repeats nothing that was said."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cognito_peer import CLIENT_ID, IDENTITY_ID, IDENTITY_POOL_ID, PASSWORD, POOL_ID, REDIRECT_URI, SUB, Peer
from hypothesis import given
from hypothesis import strategies as st

from halfday import Cognito, NetworkError, SettingsError
from halfday.client import log
from halfday.client.transport.blocking import Transport

SECRET = "clientsecret-0123456789abcdef"
PUBLIC = {CLIENT_ID, IDENTITY_ID, IDENTITY_POOL_ID, POOL_ID, SUB, REDIRECT_URI, "authorization_code", "refresh_token"}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the log writes during the test."""
    written: list[str] = []
    logger = logging.getLogger(log.LOGGER)
    before, level, propagates = list(logger.handlers), logger.level, logger.propagate
    logger.handlers.clear()
    monkeypatch.setenv("HALFDAY_LOG", "debug")
    log.begin(written.append)
    yield written
    logger.handlers[:], logger.propagate = before, propagates
    logger.setLevel(level)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every text that goes over the wire meanwhile: of queries, bodies, headers and answers."""
    found: set[str] = set()
    send = Transport.send

    def watched(self: Transport, request: Any) -> Any:
        response = send(self, request)
        for body in (request.body, response.body):
            found.update(texts(body or b""))
        found.update(value for _, value in parse_qsl(urlsplit(request.url).query))
        found.update(request.headers.get("Authorization", "").split())
        return response

    monkeypatch.setattr(Transport, "send", watched)
    return found


def texts(body: bytes) -> Iterator[str]:
    try:
        yield from leaves(json.loads(body))
    except ValueError:
        yield from (value for _, value in parse_qsl(body.decode("latin-1")))


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from leaves(one)
    else:
        yield str(value)


def test_nothing_of_a_whole_sign_in_is_in_the_log(
    make_cognito: Callable[..., Cognito], peer: Peer, lines: list[str], said: set[str]
) -> None:
    peer.secret, peer.rotates = SECRET, True
    cognito = make_cognito(client_secret=SECRET)
    began = cognito.begin(REDIRECT_URI)
    members = dict(parse_qsl(urlsplit(began.url).query))
    session = cognito.exchange(f"{REDIRECT_URI}?code={peer.issue(members)}&state={members['state']}", keep=True)
    session.renew()
    keys = session.credentials()
    session.logout()
    by_api = make_cognito(domain=None, user_pool_id=POOL_ID, endpoint_url=peer.origin, client_secret=SECRET)
    other = by_api.sign_in("ada", PASSWORD, srp=False)
    by_api.sign_in("ada", PASSWORD)
    other.renew()
    with pytest.raises(Exception, match=r"refused|Wrong"):
        by_api.sign_in("ada", "Wrong-horse-battery", srp=False)
    told = "\n".join(lines)
    said |= {PASSWORD, "Wrong-horse-battery", SECRET, began.code_verifier, keys.access_key_id, *members.values()}
    said |= {base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode(), str(session.refresh_token)}
    secret = {one for one in said if len(one) > 7 and one not in PUBLIC and not one.startswith(peer.origin)}
    assert len(secret) > 30
    assert {one for one in secret if one in told and not one.isdecimal()} == set()
    assert f"POST {peer.origin[7:]}/oauth2/token answered 200 in " in told
    assert "InitiateAuth answered 400" in told
    assert "client_secret comes from the argument client_secret" in told


@given(
    st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=12, max_size=60),
    st.sampled_from([
        "{}", "code={}", "https://h/?code={}&state=x", "a client_secret: {}", '"refresh_token": "{}"', "Bearer {}",
        "Authorization: Bearer {}", "set-cookie: {}", "code_verifier={}", "eyJ{}.eyJ{}.{}", "'password': '{}'",
    ]),
)  # fmt: skip
def test_what_looks_like_a_secret_is_not_written(secret: str, around: str) -> None:
    text = around.replace("{}", secret)
    if around != "{}" or len(secret) >= 40:
        assert secret not in log.redact(text)
    assert "\n" not in log.redact(f"{text}\n")


def test_a_log_is_appended_to_a_file_of_one_s_own(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "halfday.log"
    script = (
        "from halfday import Cognito; import sys\n"
        "try: Cognito(client_id='x', domain=sys.argv[1]).exchange('b2ca649e-b34a', 'http://localhost:8080')\n"
        "except Exception: pass"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script, peer.origin], env={**os.environ, "HALFDAY_LOG": str(told)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stderr == ""
    assert told.read_text().count("/oauth2/token answered 400") == 2
    assert "b2ca649e" not in told.read_text()
    assert stat.S_IMODE(told.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_said_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HALFDAY_LOG", str(tmp_path / "no" / "such"))
    with pytest.raises(SettingsError, match="HALFDAY_LOG"):
        Cognito(client_id="x")


@pytest.mark.parametrize("word", ["debg", "verbose", "1", "true"])
def test_a_word_that_is_no_level_is_no_file_either(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, word: str) -> None:
    monkeypatch.setenv("HALFDAY_LOG", word)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=f"HALFDAY_LOG '{word}' is no level"):
        Cognito(client_id="x")
    assert list(tmp_path.iterdir()) == []


def test_a_request_that_fails_is_a_line_too(lines: list[str]) -> None:
    with pytest.raises(NetworkError):
        Cognito(client_id="x", domain="http://127.0.0.1:1").exchange("b2ca649e-b34a", REDIRECT_URI)
    assert any("POST 127.0.0.1:1/oauth2/token failed (refused) after " in line for line in lines)


def test_nothing_is_written_unless_it_is_asked_for(cognito: Cognito, peer: Peer) -> None:
    with redirect_stderr(io.StringIO()) as stderr:
        with pytest.raises(NetworkError):
            Cognito(client_id="x", domain="http://127.0.0.1:1").exchange("b2ca649e-b34a", REDIRECT_URI)
        cognito.exchange(peer.issue({}), REDIRECT_URI)
    assert stderr.getvalue() == ""
