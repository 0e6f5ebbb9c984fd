"""Pools, app clients and people, made in a call each, as boto3 would make them."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from halfday.testing.server import Server

PASSWORD = "Lovelace-1815"
CALLBACK = "http://localhost:8080"
FLOWS = (
    "USER_PASSWORD_AUTH",
    "ADMIN_USER_PASSWORD_AUTH",
    "USER_SRP_AUTH",
    "CUSTOM_AUTH",
    "USER_AUTH",
    "REFRESH_TOKEN_AUTH",
)

numbers = itertools.count(1)


@dataclass(frozen=True)
class Tokens:
    """As InitiateAuth answered them. `refresh_token` is empty where none was issued."""

    id_token: str
    access_token: str
    refresh_token: str
    expires_in_s: int


class AppClient:
    """`description` is what CreateUserPoolClient answered."""

    def __init__(self, pool: Pool, description: Mapping[str, Any]) -> None:
        self.pool, self.description = pool, description
        self.client_id: str = description["ClientId"]
        self.client_secret: str | None = description.get("ClientSecret")


class Pool:
    """`description` is what CreateUserPool answered."""

    def __init__(self, server: Server, description: Mapping[str, Any]) -> None:
        self.server, self.description = server, description
        self.pool_id: str = description["Id"]
        self._default: AppClient | None = None

    @property
    def issuer(self) -> str:
        """What its tokens name as `iss`; discovery and keys lie below it."""
        return f"{self.server.origin}/{self.pool_id}"

    def client(self, **given: Any) -> AppClient:
        """An app client with all flows, code grant and a callback at http://localhost:8080, changed by `given`."""
        defaults: dict[str, Any] = {
            "ClientName": f"client-{next(numbers)}",
            "ExplicitAuthFlows": [f"ALLOW_{flow}" for flow in FLOWS],
            "CallbackURLs": [CALLBACK],
            "LogoutURLs": [CALLBACK],
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthScopes": ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
            "SupportedIdentityProviders": ["COGNITO"],
        }
        asked = {"UserPoolId": self.pool_id, **defaults, **given}
        return AppClient(self, self.server.idp.create_user_pool_client(**asked)["UserPoolClient"])

    @property
    def default_client(self) -> AppClient:
        """A client without a secret, made when it is first asked for."""
        if self._default is None:
            self._default = self.client()
        return self._default

    def user(
        self, username: str | None = None, *, password: str = PASSWORD, groups: Iterable[str] = (), **attributes: str
    ) -> User:
        """A confirmed person with a password, who was sent nothing.

        Without `email` the address is USERNAME@example.com, or the name itself where it is an address; it is verified.
        Names with a dot or colon are given as `**{"custom:plan": "pro"}`. Groups that are not there are made; one may
        stand alone, `groups="admin"`.
        """
        username = username or f"user-{next(numbers)}"
        address = username if "@" in username else f"{username}@example.com"
        known = {"email": address, "email_verified": "true", **attributes}
        listed = [{"Name": name, "Value": value} for name, value in known.items()]
        idp, named = self.server.idp, {"UserPoolId": self.pool_id, "Username": username}
        made = idp.admin_create_user(**named, UserAttributes=listed, MessageAction="SUPPRESS")["User"]
        idp.admin_set_user_password(**named, Password=password, Permanent=True)
        for group in [groups] if isinstance(groups, str) else groups:
            self._in_group(group, named)
        told = {one["Name"]: one["Value"] for one in made["Attributes"]}
        return User(self, username, password, told["sub"])

    def delete(self) -> None:
        """It is gone, with its people. Its keys go to a pool that is made later."""
        self.server.idp.delete_user_pool(UserPoolId=self.pool_id)

    def _in_group(self, group: str, named: Mapping[str, str]) -> None:
        idp = self.server.idp
        with contextlib.suppress(idp.exceptions.GroupExistsException):
            idp.create_group(UserPoolId=self.pool_id, GroupName=group)
        idp.admin_add_user_to_group(**named, GroupName=group)


@dataclass(frozen=True)
class User:
    pool: Pool
    username: str
    password: str
    sub: str

    def sign_in(self, client: AppClient | None = None) -> Tokens:
        """Tokens by password. Raises LookupError where a challenge comes instead: answer it by boto3."""
        client = client or self.pool.default_client
        parameters = {"USERNAME": self.username, "PASSWORD": self.password}
        if client.client_secret is not None:
            from halfday.protocol.srp import secret_hash

            parameters["SECRET_HASH"] = secret_hash(self.username, client.client_id, client.client_secret)
        answer = self.pool.server.idp.initiate_auth(
            ClientId=client.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )
        if "AuthenticationResult" not in answer:
            raise LookupError(f"the pool asks {self.username} for {answer['ChallengeName']}")
        told = answer["AuthenticationResult"]
        return Tokens(told["IdToken"], told["AccessToken"], told.get("RefreshToken", ""), told["ExpiresIn"])
