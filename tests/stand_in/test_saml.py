"""The stand-in SAML provider, walked through as a person with a browser does. Its pool is declared beside it."""

from __future__ import annotations

import base64
import html
import re
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from lxml import etree

from federation.saml.corp import Asked
from halfday.server.seed_file import SeedRefused
from halfday.server.stand_in.saml_messages import ASSERTION, PROTOCOL
from world import CALLBACK, Browser, World, query_in, running

POOL = "us-east-1_StandIn00"
CLIENT, PORTAL = {"ClientId": "web"}, {"ClientId": "portal"}
RELAY_STATE = urlencode(
    {
        "identity_provider": "Partner",
        "client_id": "portal",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
    }
)
MAPPING = {"email": "email", "name": "name", "custom:groups": "groups"}
SETTINGS = {"callback_urls": [CALLBACK], "logout_urls": [f"{CALLBACK}/bye"], "flows": ["code"]}
DOCUMENT: dict[str, Any] = {
    "stand_in": [
        {
            "type": "SAML",
            "name": "Corp",
            "accounts": [{"email": "ada@corp.example", "name": "Ada", "claims": {"groups": ["dev", "ops"]}}],
        },
        {"type": "SAML", "name": "Partner", "pool": POOL, "relay_state": RELAY_STATE},
    ],
    "user_pool": [
        {
            "id": POOL,
            "attributes": {"groups": {"AttributeDataType": "String", "Mutable": True}},
            "provider": [
                {
                    "type": "SAML",
                    "name": "Corp",
                    "stand_in": True,
                    "attribute_mapping": MAPPING,
                    "details": {"IDPSignout": "true", "RequestSigningAlgorithm": "rsa-sha256"},
                },
                {"type": "SAML", "name": "Partner", "stand_in": True, "details": {"IDPInit": "true"}},
            ],
            "client": [
                {"id": "web", "scopes": ["openid"], "providers": ["COGNITO", "Corp"], **SETTINGS},
                {"id": "portal", "scopes": ["openid"], "providers": ["Partner"], **SETTINGS},
            ],
        }
    ],
}


class Person(Browser):
    """Who reads pages, and presses the buttons that are there."""

    def press(self, page: requests.Response, **fields: str) -> requests.Response:
        """Posts the page's first form, with what is hidden in it."""
        found = re.search(r'<form[^>]* action="([^"]*)"', page.text)
        assert found, page.text
        action = html.unescape(found[1])
        url = page.url.partition("?")[0] + action if action.startswith("?") else action
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        data = {**{name: html.unescape(value) for name, value in hidden}, **fields}
        return self.session.post(url, data=data, allow_redirects=False, timeout=10)

    def at_corp(self) -> requests.Response:
        away = self.authorize(CLIENT, identity_provider="Corp", scope="openid")
        return self.session.get(away.headers["Location"], timeout=10)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), DOCUMENT) as up:
        yield up


@pytest.fixture
def person(world: World) -> Person:
    return Person(world.origin)


def attributes_of(world: World, username: str) -> dict[str, str]:
    user = world.idp.admin_get_user(UserPoolId=POOL, Username=username)
    return {pair["Name"]: pair["Value"] for pair in user["UserAttributes"]}


def test_an_account_is_chosen_and_signed_in(world: World, person: Person) -> None:
    chooser = person.at_corp()
    assert "Choose an account" in chooser.text
    assert "ada@corp.example" in chooser.text
    answer = person.press(person.press(chooser, account="ada@corp.example"))
    assert "code" in query_in(answer)
    known = attributes_of(world, "Corp_ada@corp.example")
    assert (known["email"], known["name"], known["custom:groups"]) == ("ada@corp.example", "Ada", "[dev, ops]")


def test_anybody_may_be_typed_in(world: World, person: Person) -> None:
    again = person.press(person.at_corp(), email="nobody", other="yes")
    assert "Enter an e-mail address." in again.text
    answer = person.press(person.press(again, email="eve@corp.example", name="Eve", other="yes"))
    assert "code" in query_in(answer)
    assert attributes_of(world, "Corp_eve@corp.example")["name"] == "Eve"


def test_who_cancels_is_sent_back_without_a_sign_in(person: Person) -> None:
    answer = person.press(person.press(person.at_corp(), cancel="yes"))
    told = query_in(answer)
    assert told["error"] == "server_error"
    assert told["error_description"] == "Invalid SAML response received: SAML Response status is not success"


