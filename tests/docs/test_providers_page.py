"""docs/providers.md: its files start servers, its stand-ins sign in, its real providers are asked as they ask to be."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from docs.blocks import blocks, text_of
from halfday.server.domain.user_pools.providers import KINDS
from world import CALLBACK, Browser, World, query_in, running

PAGE = "providers.md"
CLIENT = {"ClientId": "mywebapp"}
REAL = {
    "Google": ("accounts.google.com", "/o/oauth2/v2/auth"),
    "Facebook": ("www.facebook.com", "/v17.0/dialog/oauth"),
    "LoginWithAmazon": ("www.amazon.com", "/ap/oa"),
    "SignInWithApple": ("appleid.apple.com", "/auth/authorize"),
    "Acme": ("login.acme.example", "/authorize"),
}


def files() -> list[str]:
    return [block.text for block in blocks(PAGE) if block.language == "toml"]


@contextmanager
def up(tmp_path: Path, text: str) -> Iterator[World]:
    with running(tmp_path, tomllib.loads(text), region="eu-west-1", upstream="none") as world:
        yield world


def names_in(text: str) -> list[str]:
    (pool,) = tomllib.loads(text)["user_pool"]
    return [provider.get("name", provider["type"]) for provider in pool["provider"]]


def chosen(browser: Browser, url: str) -> requests.Response:
    """What the app hears when Grace is chosen at the stand-in."""
    page = browser.session.get(url)
    action = re.search(r'action="([^"]+)"', page.text)
    assert action, page.text
    answer = browser.session.post(
        urljoin(page.url.partition("?")[0], unescape(action[1])),
        data={"account": "grace@example.com"},
        allow_redirects=False,
    )
    if answer.is_redirect:
        return browser.session.get(answer.headers["Location"], allow_redirects=False)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    form = re.search(r'<form action="([^"]+)"', answer.text)
    assert form, answer.text
    values = {name: unescape(value) for name, value in fields.items()}
    return browser.session.post(unescape(form[1]), data=values, allow_redirects=False)


@pytest.mark.parametrize("number", [0, 1])
def test_whoever_is_chosen_at_a_stand_in_of_the_page_is_signed_in(tmp_path: Path, number: int) -> None:
    text = files()[number]
    with up(tmp_path, text) as world:
        for name in names_in(text):
            browser = Browser(world.origin)
            left = browser.authorize(CLIENT, identity_provider=name)
            assert left.headers["Location"].startswith(world.running.stand_ins[name])
            answer = chosen(browser, left.headers["Location"])
            assert answer.headers["Location"].startswith(f"{CALLBACK}?code="), (name, answer.headers["Location"])


def test_the_change_of_the_page_leads_to_the_real_provider(tmp_path: Path) -> None:
    (change,) = [block.text for block in blocks(PAGE) if block.language == "diff"]
    before = "".join(line[1:] + "\n" for line in change.splitlines() if line[0] in " -")
    after = "".join(line[1:] + "\n" for line in change.splitlines() if line[0] in " +")
    assert len([line for line in change.splitlines() if line[0] in "-+"]) <= 4
    assert files()[0].count(before) == 1
    with up(tmp_path, files()[0].replace(before, after)) as world:
        assert _host(leave(world, "Google")) == REAL["Google"]


def test_the_real_providers_of_the_page_are_asked_at_their_own_addresses(tmp_path: Path) -> None:
    text = files()[2]
    assert names_in(text) == list(REAL)
    with up(tmp_path, text) as world:
        for name, where in REAL.items():
            left = leave(world, name)
            assert _host(left) == where
            assert query_in(left)["redirect_uri"] == f"{world.origin}/oauth2/idpresponse"


def leave(world: World, name: str) -> requests.Response:
    return Browser(world.origin).authorize(CLIENT, identity_provider=name)


def _host(answer: requests.Response) -> tuple[str, str]:
    parts = urlsplit(answer.headers["Location"])
    return parts.netloc, parts.path


def test_the_table_has_a_row_for_each_kind_and_its_usual_scopes() -> None:
    rows: list[tuple[str, Any]] = re.findall(r"^\| `(\w+)` \|.*\| `([^`]+)` \|$", text_of(PAGE), re.MULTILINE)
    oauth = {kind: rules.usual_scopes for kind, rules in KINDS.items() if "client_id" in rules.required}
    assert dict(rows) == oauth
