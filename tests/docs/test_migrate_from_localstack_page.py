"""docs/migrate-from-localstack.md: its suites pass at the server that they were written for, and at Halfday."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from docs.blocks import blocks
from tools import find
from world import World, running

PAGE = "migrate-from-localstack.md"
NODE_MODULES = Path(__file__).parents[1] / "real_clients" / "node" / "node_modules"


def block(language: str, containing: str) -> str:
    return next(each.text for each in blocks(PAGE) if each.language == language and containing in each.text)


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HALFDAY_", "AWS_"))}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**kept, "PATH": path, **variables}


WHOSE = """
import boto3
import pytest


def test_whose_it_is(aws):
    cognito = boto3.client("cognito-idp", region_name="us-east-1")
    with pytest.raises(cognito.exceptions.InvalidParameterException, match="Only one of"):
        cognito.create_user_pool(PoolName="both", UsernameAttributes=["email"], AliasAttributes=["email"])


def test_the_rest_is_moto_s(aws):
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="mine")
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["mine"]
"""


@pytest.mark.parametrize("when", ["before", "after", "kept"])
def test_a_suite_on_moto_passes_with_another_fixture(tmp_path: Path, when: str) -> None:
    for name in ("accounts.py", "test_accounts.py"):
        (tmp_path / name).write_text(block("python", f"# {name}\n"))
    (tmp_path / "conftest.py").write_text(block("python", f"# {when}/conftest.py\n"))
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    if when == "kept":
        (tmp_path / "test_whose.py").write_text(WHOSE)
    dummy = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"} if when == "before" else {}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:dash"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(**dummy), capture_output=True, text=True, timeout=100, check=False
    )
    assert f"{6 if when == 'kept' else 4} passed" in done.stdout, done.stdout + done.stderr


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    with running(tmp_path_factory.mktemp("data"), upstream="none") as up:
        yield up


def test_a_suite_on_cognito_local_passes_at_another_endpoint(world: World, tmp_path: Path) -> None:
    find("node")
    if not (NODE_MODULES / "@aws-sdk").exists():
        pytest.skip("the JavaScript clients are not installed: make javascript-clients")
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    (tmp_path / "accounts.test.mjs").write_text(block("js", "accounts.test.mjs"))
    script = here(world, block("sh", "node --test"))
    done = in_shell(script, tmp_path)
    assert "pass 3" in done.stdout, done.stdout + done.stderr


def test_a_hook_runs_and_its_seed_file_makes_the_same(world: World, tmp_path: Path) -> None:
    done = in_shell(here(world, block("sh", "init-cognito.sh")), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    by_hook = what_is_there(world)
    with running(tmp_path / "seeded", tomllib.loads(block("toml", "Shop00001")), upstream="none") as seeded:
        assert what_is_there(seeded) == by_hook


def what_is_there(world: World) -> tuple[object, ...]:
    """Name, groups and people of the hook's pool."""
    pool = {"UserPoolId": "us-east-1_Shop00001"}
    users = [(one["Username"], one["UserStatus"]) for one in world.idp.list_users(**pool)["Users"]]
    groups = [one["GroupName"] for one in world.idp.list_groups(**pool)["Groups"]]
    return world.idp.describe_user_pool(**pool)["UserPool"]["Name"], users, groups


def test_each_service_may_have_an_endpoint_of_its_own(world: World, tmp_path: Path) -> None:
    """With nothing behind the common endpoint: who asks for pools is answered all the same."""
    script = here(world, block("sh", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")).replace("4566", "1")
    keys = "export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1\n"
    calls = "aws cognito-idp list-user-pools --max-results 1\naws sts get-caller-identity\n"
    done = in_shell(f"set -e\n{script}{keys}{calls}", tmp_path)
    assert done.returncode == 0, done.stderr


def here(world: World, script: str) -> str:
    return script.replace("http://127.0.0.1:4242", world.origin)


def in_shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(HOME=str(folder)), capture_output=True, text=True,
        timeout=100, check=False,
    )  # fmt: skip
