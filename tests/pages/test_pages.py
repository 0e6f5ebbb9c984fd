"""The hosted pages over a socket: what scrapers rely on, the _csrf rule, headers, and hostile values of every kind."""

from __future__ import annotations

import re
import statistics
import time
from html import unescape
from typing import Any

import pytest
import requests

from page_forms import open_page, press
from world import CALLBACK, PASSWORD, Browser, Pool, World, query_in

NASTY = "\"'><img src=x onerror=alert(1)>"
NEW_PASSWORD = "Analytical-1843"


def login_page(browser: Browser, client: dict[str, Any], **parameters: str) -> requests.Response:
    asked = {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": CALLBACK, **parameters}
    return browser.session.get(f"{browser.origin}/login", params=asked)


def hidden(page: requests.Response, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user()
    return pool.client()


def every_page(world: World, browser: Browser, pool: Pool) -> dict[str, requests.Response]:
    pool.user("newcomer", password=None)
    pool.world.idp.admin_set_user_password(
        UserPoolId=pool.pool_id, Username="newcomer", Password=PASSWORD, Permanent=False
    )
    client = pool.client()
    page = login_page(browser, client, state=NASTY, login_hint=NASTY)
    return {
        "login": page,
        "wrong": browser.post(page, username=NASTY, password="x"),
        "new password": browser.sign_in(client, "newcomer"),
        "sign up": press(browser, open_page(browser, "/signup", client), username=NASTY, password="x"),
        "confirm": press(browser, open_page(browser, "/confirm", client), username=NASTY, verification_code=NASTY),
        "forgot": press(browser, open_page(browser, "/forgotPassword", client), username=NASTY),
        "new": press(browser, open_page(browser, "/confirmForgotPassword", client), username=NASTY, code=NASTY),
        "error": browser.session.get(f"{browser.origin}/error", params={"error": NASTY, "client_id": NASTY}),
        "index": browser.session.get(world.origin),
    }


def test_scrapers_find_cognito_s_form(browser: Browser, client: dict[str, Any]) -> None:
    page = login_page(browser, client, state="a&b", scope="openid")
    form = re.search(r'<form name="cognitoSignInForm" action="([^"]+)" method="POST">', page.text)
    assert form
    assert unescape(form[1]) == "/login?" + page.request.url.partition("?")[2]  # type: ignore[union-attr]
    for wanted in (
        r'<input id="signInFormUsername"[^>]* name="username" type="text"',
        r'<input id="signInFormPassword"[^>]* name="password" type="password"',
        r'<input type="hidden" name="cognitoAsfData" value="">',
        r'<input[^>]* name="signInSubmitButton" type="Submit" value="Sign in"',
    ):
        assert re.search(wanted, page.text), wanted


def test_csrf_is_the_cookie_s_value_and_new_on_every_page(browser: Browser, client: dict[str, Any]) -> None:
    seen = set()
    for _ in range(3):
        page = login_page(browser, client)
        assert hidden(page, "_csrf") == browser.session.cookies["XSRF-TOKEN"]
        seen.add(hidden(page, "_csrf"))
    assert len(seen) == 3


def test_the_smallest_form_that_works_signs_in(browser: Browser, client: dict[str, Any]) -> None:
    page = login_page(browser, client)
    form = {"_csrf": browser.session.cookies["XSRF-TOKEN"], "username": "ada", "password": PASSWORD}
    answer = browser.session.post(page.url, data=form, allow_redirects=False)
    assert "code" in query_in(answer)
    assert browser.session.cookies["cognito"]


@pytest.mark.parametrize("forged", ["no field", "no cookie", "neither", "both blank", "another's"])
def test_a_form_from_another_site_signs_nobody_in(browser: Browser, client: dict[str, Any], forged: str) -> None:
    page = login_page(browser, client)
    form = {"username": "ada", "password": PASSWORD}
    csrf, jar = hidden(page, "_csrf"), browser.session.cookies
    if forged in ("no cookie", "neither", "both blank"):
        jar.clear()
    if forged == "both blank":
        jar.set("XSRF-TOKEN", "")
    form |= {"no cookie": {"_csrf": csrf}, "both blank": {"_csrf": ""}, "another's": {"_csrf": csrf[::-1]}}.get(
        forged, {}
    )
    answer = browser.session.post(page.url, data=form, allow_redirects=False)
    assert answer.status_code == 200
    assert "This page was open for too long." in answer.text
    assert "cognito" not in jar
    assert 'value="ada"' in answer.text, "what was typed is kept, but for the password"
    assert PASSWORD not in answer.text


def test_cookies_cannot_be_read_by_scripts_nor_sent_by_other_sites_forms(
    browser: Browser, client: dict[str, Any]
) -> None:
    answers = [login_page(browser, client), browser.sign_in(client)]
    lines = [value for answer in answers for value in answer.raw.headers.getlist("Set-Cookie")]
    assert len(lines) == 2
    for line in lines:
        parts = {part.strip().lower() for part in line.split(";")}
        assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert "Max-Age=3600" in lines[1]


def test_a_sign_in_starts_a_session_of_its_own(browser: Browser, client: dict[str, Any]) -> None:
    browser.session.cookies.set("cognito", "chosen-by-somebody-else", path="/")
    page = login_page(browser, client)
    browser.post(page, username="ada", password=PASSWORD)
    values = {cookie.value for cookie in browser.session.cookies if cookie.name == "cognito"} - {
        "chosen-by-somebody-else"
    }
    assert len(values) == 1
    fixed = Browser(browser.origin)
    fixed.session.cookies.set("cognito", "chosen-by-somebody-else", path="/")
    assert fixed.authorize(client).headers["Location"].startswith("/login?")


def test_every_page_forbids_what_it_does_not_need(world: World, browser: Browser, pool: Pool) -> None:
    for name, page in every_page(world, browser, pool).items():
        assert page.headers["Content-Type"] == "text/html; charset=utf-8", name
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-"), name
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "same-origin", "a code in the address bar goes nowhere else"
        assert "no-store" in page.headers["Cache-Control"]


def test_no_page_loads_anything_from_elsewhere_and_all_fit_phones(world: World, browser: Browser, pool: Pool) -> None:
    for name, page in every_page(world, browser, pool).items():
        assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page.text, name
        assert not re.search(r"<(script|img|iframe|object|embed|base)\b", page.text, re.IGNORECASE), name
        assert not re.search(r"url\(|@import|\son\w+=[\"']", page.text), name
        for target in re.findall(r'<link[^>]* href="([^"]*)"', page.text):
            assert target.startswith("data:"), name


def test_hostile_values_stay_text(world: World, browser: Browser, pool: Pool) -> None:
    pages = every_page(world, browser, pool)
    for name, page in pages.items():
        assert "<img" not in page.text, name
    for name in ("login", "wrong", "error", "sign up", "forgot"):
        assert NASTY in unescape(pages[name].text), name


def test_hostile_names_of_users_and_providers_stay_text(world: World, pool: Pool, browser: Browser) -> None:
    """The names of pools and clients cannot hold such characters; these two can."""
    name, provider = "<b>\"'&amp;", "<i>\"&x='1"
    pool.user(name, password=None, email="hostile@example.com")
    world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username=name, Password=PASSWORD, Permanent=False)
    details = {"client_id": "c", "attributes_request_method": "GET", "authorize_scopes": "openid"}
    world.idp.create_identity_provider(
        UserPoolId=pool.pool_id,
        ProviderName=provider,
        ProviderType="OIDC",
        ProviderDetails={**details, "oidc_issuer": "https://idp.example"},
    )
    client = pool.client(SupportedIdentityProviders=["COGNITO", provider])
    offered = login_page(browser, client)
    assert f"Continue with {provider}" in unescape(offered.text)
    assert "<i>" not in offered.text
    (link,) = re.findall(r'<a class="button provider[^"]*" href="([^"]*)"', offered.text)
    assert unescape(link).endswith("&identity_provider=%3Ci%3E%22%26x%3D%271")
    changing = browser.sign_in(client, name)
    assert f"Choose your own for <strong>{name}</strong>" in unescape(changing.text)
    assert "<b>" not in changing.text


def test_a_wrong_password_and_an_unknown_person_look_alike_where_that_is_asked_for(
    pool: Pool, browser: Browser
) -> None:
    pool.user()
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    pages = [
        browser.post(login_page(browser, client), username=name, password="Wrong-1234") for name in ("ada", "nobody")
    ]
    one, other = (re.sub(r'value="[^"]*"', "", page.text) for page in pages)
    assert one == other
    assert "Incorrect username or password." in one


def test_time_does_not_tell_nobody_from_somebody(world: World, pool: Pool, browser: Browser) -> None:
    """A check of a password costs milliseconds: those who are refused before it are made to wait for one."""
    pool.user()
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username=pool.user("gone"))
    samples: dict[str, list[float]] = {"ada": [], "gone": [], "nobody": []}
    for _ in range(11):  # by turns, so that a busy machine slows all of them alike
        for name, times in samples.items():
            page = login_page(browser, client)
            started = time.perf_counter()
            browser.post(page, username=name, password="Wrong-1234")
            times.append(time.perf_counter() - started)
    took = {name: statistics.median(times) for name, times in samples.items()}
    assert min(took.values()) > max(took.values()) / 2, took


