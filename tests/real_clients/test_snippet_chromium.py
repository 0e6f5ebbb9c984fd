"""oidc-client-ts and Amplify's redirect in Chromium, with what `halfday snippet` prints."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from real_clients.chromium_application import application, pack
from real_clients.django_project import free_port
from real_clients.printed import beside_node_modules, printed
from real_clients.test_chromium import ARGUMENTS
from tls_front import tls_before
from tools import find_chromium
from world import PASSWORD, Pool, World, running

pytestmark = pytest.mark.long

HOUR_S = 3600 + 60


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Chromium) -> Iterator[BrowserContext]:
    """One person's browser. Its clock can be turned; it takes the certificate of the test's TLS."""
    context = chromium.new_context(ignore_https_errors=True)
    context.set_default_timeout(15_000)
    context.clock.install(time=time.time())
    yield context
    context.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Serves an application for a pool: its origin."""
    with ExitStack() as stack:

        def serve(pool: Pool, library: str, page: str, callback: str) -> str:
            folder = tmp_path / pool.pool_id
            folder.mkdir()
            origin: str = stack.enter_context(application(beside_node_modules(folder)))
            client = pool.client(CallbackURLs=[f"{origin}{callback}"], LogoutURLs=[f"{origin}/"])
            printed(pool.world, folder, library, client, "--redirect-uri", f"{origin}{callback}")
            pack(folder, page)
            return origin

        yield serve


def fill_in(page: Page, username: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("[name=signInSubmitButton]").click()


def sign_in(page: Page, origin: str, username: str = "ada") -> None:
    page.goto(origin)
    page.get_by_role("button", name="Sign in").click()
    fill_in(page, username)
    greeted(page, username)


def greeted(page: Page, username: str) -> None:
    expect(page.get_by_text(f"Hello {username}@example.com")).to_be_visible()


def advance(world: World, page: Page, seconds: float) -> None:
    world.clock.advance(seconds)
    page.clock.fast_forward(seconds * 1000)


def token_of(page: Page) -> str:
    token: str = page.evaluate("userManager.getUser().then((user) => user.access_token)")
    return token


def test_oidc_client_ts_signs_in_renews_by_itself_and_signs_out(
    world: World, pool: Pool, context: BrowserContext, serve: Callable[..., str]
) -> None:
    pool.user()
    origin = serve(pool, "oidc-client-ts", "oidc_page.js", "/callback")
    page = context.new_page()
    sign_in(page, origin)
    for _ in range(2):
        before = token_of(page)
        advance(world, page, HOUR_S)
        page.wait_for_function("(old) => userManager.getUser().then((user) => user.access_token !== old)", arg=before)
        greeted(page, "ada")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{origin}/")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Password")).to_be_visible()


@pytest.fixture
def https_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A server that people reach by https, behind a proxy that ends TLS."""
    port = free_port()
    with tls_before(f"http://127.0.0.1:{port}", tmp_path) as front:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(front.certificate))
        settings: dict[str, Any] = {
            "port": port,
            "public_url": front.url,
            "trusted_proxy": "127.0.0.1",
            "signatures": "relaxed",
        }
        with running(tmp_path / "data", **settings) as world:
            yield world


def test_amplify_signs_in_by_its_redirect_renews_and_signs_out(
    https_world: World, context: BrowserContext, serve: Callable[..., str]
) -> None:
    pool = https_world.pool()
    pool.user()
    origin = serve(pool, "amplify-v6", "amplify_page.js", "/")
    page = context.new_page()
    sign_in(page, origin)
    before = page.evaluate("auth.fetchAuthSession().then(({ tokens }) => tokens.accessToken.toString())")
    advance(https_world, page, HOUR_S)
    after = page.evaluate("auth.fetchAuthSession().then(({ tokens }) => tokens.accessToken.toString())")
    assert after != before
    assert page.evaluate("auth.fetchUserAttributes()")["email"] == "ada@example.com"
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Password")).to_be_visible()
