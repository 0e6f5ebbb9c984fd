"""`prompt=select_account`, and `/passkeys/add`: pages of somebody who is signed in."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest

from authenticator import Authenticator
from page_forms import go_on, hidden_fields, open_page, press, shown
from world import CALLBACK, Browser, Pool, World, query_in


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user()
    return pool.client()


class TestChoosingAnAccount:
    def test_who_is_signed_in_goes_on_with_a_press(self, client: dict[str, Any], browser: Browser) -> None:
        browser.sign_in(client)
        answer = browser.authorize(client, prompt="select_account")
        page = go_on(browser, answer)
        assert "Continue as ada@example.com" in shown(page)
        answer = press(browser, page, "continue")
        assert query_in(answer).keys() == {"code", "state"}

    def test_who_is_not_signed_in_is_asked_to(self, client: dict[str, Any], browser: Browser) -> None:
        answer = browser.authorize(client, prompt="select_account")
        assert answer.headers["Location"].startswith("/login?")
        page = open_page(browser, "/selectAccount", client)
        assert page.url.startswith(f"{browser.origin}/login?")

    def test_another_site_goes_on_as_nobody(self, client: dict[str, Any], browser: Browser) -> None:
        browser.sign_in(client)
        page = go_on(browser, browser.authorize(client, prompt="select_account"))
        answer = browser.session.post(page.url, data={"_csrf": "made-up"}, allow_redirects=False)
        assert "This page was open for too long." in shown(answer)

    def test_somebody_disabled_since_is_not_offered(self, pool: Pool, client: dict[str, Any], browser: Browser) -> None:
        browser.sign_in(client)
        page = go_on(browser, browser.authorize(client, prompt="select_account"))
        pool.world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
        assert press(browser, page, "continue").headers["Location"].startswith("/login?")

    def test_it_shows_no_page_where_none_may_be_shown(self, client: dict[str, Any], browser: Browser) -> None:
        browser.sign_in(client)
        answer = browser.authorize(client, prompt="none select_account")
        assert not answer.headers["Location"].startswith("/")


class TestAddingAPasskey:
    @pytest.fixture
    def client(self, pool: Pool) -> dict[str, Any]:
        policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
        pool.world.idp.update_user_pool(UserPoolId=pool.pool_id, Policies=policy)
        pool.world.idp.set_user_pool_mfa_config(
            UserPoolId=pool.pool_id, WebAuthnConfiguration={"RelyingPartyId": "localhost"}, MfaConfiguration="OFF"
        )
        pool.user()
        flows = ["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        return pool.client(ExplicitAuthFlows=flows)

    @pytest.fixture
    def authenticator(self, world: World) -> Authenticator:
        return Authenticator(f"http://localhost:{urlsplit(world.origin).port}")

    def add_page(self, browser: Browser, client: dict[str, Any]) -> Any:
        asked = {"client_id": client["ClientId"], "redirect_uri": CALLBACK}
        return browser.session.get(f"{browser.origin}/passkeys/add", params=asked)

    def test_a_passkey_is_added_and_signs_in(
        self, pool: Pool, client: dict[str, Any], browser: Browser, authenticator: Authenticator
    ) -> None:
        browser.sign_in(client)
        page = self.add_page(browser, client)
        made = authenticator.create(options_of(page))
        answer = press(browser, page, credential=json.dumps(made))
        assert (answer.status_code, answer.headers["Location"]) == (302, CALLBACK)
        other = Browser(browser.origin)
        page = press(other, open_page(other, "/login", client), "otherWays", username="ada")
        page = press(other, page, factor="WEB_AUTHN")
        shown_again = authenticator.get(options_of(page))
        answer = press(other, page, credential=json.dumps(shown_again))
        assert "code" in query_in(answer)
        replayed = press(other, page, credential=json.dumps(shown_again))
        assert "Invalid session for the user." in shown(replayed)

    def test_a_forged_passkey_signs_nobody_in(
        self, client: dict[str, Any], browser: Browser, authenticator: Authenticator
    ) -> None:
        browser.sign_in(client)
        page = self.add_page(browser, client)
        press(browser, page, credential=json.dumps(authenticator.create(options_of(page))))
        for lies in ({"challenge": "AAAA"}, {"origin": "https://elsewhere.example"}, {"type": "webauthn.create"}):
            other = Browser(browser.origin)
            page = press(other, open_page(other, "/login", client), "otherWays", username="ada")
            page = press(other, page, factor="WEB_AUTHN")
            answer = press(other, page, credential=json.dumps(authenticator.get(options_of(page), **lies)))
            assert "Incorrect username or password." in shown(answer), lies
            assert "cognito" not in other.session.cookies

    @pytest.mark.parametrize("credential", ["", "{", "[]", "null", "[" * 10_000])
    def test_what_is_no_passkey_is_not_kept(self, client: dict[str, Any], browser: Browser, credential: str) -> None:
        browser.sign_in(client)
        answer = press(browser, self.add_page(browser, client), credential=credential)
        assert answer.status_code == 200
        assert 'role="alert"' in answer.text

    def test_nobody_adds_one_for_whoever_is_signed_in(
        self, pool: Pool, client: dict[str, Any], browser: Browser, authenticator: Authenticator
    ) -> None:
        """A page of another site cannot send the form: it would add its own key to the account."""
        browser.sign_in(client)
        page = self.add_page(browser, client)
        form = {**hidden_fields(page), "credential": json.dumps(authenticator.create(options_of(page)))}
        answer = browser.session.post(
            page.url, data=form, headers={"Origin": "https://elsewhere.example"}, allow_redirects=False
        )
        assert "This page was open for too long." in shown(answer)

    def test_it_is_for_who_is_signed_in(self, client: dict[str, Any], browser: Browser) -> None:
        page = self.add_page(browser, client)
        assert (page.status_code, "You are not signed in here" in shown(page)) == (400, True)

    def test_it_leads_back_to_registered_addresses_alone(self, client: dict[str, Any], browser: Browser) -> None:
        browser.sign_in(client)
        asked = {"client_id": client["ClientId"], "redirect_uri": "https://elsewhere.example"}
        page = browser.session.get(f"{browser.origin}/passkeys/add", params=asked)
        assert "redirect_mismatch" in page.text

    def test_only_its_own_script_runs(self, client: dict[str, Any], browser: Browser) -> None:
        browser.sign_in(client)
        policy = self.add_page(browser, client).headers["Content-Security-Policy"]
        assert re.search(r"script-src 'sha256-[^']+';", policy)
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


def options_of(page: Any) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found, page.text
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options
