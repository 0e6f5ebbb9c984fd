"""The AWS CLI sets an identity pool up and asks it for credentials, as a script would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from federated import trust
from world import World

AWS = Path(sys.executable).with_name("aws")


def test_a_pool_a_mapping_and_credentials_of_a_backend_s_user(world: World, tmp_path: Path) -> None:
    given = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": world.origin}
    place = {
        "HOME": str(tmp_path),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def aws(*arguments: str, **credentials: str) -> Any:
        environment = {"PATH": os.environ["PATH"], **place, **given, **credentials}
        done = subprocess.run([AWS, *arguments], capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    identity = ("cognito-identity",)
    created = aws(
        *(*identity, "create-identity-pool", "--identity-pool-name", "scripted"),
        *("--allow-unauthenticated-identities", "--developer-provider-name", "login.example.com"),
        *("--supported-login-providers", "graph.facebook.com=7346241598935552"),
    )
    pool_id = created["IdentityPoolId"]
    document = json.dumps(trust(pool_id))
    role = aws("iam", "create-role", "--role-name", "scripted", "--assume-role-policy-document", document)
    arn = role["Role"]["Arn"]
    mapping = {"graph.facebook.com": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}}
    pool = ("--identity-pool-id", pool_id)
    aws(
        *(*identity, "set-identity-pool-roles", *pool, "--roles", f"authenticated={arn}"),
        *("--role-mappings", json.dumps(mapping)),
    )
    assert aws(*identity, "get-identity-pool-roles", *pool)["RoleMappings"] == mapping
    vouched = aws(
        *(*identity, "get-open-id-token-for-developer-identity", *pool, "--logins", "login.example.com=ada"),
        *("--token-duration", "600"),
    )
    issued = aws(
        *(*identity, "get-credentials-for-identity", "--identity-id", vouched["IdentityId"]),
        *("--logins", f"cognito-identity.amazonaws.com={vouched['Token']}", "--no-sign-request"),
    )["Credentials"]
    who = aws(
        "sts",
        "get-caller-identity",
        AWS_ACCESS_KEY_ID=issued["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=issued["SecretKey"],
        AWS_SESSION_TOKEN=issued["SessionToken"],
    )
    assert who["Arn"].endswith(":assumed-role/scripted/CognitoIdentityCredentials")
    listed = aws(*identity, "list-identities", *pool, "--max-results", "10")["Identities"]
    assert [one["Logins"] for one in listed] == [["login.example.com"]]
    aws(*identity, "delete-identities", "--identity-ids-to-delete", vouched["IdentityId"])
    assert aws(*identity, "list-identities", *pool, "--max-results", "10")["Identities"] == []
