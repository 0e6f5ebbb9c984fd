"""Starts servers as the image does, in a network namespace of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from image.networks import Network, two_namespaces
from image.places import IMAGE, Given, Started, start
from tools import find, missing

Start = Callable[..., Started]
NEEDED = ("ip", "unshare", "setpriv", "curl")


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("namespaces are made by root, on Linux")
    for tool in NEEDED if IMAGE is None else ("ip", "curl", "podman"):
        find(tool)
    try:
        with two_namespaces() as made:
            yield made
    except OSError as problem:
        missing(f"network namespaces cannot be made here: {problem}")


@pytest.fixture
def begin(network: Network, tmp_path: Path) -> Iterator[Start]:
    """`begin(data=…, seed=…, tmp=…, EPHEMERAL="true", …)`: settings are given by their variables."""
    made: list[Started] = []

    def run(*, data: Path | None = None, seed: Path | None = None, tmp: bool = True, **settings: Any) -> Started:
        variables = {f"HALFDAY_SERVER_{name}": value for name, value in settings.items()}
        made.append(start(Given(network, data, seed, tmp, variables), tmp_path))
        return made[-1]

    yield run
    for one in made:
        one.remove()
