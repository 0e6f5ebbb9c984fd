"""One server for the folder, a backend that tells what it was sent, and a pool with somebody in it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sockets import Handler, answering
from world import World, running


class Echo(Handler):
    """Says what it was asked."""

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = {"method": self.command, "path": self.path, "headers": headers, "body": self.read_body().decode()}
        self.answer(201, json.dumps(seen).encode(), X_Backend="yes", WWW_Authenticate="Basic", Server="echo")

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET


@pytest.fixture(scope="session")
def backend() -> Iterator[str]:
    with answering(Echo) as origin:
        yield origin


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data")) as up:
        yield up
