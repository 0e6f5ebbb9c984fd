"""POST /oauth2/revoke: what ends, for whom, and what is said of it. Source: facts/oauth.md §5; RFC 7009."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from world import CALLBACK, Browser, Pool, World


def revoke(world: World, auth: tuple[str, str] | None = None, **form: str) -> requests.Response:
    return requests.post(f"{world.origin}/oauth2/revoke", data=form, auth=auth, timeout=10)


def refresh(world: World, client: dict[str, Any], token: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "client_id": client["ClientId"], "refresh_token": token}
    auth = (client["ClientId"], client["ClientSecret"]) if "ClientSecret" in client else None
    return requests.post(f"{world.origin}/oauth2/token", data=form, auth=auth, timeout=10)


def sign_in(world: World, client: dict[str, Any], browser: Browser) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "client_id": client["ClientId"],
        "code": browser.code(client),
        "redirect_uri": CALLBACK,
    }
    auth = (client["ClientId"], client["ClientSecret"]) if "ClientSecret" in client else None
    tokens: dict[str, Any] = requests.post(f"{world.origin}/oauth2/token", data=form, auth=auth, timeout=10).json()
    return tokens


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user()
    return pool.client(GenerateSecret=True)


@pytest.fixture
def auth(client: dict[str, Any]) -> tuple[str, str]:
    return client["ClientId"], client["ClientSecret"]


def test_a_revoked_token_renews_nothing_and_takes_its_access_tokens_along(
    world: World, client: dict[str, Any], auth: tuple[str, str], browser: Browser
) -> None:
    ended, other = sign_in(world, client, browser), sign_in(world, client, browser)
    renewed = refresh(world, client, ended["refresh_token"]).json()
    answer = revoke(world, auth, token=ended["refresh_token"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert refresh(world, client, ended["refresh_token"]).json() == {"error": "invalid_grant"}
    for dead in (ended, renewed):
        assert _user_info(world, dead["access_token"]) == 401
    assert _user_info(world, other["access_token"]) == 200, "another sign-in is another family"
    assert refresh(world, client, other["refresh_token"]).status_code == 200


def test_revoking_twice_or_what_never_was_is_fine(world: World, auth: tuple[str, str]) -> None:
    for _ in range(2):
        assert revoke(world, auth, token="never-issued").status_code == 200


def test_a_client_cannot_revoke_another_s_token(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    tokens = sign_in(world, client, browser)
    thief = pool.client(ClientName="thief")
    assert revoke(world, client_id=thief["ClientId"], token=tokens["refresh_token"]).status_code == 200
    assert refresh(world, client, tokens["refresh_token"]).status_code == 200, "said nothing, did nothing"


@pytest.mark.parametrize("kind", ["id_token", "access_token"])
def test_only_refresh_tokens_can_be_revoked(
    world: World, client: dict[str, Any], auth: tuple[str, str], browser: Browser, kind: str
) -> None:
    answer = revoke(world, auth, token=sign_in(world, client, browser)[kind])
    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_token_type"})


def test_a_token_must_be_named(world: World, auth: tuple[str, str]) -> None:
    for form in ({}, {"token": ""}):
        answer = revoke(world, auth, **form)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_a_client_that_is_not_proven_revokes_nothing(
    world: World, client: dict[str, Any], auth: tuple[str, str], browser: Browser
) -> None:
    token = sign_in(world, client, browser)["refresh_token"]
    for wrong in (None, (auth[0], "wrong"), (auth[0], ""), ("nobody", auth[1])):
        form = {"client_id": auth[0]} if wrong is None else {}
        answer = revoke(world, wrong, token=token, **form)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert refresh(world, client, token).status_code == 200


def test_a_client_without_revocation_says_so(world: World, pool: Pool, browser: Browser) -> None:
    pool.user()
    client = pool.client(EnableTokenRevocation=False)
    token = sign_in(world, client, browser)["refresh_token"]
    answer = revoke(world, client_id=client["ClientId"], token=token)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert refresh(world, client, token).status_code == 200


def test_revocation_is_by_post(world: World) -> None:
    assert requests.get(f"{world.origin}/oauth2/revoke?token=x", timeout=10).status_code == 405


def test_the_browser_stays_signed_in(
    world: World, client: dict[str, Any], auth: tuple[str, str], browser: Browser
) -> None:
    revoke(world, auth, token=sign_in(world, client, browser)["refresh_token"])
    assert "code=" in browser.authorize(client).headers["Location"]


def _user_info(world: World, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{world.origin}/oauth2/userInfo", headers=headers, timeout=10).status_code
