"""What is decided without any framework, against the strict little Cognito of the client's tests."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cognito_peer
import pytest
from cognito_peer import CLIENT_ID, Peer
from hypothesis import given
from hypothesis import strategies as st

from halfday import SettingsError
from halfday.web.http_messages import WebRequest
from halfday.web.relying_party import RelyingParty
from halfday.web.sealing import Sealer
from halfday.web.stores import MemoryStore
from web.jar import HOME, Jar
from world import Clock

SECRET = "a secret of the tests, which is long enough to be one"


@pytest.fixture
def peer() -> Iterator[Peer]:
    with cognito_peer.running() as peer:
        peer.redirect_uris = [f"{HOME}/callback"]
        yield peer


@pytest.fixture
def make(peer: Peer) -> Callable[..., RelyingParty]:
    def made(**options: Any) -> RelyingParty:
        known = {"domain": peer.origin, "client_id": CLIENT_ID, "redirect_uri": f"{HOME}/callback", "secret": SECRET}
        return RelyingParty(**{**known, **options})

    return made


def test_with_https_cookies_belong_to_this_host_alone_and_are_never_sent_in_the_clear(
    make: Callable[..., RelyingParty],
) -> None:
    jar = Jar()
    answer = jar.sign_in(make())
    assert answer.status == 303
    assert all(cookie.name.startswith("__Host-") and cookie.secure for cookie in answer.cookies)
    assert "__Host-halfday" in jar.cookies


def test_an_id_token_of_another_sign_in_signs_nobody_in(peer: Peer, make: Callable[..., RelyingParty]) -> None:
    peer.claims = {"nonce": "that of another sign-in"}
    jar = Jar()
    assert jar.sign_in(make()).status == 400
    assert jar.cookies == {}


def test_an_id_token_for_another_app_client_signs_nobody_in(peer: Peer, make: Callable[..., RelyingParty]) -> None:
    peer.claims = {"aud": "another"}
    assert Jar().sign_in(make()).status == 400


def test_a_sign_in_that_fails_tells_the_log_why_and_the_person_nothing(
    peer: Peer, make: Callable[..., RelyingParty], caplog: pytest.LogCaptureFixture
) -> None:
    peer.secret = "one that the application does not know"
    answer = Jar().sign_in(make())
    assert (answer.status, "invalid_client" in answer.body) == (400, False)
    assert "et client_secret" in caplog.text


def test_cognito_down_during_a_sign_in_is_503(peer: Peer, make: Callable[..., RelyingParty]) -> None:
    peer.failing_with = 500
    assert Jar().sign_in(make()).status == 503


def test_no_token_code_or_secret_reaches_the_log(
    peer: Peer, make: Callable[..., RelyingParty], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    jar, party = Jar(), make()
    jar.sign_in(party)
    assert jar.look(party)
    peer.secret = "wrong"
    Jar().sign_in(party)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("halfday")]
    sent = [members.get(name) for _, members in peer.requests for name in ("code", "code_verifier", "refresh_token")]
    assert ours
    assert any(sent)
    for text in ours:
        assert SECRET not in text
        assert "eyJ" not in text
        assert not any(value in text for value in sent if value)


def test_tokens_too_long_for_cookies_are_a_failure_that_names_the_store(
    peer: Peer, make: Callable[..., RelyingParty], caplog: pytest.LogCaptureFixture
) -> None:
    peer.claims = {"cognito:groups": [f"group-{number:06}" for number in range(1500)]}
    assert Jar().sign_in(make()).status == 400
    assert "store=FileStore" in caplog.text
    assert Jar().sign_in(make(store=MemoryStore())).status == 303


def test_a_session_that_got_shorter_leaves_no_rest_behind(peer: Peer, make: Callable[..., RelyingParty]) -> None:
    clock = Clock()
    party, jar = make(clock=clock), Jar()
    peer.claims = {"cognito:groups": [f"group-{number:06}" for number in range(400)]}
    jar.sign_in(party)
    assert set(jar.cookies) == {"__Host-halfday", "__Host-halfday.1"}
    peer.claims = {}
    clock.advance(3590)
    assert jar.look(party)
    assert set(jar.cookies) == {"__Host-halfday"}
    assert jar.look(party)


def test_what_another_process_renewed_last_is_what_counts(peer: Peer, make: Callable[..., RelyingParty]) -> None:
    """Two processes with cookies, one request after the other, rotation on: neither goes back to its older tokens."""
    peer.rotates = True
    peer.token_life_s = 300
    clock = Clock()
    one, other, jar = make(clock=clock), make(clock=clock), Jar()
    jar.sign_in(one)
    for party in (other, one, other, one):
        clock.advance(270)
        peer.claims = {"iat": int(clock()), "exp": int(clock()) + 300}
        assert jar.look(party)


def test_the_other_name_of_this_machine_leads_to_the_one_that_is_registered(make: Callable[..., RelyingParty]) -> None:
    """uvicorn prints http://127.0.0.1:8000; a cookie set there would not come back to http://localhost:8000."""
    party = make(redirect_uri="http://localhost:8000/callback")
    answer = party.begin(Jar().visit("/login?next=/a", host="127.0.0.1:8000"))
    assert answer.headers["Location"] == "http://localhost:8000/login?next=/a"
    for host in ("localhost:8000", "127.0.0.1:9999", "evil.example:8000", "[", "127.0.0.1:x", ""):
        assert "/oauth2/authorize?" in party.begin(Jar().visit("/login", host=host)).headers["Location"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"secret": None}, "secret"),
        ({"secret": "short"}, "secret"),
        ({"secret": [SECRET, "short"]}, "secret"),
        ({"redirect_uri": None}, "redirect_uri is not set"),
        ({"redirect_uri": "http://localhost:8080"}, "is the home page"),
        ({"scope": "openid"}, "there is no setting scope"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(
    make: Callable[..., RelyingParty], options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence) as refused:
        make(**options)
    assert refused.value.hint


def test_settings_come_from_the_command_lines_places(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HALFDAY_WEB_SECRET", SECRET)
    profile = f"[profile me]\nhalfday_domain = {peer.origin}\nhalfday_client_id = {CLIENT_ID}\n"
    profile += f"halfday_redirect_uri = {HOME}/callback\nhalfday_logout_uri = {HOME}/bye\n"
    (tmp_path / "aws-config").write_text(profile)
    party, jar = RelyingParty(profile="me"), Jar()
    assert jar.sign_in(party).status == 303
    out = party.sign_out(WebRequest("POST", "/logout", cookies=jar.cookies))
    assert (
        out.headers["Location"]
        == f"{peer.origin}/logout?client_id={CLIENT_ID}&logout_uri=https%3A%2F%2Fapp.example.com%2Fbye"
    )


@pytest.mark.parametrize(
    ("adapter", "library", "extra"),
    [("starlette", "starlette", "fastapi"), ("flask", "flask", "flask"), ("django", "django", "django")],
)
def test_an_adapter_without_its_framework_names_the_extra(adapter: str, library: str, extra: str) -> None:
    lines = f"import sys; sys.modules[{library!r}] = None; import halfday.web.{adapter}"
    ran = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False)
    assert "is not installed" in ran.stderr
    probe = f"""
import sys; sys.modules[{library!r}] = None
try:
    import halfday.web.{adapter}
except Exception as problem:
    print(problem.hint)
"""
    hint = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    assert f"halfday[{extra}]" in hint


@given(st.binary(max_size=300), st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_what_is_sealed_opens_whole_or_not_at_all(plain: bytes, where: int, change: int) -> None:
    from halfday.protocol.encoding import b64url_decode, b64url_encode

    sealer = Sealer([SECRET])
    text = sealer.seal(plain, purpose="session", expires_at=100)
    assert sealer.open(text, purpose="session", now=99) == plain
    assert sealer.open(text, purpose="session", now=100) is None
    assert sealer.open(text, purpose="begun", now=99) is None
    assert Sealer([SECRET + "!"]).open(text, purpose="session", now=99) is None
    raw = bytearray(b64url_decode(text))
    raw[where % len(raw)] ^= change
    assert sealer.open(b64url_encode(bytes(raw)), purpose="session", now=99) is None
