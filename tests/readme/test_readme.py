"""The README is true: its operations table is the registry's, its examples run, its commands exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from halfday.cli.commands import COMMANDS
from halfday.server import demo
from halfday.server.operations import families
from halfday.server.operations.framework import registry
from halfday.server.operations.framework.model import SERVICES, service_model
from world import Browser, running

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
TABLE = re.compile(r"(<!-- operations: [^\n]*-->\n).*?(<!-- /operations -->)", re.DOTALL)
CALLBACK = "http://localhost:8080"


def operations_table() -> str:
    rows = ["| service | answered | operations |", "|---|--:|---|"]
    for service in SERVICES:
        answered = [operation.name for operation in registry.registered() if operation.service == service]
        total = len(service_model(service).operation_names)
        rows.append(f"| {service} | {len(answered)} of {total} | {' · '.join(answered)} |")
    return "\n".join(rows) + "\n"


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_operations_table_is_the_registry_s() -> None:
    assert families.FAMILIES
    shown = TABLE.search(README)
    assert shown is not None
    assert shown[0] == shown[1] + operations_table() + shown[2], "run: make tables"


@pytest.mark.parametrize("how", ["code", "url"])
def test_the_ten_lines_run_as_they_stand(tmp_path: Path, how: str) -> None:
    document = tomllib.loads(demo.seed_text(callback_urls=[CALLBACK]))
    secret = next(c["secret"] for c in document["user_pool"][0]["client"] if "secret" in c)
    with running(tmp_path, document) as world:
        client = {"ClientId": demo.CONFIDENTIAL_CLIENT_ID}
        answer = Browser(world.origin).sign_in(client, demo.USERNAME, demo.PASSWORD)
        lines = examples("python")[0]
        lines = lines.replace("https://YOUR-PREFIX.auth.eu-west-1.amazoncognito.com", world.origin)
        lines = lines.replace('client_id="…"', f'client_id="{demo.CONFIDENTIAL_CLIENT_ID}"')
        lines = lines.replace('client_secret="…"', f'client_secret="{secret}"')
        lines = lines.replace('identity_pool_id="eu-west-1:…"', f'identity_pool_id="{demo.IDENTITY_POOL_ID}"')
        url = answer.headers["Location"]
        code = re.search("code=([^&]+)", url)
        assert code is not None
        names: dict[str, Any] = {"code": code[1] if how == "code" else url}
        exec(lines, names)
        assert names["session"].claims["email"] == demo.USERNAME


def test_the_boto3_example_runs(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        names: dict[str, Any] = {}
        exec(examples("python")[1].replace("http://127.0.0.1:4242", world.origin), names)
        assert world.code_for("ada@example.com", "SignUp")
    assert names["pool"]["UserPool"]["Id"] == "us-east-1_Mine00001"


def test_every_command_that_is_shown_exists_and_every_command_is_shown() -> None:
    shown = set(re.findall(r"^\s*halfday ([a-z-]+)", "\n".join(examples("sh")), re.MULTILINE))
    assert shown <= set(COMMANDS)
    missing = {name for name in COMMANDS if f"halfday {name}" not in README and name not in ("token", "credentials")}
    assert missing == set(), f"README.md does not show these commands: {missing}"


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
