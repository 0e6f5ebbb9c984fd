"""Addresses at which there is nothing, for browsers and for programs."""

from __future__ import annotations

import html

import pytest
import requests

from world import World


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/signups", 404)])
def test_a_browser_is_shown_a_page_with_the_sentence_that_a_program_gets(world: World, path: str, status: int) -> None:
    """Accept as Chromium and Firefox send it."""
    accept = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = requests.get(f"{world.origin}{path}", headers=accept, timeout=10)
    told = requests.get(f"{world.origin}{path}", timeout=10)
    assert page.status_code == told.status_code == status
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src" in page.headers["Content-Security-Policy"]
    assert html.escape(told.json()["message"], quote=False) in page.text.replace("&#39;", "'")
    assert page.headers["Vary"] == told.headers["Vary"] == "Accept"


def test_an_address_is_no_part_of_the_page_s_markup(world: World) -> None:
    page = requests.get(f"{world.origin}/<script>alert(1)</script>", headers={"Accept": "text/html"}, timeout=10)
    assert page.status_code == 404
    assert "<script>" not in page.text


def test_an_address_that_is_nobody_s_is_still_not_found(world: World) -> None:
    assert requests.get(f"{world.origin}/signups", timeout=10).status_code == 404
    assert requests.delete(f"{world.origin}/nothing", timeout=10).status_code == 404
