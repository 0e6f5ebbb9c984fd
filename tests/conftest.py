"""Fixtures that all tests share. A missing tool is a skip that says why; with CI=true it is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from world import Browser, Pool, World, running

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server for the tests of one file. Each test makes a pool of its own."""
    with running(tmp_path_factory.mktemp("data")) as up:
        yield up


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool()


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world.origin)


@pytest.fixture(autouse=True)
def _a_clean_surrounding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What this machine is set up for reaches no test: no AWS profile, no kept session."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "HALFDAY_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HALFDAY_CACHE_DIR", str(tmp_path / "halfday-cache"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if found is None:
        missing("Chromium is not installed: apt-get install chromium")
    return found


def missing(why: str) -> None:
    """A tool is not there: a skip on a person's machine, a failure in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)
