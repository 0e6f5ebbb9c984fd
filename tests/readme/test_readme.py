"""The README is true and short: its examples run, its commands exist, and every command is shown at work."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from halfday.cli.commands import COMMANDS
from halfday.server import demo
from halfday.server.operations import families
from halfday.server.operations.framework import registry
from world import Browser, running

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CALLBACK = "http://localhost:8080"


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


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


def test_every_command_that_is_shown_exists() -> None:
    shown = set(re.findall(r"^\s*halfday ([a-z-]+)", "\n".join(examples("sh")), re.MULTILINE))
    assert {"login", "serve", "doctor"} <= shown <= set(COMMANDS)


def test_every_command_is_shown_at_work_on_a_page() -> None:
    """Beside the table of all commands, which is made of them."""
    rows = re.compile(r"^\| `halfday [^\n]*$", re.MULTILINE)
    pages = "\n".join(path.read_text() for path in (ROOT / "docs").rglob("*.md") if path.name != "status.md")
    missing = {name for name in COMMANDS if not re.search(rf"halfday {name}\b", README + rows.sub("", pages))}
    assert missing == set(), f"no page shows these commands: {missing}"


def test_it_is_read_in_five_minutes() -> None:
    """A thousand words, or a few more. What is longer has a page of its own."""
    assert len(README.split()) <= 1100


def test_the_table_of_comparison_counts_what_is_answered() -> None:
    assert families.FAMILIES
    counts = Counter(operation.service for operation in registry.registered())
    assert f"| {counts['cognito-idp']}, {counts['cognito-identity']} |" in README


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://img.shields.io/badge/") or (ROOT / target).exists(), target
