from __future__ import annotations

from pathlib import Path

import pytest

from doctor.table import Stage
from world import Pool, World

_SHARE: list[str] = []


@pytest.fixture
def stage(world: World, pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    pool.user()
    return Stage(world, pool, monkeypatch, tmp_path)


@pytest.fixture(scope="session")
def share() -> list[str]:
    """A line that stands at the end of the test run."""
    return _SHARE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _SHARE:
        terminalreporter.write_line(line)
