"""Two pools, and many sign-ins in many tabs, at one origin: none disturbs another (docs/decisions/0057)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from halfday.server.http.requests.session_lists import MOST, session_list
from operations.test_mfa import with_mfa
from page_forms import go_on, open_page, press, shown
from world import CALLBACK, PASSWORD, Browser, Pool, World, query_in, running

Client = dict[str, Any]
ROOT = {"root_access_key_id": "AKIAROOT", "root_secret_access_key": "a secret of the account's root"}
KEYS = {name.replace("root", "aws"): value for name, value in ROOT.items()}
BY_TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


class Tabs(Browser):
    """A browser with one jar and many tabs. It says where its forms come from, as browsers do."""

    def post(self, page: requests.Response, **fields: str) -> requests.Response:
        self.session.headers["Origin"] = self.origin
        try:
            return super().post(page, **fields)
        finally:
            del self.session.headers["Origin"]


def two_pools(world: World) -> list[tuple[Pool, Client]]:
    made = [world.pool() for _ in range(2)]
    for pool in made:
        pool.user()
    return [(pool, pool.client()) for pool in made]


@pytest.fixture
def tabs(world: World) -> Tabs:
    return Tabs(world.origin)


class TestTwoPools:
    def test_who_signs_in_to_both_is_signed_in_to_both(self, world: World, tabs: Tabs) -> None:
        (_, one), (_, other) = two_pools(world)
        tabs.sign_in(one)
        tabs.sign_in(other)
        for client in (one, other, one):
            assert "code" in query_in(tabs.authorize(client, prompt="none"))

    def test_who_signs_out_of_one_stays_in_the_other(self, world: World, tabs: Tabs) -> None:
        (_, one), (_, other) = two_pools(world)
        tabs.sign_in(one)
        tabs.sign_in(other)
        leaving = {"client_id": one["ClientId"], "logout_uri": "http://localhost:8080/bye"}
        tabs.session.get(f"{world.origin}/logout", params=leaving, allow_redirects=False)
        assert query_in(tabs.authorize(one, prompt="none"))["error"] == "login_required"
        assert "code" in query_in(tabs.authorize(other, prompt="none"))

    def test_the_cookie_of_both_is_the_classic_one_and_without_it_nobody_is_signed_in(
        self, world: World, tabs: Tabs
    ) -> None:
        (_, one), (_, other) = two_pools(world)
        tabs.sign_in(one)
        tabs.sign_in(other)
        assert [cookie.name for cookie in tabs.session.cookies if cookie.name.startswith("cognito")] == ["cognito"]
        tabs.session.cookies.set("cognito", None)
        for client in (one, other):
            assert query_in(tabs.authorize(client, prompt="none"))["error"] == "login_required"

    def test_a_session_of_one_pool_is_none_of_another(self, world: World, tabs: Tabs) -> None:
        """Not even under the other's tag."""
        (mine, one), (others, other) = two_pools(world)
        tabs.sign_in(one)
        kept = session_list(tabs.session.cookies["cognito"])
        moved = kept.with_session(others.pool_id, kept.secret_of(mine.pool_id), 9_999_999_999)
        tabs.session.cookies.clear()
        tabs.session.cookies.set("cognito", str(moved))
        assert query_in(tabs.authorize(other, prompt="none"))["error"] == "login_required"

    def test_a_page_of_one_outlives_a_sign_in_to_the_other(self, world: World, tabs: Tabs) -> None:
        (_, one), (_, other) = two_pools(world)
        page = open_page(tabs, "/login", one)
        tabs.sign_in(other)
        assert "code" in query_in(tabs.post(page, username="ada", password=PASSWORD))
        assert "code" in query_in(tabs.authorize(other, prompt="none"))

    def test_a_session_ends_with_its_hour_and_no_other_s(self, world: World, tabs: Tabs) -> None:
        (_, one), (_, other) = two_pools(world)
        tabs.sign_in(one)
        world.clock.advance(3000)
        tabs.sign_in(other)
        world.clock.advance(700)
        assert query_in(tabs.authorize(one, prompt="none"))["error"] == "login_required"
        assert "code" in query_in(tabs.authorize(other, prompt="none"))


