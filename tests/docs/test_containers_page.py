"""docs/containers.md: its compose file is one, its tests are read by their languages, its shell lines by bash."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from docs.blocks import Block, blocks
from halfday.server import settings
from tools import find

PAGE = "containers.md"


def of(language: str) -> list[Block]:
    return [block for block in blocks(PAGE) if block.language == language]


def test_every_block_is_held_by_a_test_here() -> None:
    assert {block.language for block in blocks(PAGE)} == {"sh", "yaml", "python", "js", "java", "go"}


def test_the_server_of_the_compose_file_takes_its_settings() -> None:
    (block,) = of("yaml")
    cognito = yaml.safe_load(block.text)["services"]["cognito"]
    assert settings.load({"ephemeral": True, "host": "0.0.0.0"}, cognito["environment"]).management_token
    assert all(port.startswith("127.0.0.1:") for port in cognito["ports"])


def test_shell_lines_are_shell() -> None:
    for block in of("sh"):
        subprocess.run(("bash", "-n"), input=block.text, text=True, check=True)


def test_python_is_python() -> None:
    for block in of("python"):
        ast.parse(block.text)


def test_javascript_is_javascript(tmp_path: Path) -> None:
    for block in of("js"):
        (tmp_path / "block.mjs").write_text(block.text)
        subprocess.run((find("node"), "--check", "block.mjs"), cwd=tmp_path, check=True)


def test_java_is_java(tmp_path: Path) -> None:
    """Its libraries are not there: nothing else is wrong with it. A mistake of grammar would hide those errors."""
    (block,) = of("java")
    assert {kind.partition(".")[0] for kind in kinds(block.text, tmp_path)} <= {"doesnt", "cant", "static"}
    assert "expected" in "".join(kinds(block.text.replace(");", ")"), tmp_path))


def kinds(source: str, folder: Path) -> set[str]:
    (folder / "SignUpTest.java").write_text(source)
    command = (find("javac"), "-XDrawDiagnostics", "-d", str(folder), "SignUpTest.java")
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60).stderr
    return set(re.findall(r"compiler\.err\.([\w.]+)", told))


def test_go_is_go() -> None:
    if shutil.which("gofmt") is None:
        pytest.skip("gofmt is not installed, and Go's compiler weighs too much for one block")
    (block,) = of("go")
    done = subprocess.run(("gofmt", "-l", "-e"), input=block.text, text=True, capture_output=True)
    assert (done.returncode, done.stdout) == (0, "")
