"""The pages in Chromium in each of their languages; and the pages of the client half, which are of the same design."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from halfday.client.browser import final_page, plain_page
from halfday.server.pages import LANGUAGES, catalogue_of
from halfday.web.http_messages import page as web_page
from pages.test_render import every_page, pages_with_a_script
from real_clients.javascript import installed
from real_clients.test_chromium import chromium as chromium
from real_clients.test_chromium_pages import NEW_PASSWORD, VIEWS, arrived, look, sign_in_link
from real_clients.test_chromium_pages import callback as callback
from sockets import Handler, answering
from world import PASSWORD, Pool, World

ADA = "ada@example.com"


@pytest.fixture
def french(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="fr-CA", java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_a_french_browser_is_spoken_to_in_french_all_the_way(world: World, french: Page, callback: str) -> None:
    pool = world.pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    french.goto(sign_in_link(pool, callback))
    french.get_by_role("link", name="S'inscrire").click()
    french.get_by_label("E-mail").fill(ADA)
    french.get_by_label("Mot de passe").fill("short")
    french.get_by_role("button", name="S'inscrire").click()
    expect(french.get_by_role("alert")).to_have_text(
        "Le mot de passe n'est pas conforme à la politique : Le mot de passe n'est pas assez long"
    )
    french.get_by_label("Mot de passe").fill(PASSWORD)
    french.get_by_role("button", name="S'inscrire").click()
    expect(french.get_by_text("Nous avons envoyé un code à a***@e***")).to_be_visible()
    french.get_by_label("Code de vérification").fill(pool.code_for(ADA))
    french.get_by_role("button", name="Confirmer le compte").click()
    arrived(french, callback)
    french.context.clear_cookies()
    french.goto(sign_in_link(pool, callback))
    french.get_by_role("link", name="Mot de passe oublié ?").click()
    french.get_by_label("E-mail").fill(ADA)
    french.get_by_role("button", name="Réinitialiser mon mot de passe").click()
    french.get_by_label("Code").fill(pool.code_for(ADA))
    french.get_by_label("Nouveau mot de passe", exact=True).fill(NEW_PASSWORD)
    french.get_by_label("Nouveau mot de passe, encore une fois").fill(NEW_PASSWORD)
    french.get_by_role("button", name="Changer le mot de passe").click()
    expect(french.get_by_role("status")).to_contain_text("Votre mot de passe a été changé.")


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_runs_beyond_a_narrow_window_in_any_language(chromium: Browser, language: str) -> None:
    page = chromium.new_page(viewport={"width": 320, "height": 800})
    for direction in ("ltr", "rtl"):
        for text in [*every_page("x", language), *pages_with_a_script("x", language)]:
            page.set_content(text)
            page.evaluate("direction => { document.documentElement.dir = direction }", direction)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.title()
    page.close()


@pytest.mark.long
@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_the_sign_in_and_sign_up_pages_are_looked_at_in_each_language(
    chromium: Browser, pool: Pool, callback: str, language: str
) -> None:
    installed()
    context = chromium.new_context(bypass_csp=True)
    copy, link = context.new_page(), sign_in_link(pool, callback)
    for name, path in (("sign-in", "/login"), ("sign-up", "/signup")):
        content = requests.get(f"{link.replace('/oauth2/authorize', path)}&lang={language}", timeout=10).text
        assert str(catalogue_of(language).say("Sign up")) in content
        for view in VIEWS:
            look(copy, content, f"{language}-{name}", *view)
    context.close()


CLIENT_PAGES = {
    "end-success": final_page.success_page("ada@example.com"),
    "end-failure": final_page.failure_page("the code was used already (invalid_grant)", "sign in again"),
    "end-stray": final_page.stray_page(),
    "web-401": web_page(401, "Nobody is signed in.", link=("/login", "Sign in")).body,
    "web-403": web_page(403, "This is for members of another group.").body,
    "web-failed": web_page(400, "This sign-in was not begun here.", link=("/login", "Sign in again")).body,
    "web-503": web_page(503, "Who is signed in cannot be told at the moment. Try again in a few seconds.").body,
}


@pytest.mark.long
@pytest.mark.parametrize("name", CLIENT_PAGES)
def test_the_client_s_pages_are_looked_at(chromium: Browser, name: str) -> None:
    installed()
    context = chromium.new_context(bypass_csp=True)
    for view in VIEWS:
        look(context.new_page(), CLIENT_PAGES[name], name, *view)
    context.close()


def test_the_last_page_keeps_its_own_policy_and_forgets_the_code(chromium: Browser) -> None:
    class End(Handler):
        def do_GET(self) -> None:
            told = dict(final_page.HEADERS)
            self.answer(200, final_page.success_page("ada").encode(), told.pop("Content-Type"), **told)

    page, complaints = chromium.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    with answering(End) as origin:
        page.goto(f"{origin}/?code=secret&state=x")
        expect(page.get_by_role("heading", name="Signed in as ada")).to_be_visible()
        assert page.url == f"{origin}/"
        assert page.evaluate("getComputedStyle(document.querySelector('main')).borderRadius") == "18px"
    assert [text for text in complaints if "Content Security" in text] == []
    page.close()


def test_the_client_s_pages_have_the_colours_of_the_server_s() -> None:
    sheet = (Path(__file__).parents[2] / "src/halfday/server/pages/static/halfday.css").read_text(encoding="utf-8")
    theirs = [line.strip() for line in sheet.splitlines() if line.strip().startswith("--")]
    ours = [line.strip() for line in plain_page.STYLE.splitlines() if line.strip().startswith("--")]
    assert len(ours) == 26
    assert [line for line in ours if line not in theirs] == []
