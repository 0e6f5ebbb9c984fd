"""Our own commands against our own server: what AWS tools get by them, over sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from halfday.server import demo

Run = Callable[..., "subprocess.CompletedProcess[str]"]

_S3 = """
import boto3, sys
s3 = boto3.Session(**({"profile_name": sys.argv[2]} if len(sys.argv) > 2 else {})).client("s3")
print(s3.put_object(Bucket=sys.argv[1].split("/")[0], Key=sys.argv[1].split("/", 1)[1], Body=b"x")["ETag"])
"""
WHO = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]


@pytest.fixture
def environ(up: Any, tmp_path: Path) -> dict[str, str]:
    """A person with nothing of AWS but HALFDAY_* variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HALFDAY_", "AWS_"))}
    ours = {f"HALFDAY_{name.upper()}": value for name, value in up.connection(public=True).items()}
    return {**kept, **ours, "HOME": str(tmp_path), "HALFDAY_PASSWORD": demo.PASSWORD, "NO_COLOR": "1"}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    def run(*argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(argv, env={**environ, **more}, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def halfday(run: Run) -> Run:
    def halfday(*argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run(sys.executable, "-m", "halfday.cli", *argv, **more)

    halfday("login", "--username", demo.USERNAME)
    return halfday


@pytest.fixture
def own_key(halfday: Run) -> str:
    """BUCKET/KEY of what only this person may write."""
    return f"{demo.BUCKET}/home/{json.loads(halfday('whoami', '--json').stdout)['identity_id']}/x"


@pytest.mark.parametrize("renew", [[], ["--renew"]])
def test_a_boto3_script_run_by_exec_writes_what_is_the_person_s(halfday: Run, own_key: str, renew: list[str]) -> None:
    assert halfday("exec", *renew, "--", sys.executable, "-c", _S3, own_key).stdout.startswith('"')


def test_a_shell_that_took_env_in_calls_aws(halfday: Run, run: Run) -> None:
    aws = Path(sys.executable).with_name("aws")
    script = f'{halfday("env").stdout}\n"{sys.executable}" "{aws}" {" ".join(WHO)}'
    assert "CognitoIdentityCredentials" in run("bash", "-c", script).stdout


def test_a_configured_profile_serves_boto3_and_the_aws_cli(
    halfday: Run, run: Run, own_key: str, environ: dict[str, str]
) -> None:
    """Without a single HALFDAY_* variable: everything is in the profile."""
    halfday("configure", "--profile", "demo")
    for name in [name for name in environ if name.startswith("HALFDAY_")]:
        del environ[name]
    assert run(sys.executable, "-c", _S3, own_key, "demo").stdout.startswith('"')
    aws = str(Path(sys.executable).with_name("aws"))
    assert "CognitoIdentityCredentials" in run(sys.executable, aws, *WHO, "--profile", "demo").stdout


def test_logout_all_leaves_no_way_back(halfday: Run, environ: dict[str, str]) -> None:
    halfday("logout", "--all")
    command = [sys.executable, "-m", "halfday.cli", "credentials"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
