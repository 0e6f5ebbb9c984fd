"""`halfday serve` and `halfday init` as processes: started, set up from nothing by boto3, stopped, refused."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

HALFDAY = [sys.executable, "-m", "halfday.cli"]
SECONDS = 20


@contextmanager
def serve(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """(origin, process) of a server that answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*HALFDAY, "serve", "--port", str(port), "--data", str(folder / "data"), *options]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, env=_environment(folder))
    try:
        yield _answering(f"http://127.0.0.1:{port}", process), process
    finally:
        process.kill()
        process.communicate()


def test_without_a_seed_file_it_starts_empty_and_boto3_sets_everything_up(tmp_path: Path) -> None:
    with serve(tmp_path, "--upstream", "none") as (origin, process):
        idp = _boto3("cognito-idp", origin)
        assert idp.list_user_pools(MaxResults=10)["UserPools"] == []
        pool = idp.create_user_pool(PoolName="mine")["UserPool"]["Id"]
        idp.create_user_pool_domain(UserPoolId=pool, Domain="mine")
        client = idp.create_user_pool_client(
            UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )["UserPoolClient"]["ClientId"]
        idp.admin_create_user(UserPoolId=pool, Username="ada", MessageAction="SUPPRESS")
        idp.admin_set_user_password(UserPoolId=pool, Username="ada", Password="Lovelace-1815", Permanent=True)
        asked = {"USERNAME": "ada", "PASSWORD": "Lovelace-1815"}
        result = idp.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=asked)
        assert "IdToken" in result["AuthenticationResult"]
        process.send_signal(signal.SIGTERM)
        told = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 0, told
    assert f"Halfday is up on {origin}" in told
    assert "RELAXED" in told
    assert "Traceback" not in told
    assert (tmp_path / "data" / "master.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_the_file_that_init_writes_is_applied_and_applied_again(tmp_path: Path) -> None:
    written = subprocess.run([*HALFDAY, "init"], cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS)
    assert written.returncode == 0, written.stderr
    assert (tmp_path / "halfday.toml").stat().st_mode & 0o777 == 0o600
    again = subprocess.run([*HALFDAY, "init"], cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS)
    assert again.returncode == 1
    assert "left alone" in again.stderr
    subs = set()
    for _ in range(2):
        with serve(tmp_path, "--google-port", "0", "--upstream", "none") as (origin, _process):
            user = _boto3("cognito-idp", origin).admin_get_user(
                UserPoolId="us-east-1_Halfday01", Username="ada@example.com"
            )
            subs.add(user["Username"])
    assert len(subs) == 1


def test_strict_is_said_at_the_start(tmp_path: Path) -> None:
    with serve(tmp_path, "--signatures", "strict", "--upstream", "none") as (_origin, process):
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=SECONDS)[1]
    assert "STRICT" in told
    assert "RELAXED" not in told


@pytest.mark.parametrize(
    ("upstream", "line"),
    [
        ("moto", "AWS      in memory, by moto: buckets, tables, queues end with this server."),
        ("none", "AWS      none: its calls are answered 501."),
        ("http://127.0.0.1:9", "AWS      http://127.0.0.1:9"),
    ],
)
def test_what_becomes_of_buckets_is_said_at_the_start(tmp_path: Path, upstream: str, line: str) -> None:
    with serve(tmp_path, "--upstream", upstream) as (_origin, process):
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=SECONDS)[1]
    assert line in told


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--port", "99999"], "port"),
        (["--account-id", "12"], "account_id"),
        (["--region", "mars"], "region"),
        (["--root-access-key-id", "X"], "root_access_key_id"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_a_setting_that_cannot_be_stops_the_start_with_its_name(tmp_path: Path, options: list[str], named: str) -> None:
    command = [*HALFDAY, "serve", "--data", str(tmp_path / "data"), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=_environment(tmp_path))
    assert done.returncode == 2
    assert named in done.stderr
    assert "halfday: hint:" in done.stderr


def test_a_misspelt_word_in_the_seed_file_stops_the_start_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "halfday.toml").write_text('[[user_pool]]\nid = "us-east-1_X"\ncallback = "x"\n')
    command = [*HALFDAY, "serve", "--port", "0", "--data", str(tmp_path / "data")]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, env=_environment(tmp_path)
    )
    assert done.returncode == 2
    assert "[[user_pool]] number 1 has no callback" in done.stderr


def _boto3(service: str, origin: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=origin, region_name="us-east-1", **keys)


def _answering(origin: str, process: subprocess.Popen[str]) -> str:
    for _ in range(SECONDS * 10):
        if process.poll() is not None:
            raise AssertionError(process.communicate()[1])
        try:
            requests.get(origin, timeout=5)
            return origin
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the server did not come up")


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home)}
