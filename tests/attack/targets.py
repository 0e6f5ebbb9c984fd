"""What the hostile sizes are thrown at: a server with a pool, a client, a person, a role, a bucket, an import job."""

from __future__ import annotations

import json
from dataclasses import dataclass

from attack.child import Server
from attack.wire import Client, Refused, dummy_signature

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
JOB_ROLE = "arn:aws:iam::123456789012:role/service-role/Cognito-UserImport-Role"
PASSWORD = "Hush7-Lovelace-1815"
BUCKET = "hostile"


@dataclass(frozen=True)
class Target:
    server: Server
    pool_id: str
    client_id: str
    access_token: str
    id_token: str
    identity_pool_id: str
    bucket: str

    @property
    def keys_path(self) -> str:
        """What the pinger asks for: cheap, and of everybody's."""
        return f"/{self.pool_id}/.well-known/jwks.json"


def set_up(server: Server, name: str = BUCKET) -> Target:
    """All that is named is named so."""
    client = Client(server.address)
    pool = client.idp("CreateUserPool", PoolName=name, AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    client.idp("CreateUserPoolDomain", UserPoolId=pool, Domain=name)
    app = _app_client(client, pool)
    ada = {"UserPoolId": pool, "Username": "ada"}
    client.idp("AdminCreateUser", **ada, MessageAction="SUPPRESS")
    client.idp("AdminSetUserPassword", **ada, Password=PASSWORD, Permanent=True)
    given = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    tokens = client.idp("InitiateAuth", ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    result = tokens["AuthenticationResult"]
    _role(client)
    identity_pool = client.call(
        "cognito-identity", "CreateIdentityPool", IdentityPoolName=name, AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]
    client.request("PUT", f"/{name}", b"", s3_headers())
    client.close()
    return Target(server, pool, app, result["AccessToken"], result["IdToken"], identity_pool, name)


def _role(client: Client) -> None:
    try:
        client.iam("CreateRole", RoleName="role", AssumeRolePolicyDocument=json.dumps(TRUST))
    except Refused as refused:
        if refused.code != "EntityAlreadyExists":
            raise


def _app_client(client: Client, pool: str) -> str:
    made = client.idp(
        "CreateUserPoolClient",
        UserPoolId=pool,
        ClientName="web",
        CallbackURLs=["http://localhost:8080"],
        AllowedOAuthFlows=["code"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["openid"],
        SupportedIdentityProviders=["COGNITO"],
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"],
        PreventUserExistenceErrors="ENABLED",
    )
    return str(made["UserPoolClient"]["ClientId"])


def s3_headers(**more: str) -> dict[str, str]:
    """Headers of a call at the front door with dummy keys, its body unsigned."""
    return {**dummy_signature("s3"), "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", **more}
