"""The AWS CLI with a profile whose credential_process is ours; boto3 with the issued credentials; `halfday exec`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from halfday.server import demo
from world import Browser

AWS = Path(sys.executable).with_name("aws")
HALFDAY = f"{sys.executable} -I -m halfday.cli"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(up: Any, tmp_path: Path) -> dict[str, str]:
    """A person's machine: one AWS profile, `demo`, which says all that there is to say."""
    (tmp_path / "config").write_text(
        "[profile demo]\n"
        "region = us-east-1\n"
        f"endpoint_url = {up.origin}\n"
        f"credential_process = {HALFDAY} credentials --profile demo\n"
        f"halfday_domain = {up.origin}\n"
        f"halfday_client_id = {demo.CONFIDENTIAL_CLIENT_ID}\n"
        f"halfday_client_secret = {up.client_secret}\n"
        f"halfday_identity_pool_id = {demo.IDENTITY_POOL_ID}\n"
        f"halfday_redirect_uri = {up.callback.url}\n"
    )
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "HALFDAY_CACHE_DIR": str(tmp_path / "cache"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_PROFILE": "demo",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env={**environment, **more}, capture_output=True, text=True, timeout=120)

    return run


@pytest.fixture
def signed_in(up: Any, run: Run) -> None:
    """The address that the browser ended at, given to `halfday exchange`."""
    client = {"ClientId": demo.CONFIDENTIAL_CLIENT_ID}
    answer = Browser(up.origin).sign_in(client, demo.USERNAME, demo.PASSWORD, redirect_uri=up.callback.url)
    done = run(*HALFDAY.split(), "exchange", answer.headers["Location"])
    assert done.returncode == 0, done.stderr


def test_credential_process_hands_its_keys_to_the_aws_cli(run: Run, signed_in: None) -> None:
    told = run(str(AWS), "sts", "get-caller-identity")
    assert told.returncode == 0, told.stderr
    arn = json.loads(told.stdout)["Arn"]
    assert arn == "arn:aws:sts::123456789012:assumed-role/demo-authenticated/CognitoIdentityCredentials"


def test_the_aws_cli_works_in_the_person_s_own_folder_and_nowhere_else(
    run: Run, signed_in: None, tmp_path: Path
) -> None:
    identity = json.loads(run(*HALFDAY.split(), "whoami", "--json").stdout)["identity_id"]
    notes = tmp_path / "notes.txt"
    notes.write_text("half a day")
    own, other = (f"s3://{demo.BUCKET}/home/{who}/notes.txt" for who in (identity, "us-east-1:somebody-else"))
    put = run(str(AWS), "s3", "cp", str(notes), own)
    assert put.returncode == 0, put.stderr
    got = run(str(AWS), "s3", "cp", own, "-")
    assert got.stdout == "half a day"
    listed = run(str(AWS), "s3", "ls", f"s3://{demo.BUCKET}/home/{identity}/")
    assert "notes.txt" in listed.stdout
    refused = run(str(AWS), "s3", "cp", str(notes), other)
    assert refused.returncode != 0
    assert "AccessDenied" in refused.stderr


def test_without_a_session_the_aws_cli_says_what_to_run(run: Run) -> None:
    told = run(str(AWS), "sts", "get-caller-identity")
    assert told.returncode != 0
    assert "halfday login" in told.stderr


def test_exec_gives_a_command_what_it_needs(run: Run, signed_in: None) -> None:
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    done = run(*HALFDAY.split(), "exec", "--", sys.executable, "-c", script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("/CognitoIdentityCredentials")


def test_call_is_a_curl_that_is_signed_in(up: Any, run: Run, signed_in: None) -> None:
    done = run(*HALFDAY.split(), "call", "GET", f"{up.origin}{demo.API_PATH}/engine")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["headers"]["x-email"] == demo.USERNAME


def test_logout_leaves_nothing_to_use(run: Run, signed_in: None) -> None:
    assert run(*HALFDAY.split(), "logout").returncode == 0
    assert run(*HALFDAY.split(), "credentials").returncode == 3


def test_the_console_s_link_ends_at_a_page_of_this_server(up: Any, run: Run, signed_in: None) -> None:
    done = run(*HALFDAY.split(), "console", "--url", "--service", "s3")
    assert done.returncode == 0, done.stderr
    link = done.stdout.strip()
    assert link.startswith(f"{up.origin}/federation?Action=login&")
    page = requests.get(link, headers={"Accept": "text/html"}, timeout=10)
    assert page.status_code == 200
    who = json.loads(run(str(AWS), "sts", "get-caller-identity").stdout)
    assert who["Arn"] in page.text
    assert "https://console.aws.amazon.com/s3/home?region=us-east-1" in page.text
