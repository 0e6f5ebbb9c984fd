from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "client"))

import cognito_peer
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, Peer

import commands

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def peer() -> Iterator[Peer]:
    with cognito_peer.running() as peer:
        yield peer


@pytest.fixture
def environ(peer: Peer, tmp_path: Path) -> dict[str, str]:
    """A person's environment whose AWS profile `demo` names the peer."""
    config = tmp_path / "config"
    config.write_text(
        f"[profile demo]\nhalfday_domain = {peer.origin}\nhalfday_client_id = {CLIENT_ID}\n"
        f"halfday_identity_pool_id = {IDENTITY_POOL_ID}\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HALFDAY_", "AWS_"))}
    ours = {"HOME": str(tmp_path), "HALFDAY_CACHE_DIR": str(tmp_path / "cache"), "NO_COLOR": "1", "COLUMNS": "100"}
    return {**kept, **ours, "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "demo"}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    def run(*argv: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return commands.run(*argv, env={**environ, **more}, stdin=stdin)

    return run


@pytest.fixture
def on_terminal(environ: dict[str, str]) -> Callable[..., tuple[int, str]]:
    """Runs the command with a terminal as its stdout: (exit code, what was shown there)."""

    def on_terminal(*argv: str, **more: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        done = commands.run(*argv, env={**environ, **more}, stdout=theirs)
        os.close(theirs)
        os.set_blocking(ours, False)
        try:
            return done.returncode, os.read(ours, 65_536).decode()
        except OSError:
            return done.returncode, ""
        finally:
            os.close(ours)

    return on_terminal
