"""What the hostile sizes are thrown at: a server with a pool, a client, a person, a role, a bucket, an import job."""

from __future__ import annotations

import json
from dataclasses import dataclass

from attack.child import Server
from attack.wire import Client, dummy_signature

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


def set_up(server: Server) -> Target:
    client = Client(server.address)
    pool = client.idp("CreateUserPool", PoolName="hostile", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    client.idp("CreateUserPoolDomain", UserPoolId=pool, Domain="hostile")
    app = _app_client(client, pool)
    ada = {"UserPoolId": pool, "Username": "ada"}
    client.idp("AdminCreateUser", **ada, MessageAction="SUPPRESS")
    client.idp("AdminSetUserPassword", **ada, Password=PASSWORD, Permanent=True)
    given = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    tokens = client.idp("InitiateAuth", ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    result = tokens["AuthenticationResult"]
    client.iam("CreateRole", RoleName="role", AssumeRolePolicyDocument=json.dumps(TRUST))
    identity_pool = client.call(
        "cognito-identity", "CreateIdentityPool", IdentityPoolName="hostile", AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]
    client.request("PUT", f"/{BUCKET}", b"", s3_headers(b""))
    client.close()
    return Target(server, pool, app, result["AccessToken"], result["IdToken"], identity_pool, BUCKET)


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


def s3_headers(body: bytes, **more: str) -> dict[str, str]:
    """Headers of a call at the front door with dummy keys, body unsigned."""
    return {**dummy_signature("s3"), "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", **more}
