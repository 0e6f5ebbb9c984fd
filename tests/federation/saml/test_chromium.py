"""Chromium between two sites: Corp on `localhost` posts its answers to the pool on 127.0.0.1."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, sync_playwright

from federation.posting_provider import page_that_posts
from federation.saml.corp import Asked, Corp, form
from real_clients.test_chromium import ARGUMENTS
from sockets import Handler, answering
from tools import find_chromium
from world import World, running

POOL = "us-east-1_Chromium0"


class CorpSite(Handler):
    """Signs everybody in at once, as carlos. /tile begins a sign-in by itself."""

    corp: ClassVar[Corp]
    consumer: ClassVar[str] = ""
    relay_state: ClassVar[str] = ""

    def do_GET(self) -> None:
        if self.path == "/metadata":
            self.answer(200, self.corp.metadata().encode(), "application/samlmetadata+xml")
            return
        if self.path.startswith("/sso?"):
            asked = Asked.by(self.path)
            page = page_that_posts(asked.consumer, self.corp.answer(asked))
        elif self.path == "/tile":
            fields = form(self.corp.response(self.consumer, None), self.relay_state)
            page = page_that_posts(self.consumer, fields)
        else:
            page = f"<title>arrived</title>{html.escape(self.path)}"
        self.answer(200, page.encode(), "text/html")


@dataclass
class Place:
    world: World
    callback: str

    def link(self, client: str, provider: str) -> str:
        asked = {"response_type": "code", "client_id": client, "redirect_uri": self.callback}
        return f"{self.world.origin}/oauth2/authorize?{urlencode({**asked, 'identity_provider': provider})}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with answering(CorpSite) as site, answering(CorpSite) as app:
        origin, callback = site.replace("127.0.0.1", "localhost"), f"{app}/callback".replace("127.0.0.1", "localhost")
        CorpSite.corp = Corp(origin, POOL)
        with running(tmp_path_factory.mktemp("data"), document(origin, callback)) as world:
            asked = {"response_type": "code", "client_id": "portal", "redirect_uri": callback}
            CorpSite.consumer = f"{world.origin}/saml2/idpresponse"
            CorpSite.relay_state = urlencode({**asked, "identity_provider": "Portal"})
            yield Place(world, callback)


def document(origin: str, callback: str) -> dict[str, Any]:
    details = {"MetadataURL": f"{origin}/metadata"}
    settings = {"callback_urls": [callback], "flows": ["code"], "scopes": ["openid"]}
    corp = {"type": "SAML", "name": "Corp", "details": details}
    portal = {"type": "SAML", "name": "Portal", "details": {**details, "IDPInit": "true"}}
    clients = [{"id": name.lower(), "providers": [name], **settings} for name in ("Corp", "Portal")]
    return {"user_pool": [{"id": POOL, "provider": [corp, portal], "client": clients}]}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser.new_page()
        browser.close()


def test_a_person_goes_there_and_comes_back_signed_in(place: Place, page: Page) -> None:
    page.goto(place.link("corp", "Corp"))
    page.wait_for_url(f"{place.callback}?code=**")
    cookies = {cookie["name"] for cookie in page.context.cookies()}
    assert "cognito" in cookies
    assert not {name for name in cookies if name.startswith("csrf-state")}, "it is used up"


def test_a_tile_of_the_portal_signs_in(place: Place, page: Page) -> None:
    page.goto(f"{CorpSite.corp.origin}/tile")
    page.wait_for_url(f"{place.callback}?code=**")
    users = place.world.idp.list_users(UserPoolId=POOL)["Users"]
    assert {user["Username"] for user in users} == {"Corp_carlos", "Portal_carlos"}