def test_signing_out_goes_by_the_provider_and_back(world: World, person: Person) -> None:
    person.press(person.press(person.at_corp(), account="ada@corp.example"))
    asked = {"client_id": "web", "logout_uri": f"{CALLBACK}/bye"}
    away = person.session.get(f"{world.origin}/logout", params=asked, allow_redirects=False, timeout=10)
    assert away.headers["Location"].startswith(f"{world.running.stand_ins['Corp']}/slo?SAMLRequest=")
    back = person.press(person.session.get(away.headers["Location"], timeout=10))
    assert (back.status_code, back.headers["Location"]) == (303, f"{CALLBACK}/bye")


def test_a_portal_begins_a_sign_in(world: World, person: Person) -> None:
    portal = world.running.stand_ins["Partner"]
    front = person.session.get(portal, timeout=10)
    assert 'href="/portal"' in front.text
    chooser = person.session.get(f"{portal}/portal", timeout=10)
    answer = person.press(person.press(chooser, email="tile@partner.example", other="yes"))
    assert "code" in query_in(answer)
    assert attributes_of(world, "Partner_tile@partner.example")["email"] == "tile@partner.example"
    assert requests.get(f"{world.running.stand_ins['Corp']}/portal", timeout=10).status_code == 404


def test_the_metadata_is_what_the_pool_has(world: World) -> None:
    document = requests.get(f"{world.running.stand_ins['Corp']}/metadata", timeout=10).text
    named = {"UserPoolId": POOL, "ProviderName": "Corp"}
    details = world.idp.describe_identity_provider(**named)["IdentityProvider"]["ProviderDetails"]
    assert details["MetadataFile"] == document
    assert etree.fromstring(document).get("entityID") == f"{world.running.stand_ins['Corp']}/metadata"


def test_each_has_a_key_of_its_own(world: World) -> None:
    documents = [requests.get(f"{at}/metadata", timeout=10).text for at in world.running.stand_ins.values()]
    assert len({re.findall("X509Certificate>([^<]+)<", document)[0] for document in documents}) == 2


def test_a_consumer_that_is_not_registered_is_told_on_a_page(world: World, person: Person) -> None:
    asked = Asked.by(person.authorize(CLIENT, identity_provider="Corp", scope="openid").headers["Location"])
    assert asked.consumer == f"{world.origin}/saml2/idpresponse"
    request = (
        f'<p:AuthnRequest xmlns:p="{PROTOCOL}" ID="_x" AssertionConsumerServiceURL="https://mallory.example">'
        f'<a:Issuer xmlns:a="{ASSERTION}">urn:x</a:Issuer></p:AuthnRequest>'
    )
    page = requests.get(f"{world.running.stand_ins['Corp']}/sso", params=deflated(request), timeout=10)
    assert page.status_code == 400
    assert "https://mallory.example is not registered with the stand-in" in page.text


@pytest.mark.parametrize("request_", ["", "hello", "<!DOCTYPE x><x/>", "<x/>", "<x>" + "y" * 70_000 + "</x>"])
def test_what_is_no_request_is_told_on_a_page(world: World, request_: str) -> None:
    for path in ("sso", "slo"):
        url = f"{world.running.stand_ins['Corp']}/{path}"
        assert requests.get(url, params=deflated(request_), timeout=10).status_code == 400
        assert requests.get(url, params={"SAMLRequest": request_}, timeout=10).status_code in (400, 414)


def test_a_client_is_nothing_that_saml_has(tmp_path: Any) -> None:
    document = {"stand_in": [{"type": "SAML", "name": "Corp", "client_id": "x"}]}
    told = "client_id is not a key of a stand-in of type SAML"
    with pytest.raises(SeedRefused, match=told), running(tmp_path, document):
        pass


def test_pool_and_relay_state_belong_together(tmp_path: Any) -> None:
    document = {"stand_in": [{"type": "SAML", "name": "Half", "pool": POOL}]}
    with pytest.raises(SeedRefused, match="pool and relay_state belong together"), running(tmp_path, document):
        pass


def deflated(request: str) -> dict[str, str]:
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    return {"SAMLRequest": base64.b64encode(raw.compress(request.encode()) + raw.flush()).decode()}


def test_after_a_restart_it_has_another_key_and_its_people_come_back(tmp_path: Any) -> None:
    subs, keys, documents = set(), set(), set()
    for _ in range(2):
        with running(tmp_path, DOCUMENT) as world:
            person = Person(world.origin)
            assert "code" in query_in(person.press(person.press(person.at_corp(), account="ada@corp.example")))
            subs.add(attributes_of(world, "Corp_ada@corp.example")["sub"])
            named = {"UserPoolId": POOL, "ProviderName": "Corp"}
            details = world.idp.describe_identity_provider(**named)["IdentityProvider"]["ProviderDetails"]
            keys.add(details["ActiveEncryptionCertificate"])
            documents.add(details["MetadataFile"])
    assert (len(subs), len(keys), len(documents)) == (1, 1, 2)
