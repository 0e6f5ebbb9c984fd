"""In Chromium: stepping up to a level, and many sign-ins in many tabs of one browser, to two pools at one origin."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from halfday.server.domain.users.factors import totp
from operations.test_levels import FLOWS, LOA, with_app
from operations.test_levels import pool as pool
from operations.test_mfa import step
from real_clients.test_chromium import chromium as chromium
from real_clients.test_chromium_pages import See, arrived, sign_in_link
from real_clients.test_chromium_pages import callback as callback
from real_clients.test_chromium_pages import page as page
from real_clients.test_chromium_pages import see as see
from world import PASSWORD, Pool, World


def fill_in(page: Page, name: str = "ada") -> None:
    page.locator("#signInFormUsername").fill(name)
    page.locator("#signInFormPassword").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_who_is_signed_in_shows_an_app_s_code_for_a_level(
    world: World, pool: Pool, page: Page, callback: str, see: See
) -> None:
    secret = with_app(pool, pool.client(ExplicitAuthFlows=FLOWS))
    link = sign_in_link(pool, callback)
    page.goto(link)
    fill_in(page)
    arrived(page, callback)
    page.goto(f"{link}&acr_values={LOA.format(4)}%20{LOA.format(3)}")
    see(page, "step-up")
    expect(page.get_by_text("as ada@example.com")).to_be_visible()
    page.get_by_role("button", name="Authenticator app").click()
    world.clock.advance(30)
    page.get_by_label("Code").fill(totp(secret, step(world)))
    page.get_by_role("button", name="Sign in").click()
    arrived(page, callback)


def test_several_ways_are_shown_for_a_level_and_somebody_else_may_sign_in(
    world: World, pool: Pool, page: Page, callback: str, see: See
) -> None:
    link = sign_in_link(pool, callback)
    with_app(pool, pool.client(ExplicitAuthFlows=FLOWS))
    page.goto(link)
    fill_in(page)
    page.goto(f"{link}&acr_values={LOA.format(3)}")
    see(page, "step-up-choice")
    expect(page.get_by_role("button", name="Email a***@e***")).to_be_visible()
    page.get_by_role("link", name="Back to sign-in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.fixture
def context(chromium: Browser) -> BrowserContext:
    return chromium.new_context()


def test_two_pools_and_many_tabs_do_not_disturb_each_other(
    world: World, context: BrowserContext, callback: str
) -> None:
    """All forms are open before any is sent, and are sent in another order."""
    links = []
    for _ in range(2):
        one = world.pool()
        one.user()
        links.append(sign_in_link(one, callback))
    tabs = [context.new_page() for _ in range(4)]
    for n, tab in enumerate(tabs):
        tab.goto(f"{links[n % 2]}&nonce={n}")
    for n in (1, 2, 3, 0):
        fill_in(tabs[n])
        arrived(tabs[n], callback)
    for link in links:
        tabs[0].goto(f"{link}&prompt=none")
        arrived(tabs[0], callback)
    assert len([cookie for cookie in context.cookies() if cookie["name"] == "cognito"]) == 1
    context.clear_cookies(name="cognito")
    for link in links:
        tabs[0].goto(f"{link}&prompt=none")
        assert "error=login_required" in tabs[0].url
    context.close()


def test_tabs_that_are_opened_at_the_same_moment_are_no_race(
    pool: Pool, context: BrowserContext, callback: str
) -> None:
    link = sign_in_link(pool, callback)
    opener = context.new_page()
    opener.goto(link)
    opener.evaluate("link => { for (const n of [1, 2, 3]) window.open(`${link}&nonce=${n}`) }", link)
    opener.wait_for_timeout(500)
    others = [tab for tab in context.pages if tab is not opener]
    assert len(others) == 3
    for tab in [*others, opener]:
        tab.locator("#signInFormUsername").wait_for()
    for tab in [*others, opener]:
        fill_in(tab)
        arrived(tab, callback)
    context.close()


def test_signing_out_of_one_pool_leaves_the_other(world: World, context: BrowserContext, callback: str) -> None:
    tab, links, leaving = context.new_page(), [], []
    for _ in range(2):
        one = world.pool()
        one.user()
        links.append(sign_in_link(one, callback, LogoutURLs=[callback]))
        client = links[-1].partition("client_id=")[2].partition("&")[0]
        origin = links[-1].partition("/oauth2")[0]
        leaving.append(f"{origin}/logout?client_id={client}&logout_uri={callback}")
        tab.goto(links[-1])
        fill_in(tab)
        arrived(tab, callback)
    tab.goto(leaving[0])
    tab.goto(f"{links[0]}&prompt=none")
    assert "error=login_required" in tab.url
    tab.goto(f"{links[1]}&prompt=none")
    arrived(tab, callback)
    context.close()
