"""One server with moto behind its front door for all services, and its root."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from world import World, running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data")) as up:
        yield up
