"""The demo's seed file on a real socket, and a program that waits at the registered callback."""

from __future__ import annotations

import json
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from halfday.server import demo
from real_clients.javascript import Node, running_node
from world import World, running


@dataclass
class Callback:
    """A web application's callback: keeps the addresses that browsers came back to."""

    server: ThreadingHTTPServer
    visits: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.server_address[1]}/callback"


@pytest.fixture(scope="module")
def callback() -> Iterator[Callback]:
    visits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/callback"):
                visits.append(f"http://{self.headers['Host']}{self.path}")
            seen = {name.lower(): value for name, value in self.headers.items()}
            body = json.dumps({"title": "arrived", "headers": seen}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield Callback(server, visits)
    server.shutdown()
    server.server_close()


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
