"""Where tokens are taken: each door says whether it let a token in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from attack.wire import Client
from federated import Identities, identities
from halfday import TokenVerifier
from halfday.client.errors import HalfdayError
from sockets import Handler, answering
from world import Pool, World, running

POOL = "us-east-1_Tokens001"
CLIENT = {"ClientId": "tokensclient"}
SCOPE = "aws.cognito.signin.user.admin"
LetsIn = Callable[[str], bool]


@dataclass
class Doors:
    """`seen` is what the backend of the gateway was asked."""

    world: World
    pool: Pool
    people: Identities
    other: Pool
    seen: list[str]

    def for_access_tokens(self) -> dict[str, LetsIn]:
        return {
            "GetUser": self.get_user,
            "userInfo": self.user_info,
            "gateway with scopes": lambda token: self.gateway("/scoped", token),
            "TokenVerifier, access": self.verifier("access"),
        }

    def for_id_tokens(self) -> dict[str, LetsIn]:
        return {
            "gateway": lambda token: self.gateway("/api", token),
            "gateway, as bearer": lambda token: self.gateway("/api", f"Bearer {token}"),
            "GetId": self.get_id,
            "TokenVerifier, id": self.verifier("id"),
        }

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self.world.origin.rpartition(":")[2])

    def get_user(self, token: str) -> bool:
        body = json.dumps({"AccessToken": token}).encode()
        return self._answered(lambda client: client.json_call("cognito-idp", "GetUser", body).status)

    def user_info(self, token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        return self._answered(lambda client: client.request("GET", "/oauth2/userInfo", None, headers).status)

    def told_of(self, door: str, token: str) -> str:
        """The sub that GetUser or userInfo tells; nothing where the token is refused."""
        client = Client(self.address)
        try:
            if door == "userInfo":
                answer = client.request("GET", "/oauth2/userInfo", None, {"Authorization": f"Bearer {token}"})
                return str(answer.json().get("sub", ""))
            body = json.dumps({"AccessToken": token}).encode()
            attributes = client.json_call("cognito-idp", "GetUser", body).json().get("UserAttributes", [])
            return "".join(one["Value"] for one in attributes if one["Name"] == "sub")
        finally:
            client.close()

    def gateway(self, path: str, token: str) -> bool:
        before = len(self.seen)
        headers = {"Authorization": token}
        let_in = self._answered(lambda client: client.request("GET", path, None, headers).status)
        return let_in or len(self.seen) > before

    def get_id(self, token: str) -> bool:
        logins = {f"cognito-idp.us-east-1.amazonaws.com/{POOL}": token}
        body = json.dumps({"IdentityPoolId": self.people.identity_pool_id, "Logins": logins}).encode()
        return self._answered(lambda client: client.json_call("cognito-identity", "GetId", body).status)

    def verifier(self, token_use: str) -> LetsIn:
        verifier = TokenVerifier(
            POOL,
            client_id=CLIENT["ClientId"],
            token_use=token_use,
            endpoint=self.world.origin,
            clock=self.world.clock,
        )

        def lets_in(token: str) -> bool:
            try:
                verifier.verify(token)
            except HalfdayError:
                return False
            return True

        return lets_in

    def _answered(self, ask: Callable[[Client], int]) -> bool:
        client = Client(self.address)
        try:
            status = ask(client)
        finally:
            client.close()
        if status >= 500:
            raise AssertionError(f"a token was answered {status}")
        return status < 300


@contextmanager
def doors() -> Iterator[Doors]:
    """A server in this process, whose clock can be turned, and a backend behind its gateway."""
    seen: list[str] = []
    with (
        TemporaryDirectory(prefix="halfday-attack-") as folder,
        answering(_backend(seen)) as backend,
        running(Path(folder), _document(backend)) as world,
    ):
        people = identities(world)
        provider = {"ProviderName": f"cognito-idp.us-east-1.amazonaws.com/{POOL}", **CLIENT}
        people.update(CognitoIdentityProviders=[provider])
        pool = Pool(world, POOL)
        yield Doors(world, pool, people, people.pool, seen)


def keys_of(world: World, pool_id: str) -> list[dict[str, str]]:
    answer = requests.get(f"{world.origin}/{pool_id}/.well-known/jwks.json", timeout=10)
    keys: list[dict[str, str]] = answer.json()["keys"]
    return keys


def _backend(seen: list[str]) -> type[BaseHTTPRequestHandler]:
    class Backend(Handler):
        def do_GET(self) -> None:
            self.read_body()
            seen.append(self.path)
            self.answer(200, b"{}")

    return Backend


def _document(backend: str) -> dict[str, Any]:
    route = {"pool": POOL, "backend": backend}
    user = {"username": "ada", "password": "Lovelace-1815", "attributes": {"email": "ada@example.com"}}
    client = {
        "id": CLIENT["ClientId"],
        "callback_urls": ["http://localhost:8080"],
        "flows": ["code"],
        "scopes": ["openid", "email", SCOPE],
        "auth_flows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    }
    pool = {"id": POOL, "name": "tokens", "domain": "tokens", "client": [client], "user": [user]}
    return {
        "user_pool": [pool],
        "gateway": [{**route, "path": "/api"}, {**route, "path": "/scoped", "scopes": [SCOPE]}],
    }
