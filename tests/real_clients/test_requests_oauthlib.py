"""requests-oauthlib: its own documented ways to renew a token, and the web application's flow before and after them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError, TokenExpiredError
from requests_oauthlib import OAuth2Session, TokenUpdated

from real_clients.elapsed import Elapsed
from real_clients.test_node_openid_client import come_back
from world import Browser, Pool, World

CALLBACK = "http://localhost:5000/authorize"
BYE = "http://localhost:8080/bye"
HOUR_S = 3600 + 60
SCOPES = ["openid", "email", "profile"]
AUTHORIZED = {"CallbackURLs": [CALLBACK], "GenerateSecret": True}

SignIn = Callable[..., OAuth2Session]


@pytest.fixture(autouse=True)
def _http_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """oauthlib refuses http otherwise, and says so."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user()
    return pool.client(**AUTHORIZED)


@pytest.fixture
def sign_in(world: World, client: dict[str, Any], browser: Browser, elapsed: Elapsed) -> SignIn:
    """ada's session; what is given goes to OAuth2Session."""

    def signed_in(**given: Any) -> OAuth2Session:
        session = OAuth2Session(client["ClientId"], scope=SCOPES, redirect_uri=CALLBACK, **given)
        address, _ = session.authorization_url(f"{world.origin}/oauth2/authorize")
        session.fetch_token(
            f"{world.origin}/oauth2/token",
            authorization_response=come_back(browser, address),
            client_secret=client["ClientSecret"],
        )
        return session

    return signed_in


def renewing(world: World, client: dict[str, Any]) -> dict[str, Any]:
    """What OAuth2Session is given to renew by itself, as its documentation has it."""
    extra = {"client_id": client["ClientId"], "client_secret": client["ClientSecret"]}
    return {"auto_refresh_url": f"{world.origin}/oauth2/token", "auto_refresh_kwargs": extra}


def email(world: World, session: OAuth2Session) -> str:
    answer = session.get(f"{world.origin}/oauth2/userInfo")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["email"])


def test_renewed_by_itself_with_a_token_updater(
    world: World, client: dict[str, Any], sign_in: SignIn, elapsed: Elapsed
) -> None:
    """The recommended way. It repeats the scopes of the sign-in (RFC 6749 §6)."""
    kept: list[dict[str, Any]] = []
    session = sign_in(token_updater=kept.append, **renewing(world, client))
    refresh_token = session.token["refresh_token"]
    for hours in range(1, 4):
        elapsed.advance(HOUR_S)
        assert email(world, session) == "ada@example.com"
        assert len(kept) == hours
    assert {token["refresh_token"] for token in kept} == {refresh_token}


def test_renewed_by_itself_and_told_by_token_updated(
    world: World, client: dict[str, Any], sign_in: SignIn, elapsed: Elapsed
) -> None:
    session = sign_in(**renewing(world, client))
    elapsed.advance(HOUR_S)
    with pytest.raises(TokenUpdated) as told:
        email(world, session)
    assert email(world, OAuth2Session(client["ClientId"], token=told.value.token)) == "ada@example.com"


def test_renewed_by_hand_once_the_token_has_expired(
    world: World, client: dict[str, Any], sign_in: SignIn, elapsed: Elapsed
) -> None:
    session = sign_in()
    elapsed.advance(HOUR_S)
    with pytest.raises(TokenExpiredError):
        email(world, session)
    session.refresh_token(f"{world.origin}/oauth2/token", auth=(client["ClientId"], client["ClientSecret"]))
    assert email(world, session) == "ada@example.com"


def test_a_rotated_refresh_token_is_kept_for_the_next_hour(
    world: World, pool: Pool, browser: Browser, elapsed: Elapsed
) -> None:
    """A public client with PKCE; with rotation every answer brings the refresh token of the next renewal."""
    pool.user()
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    without = ["ALLOW_USER_SRP_AUTH"]  # rotation and ALLOW_REFRESH_TOKEN_AUTH exclude each other
    client = pool.client(CallbackURLs=[CALLBACK], RefreshTokenRotation=rotation, ExplicitAuthFlows=without)
    token_url = f"{world.origin}/oauth2/token"
    session = OAuth2Session(client["ClientId"], scope=SCOPES, redirect_uri=CALLBACK, pkce="S256")
    address, _ = session.authorization_url(f"{world.origin}/oauth2/authorize")
    session.fetch_token(token_url, authorization_response=come_back(browser, address), include_client_id=True)
    seen = {session.token["refresh_token"]}
    for _ in range(3):
        elapsed.advance(HOUR_S)
        session.refresh_token(token_url, client_id=client["ClientId"])
        seen.add(session.token["refresh_token"])
        assert email(world, session) == "ada@example.com"
    assert len(seen) == 4


def test_after_sign_out_nothing_is_renewed_and_the_pages_ask_again(
    world: World, client: dict[str, Any], sign_in: SignIn, browser: Browser, elapsed: Elapsed
) -> None:
    session = sign_in(token_updater=lambda token: None, **renewing(world, client))
    auth = (client["ClientId"], client["ClientSecret"])
    form = {"token": session.token["refresh_token"]}
    assert session.post(f"{world.origin}/oauth2/revoke", data=form, auth=auth, withhold_token=True).status_code == 200
    leave = {"client_id": client["ClientId"], "logout_uri": BYE}
    assert browser.session.get(f"{world.origin}/logout", params=leave, allow_redirects=False).headers["Location"] == BYE
    assert browser.authorize(client, redirect_uri=CALLBACK).headers["Location"].startswith("/login")
    elapsed.advance(HOUR_S)
    with pytest.raises(InvalidGrantError):
        email(world, session)


def test_a_machine_asks_for_a_new_token_when_the_old_has_expired(world: World, pool: Pool, elapsed: Elapsed) -> None:
    """client_credentials bring no refresh token: BackendApplicationClient fetches another access token."""
    world.idp.create_resource_server(
        UserPoolId=pool.pool_id,
        Identifier="engine",
        Name="engine",
        Scopes=[{"ScopeName": "turn", "ScopeDescription": "turn the crank"}],
    )
    given = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["engine/turn"], "CallbackURLs": []}
    client = pool.client(GenerateSecret=True, LogoutURLs=[], **given)
    machine = BackendApplicationClient(client_id=client["ClientId"], scope=["engine/turn"])
    session = OAuth2Session(client=machine)
    asked = {"token_url": f"{world.origin}/oauth2/token", "client_secret": client["ClientSecret"]}
    first = session.fetch_token(**asked)["access_token"]
    elapsed.advance(HOUR_S)
    with pytest.raises(TokenExpiredError):
        session.get(f"{world.origin}/oauth2/userInfo")
    assert session.fetch_token(**asked)["access_token"] != first
