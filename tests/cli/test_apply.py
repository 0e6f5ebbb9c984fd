"""halfday apply makes what templates declare, prints their outputs for a shell, and says what it did."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.conftest import Run
from world import World, running

TEMPLATE = """
Parameters:
  Name: {Type: String, Default: shop}
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {UserPoolName: !Ref Name}
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref Pool, ClientName: web}
  Topic:
    Type: AWS::SNS::Topic
Outputs:
  UserPoolId: {Value: !Ref Pool}
  Greeting: {Value: !Sub "it's ${Name}"}
  TopicArn: {Value: !Ref Topic}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), upstream="none") as up:
        yield up


@pytest.fixture
def apply(run: Run, world: World, tmp_path: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    (tmp_path / "shop.yaml").write_text(TEMPLATE)

    def apply(*argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run("apply", *argv, "--endpoint-url", world.for_tools, **more)

    yield apply
    apply("--delete", "shop")


def test_it_prints_outputs_for_a_shell_and_says_what_it_did(apply: Run, world: World, tmp_path: Path) -> None:
    done = apply(str(tmp_path / "shop.yaml"))
    assert done.returncode == 0, done.stderr
    shell = subprocess.run(["sh", "-c", f'{done.stdout}echo "$UserPoolId|$Greeting"'], capture_output=True, check=True)
    pool_id, greeting = shell.stdout.decode().strip().split("|")
    assert greeting == "it's shop"
    assert world.idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]["Name"] == "shop"
    for line in (
        "+ create  shop/Pool  AWS::Cognito::UserPool",
        "+ create  shop/Client  AWS::Cognito::UserPoolClient",
        "not taken: Topic  AWS::SNS::Topic",
        "not printed: output TopicArn, which names Topic",
        "shop: 2 changes made",
    ):
        assert line in done.stderr
    again = apply(str(tmp_path / "shop.yaml"))
    assert again.stdout == done.stdout
    assert "shop: no changes" in again.stderr


def test_a_dry_run_shows_the_difference_and_changes_nothing(apply: Run, world: World, tmp_path: Path) -> None:
    template = str(tmp_path / "shop.yaml")
    found = json.loads(apply(template, "--format", "json").stdout)
    planned = apply(template, "--parameter", "Name=market", "--dry-run")
    assert (planned.returncode, planned.stdout) == (0, "")
    assert "~ update  shop/Pool  AWS::Cognito::UserPool  (UserPoolName)" in planned.stderr
    assert world.idp.describe_user_pool(UserPoolId=found["UserPoolId"])["UserPool"]["Name"] == "shop"


@pytest.mark.parametrize(
    "given",
    [
        [{"ParameterKey": "Name", "ParameterValue": "market"}],
        {"Name": "market"},
        {"Parameters": {"Name": "market"}},
    ],
)
def test_parameters_come_from_a_file_in_the_forms_that_aws_tools_have(
    apply: Run, tmp_path: Path, given: object
) -> None:
    (tmp_path / "given.json").write_text(json.dumps(given))
    done = apply(str(tmp_path / "shop.yaml"), "--parameters-file", str(tmp_path / "given.json"), "--format", "json")
    assert json.loads(done.stdout)["Greeting"] == "it's market"


def test_what_was_applied_is_deleted_by_its_name(apply: Run, world: World, tmp_path: Path) -> None:
    found = json.loads(apply(str(tmp_path / "shop.yaml"), "--stack", "other", "--format", "json").stdout)
    done = apply("--delete", "other")
    assert "- delete  other/Pool" in done.stderr
    pools = [one["Id"] for one in world.idp.list_user_pools(MaxResults=60)["UserPools"]]
    assert found["UserPoolId"] not in pools
    assert "there is no stack other" in apply("--delete", "other").stderr


def test_the_outputs_of_what_was_applied_are_printed_again(apply: Run, tmp_path: Path) -> None:
    first = apply(str(tmp_path / "shop.yaml"))
    assert apply("--outputs", "shop").stdout == first.stdout
    missing = apply("--outputs", "nothing")
    assert (missing.returncode, "there are: shop" in missing.stderr) == (1, True)


def test_amplify_outputs_are_of_what_stands(apply: Run, tmp_path: Path) -> None:
    made = json.loads(apply(str(tmp_path / "shop.yaml"), "--amplify-outputs").stdout)
    assert made["version"] == "1.4"
    assert made["auth"]["user_pool_id"].startswith("us-east-1_")
    assert made["auth"]["aws_region"] == "us-east-1"
    assert made["custom"]["user_pool_endpoint"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("argv", "code", "told"),
    [
        (["missing.yaml"], 1, "there is no file missing.yaml"),
        ([], 2, "name templates, or --delete STACK"),
        (["shop.yaml", "--parameter", "Name"], 2, "is not NAME=VALUE"),
        (["shop.yaml", "--parameter", "Nobody=1"], 1, "the template has no parameter Nobody"),
    ],
)
def test_what_it_cannot_do_is_told_with_what_to_change(
    apply: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], code: int, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = apply(*argv)
    assert (done.returncode, told in done.stderr) == (code, True), done.stderr
    assert "halfday: hint: " in done.stderr


def test_it_is_never_applied_to_aws(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(TEMPLATE)
    aws = "https://cognito-idp.us-east-1.amazonaws.com"
    done = run("apply", str(tmp_path / "shop.yaml"), "--endpoint-url", aws)
    assert (done.returncode, "is AWS" in done.stderr) == (2, True)


def test_a_profile_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    done = run("apply", "--outputs", "shop", "--profile", "nobody")
    assert (done.returncode, "(nobody) could not be found" in done.stderr) == (2, True)


def test_where_no_server_answers_it_says_how_to_start_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(TEMPLATE)
    done = run("apply", str(tmp_path / "shop.yaml"), "--endpoint-url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "http://127.0.0.1:9 does not answer" in done.stderr
    assert "halfday serve starts one" in done.stderr
