"""The journeys of the hosted pages in Chromium: without JavaScript, but for passkeys; looked at by axe-core.

HALFDAY_TEST_PICTURES=FOLDER keeps pictures of each page, in light and dark, narrow and wide, and from right to left.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from halfday.server.domain.users.factors import totp
from operations.test_mfa import FROM, SMS_CONFIGURATION, step, with_mfa
from operations.test_passkeys import VIRTUAL
from real_clients.javascript import HERE, installed
from real_clients.test_chromium import chromium as chromium
from sockets import Handler, answering
from world import PASSWORD, Pool, World

ADA = "ada@example.com"
NEW_PASSWORD = "Analytical-1843"
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = [(320, "light", "ltr"), (1280, "dark", "ltr"), (320, "dark", "rtl")]
PICTURES = os.environ.get("HALFDAY_TEST_PICTURES")

See = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def callback() -> Iterator[str]:
    class Arrival(Handler):
        def do_GET(self) -> None:
            self.answer(200, b"<title>arrived</title>")

    with answering(Arrival) as origin:
        yield f"{origin.replace('127.0.0.1', 'localhost')}/callback"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    yield from visited(chromium, scripts=False)


@pytest.fixture
def page_with_scripts(chromium: Browser) -> Iterator[Page]:
    yield from visited(chromium, scripts=True)


def visited(chromium: Browser, *, scripts: bool) -> Iterator[Page]:
    """A page that breaks its own content security policy fails the test."""
    context = chromium.new_context(java_script_enabled=scripts)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture(params=["walked", pytest.param("looked at", marks=pytest.mark.long)])
def see(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[See]:
    """Looks at a page as it stands: nothing runs beyond the window, and axe-core finds nothing, in each view."""
    if request.param == "walked":
        yield lambda page, name: None
        return
    installed()
    context = chromium.new_context(bypass_csp=True)
    copy = context.new_page()
    yield lambda page, name: [look(copy, page.content(), name, *view) for view in VIEWS]
    context.close()


def look(copy: Page, content: str, name: str, width: int, scheme: Any, direction: str) -> None:
    copy.set_viewport_size({"width": width, "height": 800})
    copy.emulate_media(color_scheme=scheme)
    copy.set_content(content)
    copy.evaluate("direction => { document.documentElement.dir = direction }", direction)
    if PICTURES and name != "bad":
        Path(PICTURES).mkdir(exist_ok=True)
        copy.screenshot(path=f"{PICTURES}/{name}-{width}-{scheme}-{direction}.png", full_page=True)
    assert copy.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
    copy.add_script_tag(path=AXE)
    found = copy.evaluate("axe.run()")
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == [], f"{name}, {scheme}"


def sign_in_link(pool: Pool, callback: str, **given: Any) -> str:
    client = pool.client(CallbackURLs=[callback], **given)
    asked = {"response_type": "code", "client_id": client["ClientId"], "redirect_uri": callback, "state": "kept"}
    origin = pool.world.origin.replace("127.0.0.1", "localhost")
    return f"{origin}/oauth2/authorize?{urlencode(asked)}"


def arrived(page: Page, callback: str) -> None:
    page.wait_for_url(f"{callback}?**")
    assert "code=" in page.url
    assert "state=kept" in page.url


def test_a_person_signs_up_confirms_and_is_at_the_app(world: World, page: Page, callback: str, see: See) -> None:
    schema = [{"Name": n, "Required": True, "Mutable": True} for n in ("given_name", "birthdate", "phone_number")]
    pool = world.pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"], Schema=schema)
    page.goto(sign_in_link(pool, callback))
    see(page, "sign-in")
    page.get_by_role("link", name="Sign up").click()
    see(page, "sign-up")
    page.get_by_label("Email").fill(ADA)
    page.get_by_label("Given name").fill("Ada")
    page.get_by_label("Birthdate").fill("1815-12-10")
    page.get_by_label("Phone number").fill("0123")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("alert")).to_have_text("Invalid phone number format.")
    see(page, "sign-up-refused")
    page.get_by_label("Phone number").fill("+15551234567")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("We sent a code to a***@e***")).to_be_visible()
    see(page, "confirm")
    page.get_by_role("button", name="Send a new code").click()
    expect(page.get_by_role("status")).to_contain_text("We sent a new one.")
    page.get_by_label("Verification code").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    see(page, "confirm-refused")
    page.get_by_label("Verification code").fill(pool.code_for(ADA))
    page.keyboard.press("Enter")
    arrived(page, callback)


def test_a_person_who_forgot_their_password_sets_another(
    world: World, pool: Pool, page: Page, callback: str, see: See
) -> None:
    pool.user("ada")
    page.goto(sign_in_link(pool, callback))
    page.get_by_role("link", name="Forgot your password?").click()
    see(page, "forgot-password")
    page.get_by_label("Username").fill("ada")
    page.get_by_role("button", name="Reset my password").click()
    see(page, "set-password")
    page.get_by_label("Code").fill(pool.code_for())
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password again").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password has been changed.")
    see(page, "sign-in-after-reset")
    page.get_by_label("Password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    arrived(page, callback)


def test_a_second_factor_is_set_up_on_the_way_in(world: World, page: Page, callback: str, see: See) -> None:
    pool = with_mfa(world, "ON", "totp", "email")
    idp = world.idp
    idp.admin_create_user(UserPoolId=pool.pool_id, Username="ada", MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="ada", Password=PASSWORD, Permanent=True)
    signed_in_by_password(page, sign_in_link(pool, callback))
    see(page, "mfa-setup-choice")
    page.get_by_role("button", name="Email").click()
    see(page, "mfa-setup-address")
    page.get_by_role("button", name="Set up another way").click()
    page.get_by_role("button", name="Authenticator app").click()
    see(page, "mfa-setup-app")
    secret = page.locator("#totpSecret").inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill("1")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Code mismatch")
    see(page, "mfa-setup-app-refused")
    page.get_by_label("Code", exact=True).fill(totp(secret, step(world)))
    page.get_by_role("button", name="Sign in").click()
    arrived(page, callback)


def test_one_of_several_second_factors_is_chosen(world: World, page: Page, callback: str, see: See) -> None:
    pool = with_mfa(world, "ON", "sms", "email")
    pool.user("ada", phone_number="+15555550839", phone_number_verified="true")
    signed_in_by_password(page, sign_in_link(pool, callback))
    see(page, "mfa-choice")
    page.get_by_role("button", name="Text message +*******0839").click()
    see(page, "mfa-code")
    page.get_by_role("button", name="Send a new code").click()
    page.get_by_label("Code").fill(pool.code_for(purpose="Authentication"))
    page.get_by_role("button", name="Sign in").click()
    arrived(page, callback)


def test_a_person_who_is_signed_in_chooses_to_go_on(
    world: World, pool: Pool, page: Page, callback: str, see: See
) -> None:
    pool.user("ada")
    link = sign_in_link(pool, callback)
    signed_in_by_password(page, link)
    arrived(page, callback)
    page.goto(f"{link}&prompt=select_account")
    see(page, "choose-account")
    page.get_by_role("button", name="Continue as ada@example.com").click()
    arrived(page, callback)
    page.goto(f"{link}&prompt=select_account")
    page.get_by_role("link", name="Use another account").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_is_added_and_signs_in_without_a_password(
    world: World, page_with_scripts: Page, callback: str, see: See
) -> None:
    page = page_with_scripts
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}}
    pool = world.pool(Policies=policy, EmailConfiguration=FROM, SmsConfiguration=SMS_CONFIGURATION)
    world.idp.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, WebAuthnConfiguration={"RelyingPartyId": "localhost"}, MfaConfiguration="OFF"
    )
    pool.user("ada")
    link = sign_in_link(pool, callback, ExplicitAuthFlows=["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})
    signed_in_by_password(page, link)
    arrived(page, callback)
    page.goto(link.replace("/oauth2/authorize?", "/passkeys/add?"))
    see(page, "add-passkey")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url(callback)
    page.context.clear_cookies()
    page.goto(link)
    see(page, "sign-in-with-choice")
    page.get_by_label("Username").fill("ada")
    page.get_by_role("button", name="Sign in without a password").click()
    see(page, "first-factor-choice")
    page.get_by_role("button", name="Passkey").click()
    see(page, "passkey")
    page.get_by_role("button", name="Use a passkey").click()
    arrived(page, callback)


def test_whoever_gives_no_passkey_is_told_and_may_go_back(
    world: World, page_with_scripts: Page, callback: str, see: See
) -> None:
    page = page_with_scripts
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool = world.pool(Policies=policy)
    world.idp.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, WebAuthnConfiguration={"RelyingPartyId": "elsewhere.example"}, MfaConfiguration="OFF"
    )
    pool.user("ada")
    link = sign_in_link(pool, callback)
    signed_in_by_password(page, link)
    arrived(page, callback)
    page.goto(link.replace("/oauth2/authorize?", "/passkeys/add?"))
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was given.")
    see(page, "add-passkey-refused")
    page.get_by_role("link", name="Not now").click()
    page.wait_for_url(callback)


@pytest.mark.long
def test_a_page_that_a_screen_reader_cannot_use_would_be_found(chromium: Browser) -> None:
    copy, nameless = (
        chromium.new_page(),
        "<!doctype html><html lang=en><title>x</title><main><h1>x</h1><img src=x></main>",
    )
    with pytest.raises(AssertionError, match="image-alt"):
        look(copy, nameless, "bad", *VIEWS[0])
    with pytest.raises(AssertionError, match="wider than"):
        look(copy, "<!doctype html><div style='width: 400px'>x</div>", "bad", *VIEWS[0])
    copy.close()


def test_what_is_not_there_leads_on(world: World, page: Page, see: See) -> None:
    page.goto(f"{world.origin}/nowhere")
    see(page, "not-found")
    page.goto(f"{world.origin}/login?client_id=nobody&response_type=code")
    see(page, "error")


def signed_in_by_password(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
