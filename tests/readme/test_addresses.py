"""Every address of this machine in README and docs, in prose and in blocks, is opened at the demo's server, or says why
it cannot be."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from halfday.server import demo
from world import Pool, World, running

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "web").glob("*.md"))]
SERVE = ROOT / "docs" / "serve.md"
_ADDRESS = re.compile(r"https?://(?:localhost|127\.0\.0\.1|[a-z]+\.localhost)(?::\d+)?[^\s`'\"\\)<>|…,;]*")

NOT_OURS = {
    8000: "the reader's web application: what a browser does there is tests/docs' and tests/web's",
    8001: "the reader's own backend",
    8080: "the reader's redirect URI: nothing has to listen there, the code is in the address",
    8400: "a second redirect URI",
    9999: "a redirect URI that is not registered, for the doctor to find",
    4245: "the proxy for AWS's names, which takes CONNECT alone",
    3001: "somebody else's Lambda",
    3002: "somebody else's Lambda",
    9000: "the AWS behind the front door, for who has one",
    5173: "a redirect URI of the reader's, for a configuration",
    8501: "a redirect URI of the reader's, where Streamlit listens",
    4566: "LocalStack, for who comes from there",
    9229: "cognito-local, for who comes from there",
    3000: "the address of somebody's application, in a sentence of the catalogue",
}

ONLY_WITH_AN_ANSWER = ("/oauth2/idpresponse",)
"""Where a provider's answer comes back. It is told to be registered there; without an answer it is an error."""

_PLACEHOLDER = re.compile(r"/(?:ID|STAGE)/")
"""An API's address, with words for what its reader has: tests/docs/test_gateway_page.py opens a real one."""


def addresses() -> list[str]:
    found = {address for page in PAGES for address in _ADDRESS.findall(page.read_text(encoding="utf-8"))}
    whole = (address.rstrip(".:") for address in found)
    fixed = (address for address in whole if not _PLACEHOLDER.search(address))
    return sorted(address for address in fixed if urlsplit(address).path not in ONLY_WITH_AN_ANSWER)


def port_of(address: str) -> int:
    return urlsplit(address).port or 80


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo's server, at which the sign-up of docs/serve.md was done: its codes are spoken of."""
    (sign_up,) = re.findall(r"```python\n(.*?)```", SERVE.read_text(encoding="utf-8"), re.DOTALL)
    with running(tmp_path_factory.mktemp("data"), tomllib.loads(demo.seed_text())) as up:
        exec(sign_up.replace("http://127.0.0.1:4242", up.origin), {})
        yield up


@pytest.mark.parametrize("address", [one for one in addresses() if port_of(one) not in NOT_OURS])
def test_an_address_that_is_told_can_be_opened(world: World, address: str) -> None:
    there = {4242: world.origin, 4243: world.running.google, 4244: world.running.management}[port_of(address)]
    parts = urlsplit(address)
    client = {"ClientId": demo.PUBLIC_CLIENT_ID}
    signed_in = Pool(world, demo.POOL_ID).tokens(client, demo.USERNAME, demo.PASSWORD) if _is_api(parts.path) else {}
    headers = {"Authorization": signed_in["IdToken"]} if signed_in else {}
    answer = requests.get(f"{there}{parts.path}?{parts.query}", headers=headers, timeout=10)
    if answer.status_code == 405:  # it is there, for a POST
        assert answer.headers["Allow"] == "POST"
        return
    if parts.path == "" and there == world.running.management:  # a base that a flag is given; it names what there is
        assert "/openapi.json" in answer.json()["message"]
        return
    assert answer.status_code == 200, f"{address}: {answer.text[:200]}"


def _is_api(path: str) -> bool:
    return path.startswith(f"{demo.API_PATH}/")


def test_no_reason_is_left_over() -> None:
    ports = {port_of(address) for address in addresses()}
    assert {4242, 4244} <= ports
    assert set(NOT_OURS) - ports <= {8001}, "8001 stands in the seed file"


def told_paths() -> list[str]:
    """The paths in the table of what one origin answers."""
    table = SERVE.read_text(encoding="utf-8").partition("One origin answers everything")[2].partition("\n\n## ")[0]
    return re.findall(r"`(/[\w/.]+)`", table)


@pytest.mark.parametrize("path", told_paths())
def test_a_path_that_is_told_is_there(world: World, path: str) -> None:
    asked = [requests.request(method, world.origin + path, timeout=10) for method in ("GET", "POST")]
    assert any(answer.status_code != 404 for answer in asked)
