"""A form is good for the sign-in it was made for, in the browser that was given it; and no cache keeps a secret."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests

from halfday.server.http.app import PAGES
from halfday.server.stand_in import Place, StandIn, google
from operations.test_mfa import with_mfa
from page_forms import go_on
from world import CALLBACK, PASSWORD, Browser, Pool, World, query_in, running

STALE = "This page was open for too long."
KEYS = {"/{pool_id}/.well-known/jwks.json", "/.well-known/jwks_uri"}


def login_page(browser: Browser, client: dict[str, Any], **parameters: str) -> requests.Response:
    asked = {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": CALLBACK, **parameters}
    return browser.session.get(f"{browser.origin}/login", params=asked)


def hidden(page: requests.Response, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


def sent(
    page_url: str, token: str, headers: dict[str, str] | None = None, cookie: str | None = None
) -> requests.Response:
    """The sign-in form, posted with this token in the field and, as if somebody had planted it, in the cookie."""
    form = {"_csrf": token, "username": "ada", "password": PASSWORD}
    cookies = {"XSRF-TOKEN": token if cookie is None else cookie}
    return requests.post(page_url, data=form, cookies=cookies, headers=headers, allow_redirects=False, timeout=10)


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user()
    return pool.client()


def test_the_browser_s_own_form_signs_in(browser: Browser, client: dict[str, Any]) -> None:
    page = login_page(browser, client)
    assert "code" in query_in(sent(page.url, hidden(page, "_csrf")))


@pytest.mark.parametrize("token", ["x", "a.b", ".", "0" * 22 + "." + "0" * 43, "é.é"])
def test_a_value_that_somebody_made_up_signs_nobody_in(browser: Browser, client: dict[str, Any], token: str) -> None:
    """Whoever can plant a cookie knows what stands in it."""
    page = login_page(browser, client)
    if token.isascii():
        assert STALE in sent(page.url, token).text
    form = {"_csrf": token, "username": "ada", "password": PASSWORD}
    assert STALE in browser.session.post(page.url, data=form, allow_redirects=False).text


def test_a_token_is_good_for_its_own_form_only(world: World, pool: Pool, client: dict[str, Any]) -> None:
    browser = Browser(world.origin)
    page = login_page(browser, client, state="mine")
    other_pool = world.pool()
    other_pool.user()
    others = {
        "another client's": login_page(browser, pool.client(ClientName="other")),
        "another pool's": login_page(browser, other_pool.client()),
        "another request's": login_page(browser, client, state="another"),
    }
    for whose, other in others.items():
        assert STALE in sent(page.url, hidden(other, "_csrf")).text, whose
    assert "code" in query_in(sent(page.url, hidden(page, "_csrf")))


def test_a_form_that_acts_for_a_session_is_of_that_session_alone(
    world: World, browser: Browser, client: dict[str, Any]
) -> None:
    """An attacker's own form, planted with its cookie, does nothing in the name of whoever is signed in."""
    attacker = Browser(world.origin)
    for each in (browser, attacker):
        each.sign_in(client)
    page = go_on(attacker, attacker.authorize(client, prompt="select_account"))
    token = hidden(page, "_csrf")
    for session, taken in ((browser, False), (attacker, True)):
        cookies = {"XSRF-TOKEN": token, "cognito": session.session.cookies["cognito"]}
        answer = requests.post(page.url, data={"_csrf": token}, cookies=cookies, allow_redirects=False, timeout=10)
        assert ("code" in query_in(answer)) if taken else (STALE in answer.text)


def test_a_sign_in_form_outlives_a_sign_in_in_another_tab(browser: Browser, client: dict[str, Any]) -> None:
    page = login_page(browser, client)
    browser.sign_in(client)
    token, signed_in = hidden(page, "_csrf"), browser.session.cookies["cognito"]
    form = {"_csrf": token, "username": "ada", "password": PASSWORD}
    cookies = {"XSRF-TOKEN": token, "cognito": signed_in}
    assert "code" in query_in(requests.post(page.url, data=form, cookies=cookies, allow_redirects=False, timeout=10))


