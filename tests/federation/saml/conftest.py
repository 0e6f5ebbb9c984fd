"""Pools with SAML providers of every setting, Corp, which does what a test says, and people who go there and back."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from federation.saml.corp import KEYS, Asked, Corp, certificate_of, metadata, moment
from sockets import on_a_socket
from world import CALLBACK, Browser, World, query_in, running

POOL = "us-east-1_Federated"
CLIENT, PORTAL = {"ClientId": "samlclient"}, {"ClientId": "portalclient"}


class Person(Browser):
    """Somebody with a browser, on the way to a provider and back."""

    def leave(self, provider: str = "Corp", **parameters: str | None) -> Asked:
        """The request with which /oauth2/authorize sends the browser to the provider."""
        answer = self.authorize(CLIENT, identity_provider=provider, **parameters)
        assert answer.status_code == 302, answer.text
        assert "SAMLRequest" in answer.headers["Location"], answer.headers["Location"]
        return Asked.by(answer.headers["Location"])

    def post_answer(self, fields: dict[str, str], path: str = "/saml2/idpresponse") -> requests.Response:
        """As a browser does with another site's form: its cookies stay behind, and a page of ours posts again."""
        first = requests.post(self.origin + path, data=fields, allow_redirects=False, timeout=20)
        if first.status_code != 200:
            return first
        action = re.search(r'<form[^>]* action="([^"]+)"', first.text)
        assert action, first.text
        again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', first.text))
        data = {name: html.unescape(value) for name, value in again.items()}
        assert data == fields, "the page hands back what was posted"
        url = self.origin + html.unescape(action[1])
        return self.session.post(url, data=data, allow_redirects=False, timeout=20)

    def come(self, corp: Corp, provider: str = "Corp", **changes: Any) -> requests.Response:
        """What the app hears when Corp says what it should, but for the changes."""
        return self.post_answer(corp.answer(self.leave(provider), **changes))

    def come_now(self, world: World, corp: Corp, **changes: Any) -> requests.Response:
        """As `come`, at the time of the test's clock."""
        ahead = world.clock.ahead_s
        now = {"issued": moment(ahead), "confirmed_until": moment(ahead + 300)}
        now |= {"not_before": moment(ahead), "not_on_or_after": moment(ahead + 300)}
        return self.come(corp, **{**now, **changes})


class Site:
    """Corp's web site: it has metadata, and answers nothing else."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.corp = Corp(origin, POOL)
        self.reset()

    def reset(self) -> None:
        self.down, self.reads = False, 0
        self.documents = {"/metadata": self.corp.metadata()}

    async def answer(self, request: Request) -> Response:
        self.reads += 1
        if self.down or request.url.path not in self.documents:
            return PlainTextResponse("not here", 503)
        return Response(self.documents[request.url.path], media_type="application/samlmetadata+xml")


@pytest.fixture(scope="module")
def _site() -> Iterator[Site]:
    made: list[Site] = []

    def make(origin: str) -> Starlette:
        made.append(Site(origin))
        return Starlette(routes=[Route("/{path:path}", made[0].answer)])

    with on_a_socket(make):
        yield made[0]


@pytest.fixture
def site(_site: Site) -> Site:
    _site.reset()
    return _site


@pytest.fixture
def corp(site: Site) -> Corp:
    site.corp = Corp(site.origin, POOL)
    return site.corp


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, _site: Site) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), _document(_site)) as up:
        yield up


@pytest.fixture
def person(world: World) -> Person:
    world.clock.ahead_s = 0
    return Person(world.origin)


@pytest.fixture
def another(world: World) -> Person:
    return Person(world.origin)


def told(answer: requests.Response) -> tuple[str, str]:
    """(error, error_description) as the app hears them."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(CALLBACK), answer.headers["Location"]
    heard = query_in(answer)
    return heard["error"], heard["error_description"]


def usernames(world: World) -> set[str]:
    return {user["Username"] for user in world.idp.list_users(UserPoolId=POOL)["Users"]}


def user_of(world: World, username: str) -> dict[str, str]:
    user = world.idp.admin_get_user(UserPoolId=POOL, Username=username)
    return {pair["Name"]: pair["Value"] for pair in user["UserAttributes"]}


def _document(site: Site) -> dict[str, Any]:
    mapping = {"email": "mail", "custom:groups": "groups", "given_name": "urn:oid:2.5.4.42"}
    by_url = {"MetadataURL": f"{site.origin}/metadata"}
    rotated = metadata(site.corp.entity_id, site.origin, certificate_of(KEYS[1]), certificate_of(KEYS[0]))
    kinds: dict[str, dict[str, str]] = {
        "Corp": by_url,
        "Filed": {"MetadataFile": rotated},
        "Signing": {**by_url, "RequestSigningAlgorithm": "rsa-sha256"},
        "Secret": {**by_url, "EncryptedResponses": "true"},
        "Leaving": {**by_url, "IDPSignout": "true"},
        "Portal": {**by_url, "IDPInit": "true"},
        "Required": {**by_url},
    }
    providers = [
        {"type": "SAML", "name": name, "details": details, "attribute_mapping": mapping}
        for name, details in kinds.items()
    ]
    settings = {"callback_urls": [CALLBACK], "logout_urls": [f"{CALLBACK}/bye"], "flows": ["code"]}
    return {
        "user_pool": [
            {
                "id": POOL,
                "attributes": {"groups": {"AttributeDataType": "String", "Mutable": True}},
                "provider": providers,
                "client": [
                    {
                        "id": CLIENT["ClientId"],
                        "scopes": ["openid", "email"],
                        "providers": ["COGNITO", *(name for name in kinds if name != "Portal")],
                        **settings,
                    },
                    {"id": PORTAL["ClientId"], "scopes": ["openid"], "providers": ["Portal"], **settings},
                ],
            }
        ]
    }
