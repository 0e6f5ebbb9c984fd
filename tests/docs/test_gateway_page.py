"""docs/gateway.md: its files make APIs that answer what the page shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from docs.blocks import blocks
from halfday.server import seed_file
from sockets import Handler, answering
from world import Pool, World, running

PAGE = "gateway.md"


def block(language: str, containing: str) -> str:
    return next(each.text for each in blocks(PAGE) if each.language == language and containing in each.text)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "handlers.py").write_text(block("python", "handlers.py"))
    (folder / "stock.py").write_text(block("python", "stock.py"))
    (folder / "halfday.toml").write_text(block("toml", "halfday.toml, beside") + block("toml", "appended"))
    with running(folder / "data", seed_file.read(folder / "halfday.toml"), upstream="none") as up:
        yield up


def here(world: World, text: str) -> str:
    return text.replace(":4242", ":" + world.origin.rpartition(":")[2])


@pytest.mark.parametrize(("commands", "printed"), [("prod/orders", '"7"'), ("/report", "signed by")])
def test_the_commands_print_what_the_page_shows(world: World, tmp_path: Path, commands: str, printed: str) -> None:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    command = ["bash", "-ec", here(world, block("sh", commands))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == block("text", printed), done.stderr


def test_the_script_makes_an_api(world: World) -> None:
    exec(compile(here(world, block("python", "create_rest_api")), PAGE, "exec"), {})
    for address in ("/restapis/ping/prod/_user_request_/", "/_aws/execute-api/ping/prod/"):
        assert requests.get(world.origin + address, timeout=10).json() == {"ping": "pong"}


def test_what_stands_behind_is_told_who_asks(world: World, tmp_path: Path) -> None:
    class StartApi(Handler):
        """As `sam local start-api` answers: a plain server with a path for each function."""

        def do_GET(self) -> None:
            self.answer(200, f"{self.path} {self.headers['X-Email']}".encode())

    pool, text = block("toml", "halfday.toml, beside").partition("[[api]]")[0], block("toml", 'id = "local"')
    with answering(StartApi) as backend:
        (tmp_path / "halfday.toml").write_text(pool + text.replace("http://127.0.0.1:3000", backend))
        with running(tmp_path / "data", seed_file.read(tmp_path / "halfday.toml"), upstream="none") as up:
            token = Pool(up, "us-east-1_Gateway01").tokens({"ClientId": "myapp"}, "ada@example.com")["IdToken"]
            url = f"{up.origin}/restapis/local/prod/_user_request_/a/b"
            answer = requests.get(url, headers={"Authorization": token}, timeout=10)
    assert answer.text == "/a/b ada@example.com"


def test_a_file_in_one_line_is_read(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("openapi: 3.0.1\ninfo: {title: orders}\npaths: {}\n")
    (tmp_path / "halfday.toml").write_text(block("toml", "openapi.yaml"))
    with running(tmp_path / "data", seed_file.read(tmp_path / "halfday.toml"), upstream="none") as up:
        assert [api["Name"] for api in up.boto3("apigatewayv2").get_apis()["Items"]] == ["orders"]
