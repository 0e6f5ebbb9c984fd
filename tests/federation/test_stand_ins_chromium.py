"""Headless Chromium at the stand-ins: chosen by a button, with scripts and without, on pages without fault to axe."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, sync_playwright

from federation.every_kind import CLIENT, NAMES, document
from real_clients.javascript import HERE, installed
from real_clients.test_chromium import ARGUMENTS
from sockets import Handler, answering
from tools import find_chromium
from world import World, running

AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = [("light", 1000), ("dark", 320)]


class App(Handler):
    """The application's callback."""

    def do_GET(self) -> None:
        self.answer(200, b"<title>arrived</title>", "text/html")


@pytest.fixture(scope="module")
def callback() -> Iterator[str]:
    with answering(App) as origin:
        yield origin.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, callback: str) -> Iterator[World]:
    declared = document()
    declared["user_pool"][0]["client"][0]["callback_urls"] = [callback]
    with running(tmp_path_factory.mktemp("data"), declared) as up:
        yield up


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


def link(world: World, callback: str, name: str) -> str:
    asked = {"client_id": CLIENT["ClientId"], "response_type": "code", "redirect_uri": callback}
    return f"{world.origin}/oauth2/authorize?{urlencode({**asked, 'identity_provider': name})}"


@pytest.mark.parametrize("name", NAMES[:5])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_who_is_chosen_comes_back_signed_in(
    world: World, callback: str, chromium: Browser, name: str, scripts: bool
) -> None:
    """Without scripts Apple's form waits for a click; ours behind it does not: the cookie came along already."""
    context = chromium.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(link(world, callback, name))
    assert page.url.startswith(world.running.stand_ins[name])
    page.get_by_role("button", name="Grace Hopper").click()
    if not scripts and name == "SignInWithApple":
        page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{callback}/?code=*")
    context.close()


@pytest.mark.parametrize("name", NAMES[:5])
def test_axe_finds_nothing_in_a_stand_in_s_pages(world: World, callback: str, chromium: Browser, name: str) -> None:
    installed()
    for scheme, width in LOOKS:
        context = chromium.new_context(
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 700},
            bypass_csp=True,
        )
        page = context.new_page()
        for url in (link(world, callback, name), world.running.stand_ins[name]):
            page.goto(url)
            page.add_script_tag(path=str(AXE))
            found = page.evaluate("axe.run().then(({violations}) => violations.map(each => each.id))")
            assert found == [], (name, scheme, url)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        context.close()
