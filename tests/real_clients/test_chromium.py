"""Headless Chromium on the hosted pages: by password, through the stand-in Google, and where it goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from halfday.server import demo
from tools import find_chromium

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A browser that has been nowhere yet. A page that breaks its own content security policy fails the test."""
    context = chromium.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert complaints == []


def sign_in_link(up: Any, **changes: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": demo.CONFIDENTIAL_CLIENT_ID,
        "redirect_uri": up.callback.url,
        "state": "from-chromium",
        **changes,
    }
    return f"{up.origin}/oauth2/authorize?{urlencode(asked)}"


def tokens(up: Any, address: str) -> dict[str, Any]:
    """The code in the address bar, redeemed."""
    returned = dict(parse_qsl(urlsplit(address).query))
    assert returned["state"] == "from-chromium"
    form = {"grant_type": "authorization_code", "code": returned["code"], "redirect_uri": up.callback.url}
    auth = (demo.CONFIDENTIAL_CLIENT_ID, up.client_secret)
    answer = requests.post(f"{up.origin}/oauth2/token", data=form, auth=auth, timeout=10)
    assert answer.status_code == 200, answer.text
    members: dict[str, Any] = answer.json()
    return members


def test_signing_in_by_password_brings_the_code_to_the_callback(up: Any, page: Page) -> None:
    page.goto(sign_in_link(up))
    page.get_by_label("Email").fill(demo.USERNAME)
    page.get_by_label("Password").fill(demo.PASSWORD)
    page.locator("[name=signInSubmitButton]").click()
    page.wait_for_url(f"{up.callback.url}?**")
    assert page.url == up.callback.visits[-1]
    assert "id_token" in tokens(up, page.url)


def test_continue_with_google_brings_the_code_to_the_callback(up: Any, page: Page) -> None:
    page.goto(sign_in_link(up))
    page.get_by_role("link", name="Continue with Google").click()
    expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()
    assert not page.url.startswith(up.origin), "the stand-in is an issuer of its own"
    page.get_by_role("button", name="Grace Hopper").click()
    page.wait_for_url(f"{up.callback.url}?**")
    access_token = tokens(up, page.url)["access_token"]
    known = up.world.boto3("cognito-idp").get_user(AccessToken=access_token)
    assert known["Username"].startswith("Google_1")
    attributes = {a["Name"]: a["Value"] for a in known["UserAttributes"]}
    assert attributes["email"] == "grace@example.com"


def test_anybody_may_be_invented_at_the_stand_in_and_stays_the_same_person(up: Any, chromium: Browser) -> None:
    names = []
    for _ in range(2):
        context = chromium.new_context()
        page = context.new_page()
        page.goto(sign_in_link(up, identity_provider="Google"))
        page.get_by_label("Email").fill("new@example.com")
        page.get_by_label("Name").fill("Somebody New")
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{up.callback.url}?**")
        token = tokens(up, page.url)["access_token"]
        names.append(up.world.boto3("cognito-idp").get_user(AccessToken=token)["Username"])
        context.close()
    assert names[0] == names[1]


def test_a_wrong_password_shows_aws_s_sentence_and_keeps_the_name(up: Any, page: Page) -> None:
    page.goto(sign_in_link(up))
    page.get_by_label("Email").fill(demo.USERNAME)
    page.get_by_label("Password").fill("wrong")
    page.locator("[name=signInSubmitButton]").click()
    expect(page.locator("#loginErrorMessage")).to_have_text("Incorrect username or password.")
    expect(page.get_by_label("Email")).to_have_value(demo.USERNAME)
    expect(page.get_by_label("Password")).to_have_value("")


def test_somebody_who_is_signed_in_is_not_asked_again_until_the_sign_out(up: Any, page: Page) -> None:
    page.goto(sign_in_link(up))
    page.get_by_label("Email").fill(demo.USERNAME)
    page.get_by_label("Password").fill(demo.PASSWORD)
    page.locator("[name=signInSubmitButton]").click()
    page.wait_for_url(f"{up.callback.url}?**")
    page.goto(sign_in_link(up))
    assert page.url.startswith(up.callback.url)
    leave = {"client_id": demo.CONFIDENTIAL_CLIENT_ID, "response_type": "code", "redirect_uri": up.callback.url}
    page.goto(f"{up.origin}/logout?{urlencode(leave)}")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_temporary_password_is_changed_on_the_way(up: Any, page: Page) -> None:
    idp = up.world.boto3("cognito-idp")
    idp.admin_create_user(
        UserPoolId=demo.POOL_ID,
        Username="mary@example.com",
        TemporaryPassword="Somerville-1780",
        MessageAction="SUPPRESS",
    )
    page.goto(sign_in_link(up))
    page.get_by_label("Email").fill("mary@example.com")
    page.get_by_label("Password").fill("Somerville-1780")
    page.locator("[name=signInSubmitButton]").click()
    expect(page.get_by_text("mary@example.com")).to_be_visible()
    page.locator("[name=new_password]").fill("weak")
    page.locator("[name=confirm_password]").fill("weak")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("Password not long enough")
    page.locator("[name=new_password]").fill("Mechanism-1831")
    page.locator("[name=confirm_password]").fill("Mechanism-1831")
    page.get_by_role("button").click()
    page.wait_for_url(f"{up.callback.url}?**")
    assert "id_token" in tokens(up, page.url)


def test_an_unregistered_redirect_uri_ends_on_a_page_that_says_what_to_change(up: Any, page: Page) -> None:
    answer = page.goto(sign_in_link(up, redirect_uri="http://localhost:9999/"))
    assert answer is not None
    assert answer.status == 400
    expect(page.get_by_text("An error was encountered with the requested page.")).to_be_visible()
    expect(page.get_by_text("redirect_mismatch")).to_be_visible()
    expect(page.get_by_text(up.callback.url)).to_be_visible()


def test_the_front_page_leads_to_every_sign_in_page(up: Any, page: Page) -> None:
    page.goto(up.origin)
    page.get_by_role("link", name="Sign in").first.click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
