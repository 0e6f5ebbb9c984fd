"""Makes the README's pictures anew: pages of the sign-in journey, the stand-in's chooser, and what `halfday try` says.

.venv/bin/python docs/pictures/make.py
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from halfday.server import demo
from halfday.server.serving import ServerThread
from halfday.server.settings import Settings

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
COLOURS = {"2": "#8b93a7", "31": "#ff8f87", "32": "#8fd694", "33": "#f2c94c", "34": "#8fb4ff", "36": "#7fdbe8"}
LINES = slice(0, 68)

TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 28px; background: linear-gradient(#e9eef8, #fdf3e3); width: 1060px }}
div {{ background: #141a26; border-radius: 14px; padding: 18px 26px 26px; box-shadow: 0 18px 48px -12px #1a223355 }}
i {{ display: inline-block; width: 12px; height: 12px; border-radius: 6px; background: #39435a; margin-right: 8px }}
pre {{ color: #dfe5f2; font: 14px/1.5 "DejaVu Sans Mono", monospace; margin: 14px 0 0; white-space: pre-wrap;
  overflow-wrap: anywhere }}
b {{ color: #fff }}
</style><div><i></i><i></i><i></i><pre>{text}</pre></div>"""


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with tempfile.TemporaryDirectory() as folder:
            shoot_pages(browser, Path(folder))
        with tempfile.TemporaryDirectory() as folder:
            shoot_second_factor(browser, Path(folder))
        shoot_terminal(browser)
        browser.close()


def shoot_pages(browser: Browser, folder: Path) -> None:
    settings = Settings(port=0, google_port=0, data=folder, upstream="none")
    with ServerThread(settings, tomllib.loads(demo.seed_text())) as running:
        asked = {"response_type": "code", "client_id": demo.CONFIDENTIAL_CLIENT_ID}
        asked["redirect_uri"] = demo.CALLBACK_URLS[0]
        page = browser.new_page(viewport={"width": 880, "height": 720}, device_scale_factor=2)
        page.goto(f"{running.origin}/login?{urlencode(asked)}")
        page.screenshot(path=HERE / "sign-in.png")
        page.get_by_role("link", name="Continue with Google").click()
        page.screenshot(path=HERE / "stand-in-google.png")
        page.goto(f"{running.origin}/signup?{urlencode(asked)}")
        page.get_by_label("Email").fill("hedy@example.com")
        page.screenshot(path=HERE / "sign-up.png")
        page.close()


def shoot_second_factor(browser: Browser, folder: Path) -> None:
    """Everybody has to show one, in a style of the application's own, in German and in the dark."""
    document = tomllib.loads(demo.seed_text())
    document["user_pool"][0] |= {"mfa": "on", "pages": "managed_login"}
    settings = Settings(port=0, google_port=0, data=folder, upstream="none")
    with ServerThread(settings, document) as running:
        asked = {"response_type": "code", "client_id": demo.CONFIDENTIAL_CLIENT_ID, "lang": "de"}
        asked["redirect_uri"] = demo.CALLBACK_URLS[0]
        dark = browser.new_page(viewport={"width": 880, "height": 720}, device_scale_factor=2, color_scheme="dark")
        dark.goto(f"{running.origin}/login?{urlencode(asked)}")
        dark.screenshot(path=HERE / "sign-in-german.png")
        dark.close()
        page = browser.new_page(viewport={"width": 880, "height": 1000}, device_scale_factor=2)
        page.goto(f"{running.origin}/login?{urlencode({**asked, 'lang': 'en'})}")
        page.locator("[name=username]").fill(demo.USERNAME)
        page.keyboard.press("Enter")
        page.locator("[name=password]").fill(demo.PASSWORD)
        page.keyboard.press("Enter")
        page.locator("svg, img").first.wait_for()
        page.screenshot(path=HERE / "second-factor.png")
        page.close()


def shoot_terminal(browser: Browser) -> None:
    command = [sys.executable, "-m", "halfday.cli", "try", "--no-browser"]
    environment = {**os.environ, "FORCE_COLOR": "1"}
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    lines = told.strip("\n").split("\n")[LINES]
    page = browser.new_page(viewport={"width": 1116, "height": 400}, device_scale_factor=1.5)
    page.set_content(TERMINAL.format(text=as_html("$ halfday try\n\n" + "\n".join(lines))))
    page.screenshot(path=HERE / "try.png", full_page=True)
    page.close()


def as_html(text: str) -> str:
    """Terminal colours as markup."""

    def span(match: re.Match[str]) -> str:
        codes, inner = match[1].split(";"), match[2]
        colour = next((COLOURS[code] for code in codes if code in COLOURS), None)
        styled = f'<span style="color:{colour}">{inner}</span>' if colour else inner
        return f"<b>{styled}</b>" if "1" in codes else styled

    return re.sub("\x1b\\[([0-9;]+)m(.*?)\x1b\\[0m", span, html.escape(text), flags=re.DOTALL)


if __name__ == "__main__":
    main()
