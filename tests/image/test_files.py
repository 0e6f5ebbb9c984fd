"""What the image, compose.yaml and the unit name is there: settings, files, ids; and nothing travels unmeant."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml

from halfday.client.configuration.setting_sources import is_known_variable
from halfday.server import settings
from image.dockerfile import ROOT, instructions, last_stage
from sockets import answering

FILES = ["Dockerfile", "compose.yaml", "packaging/halfday.service", "packaging/app/Dockerfile", "docs/containers.md"]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
SEED = tomllib.loads((ROOT / "packaging/app/halfday.toml").read_text())


@pytest.mark.parametrize("name", FILES)
def test_every_setting_of_the_server_that_is_named_exists(name: str) -> None:
    known = {setting.name for setting in settings.table()} | {settings.secret_file(one) for one in settings.secrets()}
    named = re.findall(r"HALFDAY_SERVER_([A-Z_]*[A-Z])\b", (ROOT / name).read_text())
    assert {one.lower() for one in named} <= known


def test_the_image_is_nobody_s_who_is_root_and_looks_after_its_health() -> None:
    stage = last_stage()
    assert stage.user > 0
    assert stage.command == ["halfday", "serve"]
    assert (ROOT / "packaging" / Path(stage.healthcheck[-1]).name).exists()


@pytest.mark.parametrize("name", ["Dockerfile", "packaging/app/Dockerfile"])
def test_what_is_copied_is_there_and_not_kept_from_the_build(name: str) -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [rest.split()[:-1] for word, rest in instructions(ROOT / name) if word == "COPY" and "--from" not in rest]
    for source in (source for sources in copied for source in sources):
        assert (ROOT / source).exists(), source
        assert any(source == one or source.startswith(f"{one}/") for one in let_in), source


def test_nothing_but_the_program_gets_into_a_build() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*"
    assert "**/.halfday" in lines


def test_the_app_of_compose_is_an_app_client_of_its_seed_file() -> None:
    (pool,) = SEED["user_pool"]
    client = next(one for one in pool["client"] if one["id"] == COMPOSE["app"]["environment"]["HALFDAY_CLIENT_ID"])
    given = COMPOSE["app"]["environment"]
    assert all(map(is_known_variable, given))
    assert (given["HALFDAY_USER_POOL_ID"], given["HALFDAY_CLIENT_SECRET"]) == (pool["id"], client["secret"])
    assert given["HALFDAY_REDIRECT_URI"] in client["callback_urls"]
    assert given["HALFDAY_LOGOUT_URI"] in client["logout_urls"]
    assert given["HALFDAY_DOMAIN"] == COMPOSE["cognito"]["environment"]["HALFDAY_SERVER_PUBLIC_URL"]


def test_compose_opens_no_port_to_other_machines() -> None:
    ports = [port for service in COMPOSE.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_server_of_compose_takes_its_settings_and_its_seed() -> None:
    given = {k: re.sub(r"\$\{\w+:-(.*)\}", r"\1", v) for k, v in COMPOSE["cognito"]["environment"].items()}
    chosen = settings.load({"ephemeral": True, "host": "0.0.0.0"}, given)
    assert chosen.management_token


class Health(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_check_ends_as_health_is_answered(status: int, code: int) -> None:
    handler = type("Answering", (Health,), {"status": status})
    with answering(handler) as origin:
        assert checked(origin.rpartition(":")[2]) == code


def test_the_check_fails_where_nobody_listens() -> None:
    assert checked("1") == 1


def checked(port: str) -> int:
    variables = {"HALFDAY_SERVER_HOST": "0.0.0.0", "HALFDAY_SERVER_PORT": port}
    command = [sys.executable, "-IS", str(ROOT / "packaging/healthcheck.py")]
    return subprocess.run(command, env=variables, capture_output=True, timeout=20).returncode


@pytest.mark.parametrize(
    ("halfday_mb", "name", "code"), [(50, "halfday:latest", 0), (71, "halfday:latest", 1), (100, "halfday:aws", 0)]
)
def test_an_image_that_is_too_heavy_fails_its_build(tmp_path: Path, halfday_mb: int, name: str, code: int) -> None:
    layers = [{"size": 50_000_000}, {"size": halfday_mb * 1_000_000}]
    (tmp_path / "manifest.json").write_text(json.dumps({"layers": layers}))
    command = [sys.executable, str(ROOT / "packaging/sizes.py"), str(tmp_path), name, "gzip"]
    assert subprocess.run(command, capture_output=True).returncode == code
