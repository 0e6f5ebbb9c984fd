"""What every server is asked, ours and others, about a pool, an app client and a user that boto3 made there."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.load import Asked

REGION, USERNAME, PASSWORD = "us-east-1", "ada@example.com", "Lovelace-1815"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"}


@dataclass(frozen=True)
class Pool:
    origin: str
    pool_id: str
    client_id: str
    machine_id: str
    machine_secret: str


def set_up(origin: str) -> Pool:
    """A pool with one user, a client that signs people in, and one with a secret for machines."""
    idp = boto3.client("cognito-idp", endpoint_url=origin, region_name=REGION, **KEYS)
    pool_id = idp.create_user_pool(PoolName="bench")["UserPool"]["Id"]
    client = idp.create_user_pool_client(UserPoolId=pool_id, ClientName="people", ExplicitAuthFlows=FLOWS)
    scope = {"ScopeName": "read", "ScopeDescription": "Read"}
    machine: dict[str, Any] = {}
    try:
        idp.create_resource_server(UserPoolId=pool_id, Identifier="orders", Name="orders", Scopes=[scope])
        machine = idp.create_user_pool_client(
            UserPoolId=pool_id, ClientName="machines", GenerateSecret=True, AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=["orders/read"], AllowedOAuthFlowsUserPoolClient=True,
        )["UserPoolClient"]  # fmt: skip
    except idp.exceptions.ClientError as refusal:
        print(f"  {origin}: no client for machines ({refusal.response['Error']['Code']})")
    idp.admin_create_user(
        UserPoolId=pool_id, Username=USERNAME, MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "ada@example.com"}, {"Name": "email_verified", "Value": "true"}],
    )  # fmt: skip
    idp.admin_set_user_password(UserPoolId=pool_id, Username=USERNAME, Password=PASSWORD, Permanent=True)
    return Pool(
        origin,
        pool_id,
        client["UserPoolClient"]["ClientId"],
        machine.get("ClientId", ""),
        machine.get("ClientSecret", ""),
    )


def requests_of(pool: Pool) -> dict[str, Asked]:
    """By the name that the table has for them. What a server cannot be asked is left out."""
    idp = boto3.client("cognito-idp", endpoint_url=pool.origin, region_name=REGION, **KEYS)
    password = {"USERNAME": USERNAME, "PASSWORD": PASSWORD}
    signing_in = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": pool.client_id, "AuthParameters": password}
    tokens = idp.initiate_auth(**signing_in)["AuthenticationResult"]
    refresh = {"REFRESH_TOKEN": tokens["RefreshToken"]}
    found = {
        "InitiateAuth USER_PASSWORD_AUTH": _api("InitiateAuth", signing_in),
        "InitiateAuth REFRESH_TOKEN_AUTH": _api(
            "InitiateAuth", {**signing_in, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": refresh}
        ),
        "GetUser": _api("GetUser", {"AccessToken": tokens["AccessToken"]}),
        "AdminGetUser": signed(pool, "AdminGetUser", {"UserPoolId": pool.pool_id, "Username": USERNAME}),
    }
    if pool.machine_id:
        basic = base64.b64encode(f"{pool.machine_id}:{pool.machine_secret}".encode()).decode()
        form = {"grant_type": "client_credentials", "scope": "orders/read", "client_id": pool.machine_id}
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        found["client_credentials"] = Asked("/oauth2/token", urlencode(form), headers)
    return found


def _api(operation: str, members: Mapping[str, Any]) -> Asked:
    target = f"AWSCognitoIdentityProviderService.{operation}"
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    return Asked("/", json.dumps(members), headers)


def signed(pool: Pool, operation: str, members: Mapping[str, Any]) -> Asked:
    """Signed once: a signature is good for five minutes, and each request costs the server its check."""
    asked = _api(operation, members)
    request = AWSRequest("POST", f"{pool.origin}/", dict(asked.headers), asked.body)
    SigV4Auth(Credentials(*KEYS.values()), "cognito-idp", REGION).add_auth(request)
    return Asked("/", asked.body, dict(request.headers))
