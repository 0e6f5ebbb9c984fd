"""Pages in an app client's own style, in Chromium: what a person sees of it, and what the page's policy lets through.

HALFDAY_TEST_PICTURES=FOLDER keeps pictures of each page, in light and dark, narrow and wide.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from operations.test_branding import PNG
from page_brands import domain, style, terms
from real_clients.javascript import installed
from real_clients.test_chromium import chromium as chromium
from real_clients.test_chromium_pages import AXE, PICTURES, arrived, sign_in_link
from real_clients.test_chromium_pages import callback as callback
from world import PASSWORD, Pool, World

LOGO = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='220' height='48'><rect width='48' height='48' rx='10' fill='{0}'/>"
    "<text x='60' y='34' font-family='sans-serif' font-size='28' font-weight='700' fill='{1}'>Acme</text></svg>"
)
GROUND = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='1200' height='800'><rect width='1200' height='800' fill='#fdeee2'/>"
    "<circle cx='180' cy='180' r='150' fill='#b1121722'/><circle cx='1100' cy='640' r='260' fill='#12b17c22'/></svg>"
)
CSS = """
.banner-customizable { padding: 25px 0px 25px 0px; background-color: #1f3a5f; }
.logo-customizable { max-width: 60%; max-height: 30%; }
.label-customizable { font-weight: 400; color: #444444; }
.inputField-customizable { width: 100%; height: 34px; color: #555555; background-color: #fff; border: 1px solid #ccc; }
.inputField-customizable:focus { border-color: #66afe9; outline: 2px solid #66afe9; }
.submitButton-customizable { font-size: 14px; font-weight: bold; height: 40px; color: #fff; background-color: #b8400e; }
.submitButton-customizable:hover { color: #fff; background-color: #8a2f0a; }
.background-customizable { background-color: #fffdf5; }
"""
SETTINGS: dict[str, Any] = {
    "categories": {
        "global": {"colorSchemeMode": "DYNAMIC", "pageHeader": {"enabled": True}, "pageFooter": {"enabled": True}},
        "form": {"location": {"horizontal": "START", "vertical": "CENTER"}},
    },
    "componentClasses": {
        "buttons": {"borderRadius": 9999},
        "input": {"borderRadius": 4},
        "link": {
            "lightMode": {"defaults": {"textColor": "b11217ff"}},
            "darkMode": {"defaults": {"textColor": "ff9b9bff"}},
        },
    },
    "components": {
        "form": {"borderRadius": 12, "logo": {"enabled": True, "location": "CENTER"}},
        "pageHeader": {
            "lightMode": {"background": {"color": "8f0f13ff"}},
            "darkMode": {"background": {"color": "3f0709ff"}},
            "logo": {"enabled": True, "location": "END"},
        },
        "pageFooter": {"lightMode": {"background": {"color": "1f1f1fff"}}},
        "primaryButton": {
            "lightMode": {"defaults": {"backgroundColor": "b11217ff", "textColor": "ffffffff"}},
            "darkMode": {"defaults": {"backgroundColor": "ff9b9bff", "textColor": "2a0000ff"}},
        },
    },
}

Show = Callable[[str, str], Page]


def svg(category: str, mode: str, text: str) -> dict[str, Any]:
    return {"Category": category, "ColorMode": mode, "Extension": "SVG", "Bytes": text.encode()}


ASSETS = [
    svg("FORM_LOGO", "LIGHT", LOGO.format("#b11217", "#1f1f1f")),
    svg("FORM_LOGO", "DARK", LOGO.format("#ff9b9b", "#ffffff")),
    svg("PAGE_HEADER_LOGO", "DYNAMIC", LOGO.format("#ffffff", "#ffffff")),
    svg("PAGE_BACKGROUND", "LIGHT", GROUND),
    svg("PASSWORD_GRAPHIC", "DYNAMIC", LOGO.format("#12b17c", "#808080")),
    svg("FAVICON_SVG", "DYNAMIC", LOGO.format("#b11217", "#b11217")),
]


@pytest.fixture
def show(chromium: Browser) -> Iterator[Show]:
    """A page in light or dark. What it may not load, or is not there, fails the test."""
    contexts, complaints = [], []

    def shown(link: str, scheme: Any) -> Page:
        contexts.append(chromium.new_context(color_scheme=scheme, viewport={"width": 1100, "height": 800}))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(link)
        return page

    yield shown
    for context in contexts:
        context.close()
    assert complaints == []


def picture(page: Page, name: str) -> None:
    """Nothing runs beyond a narrow window; kept as a picture if that is asked for."""
    for width in (320, 1100):
        page.set_viewport_size({"width": width, "height": 800})
        if PICTURES:
            Path(PICTURES).mkdir(exist_ok=True)
            page.screenshot(path=f"{PICTURES}/brand-{name}-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"


def seen(page: Page, selector: str, name: str) -> str:
    value: str = page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{name}")
    return value


def width_of(page: Page, selector: str) -> int:
    """How wide an image is that was loaded: 0 for one that was not."""
    found: int = page.locator(selector).first.evaluate("image => image.decode().then(() => image.naturalWidth)")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_classic_pages_are_in_the_app_s_css(
    world: World, pool: Pool, callback: str, show: Show, scheme: str
) -> None:
    domain(pool, 1)
    world.idp.set_ui_customization(UserPoolId=pool.pool_id, CSS=CSS)
    page = show(sign_in_link(pool, callback), scheme)
    assert seen(page, "[name=signInSubmitButton]", "backgroundColor") == "rgb(184, 64, 14)"
    assert seen(page, "[name=signInSubmitButton]", "height") == "40px"
    assert seen(page, "#signInFormUsername", "height") == "34px"
    assert seen(page, "main", "backgroundColor") == "rgb(255, 253, 245)"
    assert seen(page, "label", "color") == "rgb(68, 68, 68)"
    page.locator("[name=signInSubmitButton]").hover()
    assert seen(page, "[name=signInSubmitButton]", "backgroundColor") == "rgb(138, 47, 10)"
    picture(page, f"classic-{scheme}")


def test_the_classic_logo_is_shown_and_a_broken_one_leaves_the_page(
    world: World, pool: Pool, callback: str, show: Show
) -> None:
    domain(pool, 1)
    drawn = show("about:blank", "light").evaluate(
        """() => { const canvas = document.createElement('canvas'); canvas.width = 240; canvas.height = 60;
        const pen = canvas.getContext('2d'); pen.fillStyle = '#ffc828'; pen.fillRect(0, 0, 240, 60);
        return canvas.toDataURL('image/png').split(',')[1] }"""
    )
    world.idp.set_ui_customization(UserPoolId=pool.pool_id, CSS=CSS, ImageFile=base64.b64decode(drawn))
    page = show(sign_in_link(pool, callback), "light")
    assert width_of(page, "img.logo-customizable") == 240
    picture(page, "classic-logo")
    world.idp.set_ui_customization(UserPoolId=pool.pool_id, CSS=CSS, ImageFile=PNG)
    expect(show(sign_in_link(pool, callback), "light").get_by_label("Username")).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "button", "header", "logo"),
    [
        ("light", "rgb(177, 18, 23)", "rgb(143, 15, 19)", "light"),
        ("dark", "rgb(255, 155, 155)", "rgb(63, 7, 9)", "dark"),
    ],
)
def test_managed_login_is_in_the_client_s_style(
    world: World, pool: Pool, callback: str, show: Show, scheme: str, button: str, header: str, logo: str
) -> None:
    domain(pool, 2)
    pool.user("ada")
    link = sign_in_link(pool, callback)
    client = {"ClientId": link.partition("client_id=")[2].partition("&")[0]}
    style(pool, client, Settings=SETTINGS, Assets=ASSETS)
    for name in ("terms-of-use", "privacy-policy"):
        terms(pool, client, name)
    page = show(link, scheme)
    assert seen(page, "button[type=submit]", "backgroundColor") == button
    assert seen(page, "button[type=submit]", "borderRadius") == "9999px"
    assert seen(page, "header.band", "backgroundColor") == header
    assert page.locator("main").bounding_box()["x"] < 40  # type: ignore[index]
    assert f"form_logo-{logo}.svg" in page.locator("main img").first.evaluate("image => image.currentSrc")
    assert width_of(page, "main img") == 220
    assert ("page_background" in seen(page, "body", "backgroundImage")) is (scheme == "light")
    picture(page, f"managed-{scheme}")
    page.get_by_role("link", name="Sign up").click()
    expect(page.get_by_role("link", name="Terms of use")).to_have_attribute("href", "https://app.example/terms-of-use")
    picture(page, f"managed-sign-up-{scheme}")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Username").fill("ada")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Username")).to_have_value("ada")
    picture(page, f"managed-password-{scheme}")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Incorrect username or password.")
    picture(page, f"managed-refused-{scheme}")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    arrived(page, callback)


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_core_finds_nothing_on_a_page_in_a_style(
    world: World, pool: Pool, callback: str, chromium: Browser, scheme: Any
) -> None:
    installed()
    domain(pool, 2)
    link = sign_in_link(pool, callback)
    client = {"ClientId": link.partition("client_id=")[2].partition("&")[0]}
    style(pool, client, Settings=SETTINGS, Assets=ASSETS)
    for name in ("terms-of-use", "privacy-policy"):
        terms(pool, client, name)
    context = chromium.new_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    for path in ("login", "signup", "forgotPassword"):
        page.goto(link.replace("oauth2/authorize", path))
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run()")
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == [], (path, scheme)
    context.close()
