"""docs/production.md: what is started so is for others, and a backup brings everything back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from docs.blocks import blocks
from halfday.server import demo
from ports import free_port

PAGE = "production.md"


def block(language: str, containing: str = "") -> str:
    return next(each.text for each in blocks(PAGE) if each.language == language and containing in each.text)


@contextmanager
def served(script: str, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server by the shell's lines, in the folder, on the port."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HALFDAY_"))}
    ours = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HALFDAY_SERVER_PORT": str(port)}
    ours |= {"HALFDAY_SERVER_GOOGLE_PORT": "0", "HALFDAY_SERVER_UPSTREAM": "none", "HALFDAY_SERVER_READY_FILE": "up"}
    lines = re.sub(r"^halfday serve", "exec halfday serve", script, flags=re.MULTILINE)
    with subprocess.Popen(
        ["bash", "-euc", lines], cwd=folder, env={**kept, **ours}, stderr=subprocess.DEVNULL
    ) as process:
        try:
            until = time.monotonic() + 60
            while not (folder / "up").exists():
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield process
        finally:
            process.kill()
            process.wait(20)
            (folder / "up").unlink(missing_ok=True)


def test_who_starts_it_so_is_reached_by_others_who_have_no_dummy_keys(tmp_path: Path) -> None:
    port = free_port()
    with served(block("sh", "ROOT_ACCESS_KEY_ID"), tmp_path, port):
        origin = f"http://127.0.0.1:{port}"
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        idp = boto3.client("cognito-idp", endpoint_url=origin, **keys)
        with pytest.raises(ClientError) as refused:
            idp.list_user_pools(MaxResults=1)
        assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"
        ready = block("sh", "/ready").replace("4242", str(port))
        subprocess.run(["bash", "-euc", ready], check=True, timeout=20, stdout=subprocess.DEVNULL)


def test_the_backup_of_a_running_server_brings_everything_back(tmp_path: Path) -> None:
    (tmp_path / "halfday.toml").write_text(demo.seed_text())
    port = free_port()
    with served("halfday serve", tmp_path, port):
        before = keys_of(port)
        run(block("sh", "mkdir -p -m 700 backup"), tmp_path)
    run(block("sh", "rm -rf .halfday"), tmp_path)
    (tmp_path / "halfday.toml").unlink()
    with served("halfday serve", tmp_path, port):
        assert keys_of(port) == before
        assert sign_in(port)["AuthenticationResult"]["IdToken"]


def keys_of(port: int) -> object:
    return requests.get(f"http://127.0.0.1:{port}/{demo.POOL_ID}/.well-known/jwks.json", timeout=10).json()


def sign_in(port: int) -> dict[str, dict[str, str]]:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    idp = boto3.client("cognito-idp", endpoint_url=f"http://127.0.0.1:{port}", **keys)
    named = {"USERNAME": demo.USERNAME, "PASSWORD": demo.PASSWORD}
    answer: dict[str, dict[str, str]] = idp.initiate_auth(
        ClientId=demo.PUBLIC_CLIENT_ID, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=named
    )
    return answer


def run(script: str, folder: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(["bash", "-euc", script], cwd=folder, env={**os.environ, "PATH": path}, check=True, timeout=60)


def test_the_proxy_says_what_the_server_goes_by() -> None:
    told = dict(re.findall(r"proxy_set_header (\S+) (\S+);", block("nginx")))
    assert told == {"Host": "$http_host", "X-Forwarded-For": "$remote_addr", "X-Forwarded-Proto": "$scheme"}
    assert "proxy_pass http://127.0.0.1:4242;" in block("nginx")
