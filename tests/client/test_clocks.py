"""A clock that is wrong or set right, and a refused app client, sign nobody out; and nothing waits for days."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from cognito_peer import REDIRECT_URI, Peer, Refusal

from halfday import Cognito, Session
from halfday.client.credentials.aws_identity import PUT_OFF_S
from halfday.client.errors import NetworkError, TokenInvalid, TokenRefused
from halfday.client.http_auth.api_auth import RENEWALS_APART_S, ApiAuth

DAY_S = 86_400


class Clock:
    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(make_cognito: Callable[..., Cognito], peer: Peer, clock: Clock) -> Session:
    return make_cognito(clock=clock).exchange(peer.issue({}), REDIRECT_URI, keep=True)


@pytest.mark.parametrize("rotates", [False, True])
def test_a_clock_that_is_behind_for_a_moment_signs_nobody_out(
    session: Session, peer: Peer, clock: Clock, rotates: bool
) -> None:
    """The new token seems to come from the future. The old one is good, and later the refresh token still is."""
    peer.rotates = rotates
    token = session.access_token
    clock.ahead_s = -120
    assert session.access_token == token
    clock.ahead_s = 0
    assert session.access_token
    session.renew()
    assert session.refresh_token in peer.refresh_tokens


def test_what_has_ended_and_cannot_be_verified_is_no_sign_out(
    make_cognito: Callable[..., Cognito], session: Session, peer: Peer, clock: Clock
) -> None:
    peer.rotates = True
    clock.ahead_s = 3700
    peer.claims = {"iat": time.time() + 2 * DAY_S, "exp": time.time() + 3 * DAY_S}
    with pytest.raises(TokenInvalid):
        _ = session.access_token
    peer.claims = {"iat": time.time() + 3700, "exp": time.time() + 7300}
    assert session.access_token
    assert make_cognito(clock=clock).session.refresh_token in peer.refresh_tokens


def test_an_app_client_that_is_refused_at_renewal_is_told_and_signs_nobody_out(
    make_cognito: Callable[..., Cognito], session: Session, peer: Peer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody changed the secret: that is to be set right, and then the session goes on."""
    answer = peer.token

    def refuse(members: dict[str, str], authorization: str) -> dict[str, object]:
        raise Refusal(400, {"error": "invalid_client", "error_description": "invalid_client_secret"})

    clock.ahead_s = 3700
    peer.claims = {"iat": time.time() + 3700, "exp": time.time() + 7300}
    monkeypatch.setattr(peer, "token", refuse)
    for _ in range(2):
        with pytest.raises(TokenRefused, match="invalid_client") as refused:
            _ = session.access_token
        assert refused.value.hint
    monkeypatch.setattr(peer, "token", answer)
    assert session.access_token
    assert make_cognito(clock=clock).session.access_token


def test_no_renewal_waits_for_a_clock_that_was_set_back(session: Session, peer: Peer, clock: Clock) -> None:
    """It is put off for a minute, not until a day that the clock showed once."""
    session.credentials()
    clock.ahead_s = DAY_S
    peer.failing_with = 503
    with pytest.raises(NetworkError):
        _ = session.access_token
    session._put_off(clock() + PUT_OFF_S)
    peer.failing_with = 0
    clock.ahead_s = 3590
    before = peer.count("/oauth2/token")
    peer.claims = {"iat": time.time() + 3590, "exp": time.time() + 7300}
    assert session.access_token
    assert peer.count("/oauth2/token") == before + 1
    clock.ahead_s = 3600 - 300
    assert session.credentials_are_old()


def test_what_was_put_off_is_put_off_for_a_minute(session: Session, clock: Clock) -> None:
    session.credentials()
    clock.ahead_s = 3600 - 300
    assert session.credentials_are_old()
    session._put_off(clock() + PUT_OFF_S)
    assert not session.credentials_are_old()
    clock.ahead_s += PUT_OFF_S + 1
    assert session.credentials_are_old()


def test_an_api_s_refusal_is_answered_after_the_clock_was_set_back(session: Session, peer: Peer, clock: Clock) -> None:
    auth = ApiAuth(session, token="id")
    url = "http://127.0.0.1:9/"

    def refused() -> bool:
        return auth.again(auth.first(url), url, 401, {}) is not None

    clock.ahead_s = 600
    peer.claims = {"iat": time.time() + 600, "exp": time.time() + 4200}
    assert refused()
    assert not refused(), f"once in {RENEWALS_APART_S} s"
    clock.ahead_s = 0
    peer.claims = {}
    assert refused()
