"""What test suites in public repositories look for on Cognito's classic sign-in page, and find here too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from real_clients.test_chromium import ARGUMENTS
from tools import find_chromium
from world import PASSWORD, Pool, World

CYPRESS = (
    'input[name="username"]:visible',
    'input[name="password"]:visible',
    'input[name="signInSubmitButton"]:visible',
)
BY_ID = ("#signInFormUsername", "#signInFormPassword", '[name="signInSubmitButton"]')
WIDE = (".visible-lg #signInFormUsername", ".visible-lg #signInFormPassword", ".visible-lg .btn-primary")
NARROW = (".visible-xs #signInFormUsername", ".visible-xs #signInFormPassword", ".visible-xs .btn-primary")
DESKTOP = (
    ".modal-content-desktop input[name=username]",
    ".modal-content-desktop input[name=password]",
    ".modal-content-desktop [type=submit i]",
)
XPATH = (
    "xpath=//form[@name='cognitoSignInForm']//input[@name='username']",
    "xpath=//form[@name='cognitoSignInForm']//input[@name='password']",
    "xpath=//input[@value='Sign in']",
)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize("selectors", [CYPRESS, BY_ID, WIDE, NARROW, DESKTOP, XPATH], ids=lambda each: each[0])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_suite_s_selectors_find_one_visible_form(
    world: World, pool: Pool, page: Page, selectors: tuple[str, str, str], width: int
) -> None:
    pool.user("ada")
    page.context.clear_cookies()
    page.set_viewport_size({"width": width, "height": 800})
    client = pool.client(CallbackURLs=[f"{world.origin}/"])
    asked = f"response_type=code&client_id={client['ClientId']}&redirect_uri={world.origin}/"
    page.goto(f"{world.origin}/login?{asked}")
    username, password, button = (page.locator(selector) for selector in selectors)
    username.fill("ada")
    password.fill(PASSWORD)
    button.click()
    page.wait_for_url(f"{world.origin}/?code=**")


def test_the_page_says_which_form_to_fill_and_has_the_sentence_that_suites_wait_for(world: World, page: Page) -> None:
    client = world.pool(UsernameAttributes=["email"]).client(CallbackURLs=[f"{world.origin}/"])
    page.goto(f"{world.origin}/login?response_type=code&client_id={client['ClientId']}&redirect_uri={world.origin}/")
    assert "Sign in with your email and password" in page.locator("main").inner_text()
    (line,) = [each for each in page.content().splitlines() if "For test suites" in each]
    assert "#signInFormUsername and #signInFormPassword, press [name=signInSubmitButton]" in line
