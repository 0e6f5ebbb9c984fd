"""react-oidc-context in Chromium: the page stays signed in past its tokens' end, by timer and by signinSilent."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect, sync_playwright

from real_clients.javascript import HERE, NODE, installed
from real_clients.test_chromium import ARGUMENTS
from sockets import Handler, answering
from tools import find_chromium
from world import PASSWORD, Pool, World

pytestmark = pytest.mark.long

HOUR_S = 3600 + 60
PAGE = b'<!doctype html><title>app</title><div id="root"></div><script src="/app.js"></script>'
ROTATION = {
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
}


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of the page, which is another than Halfday's."""
    installed()
    packed = tmp_path_factory.mktemp("bundle") / "app.js"
    esbuild = HERE / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--jsx=automatic", '--define:process.env.NODE_ENV="production"', "--log-level=error"]
    subprocess.run([NODE, esbuild, HERE / "react_oidc.jsx", *options, f"--outfile={packed}"], check=True, timeout=60)
    with serving(packed) as origin:
        yield origin.replace("127.0.0.1", "localhost")


def serving(packed: Path) -> Any:
    class Application(Handler):
        def do_GET(self) -> None:
            if self.path == "/app.js":
                self.answer(200, packed.read_bytes(), "text/javascript")
            else:
                self.answer(200, PAGE, "text/html")

    return answering(Application)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Tab:
    """A tab of a browser with the application, its clock and the server's."""

    def __init__(self, world: World, page: Page, origin: str) -> None:
        self.world, self.page, self.origin = world, page, origin

    def open(self, pool: Pool, *, automatic: bool = True, **client: Any) -> None:
        """The application, for a new client of the pool."""
        there = {"CallbackURLs": [f"{self.origin}/"], "LogoutURLs": [f"{self.origin}/"]}
        settings = {
            "authority": f"{self.world.origin}/{pool.pool_id}",
            "client_id": pool.client(**there, **client)["ClientId"],
            "redirect_uri": f"{self.origin}/",
            "logout_uri": f"{self.origin}/",
            "scope": "openid email aws.cognito.signin.user.admin",
            "automaticSilentRenew": automatic,
        }
        self.page.add_init_script(f"globalThis.settings = {json.dumps(settings)}")
        self.page.clock.install(time=time.time())
        self.page.goto(self.origin)

    def sign_in(self) -> None:
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_label("Username").fill("ada")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.locator("[name=signInSubmitButton]").click()
        expect(self.page.get_by_text("Hello ada@example.com")).to_be_visible()

    def advance(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.page.clock.fast_forward(seconds * 1000)

    @property
    def access_token(self) -> str:
        token: str = self.page.evaluate("auth.user.access_token")
        return token

    def wait_for_another(self, access_token: str) -> None:
        self.page.wait_for_function("(old) => auth.user && auth.user.access_token !== old", arg=access_token)

    def user(self) -> str:
        name: str = self.world.idp.get_user(AccessToken=self.access_token)["Username"]
        return name


@pytest.fixture
def tab(world: World, chromium: Chromium, application: str) -> Iterator[Tab]:
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield Tab(world, page, application)
    context.close()


@pytest.mark.parametrize("rotating", [False, True])
def test_the_page_renews_by_its_own_timer_hour_after_hour(tab: Tab, pool: Pool, rotating: bool) -> None:
    """It repeats the scopes of the sign-in when it renews (RFC 6749 §6)."""
    pool.user()
    tab.open(pool, **(ROTATION if rotating else {}))
    tab.sign_in()
    for _ in range(3):
        before = tab.access_token
        tab.advance(HOUR_S)
        tab.wait_for_another(before)
        assert tab.user() == "ada"
        expect(tab.page.get_by_text("Hello ada@example.com")).to_be_visible()


def test_signin_silent_brings_back_a_user_whose_tokens_have_ended(tab: Tab, pool: Pool) -> None:
    pool.user()
    tab.open(pool, automatic=False)
    tab.sign_in()
    before = tab.access_token
    tab.advance(HOUR_S)
    assert tab.page.evaluate("auth.user.expired")
    with pytest.raises(tab.world.idp.exceptions.NotAuthorizedException, match="Access Token has expired"):
        tab.user()
    tab.page.evaluate("auth.signinSilent()")
    tab.wait_for_another(before)
    assert tab.user() == "ada"
    tab.page.reload()
    expect(tab.page.get_by_text("Hello ada@example.com")).to_be_visible()


def test_signin_silent_says_why_once_the_refresh_token_is_revoked(tab: Tab, pool: Pool) -> None:
    pool.user()
    tab.open(pool, automatic=False)
    tab.sign_in()
    asked = {"ClientId": tab.page.evaluate("settings.client_id")}
    tab.world.idp.revoke_token(**asked, Token=tab.page.evaluate("auth.user.refresh_token"))
    tab.advance(HOUR_S)
    tab.page.evaluate("auth.signinSilent().catch(() => null)")
    expect(tab.page.get_by_role("alert")).to_have_text("invalid_grant")


def test_sign_out_ends_the_pages_session_too(tab: Tab, pool: Pool) -> None:
    pool.user()
    tab.open(pool)
    tab.sign_in()
    tab.page.get_by_role("button", name="Sign out").click()
    tab.page.wait_for_url(f"{tab.origin}/")
    tab.page.get_by_role("button", name="Sign in").click()
    expect(tab.page.get_by_label("Password")).to_be_visible()
