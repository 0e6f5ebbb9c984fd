"""Streamlit's `st.login` in Chromium, with the secrets file that `halfday snippet` prints; it stays signed in.

It has an environment of its own (`make streamlit`), and its clock is the machine's, and as much later as the file
`ahead` says.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect, sync_playwright

from ports import free_port
from real_clients.printed import printed
from real_clients.test_chromium import ARGUMENTS
from tools import find_chromium, missing
from world import PASSWORD, Pool, World

pytestmark = pytest.mark.long

HOUR_S = 3600 + 60
STREAMLIT = Path(sys.prefix) / "streamlit" / "bin" / "streamlit"
APPLICATION = """
import streamlit as st

if st.user.is_logged_in:
    st.write(f"Hello {st.user.email}")
    st.button("Log out", on_click=st.logout)
else:
    st.button("Log in", on_click=st.login)
"""
LATER = """
import time
from pathlib import Path

real = time.time
ahead = Path(__file__).with_name("ahead")
time.time = lambda: real() + float(ahead.read_text())
"""


@contextmanager
def streamlit(folder: Path, port: int) -> Iterator[str]:
    """The application's origin, until the end of the block."""
    if not STREAMLIT.exists():
        missing("Streamlit is not installed: make streamlit")
    (folder / "application.py").write_text(APPLICATION)
    (folder / "sitecustomize.py").write_text(LATER)
    (folder / "ahead").write_text("0")
    options = ["--server.port", str(port), "--server.headless", "true", "--browser.gatherUsageStats", "false"]
    environ = {**os.environ, "PYTHONPATH": str(folder), "HOME": str(folder)}
    command = [STREAMLIT, "run", "application.py", *options]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log) as process,
    ):
        try:
            origin = f"http://localhost:{port}"
            wait_for(f"{origin}/_stcore/health", folder / "log")
            yield origin
        finally:
            process.terminate()


def wait_for(address: str, log: Path) -> None:
    for _ in range(300):
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_streamlit_signs_in_and_stays_signed_in_past_the_tokens_end(world: World, pool: Pool, tmp_path: Path) -> None:
    pool.user()
    port = free_port()
    callback = f"http://localhost:{port}/oauth2callback"
    printed(world, tmp_path, "streamlit", pool.client(CallbackURLs=[callback], GenerateSecret=True))
    with streamlit(tmp_path, port) as origin, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS).new_page()
        page.goto(origin)
        page.get_by_role("button", name="Log in").click()
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.locator("[name=signInSubmitButton]").click()
        expect(page.get_by_text("Hello ada@example.com")).to_be_visible(timeout=20_000)
        for _ in range(2):
            world.clock.advance(HOUR_S)
            (tmp_path / "ahead").write_text(str(world.clock.ahead_s))
            page.goto(origin)
            expect(page.get_by_text("Hello ada@example.com")).to_be_visible(timeout=20_000)
        page.get_by_role("button", name="Log out").click()
        # It names no logout_uri, and ends on this page at AWS too: facts/clients.md §7.
        expect(page.get_by_text("Required String parameter 'redirect_uri' is not present")).to_be_visible()
        page.goto(origin)
        expect(page.get_by_role("button", name="Log in")).to_be_visible(timeout=20_000)
