from __future__ import annotations

from pathlib import Path

import pytest

from doctor.table import Stage
from world import World


@pytest.fixture
def stage(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    return Stage(world, monkeypatch, tmp_path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What a test recorded as `said` stands at the end of the run, whichever process it ran in."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, line in report.user_properties:
            if name == "said":
                terminalreporter.write_line(str(line))
