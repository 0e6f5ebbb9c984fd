"""GET /logout: the session ends, and nobody is sent where the client has not said. Source: facts/oauth.md §2."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from world import CALLBACK, Browser, Pool, World

BYE = "http://localhost:8080/bye"


def logout(browser: Browser, client: dict[str, Any], **parameters: str) -> requests.Response:
    sent = {"client_id": client["ClientId"], **parameters}
    return browser.session.get(f"{browser.origin}/logout", params=sent, allow_redirects=False)


def is_signed_in(browser: Browser, client: dict[str, Any]) -> bool:
    return "code=" in browser.authorize(client).headers["Location"]


@pytest.fixture
def client(pool: Pool, browser: Browser) -> dict[str, Any]:
    pool.user()
    client = pool.client()
    browser.code(client)
    return client


def test_logging_out_ends_the_session_and_goes_where_it_was_asked(browser: Browser, client: dict[str, Any]) -> None:
    kept = browser.session.cookies["cognito"]
    answer = logout(browser, client, logout_uri=BYE)
    assert (answer.status_code, answer.headers["Location"]) == (302, BYE)
    assert "cognito" not in browser.session.cookies
    assert not is_signed_in(browser, client)
    browser.session.cookies.set("cognito", kept, path="/")
    assert not is_signed_in(browser, client), "whoever has kept the cookie has kept nothing"


def test_with_a_redirect_uri_it_goes_to_the_sign_in_page(browser: Browser, client: dict[str, Any]) -> None:
    answer = logout(browser, client, response_type="code", redirect_uri=CALLBACK, state="s&t", scope="openid")
    location = answer.headers["Location"]
    assert location.startswith("/login?")
    page = browser.session.get(browser.origin + location)
    assert page.status_code == 200
    assert "cognitoSignInForm" in page.text
    assert not is_signed_in(browser, client)


def test_logout_uri_wins_over_redirect_uri(browser: Browser, client: dict[str, Any]) -> None:
    answer = logout(browser, client, logout_uri=BYE, response_type="code", redirect_uri=CALLBACK)
    assert answer.headers["Location"] == BYE


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"logout_uri": BYE + "/"},
        {"logout_uri": "https://evil.example/"},
        {"logout_uri": "//evil.example"},
        {"logout_uri": ""},
        {"logout_uri": CALLBACK},
        {"logout_uri": BYE + "\r\nX-Evil: 1"},
        {"redirect_uri": CALLBACK},
        {"logout_uri": "https://evil.example/", "response_type": "code", "redirect_uri": CALLBACK},
    ],
)
def test_elsewhere_is_aws_s_error_page_and_the_session_stays(
    browser: Browser, client: dict[str, Any], parameters: dict[str, str]
) -> None:
    answer = logout(browser, client, **parameters)
    assert answer.headers["Location"].startswith("/error?error=invalid_request")
    assert "X-Evil" not in answer.headers
    page = browser.session.get(browser.origin + answer.headers["Location"])
    assert page.status_code == 400
    assert "Required String parameter &#39;redirect_uri&#39; is not present" in page.text
    assert 'href="https://evil.example' not in page.text
    assert is_signed_in(browser, client)


def test_a_redirect_uri_of_somebody_else_gets_no_further_than_the_sign_in_page(
    browser: Browser, client: dict[str, Any]
) -> None:
    answer = logout(browser, client, response_type="code", redirect_uri="https://evil.example/")
    end = browser.session.get(browser.origin + answer.headers["Location"])
    assert end.status_code == 400
    assert end.url.startswith(f"{browser.origin}/error?error=redirect_mismatch")


def test_an_unknown_client_logs_nobody_out(browser: Browser, client: dict[str, Any]) -> None:
    answer = logout(browser, {"ClientId": "nobody"}, logout_uri=BYE)
    assert answer.headers["Location"].startswith("/error?error=invalid_request")
    assert is_signed_in(browser, client)


def test_the_tokens_live_on(world: World, pool: Pool, browser: Browser, client: dict[str, Any]) -> None:
    tokens = pool.tokens(client)
    logout(browser, client, logout_uri=BYE)
    user = world.idp.get_user(AccessToken=tokens["AccessToken"])
    assert user["Username"] == "ada"


def test_nobody_signed_in_is_no_reason_to_refuse(world: World, client: dict[str, Any]) -> None:
    assert logout(Browser(world.origin), client, logout_uri=BYE).headers["Location"] == BYE
