"""An identity pool over a user pool, with roles: what tests of identities, STS and permissions begin with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from world import Pool, World

ACCOUNT = "123456789012"


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}],
    }


def trust(identity_pool_id: str, amr: str = "authenticated") -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool_id},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": amr},
        },
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


@dataclass
class Identities:
    """An identity pool that takes one client of one user pool."""

    world: World
    pool: Pool
    client: dict[str, Any]
    identity_pool_id: str
    keys: dict[str, str]

    @property
    def api(self) -> Any:
        return self.world.boto3("cognito-identity")

    @property
    def admin(self) -> Any:
        return self.world.boto3("cognito-identity", **self.keys)

    @property
    def provider(self) -> str:
        return f"cognito-idp.us-east-1.amazonaws.com/{self.pool.pool_id}"

    def logins(self, username: str = "ada", token: str = "IdToken") -> dict[str, str]:
        return {self.provider: self.pool.tokens(self.client, username)[token]}

    def get_id(self, logins: dict[str, str] | None = None) -> str:
        given = {} if logins is None else {"Logins": logins}
        identity_id: str = self.api.get_id(IdentityPoolId=self.identity_pool_id, **given)["IdentityId"]
        return identity_id

    def role(self, name: str, *policies: dict[str, Any], kind: str = "authenticated", **given: Any) -> str:
        """A role that this identity pool's people may assume; its ARN."""
        iam = self.world.boto3("iam", **self.keys)
        given = {"AssumeRolePolicyDocument": json.dumps(trust(self.identity_pool_id, kind)), **given}
        arn: str = iam.create_role(RoleName=name, **given)["Role"]["Arn"]
        for number, policy in enumerate(policies):
            iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=json.dumps(policy))
        return arn

    def set_roles(self, **roles: str) -> None:
        self.admin.set_identity_pool_roles(IdentityPoolId=self.identity_pool_id, Roles=roles)

    def map_roles(self, mapping: dict[str, Any], provider: str = "", **roles: str) -> None:
        """The pool's roles, and how people of one provider get theirs: by default those of its app client."""
        key = provider or f"{self.provider}:{self.client['ClientId']}"
        given = {"IdentityPoolId": self.identity_pool_id, "Roles": roles, "RoleMappings": {key: mapping}}
        self.admin.set_identity_pool_roles(**given)

    def tag(self, provider: str = "", *, defaults: bool = False, **tags: str) -> None:
        """Which claims become tags of the session."""
        self.admin.set_principal_tag_attribute_map(
            IdentityPoolId=self.identity_pool_id,
            IdentityProviderName=provider or self.provider,
            UseDefaults=defaults,
            PrincipalTags=tags,
        )

    def identities(self, **given: Any) -> list[dict[str, Any]]:
        listed = self.admin.list_identities(IdentityPoolId=self.identity_pool_id, MaxResults=60, **given)
        found: list[dict[str, Any]] = listed["Identities"]
        return found

    def role_of(self, credentials: dict[str, Any]) -> str:
        """The name of the role that the credentials are of."""
        return str(self.signed("sts", credentials).get_caller_identity()["Arn"]).split("/")[1]

    def update(self, **changes: Any) -> None:
        shown = self.admin.describe_identity_pool(IdentityPoolId=self.identity_pool_id)
        shown.pop("ResponseMetadata")
        self.admin.update_identity_pool(**{**shown, **changes})

    def credentials(self, logins: dict[str, str] | None = None, identity_id: str | None = None) -> dict[str, Any]:
        given = {} if logins is None else {"Logins": logins}
        identity_id = identity_id or self.get_id(logins)
        answer: dict[str, Any] = self.api.get_credentials_for_identity(IdentityId=identity_id, **given)
        return answer["Credentials"]

    def signed(self, service: str, credentials: dict[str, Any]) -> Any:
        secret = credentials.get("SecretKey") or credentials["SecretAccessKey"]
        return self.world.boto3(
            service,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=secret,
            aws_session_token=credentials["SessionToken"],
        )


def identities(world: World, *, keys: dict[str, str] | None = None, **given: Any) -> Identities:
    keys = keys or {}
    pool = world.pool()
    pool.user()
    client = pool.client()
    provider = {
        "ProviderName": f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}",
        "ClientId": client["ClientId"],
        "ServerSideTokenCheck": given.pop("ServerSideTokenCheck", False),
    }
    settings = {
        "IdentityPoolName": "people",
        "AllowUnauthenticatedIdentities": False,
        "CognitoIdentityProviders": [provider],
        **given,
    }
    made = world.boto3("cognito-identity", **keys).create_identity_pool(**settings)
    return Identities(world, pool, client, made["IdentityPoolId"], keys)
