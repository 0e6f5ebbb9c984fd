"""What every server is asked, ours and others, about a pool, an app client and a user that boto3 made there.

A server that refuses a part of it is not asked that part. What it answered is told.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.hosted_pages import CALLBACK, FORM, Person, basic
from bench.load import Asked

REGION, USERNAME, PASSWORD = "us-east-1", "ada@example.com", "Lovelace-1815"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"}


OAUTH = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "CallbackURLs": [CALLBACK],
    "SupportedIdentityProviders": ["COGNITO"],
}


@dataclass(frozen=True)
class Pool:
    origin: str
    pool_id: str
    client_id: str
    machine_id: str
    machine_secret: str


@dataclass(frozen=True)
class Tokens:
    """`open_id`: an access token with the scope openid, as a code gives it. Where there are no codes, the other one."""

    access: str
    refresh: str
    open_id: str


def set_up(origin: str) -> Pool:
    """A pool with one user, a client that signs people in, and one with a secret for machines."""
    idp = boto3.client("cognito-idp", endpoint_url=origin, region_name=REGION, **KEYS)
    pool_id = idp.create_user_pool(PoolName="bench")["UserPool"]["Id"]
    client = idp.create_user_pool_client(UserPoolId=pool_id, ClientName="people", ExplicitAuthFlows=FLOWS, **OAUTH)
    scope = {"ScopeName": "read", "ScopeDescription": "Read"}
    machine: dict[str, Any] = {}
    try:
        idp.create_resource_server(UserPoolId=pool_id, Identifier="orders", Name="orders", Scopes=[scope])
        machine = idp.create_user_pool_client(
            UserPoolId=pool_id, ClientName="machines", GenerateSecret=True, AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=["orders/read"], AllowedOAuthFlowsUserPoolClient=True,
        )["UserPoolClient"]  # fmt: skip
    except idp.exceptions.ClientError as refusal:
        print(f"  {origin}: no client for machines ({refusal.response['Error']['Code']})", file=sys.stderr)
    idp.admin_create_user(
        UserPoolId=pool_id, Username=USERNAME, MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "ada@example.com"}, {"Name": "email_verified", "Value": "true"}],
    )  # fmt: skip
    idp.admin_set_user_password(UserPoolId=pool_id, Username=USERNAME, Password=PASSWORD, Permanent=True)
    client_id = client["UserPoolClient"]["ClientId"]
    return Pool(origin, pool_id, client_id, machine.get("ClientId", ""), machine.get("ClientSecret", ""))


def sign_in(pool: Pool, *, by_code: bool = False) -> Tokens:
    """Tokens of the user, and of a code where `by_code` says that the server's pages give codes."""
    idp = boto3.client("cognito-idp", endpoint_url=pool.origin, region_name=REGION, **KEYS)
    tokens = idp.initiate_auth(**_signing_in(pool))["AuthenticationResult"]
    open_id = tokens["AccessToken"]
    if by_code:
        person = Person(urlsplit(pool.origin).netloc, pool.client_id, scope="openid email")
        person.sign_in(USERNAME, PASSWORD)
        open_id = person.access_token()
    return Tokens(tokens["AccessToken"], tokens["RefreshToken"], open_id)


def requests_of(pool: Pool, tokens: Tokens | None = None) -> dict[str, Asked]:
    """By the name that the table has for them. AdminGetUser is signed now, and is good for five minutes."""
    tokens = tokens or sign_in(pool)
    refresh = {**_signing_in(pool), "AuthFlow": "REFRESH_TOKEN_AUTH"}
    refresh["AuthParameters"] = {"REFRESH_TOKEN": tokens.refresh}
    found = {
        "InitiateAuth USER_PASSWORD_AUTH": api("InitiateAuth", _signing_in(pool)),
        "InitiateAuth REFRESH_TOKEN_AUTH": api("InitiateAuth", refresh),
        "GetUser": api("GetUser", {"AccessToken": tokens.access}),
        "userInfo": Asked("/oauth2/userInfo", "", {"Authorization": f"Bearer {tokens.open_id}"}, "GET"),
        "AdminGetUser": signed(pool, "AdminGetUser", {"UserPoolId": pool.pool_id, "Username": USERNAME}),
    }
    if pool.machine_id:
        form = {"grant_type": "client_credentials", "scope": "orders/read", "client_id": pool.machine_id}
        headers = {"Authorization": basic(pool.machine_id, pool.machine_secret), "Content-Type": FORM}
        found["client_credentials"] = Asked("/oauth2/token", urlencode(form), headers)
    return found


def _signing_in(pool: Pool) -> dict[str, Any]:
    password = {"USERNAME": USERNAME, "PASSWORD": PASSWORD}
    return {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": pool.client_id, "AuthParameters": password}


def api(operation: str, members: Mapping[str, Any]) -> Asked:
    target = f"AWSCognitoIdentityProviderService.{operation}"
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    return Asked("/", json.dumps(members), headers)


def signed(pool: Pool, operation: str, members: Mapping[str, Any]) -> Asked:
    """Signed once: a signature is good for five minutes, and each request costs the server its check."""
    asked = api(operation, members)
    request = AWSRequest("POST", f"{pool.origin}/", dict(asked.headers), asked.body)
    SigV4Auth(Credentials(*KEYS.values()), "cognito-idp", REGION).add_auth(request)
    return Asked("/", asked.body, dict(request.headers))