class TestManySignIns:
    def test_forms_of_many_tabs_are_sent_in_any_order(self, pool: Pool, tabs: Tabs) -> None:
        pool.user()
        client = pool.client()
        pages = [open_page(tabs, "/login", client, state=f"tab {n}") for n in range(4)]
        for n in (2, 0, 3, 1):
            told = query_in(tabs.post(pages[n], username="ada", password=PASSWORD))
            assert (told["state"], "code" in told) == (f"tab {n}", True)

    def test_a_client_that_says_nothing_of_its_pages_sends_the_newest(self, pool: Pool, browser: Browser) -> None:
        """Scripts that read XSRF-TOKEN, as on AWS: one page, one form."""
        pool.user()
        client = pool.client()
        old = open_page(browser, "/login", client, state="old")
        new = open_page(browser, "/login", client, state="new")
        assert "This page was open for too long." in shown(browser.post(old, username="ada", password=PASSWORD))
        new = open_page(browser, "/login", client, state="new")
        token = browser.session.cookies["XSRF-TOKEN"]
        form = {"_csrf": token, "username": "ada", "password": PASSWORD}
        assert "code" in query_in(browser.session.post(new.url, data=form, allow_redirects=False))

    def test_two_sign_ups_in_two_tabs_tell_each_page_its_own(self, world: World, tabs: Tabs) -> None:
        pool = world.pool(AutoVerifiedAttributes=["email"])
        client = pool.client()
        pages = {}
        for name in ("eve", "zoe"):
            form = open_page(tabs, "/signup", client, state=name)
            email = {"requiredAttributes[email]": f"{name}@example.com"}
            pages[name] = tabs.post(form, username=name, password=PASSWORD, **email)
        for name in ("zoe", "eve"):
            page = go_on(tabs, pages[name])
            assert f"{name[0]}***@e***" in shown(page)

    def test_two_ways_to_a_provider_both_come_back(self, world: World, tabs: Tabs) -> None:
        """Each state has a secret of its own in the browser."""
        pool = world.pool()
        details = {
            "client_id": "id",
            "authorize_scopes": "openid",
            "attributes_request_method": "GET",
            "oidc_issuer": world.origin,
            "authorize_url": f"{world.origin}/away",
        }
        world.idp.create_identity_provider(
            UserPoolId=pool.pool_id, ProviderName="Corp", ProviderType="OIDC", ProviderDetails=details
        )
        client = pool.client(SupportedIdentityProviders=["Corp"])
        states = []
        for _ in range(2):
            away = tabs.authorize(client, identity_provider="Corp")
            states.append(query_in(away)["state"])
        for state in states:
            back = f"{world.origin}/oauth2/idpresponse?{urlencode({'state': state, 'error': 'access_denied'})}"
            answer = tabs.session.get(back, allow_redirects=False)
            assert answer.headers["Location"].startswith(CALLBACK), "the app hears of it"
            again = tabs.session.get(back, allow_redirects=False)
            assert again.headers["Location"].startswith("/error?")

    def test_many_at_once_in_one_jar_all_arrive(self, pool: Pool, world: World) -> None:
        """Every form was made before any was sent, and no cookie is the one that its page set."""
        pool.user()
        client = pool.client()

        def page(n: int) -> requests.Response:
            return open_page(Browser(world.origin), "/login", client, state=str(n))

        with ThreadPoolExecutor(4) as pool_of_threads:
            pages = list(pool_of_threads.map(page, range(8)))
            jar = Tabs(world.origin)
            answers = [jar.post(each, username="ada", password=PASSWORD) for each in pages]
        assert [query_in(answer)["state"] for answer in answers] == [str(n) for n in range(8)]


class TestTheListOfSessions:
    def test_it_keeps_the_newest(self) -> None:
        sessions = session_list("")
        for n in range(MOST + 3):
            sessions = sessions.with_session(f"pool-{n}", "s" * 43, 100 + n)
        assert len(sessions.entries) == MOST
        assert sessions.secret_of("pool-0") == ""
        assert sessions.secret_of(f"pool-{MOST + 2}") == "s" * 43
        assert len(str(sessions)) < 4000
        assert session_list(str(sessions)) == sessions

    def test_of_one_pool_there_is_one(self) -> None:
        sessions = session_list("").with_session("pool", "a" * 43, 1).with_session("pool", "b" * 43, 2)
        assert [entry[1] for entry in sessions.entries] == ["b" * 43]
        assert sessions.without("pool").entries == ()

    @pytest.mark.parametrize(
        "text", ["", ".", "x", "a~b~c", "~~", "é~é~é", "A" * 43, "." * 5000, "a" * 8 + "~" + "b" * 43 + "~-1"]
    )
    def test_what_is_no_entry_is_none(self, text: str) -> None:
        assert session_list(text).entries == ()


def test_over_https_every_cookie_is_secure_and_none_for_scripts(tmp_path: Path) -> None:
    """What belongs to one return has a name that no neighbour can set; what suites look for keeps its own."""
    with running(tmp_path, upstream="none", trusted_proxy="127.0.0.1", **ROOT) as world:
        world.clients["cognito-idp"] = world.boto3("cognito-idp", **KEYS)
        pool = world.pool()
        pool.user()
        client = pool.client()
        browser = Browser(world.origin)
        asked = {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": CALLBACK}
        page = requests.get(f"{world.origin}/login", params=asked, headers=BY_TLS, timeout=10)
        token = re.search(r'name="_csrf" value="([^"]+)"', page.text)
        assert token
        form = {"_csrf": token[1], "username": "ada", "password": PASSWORD}
        cookie = {**BY_TLS, "Cookie": f"XSRF-TOKEN={token[1]}"}
        answer = requests.post(page.url, data=form, headers=cookie, allow_redirects=False, timeout=10)
        written = [page.headers["Set-Cookie"], answer.headers["Set-Cookie"]]
        assert [line.partition("=")[0] for line in written] == ["XSRF-TOKEN", "cognito"]
        for line in written:
            attributes = {part.strip().lower() for part in line.split(";")[1:]}
            assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes, line
            assert not any(part.startswith("domain") for part in attributes)
        plain = browser.session.get(f"{world.origin}/login", params=asked).headers["Set-Cookie"]
        assert "secure" not in plain.lower(), "a browser would not keep it"


def test_a_challenge_in_one_tab_outlives_a_sign_in_in_another(world: World, tabs: Tabs) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    client = pool.client()
    first = tabs.sign_in(client, state="first")
    code = pool.code_for("ada", "Authentication")
    tabs.sign_in(two_pools(world)[0][1])
    tabs.session.headers["Origin"] = tabs.origin
    assert query_in(press(tabs, first, authentication_code=code))["state"] == "first"
