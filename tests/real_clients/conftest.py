"""The demo's seed file on a real socket, and a program that waits at the registered callback."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from halfday.server import demo
from real_clients.elapsed import Elapsed
from real_clients.javascript import HERE, NODE, Node, installed, running_node
from sockets import Handler, answering
from world import World, running


@dataclass
class Callback:
    """A web application's callback: keeps the addresses that browsers came back to."""

    url: str
    visits: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def callback() -> Iterator[Callback]:
    visits: list[str] = []

    class Arrival(Handler):
        def do_GET(self) -> None:
            if self.path.startswith("/callback"):
                visits.append(f"http://{self.headers['Host']}{self.path}")
            seen = {name.lower(): value for name, value in self.headers.items()}
            self.answer(200, json.dumps({"title": "arrived", "headers": seen}).encode())

    with answering(Arrival) as origin:
        yield Callback(f"{origin.replace('127.0.0.1', 'localhost')}/callback", visits)


@dataclass
class Demo:
    """The demo pool, up, with what a client has to know about it."""

    world: World
    callback: Callback
    client_secret: str

    @property
    def origin(self) -> str:
        return self.world.origin

    def connection(self, *, public: bool = False) -> dict[str, Any]:
        """What goes into Cognito(…)."""
        known = {"domain": self.origin, "identity_pool_id": demo.IDENTITY_POOL_ID, "redirect_uri": self.callback.url}
        if public:
            return {**known, "client_id": demo.PUBLIC_CLIENT_ID}
        return {**known, "client_id": demo.CONFIDENTIAL_CLIENT_ID, "client_secret": self.client_secret}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, callback: Callback) -> Iterator[Demo]:
    """The callback's program is the API's backend too: it says which headers it was sent."""
    backend = callback.url.removesuffix("/callback").replace("localhost", "127.0.0.1")
    document = tomllib.loads(demo.seed_text(callback_urls=[callback.url], backend=backend))
    with running(tmp_path_factory.mktemp("data"), document) as world:
        world.boto3("s3").create_bucket(Bucket=demo.BUCKET)
        clients = document["user_pool"][0]["client"]
        yield Demo(world, callback, next(c["secret"] for c in clients if "secret" in c))


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """The JavaScript clients, in one process for all tests."""
    with running_node() as up:
        yield up


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a single-page application has loaded: Amplify and amazon-cognito-identity-js."""
    installed()
    packed = tmp_path_factory.mktemp("bundle") / "app.js"
    esbuild = HERE / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--define:global=globalThis", "--log-level=error", f"--outfile={packed}"]
    subprocess.run([NODE, esbuild, HERE / "browser.mjs", *options], check=True, timeout=60)
    return packed


@pytest.fixture
def elapsed(monkeypatch: pytest.MonkeyPatch) -> Elapsed:
    """The clock of the server and of the Python clients; it is put back at the test's end."""
    return Elapsed(monkeypatch)
