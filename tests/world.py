"""A server on a real socket with a clock that tests may turn, and the short ways to what most tests need.

Nothing else is faked. Servers run strict about themselves: an error that the model does not declare fails the test.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlsplit

import boto3
import requests

from halfday.server.serving import Running, ServerThread
from halfday.server.settings import Settings

PASSWORD = "Lovelace-1815"
CALLBACK = "http://localhost:8080"


@dataclass
class Clock:
    """The real time, and as much later as a test wants it. Held, it stands still: a slow machine changes nothing."""

    ahead_s: float = 0.0
    held_at: float | None = None

    def __call__(self) -> float:
        return (time.time() if self.held_at is None else self.held_at) + self.ahead_s

    def hold(self) -> None:
        self.held_at = time.time()

    def advance(self, seconds: float) -> None:
        self.ahead_s += seconds


@dataclass
class World:
    """A running server, and whoever talks to it."""

    running: Running
    clock: Clock
    data: Path
    server: ServerThread | None = None
    counter: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))
    clients: dict[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return self.running.origin

    @property
    def for_tools(self) -> str:
        """Where tools on this machine call: the origin, or plain http on the port of an origin by https."""
        here = urlsplit(self.origin)
        return f"http://127.0.0.1:{here.port}" if here.scheme == "https" else self.origin

    def boto3(self, service: str, **given: Any) -> Any:
        """A boto3 client with dummy keys and in the server's Region, made once; or a new one, with what is given."""
        region = self.running.services.settings.region
        if not given and service in self.clients:
            return self.clients[service]
        dummy = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": region}
        client = boto3.client(service, **{"endpoint_url": self.for_tools, **dummy, **given})
        if not given:
            self.clients[service] = client
        return client

    @property
    def idp(self) -> Any:
        return self.boto3("cognito-idp")

    def messages(self, **filters: str | float) -> list[dict[str, Any]]:
        """What was sent, newest first: pool_id=, username=, destination=, medium=, purpose=, after=, limit=."""
        answer = requests.get(f"{self.running.management}/messages", params=filters, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["messages"]

    def code_for(self, username: str, purpose: str | None = None, **filters: str | float) -> str:
        """The newest code (or temporary password) sent to a user; waits for one if there is none."""
        asked = {"username": username, "purpose": purpose, "wait_s": 5, **filters}
        answer = requests.get(f"{self.running.management}/messages/latest", params=asked, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["code"]

    def pool(self, **given: Any) -> Pool:
        """With its keys: what is counted afterwards is the same however soon they were made."""
        made = self.idp.create_user_pool(**{"PoolName": f"pool-{next(self.counter)}", **given})
        pool_id = made["UserPool"]["Id"]
        while pool_id in self.running.services.keys_under_way:
            time.sleep(0.002)
        return Pool(self, pool_id)


@dataclass
class Pool:
    world: World
    pool_id: str

    def client(self, **given: Any) -> dict[str, Any]:
        defaults = {
            "UserPoolId": self.pool_id,
            "ClientName": "web",
            "CallbackURLs": [CALLBACK],
            "LogoutURLs": ["http://localhost:8080/bye"],
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthScopes": ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
            "SupportedIdentityProviders": ["COGNITO"],
            "ExplicitAuthFlows": [
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_USER_SRP_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ],
        }
        return self.world.idp.create_user_pool_client(**{**defaults, **given})["UserPoolClient"]

    def user(self, username: str = "ada", password: str | None = PASSWORD, **attributes: str) -> str:
        attributes = {"email": f"{username.split('@')[0]}@example.com", "email_verified": "true", **attributes}
        listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
        idp = self.world.idp
        idp.admin_create_user(
            UserPoolId=self.pool_id, Username=username, UserAttributes=listed, MessageAction="SUPPRESS"
        )
        if password is not None:
            idp.admin_set_user_password(UserPoolId=self.pool_id, Username=username, Password=password, Permanent=True)
        return username

    def code_for(self, username: str = "ada", purpose: str | None = None, **filters: str | float) -> str:
        """The newest code sent to a user of this pool."""
        return self.world.code_for(username, purpose, pool_id=self.pool_id, **filters)

    def tokens(self, client: Mapping[str, Any], username: str = "ada", password: str = PASSWORD) -> dict[str, Any]:
        answer = self.world.idp.initiate_auth(
            ClientId=client["ClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
        return answer["AuthenticationResult"]


class Browser:
    """requests with cookies, at the hosted pages: what a person does, without rendering."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.session = requests.Session()

    def authorize(self, client: Mapping[str, Any], **parameters: str | None) -> requests.Response:
        """The answer of /oauth2/authorize itself, no redirect followed. A parameter of None is left out."""
        asked = {
            "response_type": "code",
            "client_id": client["ClientId"],
            "redirect_uri": CALLBACK,
            "state": "st4te",
            **parameters,
        }
        sent = {name: value for name, value in asked.items() if value is not None}
        return self.session.get(f"{self.origin}/oauth2/authorize", params=sent, allow_redirects=False)

    def sign_in(
        self, client: Mapping[str, Any], username: str = "ada", password: str = PASSWORD, **parameters: str | None
    ) -> requests.Response:
        """The answer to the posted form, a redirect or the page again; of somebody signed in already, the redirect."""
        answer = self.authorize(client, **parameters)
        if not answer.headers["Location"].startswith("/login"):
            return answer
        page = self.session.get(f"{self.origin}{answer.headers['Location']}")
        return self.post(page, username=username, password=password)

    def post(self, page: requests.Response, **fields: str) -> requests.Response:
        action = re.search(r'<form[^>]* action="([^"]+)"', page.text)
        assert action, page.text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        url = self.origin + action[1].replace("&amp;", "&")
        return self.session.post(url, data={**hidden, **fields}, allow_redirects=False)

    def code(self, client: Mapping[str, Any], **parameters: str | None) -> str:
        return code_in(self.sign_in(client, **parameters))


def code_in(answer: requests.Response) -> str:
    assert answer.status_code == 302, answer.text
    return query_in(answer)["code"]


def query_in(answer: requests.Response) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


@contextmanager
def running(
    data: Path, document: Mapping[str, Any] | None = None, *, terminal: TextIO | None = None, **settings: Any
) -> Iterator[World]:
    """A server with these settings; port 0, so that tests never meet."""
    clock = Clock()
    chosen = Settings(**{"port": 0, "google_port": 0, "data": data, **settings})
    server = ServerThread(chosen, document, clock=clock, terminal=terminal, strict_about_ourselves=True)
    with server as up:
        yield World(up, clock, data, server)
