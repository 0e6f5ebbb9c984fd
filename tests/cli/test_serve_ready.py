"""What `halfday serve` tells programs: --json, --ready-file, --ephemeral."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

SERVE = (sys.executable, "-m", "halfday.cli", "serve", "--port", "0", "--management-port", "0", "--upstream", "none")
SEED = '[[user_pool]]\nid = "us-east-1_Told00001"\n[[user_pool.client]]\nid = "told"\nname = "web"\n'


def test_addresses_are_one_line_of_json_and_a_file_that_goes(tmp_path: Path) -> None:
    (tmp_path / "halfday.toml").write_text(SEED)
    ready = tmp_path / "ready.json"
    ready.write_text("from an earlier start")
    served = subprocess.Popen(
        (*SERVE, "--ephemeral", "--json", "--ready-file", str(ready)),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert served.stdout is not None
        told = json.loads(served.stdout.readline())
        while not ready.exists():
            time.sleep(0.01)
        assert json.loads(ready.read_text()) == told
        assert (told["ephemeral"], told["process_id"]) == (True, served.pid)
        assert told["user_pools"] == [
            {"id": "us-east-1_Told00001", "clients": [{"id": "told", "name": "web"}], "users": []}
        ]
        assert requests.get(f"{told['origin']}/ready", timeout=5).json() == {"status": "ok"}
        assert requests.get(f"{told['management']}/messages", timeout=5).json() == {"messages": []}
        assert {entry.name for entry in tmp_path.iterdir()} == {"halfday.toml", "ready.json"}
    finally:
        served.send_signal(signal.SIGTERM)
        rest, _ = served.communicate(timeout=20)
    assert (served.returncode, rest) == (0, "")
    assert {entry.name for entry in tmp_path.iterdir()} == {"halfday.toml"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--ephemeral", "--data", "kept"), "data: ephemeral keeps nothing"),
        (("--ephemeral", "--durability", "full"), "durability: ephemeral keeps nothing"),
        (("--ephemeral", "--master-key-file", "key"), "master_key_file: ephemeral keeps nothing"),
        (("--ready-file", "no/such/folder/ready.json"), "ready_file: nothing can be written in"),
        (("--management-token", "a-token-of-management"), "management_token: everybody on this machine sees"),
    ],
)
def test_what_does_not_go_together_is_refused_at_the_start(
    tmp_path: Path, given: tuple[str, ...], sentence: str
) -> None:
    ended = subprocess.run((*SERVE, *given), cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert [*tmp_path.iterdir()] == []


def test_a_port_that_is_taken_is_answered_with_the_way_around_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = (sys.executable, "-m", "halfday.cli", "serve", "--ephemeral", "--upstream", "none", "--port", port)
        refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode == 2
    assert "halfday: hint: another program has it: --port 0 takes one that is free" in refused.stderr


def test_a_seed_file_that_is_its_owner_s_alone_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the image's user meets one that `halfday init` wrote for another."""
    from halfday.cli.commands import serve

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert serve.run(["--config", str(tmp_path / "halfday.toml")]) == 2
    told = capsys.readouterr().err
    assert "cannot be read: Permission denied" in told
    assert "chmod 644" in told
