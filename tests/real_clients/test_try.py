"""`halfday try`, the main job, as a person runs it on a machine without a display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TRY = [sys.executable, "-m", "halfday.cli", "try", "--no-browser", "--port", "0"]


def test_try_tells_the_whole_path_and_ends_well(tmp_path: Path) -> None:
    done = subprocess.run(TRY, capture_output=True, text=True, timeout=120, env=_environment(tmp_path))
    assert done.returncode == 0, done.stderr + done.stdout
    assert "buckets live in memory" not in done.stderr
    assert '"aud": "demowebapp"' in done.stdout
    assert not [name for name in ("jti", "origin_jti", "event_id", "at_hash") if f'"{name}":' in done.stdout]
    for told in (
        "?code=",
        "grant_type=authorization_code",
        '"token_use": "id"',
        '401  {"message":"Unauthorized"}',
        "200  {",
        "GetCredentialsForIdentity",
        "AccessDenied: User:",
        "messages/latest?username=hedy%40example.com",
        "hedy@example.com signed up, confirmed, and is signed in",
        "the page asks for the app's code",
        "amazoncognito.com",
    ):
        assert told in done.stdout
    assert "\x1b[" not in done.stdout, "no colours where there is no terminal"


def test_try_fails_when_its_port_is_taken(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [*TRY[:-1], port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=_environment(tmp_path))
    assert done.returncode == 1
    assert "cannot listen" in done.stderr


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home)}
