"""halfday exec --renew: the command asks us for credentials for as long as it runs, and ends with us."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cognito_peer import IDENTITY_POOL_ID, REDIRECT_URI, Peer

Start = Callable[..., "subprocess.Popen[str]"]

AWS_VARIABLES = "import os, json; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('AWS_')}))"
RENEWING = """
import boto3, time
credentials = boto3.Session().get_credentials()
print(credentials.method)
seen, ends_at = [], time.time() + 60
while len(seen) < 3 and time.time() < ends_at:
    key = credentials.get_frozen_credentials().access_key
    if key not in seen:
        seen.append(key)
        print(key)
    time.sleep(0.2)
"""
WAITING = """
import os, signal, sys, time
def told(number, frame):
    print(signal.Signals(number).name, flush=True)
    if number == signal.SIGTERM: sys.exit(5)
for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT): signal.signal(number, told)
print("ready", flush=True)
while True: time.sleep(0.1)
"""


@pytest.fixture
def ada(run, peer: Peer) -> None:
    assert run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI).returncode == 0


@pytest.fixture
def start(environ: dict[str, str], ada: None) -> Iterator[Start]:
    """The command running, with stdin closed and nothing of a terminal around it."""
    running: list[subprocess.Popen[str]] = []

    def start(script: str, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "halfday.cli", "exec", "--renew", "--", sys.executable, "-c", script]
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, env={**environ, **more}, text=True, start_new_session=True, **pipes)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_a_boto3_child_has_its_credentials_renewed(run, peer: Peer, ada: None) -> None:
    peer.credentials_life_s = 4
    run("credentials")
    done = run("exec", "--renew", "--", sys.executable, "-c", RENEWING)
    assert done.returncode == 0, done.stderr
    method, *keys = done.stdout.split()
    assert method == "container-role"
    assert len(keys) == 3
    assert peer.count("GetId") == 1


def test_the_child_gets_an_endpoint_in_the_place_of_every_other_identity(run, peer: Peer, ada: None) -> None:
    stale = {"AWS_ACCESS_KEY_ID": "AKIAOLD", "AWS_SECRET_ACCESS_KEY": "old", "AWS_WEB_IDENTITY_TOKEN_FILE": "/x"}
    found = json.loads(run("exec", "--renew", "--", sys.executable, "-c", AWS_VARIABLES, **stale).stdout)
    assert found["AWS_CONTAINER_CREDENTIALS_FULL_URI"].startswith("http://127.0.0.1:")
    assert found["AWS_REGION"] == IDENTITY_POOL_ID.partition(":")[0]
    assert found["AWS_ENDPOINT_URL"] == peer.origin
    assert not {*stale, "AWS_PROFILE", "AWS_SESSION_TOKEN"} & set(found)


def test_a_default_profile_does_not_come_in_before_the_endpoint(run, ada: None, environ: dict[str, str]) -> None:
    credentials = Path(environ["HOME"], "shared")
    credentials.write_text("[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\n")
    script = "import boto3; print(boto3.Session().get_credentials().method)"
    done = run("exec", "--renew", "--", sys.executable, "-c", script, AWS_SHARED_CREDENTIALS_FILE=str(credentials))
    assert done.stdout == "container-role\n"
    assert "hidden" in done.stderr
    with open(environ["AWS_CONFIG_FILE"], "a") as config:
        config.write("[default]\nsso_session = corp\n")
    refused = run("exec", "--renew", "--", sys.executable, "-c", script)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "AWS SSO" in refused.stderr


def test_the_exit_code_is_the_child_s(run, ada: None) -> None:
    assert run("exec", "--renew", "--", sys.executable, "-c", "raise SystemExit(7)").returncode == 7
    killed = "import os; os.kill(os.getpid(), 9)"
    assert run("exec", "--renew", "--", sys.executable, "-c", killed).returncode == 137
    assert run("exec", "--renew", "--", "/no/such/command").returncode == 127


def test_who_has_to_sign_in_learns_it_before_the_command_runs(run) -> None:
    assert (run("exec", "--renew", "--", "echo", "ran").returncode, run("logout").returncode) == (3, 3)


def test_signals_reach_the_child_and_its_answer_is_ours(start: Start) -> None:
    process = start(WAITING)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    for number in (signal.SIGUSR1, signal.SIGINT, signal.SIGTERM):
        os.kill(process.pid, number)
        assert process.stdout.readline() == f"{number.name}\n"
    assert process.wait(30) == 5


def test_a_key_typed_at_the_terminal_reaches_the_child_once(environ: dict[str, str], ada: None) -> None:
    """The terminal itself sends SIGINT to the child: ours is not added to it."""
    command = [sys.executable, "-m", "halfday.cli", "exec", "--renew", "--", sys.executable, "-c", WAITING]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environ)
    shown = b""
    while b"ready" not in shown:
        shown += os.read(terminal, 1024)
    os.write(terminal, b"\x03")
    while b"SIGINT" not in shown:
        shown += os.read(terminal, 1024)
    os.kill(pid, signal.SIGTERM)
    while b"SIGTERM" not in shown:
        shown += os.read(terminal, 1024)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
    os.close(terminal)
    assert shown.count(b"SIGINT") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_killed_outright_it_leaves_nothing_behind(start: Start) -> None:
    process = start("import time; print('ready', flush=True); time.sleep(600)")
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.kill()
    assert process.stdout.read() == ""  # ends only when the child, which has this pipe too, is gone
