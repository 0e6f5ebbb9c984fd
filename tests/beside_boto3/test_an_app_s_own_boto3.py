"""The server beside whatever boto3 an app has: from a sign-up to credentials.

`make test-boto3` runs this where boto3 is old, older and newest, each in an environment of its own, with nothing else
of the tests installed. The oldest stands beside the oldest Starlette and uvicorn that are allowed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import boto3
import pytest
from packaging.requirements import Requirement

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": ""}},
        }
    ],
}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    command = (sys.executable, "-m", "halfday.cli", "serve", "--port", "0", "--management-port", "0")
    served = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield _origin(served)
    finally:
        served.terminate()
        served.communicate(timeout=20)


def _origin(served: subprocess.Popen[str]) -> str:
    assert served.stdout is not None
    for line in served.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            return found[0]
    raise AssertionError("the server told no address")


def test_from_a_sign_up_to_credentials(origin: str) -> None:
    def client(service: str, key: str = "test", secret: str = "test", token: str | None = None) -> Any:
        keys = {"aws_access_key_id": key, "aws_secret_access_key": secret, "aws_session_token": token}
        return boto3.client(service, endpoint_url=origin, region_name="us-east-1", **keys)

    idp, pools = client("cognito-idp"), client("cognito-identity")
    pool_id = idp.create_user_pool(PoolName="app")["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    app = idp.create_user_pool_client(UserPoolId=pool_id, ClientName="web", ExplicitAuthFlows=flows)["UserPoolClient"]
    idp.sign_up(ClientId=app["ClientId"], Username="ada", Password="Lovelace-1815")
    idp.admin_confirm_sign_up(UserPoolId=pool_id, Username="ada")
    proof = {"USERNAME": "ada", "PASSWORD": "Lovelace-1815"}
    signed_in = idp.initiate_auth(ClientId=app["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=proof)
    name = f"cognito-idp.us-east-1.amazonaws.com/{pool_id}"
    identity_pool_id = pools.create_identity_pool(
        IdentityPoolName="app",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": name, "ClientId": app["ClientId"]}],
    )["IdentityPoolId"]
    TRUST["Statement"][0]["Condition"]["StringEquals"]["cognito-identity.amazonaws.com:aud"] = identity_pool_id  # type: ignore[index]
    role = client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    pools.set_identity_pool_roles(IdentityPoolId=identity_pool_id, Roles={"authenticated": role["Arn"]})
    logins = {name: signed_in["AuthenticationResult"]["IdToken"]}
    identity_id = pools.get_id(IdentityPoolId=identity_pool_id, Logins=logins)["IdentityId"]
    keys = pools.get_credentials_for_identity(IdentityId=identity_id, Logins=logins)["Credentials"]
    who = client("sts", keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"]).get_caller_identity()
    assert who["Arn"].endswith(":assumed-role/app/CognitoIdentityCredentials")


def test_nothing_of_boto3_is_named_by_the_server_s_requirements() -> None:
    """So that pip never has to choose between the server and an app."""
    asked = [line for line in requires("halfday") or () if re.search(r"extra == .server\b", line)]
    assert asked
    assert not [line for line in asked if re.match(r"(boto3|botocore|s3transfer|awscli)\b", line)]


@pytest.mark.parametrize(
    ("package", "release"), [("starlette", "0.37.2"), ("starlette", "0.50.0"), ("uvicorn", "0.46.0")]
)
def test_the_server_stands_beside_an_app_s_own_web_framework(package: str, release: str) -> None:
    """Releases of FastAPI ask for a Starlette below 1: pip would take it away, and the app would not start."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    asked = [Requirement(line) for line in project["optional-dependencies"]["server"]]
    assert [line.specifier.contains(release) for line in asked if line.name == package] == [True]


def test_the_server_loads_no_botocore(tmp_path: Path) -> None:
    script = (
        "import sys; from halfday.server.operations.framework.model import SERVICES, service_model; "
        "print([len(service_model(s).operation_names) for s in SERVICES], 'botocore' in sys.modules)"
    )
    told = subprocess.run((sys.executable, "-c", script), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.endswith("False\n")
