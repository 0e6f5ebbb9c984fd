"""What `halfday snippet` prints, put where the library looks for it: letter for letter, as a person's shell would."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from halfday.snippets import load
from real_clients.javascript import HERE, installed
from world import World

_NOT_A_PERSONS = ("HALFDAY_", "AWS_ACCESS", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT")


def printed(world: World, folder: Path, library: str, client: Mapping[str, Any], *options: str) -> Path:
    """The library's file in that folder. It lacks nothing of the app client: what is lacking would fail the test."""
    path = folder / load(library).file
    path.parent.mkdir(parents=True, exist_ok=True)
    asked = ["--endpoint-url", world.for_tools, "--client", client["ClientId"], *options]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_A_PERSONS)}
    command = [sys.executable, "-m", "halfday.cli", "snippet", library, *asked]
    done = subprocess.run(command, capture_output=True, env=environ, cwd=folder, timeout=60, check=False)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert "register it" not in said, said
    path.write_bytes(done.stdout)
    return path


def as_module(path: Path) -> ModuleType:
    """The printed Python, imported as `cognito`."""
    spec = importlib.util.spec_from_file_location("cognito", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def beside_node_modules(folder: Path) -> Path:
    """The folder as of a JavaScript project in which the libraries are installed."""
    installed()
    (folder / "node_modules").symlink_to(HERE / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    return folder
