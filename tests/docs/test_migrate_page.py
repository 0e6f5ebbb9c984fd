"""docs/migrate.md: its files are made and brought by the commands that it shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from docs.blocks import blocks, commands, text_of
from halfday.cli.commands.import_.sources import KINDS
from world import World, running

PAGE = "migrate.md"


@pytest.mark.parametrize("name", ["from_cognito_local.py", "make_csv.py"])
def test_what_is_made_is_brought(tmp_path: Path, name: str) -> None:
    all_blocks = blocks(PAGE)
    at = next(number for number, one in enumerate(all_blocks) if one.file_name == name)
    (tmp_path / name).write_text(all_blocks[at].text)
    _pool_for_people(tmp_path / ".halfday")
    here = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for command in commands(all_blocks[at + 1]):
        done = subprocess.run(
            ["bash", "-euc", command.text],
            cwd=tmp_path,
            env={**os.environ, "PATH": here},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert command.shown.strip().lstrip("✓ ") in done.stderr.replace("ok: ", "")


def _pool_for_people(data: Path) -> None:
    with running(data, {"user_pool": [{"id": "us-east-1_Demo00001"}]}):
        pass


def test_lines_of_the_live_import_run_against_a_server_that_plays_aws(world: World, tmp_path: Path) -> None:
    pool = world.pool()
    line = next(
        one for each in blocks(PAGE) for one in each.text.splitlines() if "--live us-east-1_AbCdEf123 --endpoint" in one
    )
    told = line.replace("us-east-1_AbCdEf123", pool.pool_id).replace("http://127.0.0.1:5000", world.origin)
    here = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        ["bash", "-euc", told], cwd=tmp_path, env={**kept, "PATH": here}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "1 user pool" in done.stderr


def test_every_product_stands_on_the_page() -> None:
    text = text_of(PAGE).lower()
    assert all(kind in text or kind == "halfday" for kind in KINDS)
