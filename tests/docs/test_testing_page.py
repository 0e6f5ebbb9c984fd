"""docs/testing.md: its tests pass under pytest, its other lines run as they stand, on free ports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from docs.blocks import blocks, text_of
from halfday import pytest_plugin
from ports import free_port

PAGE = "testing.md"


def block(language: str, number: int = 0) -> str:
    return [each.text for each in blocks(PAGE) if each.language == language][number]


def ran(*command: str, folder: Path, **variables: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HALFDAY_", "AWS_"))}
    done = subprocess.run(
        command, cwd=folder, env={**kept, **variables}, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("configured", [False, True])
def test_the_tests_of_the_page_pass(tmp_path: Path, configured: bool) -> None:
    (tmp_path / "test_page.py").write_text(block("python"))
    (tmp_path / "pytest.ini").write_text(block("ini") if configured else "[pytest]\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "halfday.toml").write_text('[[user_pool]]\nid = "us-east-1_Seeded001"\n')
    told = ran(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_page.py", folder=tmp_path)
    assert "3 passed" in told


def test_the_tests_with_a_seed_file_pass(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text(block("ini"))
    (tmp_path / "tests" / "halfday.toml").write_text(block("toml"))
    handlers = next(each.text for each in blocks("triggers.md") if each.language == "python")
    (tmp_path / "tests" / "handlers.py").write_text(handlers)
    (tmp_path / "tests" / "test_page.py").write_text(block("python", 1))
    told = ran(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path)
    assert "3 passed" in told


def test_the_lines_for_any_other_runner_run(tmp_path: Path) -> None:
    ran(sys.executable, "-c", block("python", 2), folder=tmp_path)


def test_the_lines_for_any_other_language_run(tmp_path: Path) -> None:
    script = block("sh", 1).replace("4242", str(free_port())).replace("4244", str(free_port()))
    here = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    told = ran("bash", "-euc", script, folder=tmp_path, PATH=here, HALFDAY_SERVER_UPSTREAM="none")
    assert '"ahead_s":3600' in told
    assert '{"reset":"seed"}' in told
    assert '"openapi":"3.1.0"' in told


def test_every_fixture_stands_in_the_table() -> None:
    assert pytest_plugin.__doc__ is not None
    for line in pytest_plugin.__doc__.splitlines():
        name = line.partition("  ")[0]
        if name and name.replace("_", "").isalpha() and "  " in line:
            assert f"`{name}" in text_of(PAGE), name
