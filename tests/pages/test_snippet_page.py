"""The page at `/` shows each app client's configurations: what the command prints, but for the client secret."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from halfday.snippets import HIDDEN, load, names
from world import Pool, World

_BLOCK = re.compile(r'<pre class="code"><code>(.*?)</code></pre>', re.DOTALL)
CALLBACK = "http://localhost:3000/callback"


def page(world: World, client: dict[str, Any], library: str, **headers: str) -> requests.Response:
    asked = urlencode({"snippet": library, "client_id": client["ClientId"]})
    return requests.get(f"{world.origin}/?{asked}", headers={"Accept": "text/html", **headers}, timeout=10)


def test_every_app_client_of_the_list_leads_to_its_configurations(world: World, pool: Pool) -> None:
    client = pool.client(ClientName="Mine, and yours")
    listed = requests.get(world.origin, headers={"Accept": "text/html"}, timeout=10).text
    (href,) = re.findall(rf'href="(/\?snippet=[^"]*{client["ClientId"]})"', listed)
    assert 'aria-label="Configuration for Mine, and yours"' in listed
    chosen = requests.get(world.origin + unescape(href), headers={"Accept": "text/html"}, timeout=10)
    for name in names():
        assert f">{load(name).title}</a>" in chosen.text
        assert page(world, client, name).status_code == 200


@pytest.mark.parametrize("name", names())
def test_the_secret_is_on_no_page(world: World, pool: Pool, name: str) -> None:
    client = pool.client(GenerateSecret=True)
    answer = page(world, client, name)
    assert answer.status_code == 200
    assert client["ClientSecret"] not in answer.text


def test_a_configuration_is_shown_with_the_command_that_prints_it_whole(world: World, pool: Pool) -> None:
    client = pool.client(CallbackURLs=[CALLBACK], GenerateSecret=True)
    shown = page(world, client, "openid-client").text
    text = unescape(_BLOCK.findall(shown)[0])
    assert f'client.ClientSecretBasic("{HIDDEN}")' in text
    assert f'new URL("{world.origin}/{pool.pool_id}")' in text
    assert f"halfday snippet openid-client --client {client['ClientId']} --show" in shown
    assert "What to change" not in shown


def test_what_is_lacking_is_shown_with_its_lines(world: World, pool: Pool) -> None:
    shown = unescape(page(world, pool.client(GenerateSecret=True), "streamlit").text)
    assert "the callback URL http://localhost:8501/oauth2callback is not registered" in shown
    assert '"http://localhost:8501/oauth2callback"]' in _BLOCK.findall(shown)[-1]


@pytest.mark.parametrize("library", ["nothing", "../streamlit", "Streamlit"])
def test_a_library_or_a_client_that_there_is_not_is_not_found(world: World, pool: Pool, library: str) -> None:
    assert page(world, pool.client(), library).status_code == 404
    assert page(world, {"ClientId": "nobody"}, "streamlit").status_code == 404


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "192.0.2.7"}, {"Host": "halfday.example"}])
def test_whoever_comes_from_elsewhere_sees_none(world: World, pool: Pool, headers: dict[str, str]) -> None:
    client = pool.client()
    answer = page(world, client, "openid-client", **headers)
    assert answer.status_code == 404
    assert client["ClientId"] not in answer.text
