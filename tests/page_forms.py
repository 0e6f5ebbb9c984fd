"""Forms of the hosted pages, filled in and sent without a browser: by the button that is pressed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import requests

from world import CALLBACK, Browser

HTML = {"Accept": "text/html"}


def open_page(browser: Browser, path: str, client: Mapping[str, Any], **parameters: str) -> requests.Response:
    """A page of a sign-in for this client, as a link leads to it."""
    asked = {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": CALLBACK, **parameters}
    return browser.session.get(f"{browser.origin}{path}", params=asked, headers=HTML)


def press(browser: Browser, page: requests.Response, button: str = "", **fields: str) -> requests.Response:
    """The answer to the form of the page, no redirect followed. `button`: its name; it may send the form elsewhere."""
    action = re.search(r'<form[^>]* action="([^"]+)"', page.text)
    assert action, page.text
    where, sent = action[1], {**hidden_fields(page), **fields}
    if button:
        found = re.search(rf'<(?:button|input)[^>]* name="{button}"[^>]*>', page.text)
        assert found, page.text
        elsewhere = re.search(r'formaction="([^"]+)"', found[0])
        where = elsewhere[1] if elsewhere else where
        value = re.search(r' value="([^"]*)"', found[0])
        sent = {button: value[1] if value else "", **sent}
    return browser.session.post(browser.origin + unescape(where), data=sent, headers=HTML, allow_redirects=False)


def hidden_fields(page: requests.Response) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in found}


def go_on(browser: Browser, answer: requests.Response) -> requests.Response:
    """The page that a redirect leads to, on this server."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith("/"), answer.headers["Location"]
    return browser.session.get(browser.origin + answer.headers["Location"], headers=HTML, allow_redirects=False)


def link(browser: Browser, page: requests.Response, text: str) -> requests.Response:
    """The page behind a link."""
    found = re.search(rf'<a[^>]* href="([^"]+)"[^>]*>{re.escape(text)}</a>', page.text)
    assert found, page.text
    return browser.session.get(browser.origin + unescape(found[1]), headers=HTML)


def shown(page: requests.Response) -> str:
    """What the page says, as text."""
    body = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