def test_the_token_of_a_challenge_is_of_its_own_session(world: World) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    client = pool.client()
    browsers = [Browser(world.origin), Browser(world.origin)]
    pages = []
    for browser in browsers:
        pages.append(browser.sign_in(client))
        code = pool.code_for("ada", "Authentication")
    for foreign in (hidden(pages[0], "_csrf"), hidden(login_page(browsers[1], client), "_csrf")):
        browsers[1].session.cookies.set("XSRF-TOKEN", foreign)
        answer = browsers[1].post(pages[1], _csrf=foreign, authentication_code=code)
        assert STALE in answer.text
        browsers[1].session.cookies.clear()
    browsers[1].session.cookies.set("XSRF-TOKEN", hidden(pages[1], "_csrf"))
    assert "code" in query_in(browsers[1].post(pages[1], authentication_code=code))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://evil.{host}",
        "http://localhost:1",
        "{own}.evil.example",
        "ftp://{host}",
    ],
)
def test_a_page_of_another_origin_signs_nobody_in(browser: Browser, client: dict[str, Any], origin: str) -> None:
    """Not even with a form and a cookie that were fetched here before."""
    page = login_page(browser, client)
    named = origin.format(own=browser.origin, host=browser.origin.partition("//")[2])
    assert STALE in sent(page.url, hidden(page, "_csrf"), {"Origin": named}).text


def test_a_page_of_this_origin_signs_in(tmp_path: Path, browser: Browser, client: dict[str, Any]) -> None:
    page = login_page(browser, client)
    assert "code" in query_in(sent(page.url, hidden(page, "_csrf"), {"Origin": browser.origin}))
    headers = {"Origin": "https://login.example", "Host": "login.example"}
    assert "code" in query_in(sent(page.url, hidden(page, "_csrf"), headers)), "a proxy that ends TLS"


def test_a_form_outlives_a_restart(tmp_path: Path) -> None:
    """And is taken by every process over the same master key."""
    with running(tmp_path, upstream="none") as first:
        pool = first.pool()
        pool.user()
        client = pool.client()
        page = login_page(Browser(first.origin), client)
        query = page.url.partition("?")[2]
    with running(tmp_path, upstream="none") as again:
        assert "code" in query_in(sent(f"{again.origin}/login?{query}", hidden(page, "_csrf")))


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in PAGES])
def test_no_route_lets_a_cache_keep_what_it_answers(world: World, pool: Pool, method: str, path: str) -> None:
    """But for public keys."""
    url = world.origin + path.replace("{pool_id}", pool.pool_id).replace("{job_id}", "none")
    answer = requests.request(method, url, allow_redirects=False, timeout=10)
    kept = answer.headers.get("Cache-Control", "")
    assert ("max-age=300" in kept) if path in KEYS else ("no-store" in kept), (answer.status_code, kept)


def test_no_cache_keeps_a_code_a_state_or_tokens(world: World, pool: Pool, client: dict[str, Any]) -> None:
    browser = Browser(world.origin)
    silent = {"prompt": "none"}
    answers = {
        "refused to the app": browser.authorize(client, **silent),
        "to the sign-in page": browser.authorize(client),
        "with a code": browser.sign_in(client),
        "with a code, at once": browser.authorize(client),
        "to our error page": browser.authorize(client, redirect_uri="http://evil.example"),
    }
    code = query_in(answers["with a code"])["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": client["ClientId"]}
    answers["tokens"] = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10)
    token = answers["tokens"].json()["refresh_token"]
    form = {"token": token, "client_id": client["ClientId"]}
    answers["revoked"] = requests.post(f"{world.origin}/oauth2/revoke", data=form, timeout=10)
    leaving = {"client_id": client["ClientId"], "logout_uri": "http://localhost:8080/bye"}
    answers["log-out"] = browser.session.get(f"{world.origin}/logout", params=leaving, allow_redirects=False)
    for which, answer in answers.items():
        assert "no-store" in answer.headers["Cache-Control"], which


def test_no_cache_keeps_what_the_apis_answer(world: World, pool: Pool, client: dict[str, Any]) -> None:
    asked = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    signed_in = world.idp.initiate_auth(
        ClientId=client["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=asked
    )
    for answer in (signed_in, world.boto3("sts").get_caller_identity()):
        assert answer["ResponseMetadata"]["HTTPHeaders"]["cache-control"] == "no-store"
    refused = requests.post(world.origin, headers={"X-Amz-Target": "AWSCognitoIdentityProviderService.X"}, timeout=10)
    assert refused.headers["Cache-Control"] == "no-store"


def test_the_stand_in_s_code_is_kept_by_no_cache() -> None:
    stand_in = google.Google(StandIn("Google", "Google", "id", "secret"), Place("http://g", [], lambda: 0.0, bytes))
    answer = stand_in.answer({"redirect_uri": CALLBACK}, {"code": "a code"})
    assert answer.headers["cache-control"] == "no-store"