class TestNewPassword:
    """The page between a temporary password and the app."""

    @pytest.fixture
    def client(self, pool: Pool) -> dict[str, Any]:
        pool.user("ada", password=None)
        self.set(pool, PASSWORD, permanent=False)
        return pool.client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])

    def set(self, pool: Pool, password: str, *, permanent: bool) -> None:
        whom = {"UserPoolId": pool.pool_id, "Username": "ada"}
        pool.world.idp.admin_set_user_password(**whom, Password=password, Permanent=permanent)

    def change(self, browser: Browser, page: requests.Response, first: str, again: str | None = None) -> Any:
        return browser.post(page, new_password=first, confirm_password=first if again is None else again)

    def test_a_new_password_signs_in_and_is_the_password_from_then_on(
        self, pool: Pool, client: dict[str, Any], browser: Browser
    ) -> None:
        page = browser.sign_in(client)
        assert "The one you signed in with was temporary." in page.text
        assert "cognito" not in browser.session.cookies
        assert "code" in query_in(self.change(browser, page, NEW_PASSWORD))
        assert "code" in query_in(Browser(browser.origin).sign_in(client, password=NEW_PASSWORD))

    def test_what_is_not_good_enough_can_be_bettered_on_the_same_page(
        self, client: dict[str, Any], browser: Browser
    ) -> None:
        page = browser.sign_in(client)
        for first, again, sentence in (
            (NEW_PASSWORD, "another", "The two passwords differ."),
            ("short", None, "Password does not conform to policy"),
            ("", None, "Password does not conform to policy"),
        ):
            page = self.change(browser, page, first, again)
            assert sentence in page.text
            assert first == "" or first not in page.text
        assert "code" in query_in(self.change(browser, page, NEW_PASSWORD))

    def test_it_takes_the_cookie_s_csrf_too(self, client: dict[str, Any], browser: Browser) -> None:
        page = browser.sign_in(client)
        browser.session.cookies.clear()
        refused = self.change(browser, page, NEW_PASSWORD)
        assert "This page was open for too long." in refused.text
        assert "code" in query_in(self.change(browser, refused, NEW_PASSWORD)), "the fresh page goes on"

    def test_its_session_works_once(self, client: dict[str, Any], browser: Browser) -> None:
        page = browser.sign_in(client)
        self.change(browser, page, NEW_PASSWORD)
        browser.session.cookies.set("XSRF-TOKEN", hidden(page, "_csrf"), path="/")
        assert "Invalid session for the user." in self.change(browser, page, "Another-1843").text

    def test_its_session_is_one_client_s(self, pool: Pool, client: dict[str, Any], browser: Browser) -> None:
        page = browser.sign_in(client)
        other = login_page(browser, pool.client(ClientName="other"))
        form = {"_csrf": hidden(other, "_csrf"), "session": hidden(page, "session"), "username": "ada"}
        form |= {"new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
        url = other.url.replace("/login?", "/newPassword?")
        assert "Invalid session for the user." in browser.session.post(url, data=form, allow_redirects=False).text

    @pytest.mark.parametrize("session", ["", "made-up", NASTY, "\x00"])
    def test_a_session_that_never_was_opens_nothing(
        self, client: dict[str, Any], browser: Browser, session: str
    ) -> None:
        page = browser.sign_in(client)
        form = {"_csrf": hidden(page, "_csrf"), "session": session, "username": "ada"}
        form |= {"new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
        url = browser.origin + unescape(re.findall(r'action="([^"]+)"', page.text)[0])
        answer = browser.session.post(url, data=form, allow_redirects=False)
        assert "Invalid session for the user." in answer.text
        assert "<img" not in answer.text

    def test_a_password_that_was_set_meanwhile_is_not_overwritten(
        self, pool: Pool, client: dict[str, Any], browser: Browser
    ) -> None:
        """Whoever else knew the temporary password had this page open: too late."""
        page = browser.sign_in(client)
        self.set(pool, NEW_PASSWORD, permanent=True)
        assert "Invalid session for the user." in self.change(browser, page, "Intruder-1843").text
        assert "code" in query_in(Browser(browser.origin).sign_in(client, password=NEW_PASSWORD))

    def test_a_user_disabled_meanwhile_is_refused(self, pool: Pool, client: dict[str, Any], browser: Browser) -> None:
        page = browser.sign_in(client)
        pool.world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
        assert "User is disabled." in self.change(browser, page, NEW_PASSWORD).text
        assert "cognito" not in browser.session.cookies

    def test_a_session_lives_three_minutes(self, world: World, client: dict[str, Any], browser: Browser) -> None:
        page = browser.sign_in(client)
        world.clock.advance(181)
        assert "session is expired" in self.change(browser, page, NEW_PASSWORD).text
