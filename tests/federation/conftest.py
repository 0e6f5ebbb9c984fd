"""A pool with the stand-in Google and with an OIDC provider that does what a test says, and people who go there."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from halfday.protocol.jwk import Jwk, jwks, thumbprint_kid
from halfday.protocol.jws import sign
from sockets import on_a_socket
from world import CALLBACK, Browser, World, query_in, running

POOL = "us-east-1_Federated"
CLIENT = {"ClientId": "federatedclient"}
KEYS = [generate_private_key(65537, 2048) for _ in range(2)]


class Acme:
    """An OIDC provider in the hands of the test: its claims, its key, and what its endpoints answer."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.reset()

    def reset(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key = KEYS[0]
        self.nonce = ""
        self.answers: dict[str, Response] = {}
        self.cookies: list[str] = []

    def id_token(self) -> str:
        now = int(time.time())
        usual = {
            "iss": self.origin,
            "aud": "acme-client",
            "sub": "42",
            "email": "wile@example.com",
            "email_verified": True,
        }
        claims = {**usual, "nonce": self.nonce, "iat": now, "exp": now + 60, **self.claims}
        header = {"alg": "RS256", "kid": thumbprint_kid(KEYS[0].public_key())}
        return sign(header, {name: value for name, value in claims.items() if value is not None}, self.key)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        if "cookie" in request.headers:
            self.cookies.append(request.headers["cookie"])
        if path in self.answers:
            return self.answers[path]
        endpoints = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "jwks"}
        public = Jwk(thumbprint_kid(KEYS[0].public_key()), "RS256", KEYS[0].public_key())
        body = {
            "/.well-known/openid-configuration": {name: f"{self.origin}/{at}" for name, at in endpoints.items()},
            "/token": {"id_token": self.id_token(), "access_token": "at"},
            "/jwks": jwks([public]),
        }[path]
        return JSONResponse(body)


class Person(Browser):
    """Somebody with a browser, on the way to a provider and back."""

    def __init__(self, world: World) -> None:
        super().__init__(world.origin)

    def leave(self, provider: str = "Google", **parameters: str | None) -> str:
        """Where /oauth2/authorize sends the browser to."""
        answer = self.authorize(CLIENT, identity_provider=provider, **parameters)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def choose(self, url: str, email: str, name: str = "") -> str:
        """The address that the stand-in Google sends the browser back to."""
        page = self.session.get(url)
        found = re.search(r'action="([^"]+)"', page.text)
        assert found, page.text
        action = url.partition("?")[0] + found[1].replace("&amp;", "&")
        form = {"email": email, "name": name}
        return self.session.post(action, data=form, allow_redirects=False).headers["Location"]

    def come_back(self, url: str) -> requests.Response:
        return self.session.get(url, allow_redirects=False)

    def with_google(self, email: str, name: str = "", **parameters: str | None) -> requests.Response:
        return self.come_back(self.choose(self.leave(**parameters), email, name))

    def with_acme(self, acme: Acme, provider: str = "Acme", **parameters: str | None) -> requests.Response:
        """What the app hears when Acme says at once that this is the person of its claims."""
        asked = query_in_url(self.leave(provider, **parameters))
        acme.nonce = asked["nonce"]
        url = f"{asked['redirect_uri']}?code=c&state={asked['state']}"
        return self.come_back(url)


def query_in_url(url: str) -> dict[str, str]:
    answer = requests.Response()
    answer.headers["Location"] = url
    return query_in(answer)


@pytest.fixture(scope="module")
def _acme() -> Iterator[Acme]:
    made: list[Acme] = []

    def make(origin: str) -> Starlette:
        made.append(Acme(origin))
        return Starlette(routes=[Route("/{path:path}", made[0].answer, methods=["GET", "POST"])])

    with on_a_socket(make):
        yield made[0]


@pytest.fixture
def acme(_acme: Acme) -> Acme:
    _acme.reset()
    return _acme


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, _acme: Acme) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), _document(_acme.origin)) as up:
        yield up


@pytest.fixture
def person(world: World) -> Person:
    world.clock.ahead_s = 0
    return Person(world)


@pytest.fixture
def another(world: World) -> Person:
    return Person(world)


def _document(acme: str) -> dict[str, Any]:
    mapping = {"email": "email", "email_verified": "email_verified", "name": "name"}
    oidc = {
        "type": "OIDC",
        "client_id": "acme-client",
        "client_secret": "acme-secret",
        "scopes": "openid",
        "attribute_mapping": {"email": "email", "email_verified": "email_verified"},
    }
    down = {**oidc, "details": {"oidc_issuer": "http://127.0.0.1:1", "attributes_request_method": "GET"}}
    half_down = {
        **oidc,
        "details": {
            "oidc_issuer": acme,
            "attributes_request_method": "GET",
            "token_url": "http://127.0.0.1:1/token",
        },
    }
    up = {**oidc, "details": {"oidc_issuer": acme, "attributes_request_method": "GET"}}
    return {
        "stand_in_google": {"client_id": "google-client", "client_secret": "google-secret"},
        "user_pool": [
            {
                "id": POOL,
                "provider": [
                    {"type": "Google", "stand_in": True, "attribute_mapping": mapping},
                    {"name": "Acme", **up},
                    {"name": "lowly", **up},
                    {"name": "Down", **down},
                    {"name": "HalfDown", **half_down},
                ],
                "client": [
                    {
                        "id": CLIENT["ClientId"],
                        "callback_urls": [CALLBACK],
                        "flows": ["code"],
                        "scopes": ["openid", "email", "profile"],
                        "providers": ["COGNITO", "Google", "Acme", "lowly", "Down", "HalfDown"],
                    }
                ],
            },
            {
                "id": "us-east-1_Other",
                "client": [
                    {"id": "otherclient", "callback_urls": [CALLBACK], "flows": ["code"], "providers": ["COGNITO"]}
                ],
            },
        ],
    }
