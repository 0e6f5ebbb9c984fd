"""The AWS CLI with a role's credentials at services behind the front door."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from role_sessions import allow, arn, session
from world import World

AWS = Path(sys.executable).with_name("aws")


@pytest.fixture
def aws(world: World, tmp_path: Path) -> Iterator[Any]:
    for name in ("cli", "other"):
        world.boto3("secretsmanager").create_secret(Name=name, SecretString="hunter2")
    world.boto3("s3").create_bucket(Bucket="cli-files")
    world.boto3("sqs").create_queue(QueueName="cli")
    some = session(
        world,
        allow("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:cli-??????")),
        allow(["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"], "arn:aws:s3:::cli-files/own/*"),
        allow("sqs:SendMessage", arn("sqs", "cli")),
    )
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": world.for_tools,
        "AWS_DEFAULT_REGION": "us-east-1",
        **{name.upper(): value for name, value in some.keys.items()},
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([AWS, *arguments], env=environment, capture_output=True, text=True, timeout=60)

    yield run
    for name in ("cli", "other"):  # moto has one memory for all servers of a process
        world.boto3("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_what_the_role_may_is_done_and_the_rest_is_told(world: World, aws: Any, tmp_path: Path) -> None:
    told = aws("secretsmanager", "get-secret-value", "--secret-id", "cli")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["SecretString"] == "hunter2"
    denied = aws("secretsmanager", "get-secret-value", "--secret-id", "other")
    assert "AccessDeniedException" in denied.stderr
    assert (
        "is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager"
        in denied.stderr
    )
    url = f"{world.for_tools}/123456789012/cli"
    sent = aws("--endpoint-url", world.for_tools, "sqs", "send-message", "--queue-url", url, "--message-body", "x")
    assert "MessageId" in sent.stdout, sent.stderr
    assert (
        "sqs:receivemessage"
        in aws("--endpoint-url", world.for_tools, "sqs", "receive-message", "--queue-url", url).stderr
    )
    assert "UnauthorizedOperation" in aws("ec2", "describe-instances").stderr


def test_a_file_goes_and_comes_in_parts(world: World, aws: Any, tmp_path: Path) -> None:
    content = os.urandom(9 * 1024 * 1024)
    (tmp_path / "file").write_bytes(content)
    assert aws("s3", "cp", str(tmp_path / "file"), "s3://cli-files/own/file").returncode == 0
    assert aws("s3", "cp", "s3://cli-files/own/file", str(tmp_path / "back")).returncode == 0
    assert (tmp_path / "back").read_bytes() == content
    assert "AccessDenied" in aws("s3", "cp", str(tmp_path / "file"), "s3://cli-files/else/file").stderr
