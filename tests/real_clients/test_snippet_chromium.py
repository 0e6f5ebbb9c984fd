"""oidc-client-ts and Amplify's redirect in Chromium, with what `halfday snippet` prints; two pools in one browser."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from real_clients.chromium_application import application, pack
from real_clients.printed import beside_node_modules, printed
from real_clients.test_chromium import ARGUMENTS
from real_clients.test_chromium_pages import VIEWS, look
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

        def serve(pool: Pool, library: str, page: str, callback: str, *options: str) -> str:
            folder = tmp_path / pool.pool_id
            folder.mkdir()
            origin: str = stack.enter_context(application(beside_node_modules(folder)))
            client = pool.client(CallbackURLs=[f"{origin}{callback}"], LogoutURLs=[f"{origin}/"])
            printed(pool.world, folder, library, client, "--redirect-uri", f"{origin}{callback}", *options)
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


def test_two_applications_of_two_pools_on_one_origin_do_not_disturb_each_other(
    world: World, context: BrowserContext, serve: Callable[..., str]
) -> None:
    """One browser, one server, two pools: sign-ins begun side by side, renewed, signed on again, one signed out."""
    people, origins, tabs = ["ada", "bob"], [], []
    for username in people:
        pool = world.pool()
        pool.user(username)
        origins.append(serve(pool, "oidc-client-ts", "oidc_page.js", "/callback"))
        tabs.append(context.new_page())
    for tab, origin in zip(tabs, origins, strict=True):
        tab.goto(origin)
        tab.get_by_role("button", name="Sign in").click()
        expect(tab.get_by_label("Password")).to_be_visible()
    for tab, username in zip(tabs, people, strict=True):
        fill_in(tab, username)
        greeted(tab, username)
    world.clock.advance(60)
    for tab, origin, username in zip(tabs, origins, people, strict=True):
        tab.evaluate("userManager.signinSilent()")
        tab.evaluate("userManager.removeUser()")
        tab.goto(origin)
        tab.get_by_role("button", name="Sign in").click()
        greeted(tab, username)
    ada, bob = tabs
    ada.get_by_role("button", name="Sign out").click()
    ada.get_by_role("button", name="Sign in").click()
    expect(ada.get_by_label("Password")).to_be_visible()
    bob.evaluate("userManager.removeUser()")
    bob.goto(origins[1])
    bob.get_by_role("button", name="Sign in").click()
    greeted(bob, "bob")


@pytest.fixture
def https_world(tmp_path: Path) -> Iterator[World]:
    """A server as of `halfday serve --https`."""
    with running(tmp_path / "data", https=True) as world:
        yield world


@pytest.mark.parametrize("library", ["streamlit", "amplify-gen2", ""])
def test_the_page_of_configurations_is_for_everybody(
    world: World, pool: Pool, chromium: Chromium, library: str
) -> None:
    """Nothing runs beyond the window, and axe-core finds nothing, light and dark, narrow and wide, either way."""
    asked = urlencode({"snippet": library, "client_id": pool.client(GenerateSecret=True)["ClientId"]})
    shown = requests.get(f"{world.origin}/?{asked}", headers={"Accept": "text/html"}, timeout=10).text
    copy = chromium.new_context(bypass_csp=True).new_page()
    for view in VIEWS:
        look(copy, shown, f"snippet-{library}", *view)


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


@pytest.fixture
def aws_world(tmp_path: Path) -> Iterator[World]:
    """A server to which a proxy leads AWS's names."""
    with running(tmp_path / "data", aws_names=0, issuer="aws") as world:
        yield world


@pytest.fixture
def aws_context(aws_world: World, chromium: Chromium) -> Iterator[BrowserContext]:
    """A browser with the flags of `halfday aws-names --chromium`."""
    told = subprocess.run(
        [sys.executable, "-m", "halfday.cli", "aws-names", "--chromium", "--data", aws_world.data],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    flags = dict(flag.split("=", 1) for flag in shlex.split(told.stdout))
    folder = flags.pop("--user-data-dir")
    arguments = [*ARGUMENTS, *(f"{name}={value}" for name, value in flags.items())]
    context = chromium.browser_type.launch_persistent_context(folder, executable_path=find_chromium(), args=arguments)
    context.set_default_timeout(15_000)
    context.clock.install(time=time.time())
    yield context
    context.close()


def test_amplify_signs_in_by_its_redirect_with_the_host_names_of_aws(
    aws_world: World, aws_context: BrowserContext, serve: Callable[..., str]
) -> None:
    """What is printed is what it would be for AWS: nothing in it, and nothing of Amplify, knows of this server."""
    pool = aws_world.pool()
    pool.user()
    aws_world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain="snippets")
    origin = serve(pool, "amplify-v6", "amplify_page.js", "/", "--aws-names")
    page = aws_context.new_page()
    page.goto(origin)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("https://snippets.auth.us-east-1.amazoncognito.com/login?**")
    fill_in(page, "ada")
    greeted(page, "ada")
    issuer = page.evaluate("auth.fetchAuthSession().then(({ tokens }) => tokens.accessToken.payload.iss)")
    assert issuer == f"https://cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    assert page.evaluate("auth.fetchUserAttributes()")["email"] == "ada@example.com"
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Password")).to_be_visible()
