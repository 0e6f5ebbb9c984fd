"""docs/templates.md: its template is applied, used, looked at and deleted by the commands that the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.blocks import blocks, commands, matches, text_of
from halfday.server.templates.kinds import KINDS
from world import World, running

PAGE = "templates.md"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), upstream="none") as up:
        yield up


def test_the_commands_of_the_page_do_what_it_shows(world: World, tmp_path: Path) -> None:
    for block in blocks(PAGE):
        if block.file_name:
            (tmp_path / block.file_name).parent.mkdir(exist_ok=True)
            (tmp_path / block.file_name).write_text(block.text)
    tools = Path(sys.executable).parent
    path = {"PATH": f"{tools}:{os.environ['PATH']}", "AWS_PAGER": "", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    environ = {**os.environ, **path}
    shown = [one for block in blocks(PAGE) if block.language == "console" for one in commands(block)]
    ran = [one for one in shown if not one.text.startswith("pip ")]
    assert len(ran) == 8
    exported = ran.pop(0).text.replace("http://127.0.0.1:4242", world.for_tools)
    assert world.for_tools in exported
    for command in ran:
        script = f"{exported}\n[ ! -f outputs.sh ] || . ./outputs.sh\n{command.text}"
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=tmp_path,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, f"{command.text}\n{done.stdout}"
        assert matches(command.shown, done.stdout), f"{command.text}\n{done.stdout}"


def test_the_page_lists_every_type_that_is_taken() -> None:
    taken = text_of(PAGE).partition("## What is taken")[2].partition("\nFunctions:")[0]
    named = set()
    for family, types in re.findall(r"\*\*AWS::(\w+)\*\*: (.*?)(?=\n- |; \*\*|\Z)", taken, re.DOTALL):
        named |= {
            f"AWS::{family}::{name}" for name in re.findall(r"\b[A-Z]\w+", types.split(", at ")[0].split(", where")[0])
        }
    assert named - {"AWS::Serverless::SAM"} == set(KINDS)
