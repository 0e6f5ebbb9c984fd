"""`acr_values` and `max_age` on the pages: who is signed in shows what is missing, and nothing twice.

Source: Developer guide, Login endpoint, Step-up authentication request; OpenID Connect Core §3.1.2.1.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests

from authenticator import Authenticator
from halfday.server.domain.users.factors import totp
from operations.test_levels import FLOWS, LOA, OUT_OF_REACH, app_code, with_app
from operations.test_levels import pool as pool
from page_forms import go_on, link, open_page, press, shown
from pages.test_account_choice import options_of
from world import CALLBACK, PASSWORD, Browser, Pool, World, code_in, query_in

Client = dict[str, Any]


@pytest.fixture
def client(pool: Pool) -> Client:
    return pool.client(ExplicitAuthFlows=FLOWS)


def claims_of(browser: Browser, client: Client, answer: requests.Response) -> dict[str, Any]:
    """What the ID token says that the code of this redirect is redeemed for."""
    form = {"grant_type": "authorization_code", "code": code_in(answer), "redirect_uri": CALLBACK}
    sent = {**form, "client_id": client["ClientId"]}
    tokens = requests.post(f"{browser.origin}/oauth2/token", data=sent, timeout=10).json()
    access = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    claims: dict[str, Any] = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert [claims.get(name) for name in ("acr", "amr")] == [access.get(name) for name in ("acr", "amr")]
    return claims


def test_a_sign_in_that_was_asked_for_no_level_tells_none(browser: Browser, client: Client) -> None:
    claims = claims_of(browser, client, browser.sign_in(client))
    assert not {"acr", "amr"} & claims.keys()


def test_a_level_that_is_reached_is_told(browser: Browser, client: Client) -> None:
    claims = claims_of(browser, client, browser.sign_in(client, acr_values=LOA.format(1)))
    assert (claims["acr"], claims["amr"]) == (LOA.format(1), ["pwd"])


def test_who_is_signed_in_shows_what_is_missing_and_no_password(
    world: World, pool: Pool, browser: Browser, client: Client
) -> None:
    secret = with_app(pool, client)
    before = claims_of(browser, client, browser.sign_in(client))
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(4)))
    assert "Authenticator app" in shown(page)
    assert "assword" not in shown(page)
    page = press(browser, page, factor="SOFTWARE_TOKEN_MFA")
    answer = press(browser, page, authentication_code=app_code(world, secret))
    claims = claims_of(browser, client, answer)
    assert (claims["acr"], claims["amr"]) == (LOA.format(4), ["pwd", "otp", "mfa"])
    assert claims["auth_time"] == before["auth_time"]
    assert "code" in query_in(browser.authorize(client, acr_values=LOA.format(4))), "once is enough"


def test_stepping_up_makes_no_session_longer(world: World, pool: Pool, browser: Browser, client: Client) -> None:
    secret = with_app(pool, client)
    browser.sign_in(client)
    world.clock.advance(3000)
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(4)))
    page = press(browser, page, factor="SOFTWARE_TOKEN_MFA")
    press(browser, page, authentication_code=app_code(world, secret))
    assert "code" in query_in(browser.authorize(client))
    world.clock.advance(600)
    assert browser.authorize(client).headers["Location"].startswith("/login?")


def test_nobody_signed_in_shows_all_of_it(world: World, pool: Pool, browser: Browser, client: Client) -> None:
    secret = with_app(pool, client)
    page = browser.sign_in(client, acr_values=LOA.format(4))
    answer = press(browser, page, authentication_code=app_code(world, secret))
    assert claims_of(browser, client, answer)["acr"] == LOA.format(4)


def test_nothing_is_sent_before_a_button_is_pressed(pool: Pool, browser: Browser, client: Client) -> None:
    browser.sign_in(client)
    before = pool.world.messages(pool_id=pool.pool_id)
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(3)))
    assert "a***@e***" in shown(page)
    assert pool.world.messages(pool_id=pool.pool_id) == before
    page = press(browser, page, factor="EMAIL_OTP")
    answer = press(browser, page, authentication_code=pool.code_for("ada"))
    assert claims_of(browser, client, answer)["amr"] == ["pwd", "email_otp", "mfa"]


def test_who_signs_out_meanwhile_does_not_step_up(world: World, pool: Pool, browser: Browser, client: Client) -> None:
    """A code alone is no sign-in."""
    secret = with_app(pool, client)
    browser.sign_in(client)
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(4)))
    page = press(browser, page, factor="SOFTWARE_TOKEN_MFA")
    leaving = {"client_id": client["ClientId"], "logout_uri": "http://localhost:8080/bye"}
    browser.session.get(f"{world.origin}/logout", params=leaving, allow_redirects=False)
    answer = press(browser, page, authentication_code=app_code(world, secret))
    assert "Invalid session for the user." in shown(answer)
    assert browser.authorize(client).headers["Location"].startswith("/login?")


def test_nor_does_whoever_was_replaced_by_somebody_else(
    world: World, pool: Pool, browser: Browser, client: Client
) -> None:
    secret = with_app(pool, client)
    pool.user("bob")
    browser.sign_in(client)
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(4)))
    page = press(browser, page, factor="SOFTWARE_TOKEN_MFA")
    browser.sign_in(client, "bob", prompt="login")
    browser.session.cookies.set("XSRF-TOKEN", None)
    browser.session.headers["Origin"] = world.origin
    answer = press(browser, page, authentication_code=app_code(world, secret))
    assert "Invalid session for the user." in shown(answer)
    claims = claims_of(browser, client, browser.authorize(client))
    assert claims["cognito:username"] == "bob"


def test_another_site_asks_for_no_code(pool: Pool, browser: Browser, client: Client) -> None:
    browser.sign_in(client)
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(3)))
    before = pool.world.messages(pool_id=pool.pool_id)
    answer = browser.session.post(page.url, data={"factor": "EMAIL_OTP", "_csrf": "made-up"}, allow_redirects=False)
    assert "This page was open for too long." in shown(answer)
    assert pool.world.messages(pool_id=pool.pool_id) == before


def test_what_was_not_offered_is_not_begun(browser: Browser, client: Client) -> None:
    browser.sign_in(client)
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(3)))
    answer = press(browser, page, factor="SOFTWARE_TOKEN_MFA")
    assert 'role="alert"' in answer.text
    assert "cognito" in browser.session.cookies


def test_somebody_else_may_sign_in_instead(pool: Pool, browser: Browser, client: Client) -> None:
    browser.sign_in(client)
    pool.user("bob")
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(3)))
    page = link(browser, page, "Back to sign-in")
    page = press(browser, page, username="bob", password=PASSWORD)
    answer = press(browser, page, authentication_code=pool.code_for("bob"))
    assert claims_of(browser, client, answer)["cognito:username"] == "bob"


def test_a_passkey_alone_is_level_three(world: World, pool: Pool, browser: Browser) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool = world.pool(Policies=policies)
    relying = {"RelyingPartyId": "localhost"}
    world.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, WebAuthnConfiguration=relying, MfaConfiguration="OFF")
    pool.user()
    client = pool.client(ExplicitAuthFlows=FLOWS)
    authenticator = Authenticator(f"http://localhost:{urlsplit(world.origin).port}")
    browser.sign_in(client)
    asked = {"client_id": client["ClientId"], "redirect_uri": CALLBACK}
    page = browser.session.get(f"{browser.origin}/passkeys/add", params=asked)
    press(browser, page, credential=json.dumps(authenticator.create(options_of(page))))
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(3)))
    page = press(browser, page, factor="WEB_AUTHN")
    answer = press(browser, page, credential=json.dumps(authenticator.get(options_of(page))))
    claims = claims_of(browser, client, answer)
    assert (claims["acr"], claims["amr"]) == (LOA.format(3), ["pwd", "swk", "mfa"])
    other = Browser(world.origin)
    page = press(other, open_page(other, "/login", client, acr_values=LOA.format(3)), "otherWays", username="ada")
    assert "Password" not in shown(page), "which leads nowhere"
    page = press(other, page, factor="WEB_AUTHN")
    answer = press(other, page, credential=json.dumps(authenticator.get(options_of(page))))
    assert claims_of(other, client, answer)["amr"] == ["swk"]


class TestOutOfReach:
    def unmet(self, answer: requests.Response) -> bool:
        told = query_in(answer)
        return (told["error"], told["error_description"]) == ("unmet_authentication_requirements", OUT_OF_REACH[1])

    def test_the_app_hears_of_it_after_the_password(self, browser: Browser, client: Client) -> None:
        assert self.unmet(browser.sign_in(client, acr_values=LOA.format(4)))
        assert "cognito" not in browser.session.cookies

    def test_and_at_once_of_who_is_signed_in(self, browser: Browser, client: Client) -> None:
        browser.sign_in(client)
        assert self.unmet(browser.authorize(client, acr_values=LOA.format(4)))

    def test_a_lower_level_in_the_list_will_do(self, browser: Browser, client: Client) -> None:
        asked = f"{LOA.format(4)} urn:somebody:else {LOA.format(1)}"
        assert claims_of(browser, client, browser.sign_in(client, acr_values=asked))["acr"] == LOA.format(1)

    def test_names_of_no_level_are_refused(self, browser: Browser, client: Client) -> None:
        told = query_in(browser.authorize(client, acr_values="urn:somebody:else"))
        assert told == {"error": "invalid_request", "error_description": "Invalid acr_values", "state": "st4te"}

    def test_a_lite_pool_ignores_them(self, world: World, browser: Browser) -> None:
        """As AWS does (Feature plan requirements)."""
        pool = world.pool(UserPoolTier="LITE")
        pool.user()
        client = pool.client()
        claims = claims_of(browser, client, browser.sign_in(client, acr_values=LOA.format(4)))
        assert "acr" not in claims


class TestSilently:
    def test_a_level_that_is_missing_is_no_session(self, pool: Pool, browser: Browser, client: Client) -> None:
        with_app(pool, client)
        browser.sign_in(client)
        told = query_in(browser.authorize(client, prompt="none", acr_values=LOA.format(4)))
        assert told == {"error": "login_required", "state": "st4te"}
        assert "code" in query_in(browser.authorize(client, prompt="none", acr_values=LOA.format(1)))

    def test_an_old_sign_in_is_no_session(self, world: World, browser: Browser, client: Client) -> None:
        browser.sign_in(client)
        world.clock.advance(61)
        told = query_in(browser.authorize(client, prompt="none", max_age="60"))
        assert told == {"error": "login_required", "state": "st4te"}


class TestRecently:
    def test_an_old_sign_in_is_made_again_from_scratch(
        self, world: World, pool: Pool, browser: Browser, client: Client
    ) -> None:
        secret = with_app(pool, client)
        before = claims_of(browser, client, browser.sign_in(client))
        world.clock.advance(61)
        asked = {"acr_values": LOA.format(4), "max_age": "60"}
        assert browser.authorize(client, **asked).headers["Location"].startswith("/login?")
        page = browser.sign_in(client, **asked)
        answer = press(browser, page, authentication_code=totp(secret, int(world.clock() // 30)))
        claims = claims_of(browser, client, answer)
        assert claims["auth_time"] >= before["auth_time"] + 61
        assert claims["acr"] == LOA.format(4)

    def test_it_tells_the_level_too(self, browser: Browser, client: Client) -> None:
        claims = claims_of(browser, client, browser.sign_in(client, max_age="60"))
        assert (claims["acr"], claims["amr"]) == (LOA.format(1), ["pwd"])

    def test_zero_asks_in_any_case(self, world: World, browser: Browser, client: Client) -> None:
        world.clock.hold()
        browser.sign_in(client)
        assert browser.authorize(client, max_age="0").headers["Location"].startswith("/login?")
        assert "code" in query_in(browser.sign_in(client, max_age="0"))

    def test_choosing_an_account_is_no_way_around_it(
        self, world: World, pool: Pool, browser: Browser, client: Client
    ) -> None:
        with_app(pool, client)
        browser.sign_in(client)
        asked = {"prompt": "select_account", "acr_values": LOA.format(4)}
        page = go_on(browser, browser.authorize(client, **asked))
        page = go_on(browser, press(browser, page, "continue"))
        assert "Authenticator app" in shown(page)
        world.clock.advance(61)
        assert browser.authorize(client, max_age="60", **asked).headers["Location"].startswith("/login?")


def test_the_page_is_for_who_is_signed_in_and_lacks_something(browser: Browser, client: Client) -> None:
    page = open_page(browser, "/login/stepUp", client, acr_values=LOA.format(1))
    assert urlsplit(page.url).path == "/login"
    browser.sign_in(client)
    asked = {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": CALLBACK}
    page = browser.session.get(f"{browser.origin}/login/stepUp", params=asked, allow_redirects=False)
    assert page.headers["Location"].startswith("/oauth2/authorize?")
    assert "code" in query_in(go_on(browser, page))
