"""What tests need from the system. A missing tool is a skip that says why; with CI=true it is a failure."""

from __future__ import annotations

import os
import shutil

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str:
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    return found or missing("Chromium is not installed: apt-get install chromium")


def find(tool: str) -> str:
    return shutil.which(tool) or missing(f"{tool} is not installed: apt-get install {tool}")


def missing(why: str) -> str:
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)
