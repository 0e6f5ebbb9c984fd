"""The AWS CLI and STS: who one is, roles by a profile and by a token file, tags and sessions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from federated import ACCOUNT, allow
from signers import ANYTHING, Signer, role, trusting, user
from world import Pool, World

AWS = Path(sys.executable).with_name("aws")

Cli = Callable[..., Any]


@pytest.fixture
def cli(world: World, tmp_path: Path) -> Cli:
    """`aws` with this profile's configuration: its answer, or what it said."""

    def run(*command: str, config: str, **more: str) -> Any:
        (tmp_path / "config").write_text(config)
        surrounding = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "AWS_ENDPOINT_URL": world.origin,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        done = subprocess.run([AWS, *command], env={**surrounding, **more}, capture_output=True, text=True, timeout=120)
        return json.loads(done.stdout) if done.returncode == 0 else done.stderr.strip()

    return run


def of(signer: Signer, *lines: str) -> str:
    """A configuration whose profile `me` is the signer's."""
    keys = [f"{name} = {value}" for name, value in signer.keys.items()]
    return "\n".join(["[profile me]", *keys, *lines, ""])


def test_who_one_is_and_a_role_of_one_s_own(world: World, cli: Cli) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn, "sts:AssumeRole", "sts:TagSession"))
    assert cli("sts", "get-caller-identity", "--profile", "me", config=of(ada))["Arn"] == ada.arn
    command = ["sts", "assume-role", "--role-arn", arn, "--role-session-name", "by-cli", "--profile", "me"]
    answer = cli(*command, "--tags", "Key=team,Value=red", "--transitive-tag-keys", "team", config=of(ada))
    assert answer["AssumedRoleUser"]["Arn"].endswith("/by-cli")
    other = role(world, trusting(user(world).arn))
    command[3] = other
    said = cli(*command, config=of(ada))
    assert said.endswith(
        "An error occurred (AccessDenied) when calling the AssumeRole operation: "
        f"User: {ada.arn} is not authorized to perform: sts:AssumeRole on resource: {other}"
    )


def test_a_profile_assumes_its_role(world: World, cli: Cli) -> None:
    ada = user(world)
    first = role(world, trusting(ada.arn, StringEquals={"sts:ExternalId": "x1815"}), allow("cognito-idp:ListUserPools"))
    second = role(world, trusting(first), allow("cognito-idp:ListUserPools"))
    config = of(ada) + "\n".join(
        [
            "[profile first]",
            f"role_arn = {first}",
            "source_profile = me",
            "external_id = x1815",
            "[profile second]",
            f"role_arn = {second}",
            "source_profile = first",
            "role_session_name = chained",
        ]
    )
    for profile in ("first", "second"):
        pools = ["cognito-idp", "list-user-pools", "--max-results", "1", "--profile", profile]
        assert "UserPools" in cli(*pools, config=config)
    who = cli("sts", "get-caller-identity", "--profile", "second", config=config)
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{second.rpartition('/')[2]}/chained"


def test_a_profile_with_a_token_file_is_whoever_the_token_is_of(
    world: World, pool: Pool, cli: Cli, tmp_path: Path
) -> None:
    pool.user()
    client = pool.client()
    url = f"https://cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    made = world.boto3("iam").create_open_id_connect_provider(Url=url, ClientIDList=[client["ClientId"]])
    arn = role(world, trusting({"Federated": made["OpenIDConnectProviderArn"]}, "sts:AssumeRoleWithWebIdentity"))
    (tmp_path / "token").write_text(pool.tokens(client)["IdToken"])
    config = f"[profile web]\nrole_arn = {arn}\nweb_identity_token_file = {tmp_path}/token\nrole_session_name = web\n"
    assert cli("sts", "get-caller-identity", "--profile", "web", config=config)["Arn"].endswith("/web")


def test_sessions_and_federated_users(world: World, cli: Cli) -> None:
    ada = user(world, ANYTHING)
    config = of(ada)
    session = cli("sts", "get-session-token", "--profile", "me", config=config)["Credentials"]
    assert session["AccessKeyId"].startswith("ASIA")
    policy = json.dumps(allow("s3:*"))
    bob = cli("sts", "get-federation-token", "--name", "bob", "--policy", policy, "--profile", "me", config=config)
    assert bob["FederatedUser"]["FederatedUserId"] == f"{ACCOUNT}:bob"
    key = cli("sts", "get-access-key-info", "--access-key-id", session["AccessKeyId"], "--profile", "me", config=config)
    assert key["Account"] == ACCOUNT
    said = cli("sts", "decode-authorization-message", "--encoded-message", "x", "--profile", "me", config=config)
    assert "(InvalidAuthorizationMessageException)" in said
