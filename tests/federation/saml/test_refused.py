"""Answers that prove nobody: each refused, told to the app as Cognito words it, and nothing stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from federation.saml.conftest import CLIENT, told, usernames
from federation.saml.corp import DS, KEYS, Asked, Corp, form, moment
from world import World, query_in

FIRST = "Invalid SAML response received: "
UNSIGNED = f"{FIRST}SAML Assertion signature is invalid. "
MALFORMED = f"{FIRST}SAML Response is malformed"

WRONG: dict[str, tuple[dict[str, str], str]] = {
    "expired": ({"not_on_or_after": moment(-61)}, "Assertion is expired"),
    "confirmation expired": ({"confirmed_until": moment(-61)}, "Assertion is expired"),
    "not yet valid": ({"not_before": moment(300)}, "Assertion is not yet valid"),
    "issued in the future": ({"issued": moment(300)}, "Assertion is not yet valid"),
    "session over": (
        {"statement": f'<saml2:AuthnStatement SessionNotOnOrAfter="{moment(-61)}"/>'},
        "Session is expired",
    ),
    "wrong audience": ({"audience": "urn:amazon:cognito:sp:us-east-1_Other"}, "Audience restriction is invalid"),
    "one of two audiences": (
        {
            "conditions": "<saml2:AudienceRestriction><saml2:Audience>urn:other</saml2:Audience>"
            "</saml2:AudienceRestriction>"
        },
        "Audience restriction is invalid",
    ),
    "a condition that nobody knows": ({"conditions": "<saml2:Condition/>"}, "Conditions are invalid"),
    "wrong recipient": ({"recipient": "https://other.example/saml2/idpresponse"}, "Recipient is invalid"),
    "wrong InResponseTo": ({"in_response_to": 'InResponseTo="_another"'}, "InResponseTo is invalid"),
    "no InResponseTo": ({"in_response_to": ""}, "InResponseTo is invalid"),
    "wrong InResponseTo of the response": ({"response_to": 'InResponseTo="_another"'}, "InResponseTo is invalid"),
    "no InResponseTo of the response": ({"response_to": ""}, "InResponseTo is invalid"),
    "wrong destination": ({"destination": "https://other.example/saml2/idpresponse"}, "Destination is invalid"),
    "wrong issuer": ({"issuer": "https://other.example/metadata"}, "Issuer is invalid"),
    "wrong issuer of the response": ({"response_issuer": "https://other.example"}, "Issuer is invalid"),
    "no name": ({"name_id": ""}, "NameID is missing"),
    "nobody signed in": ({"statement": ""}, "AuthnStatement is missing"),
    "without success": (
        {"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"},
        "SAML Response status is not success",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_signed_assertion_that_says_something_wrong(world: World, person: Any, corp: Corp, wrong: str) -> None:
    changes, sentence = WRONG[wrong]
    corp.sign = ("Assertion", "Response")
    before = usernames(world)
    answer = person.come(corp, **{"name_id": "mallory", **changes})
    assert told(answer) == ("server_error", FIRST + sentence)
    assert usernames(world) == before
    assert "cognito" not in person.session.cookies


def test_what_is_told_of_a_time_is_held_to_a_minute(world: World, person: Any, corp: Corp) -> None:
    assert "code" in query_in(person.come(corp, name_id="slow", not_on_or_after=moment(-55), not_before=moment(55)))


def test_an_answer_that_is_replayed(world: World, person: Any, corp: Corp) -> None:
    fields = corp.answer(person.leave(), name_id="replayed")
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in person.session.cookies.items())}
    assert "code" in query_in(person.post_answer(fields))
    again = requests.post(
        f"{world.origin}/saml2/idpresponse", data=fields, headers=cookie, allow_redirects=False, timeout=10
    )
    page = requests.get(world.origin + again.headers["Location"], timeout=10)
    assert page.status_code == 400
    assert "Invalid samlResponse or relayState from identity provider" in page.text


def test_an_assertion_that_is_replayed_in_another_sign_in(world: World, person: Any, corp: Corp) -> None:
    asked = person.leave()
    fields = corp.answer(asked, name_id="stolen")
    later = person.leave()
    answer = person.post_answer({**fields, "RelayState": later.relay_state})
    assert told(answer)[1] == f"{FIRST}InResponseTo is invalid"
    assert "Corp_stolen" not in usernames(world)


def test_another_person_s_browser(world: World, person: Any, another: Any, corp: Corp) -> None:
    fields = corp.answer(person.leave(), name_id="mallory")
    another.leave()
    answer = another.post_answer(fields)
    assert answer.headers["Location"].startswith("/error?")
    assert "Corp_mallory" not in usernames(world)


def test_nothing_signed(world: World, person: Any, corp: Corp) -> None:
    corp.sign = ()
    assert told(person.come(corp, name_id="mallory")) == ("server_error", UNSIGNED)
    assert "Corp_mallory" not in usernames(world)


def test_signed_by_somebody_else_who_sends_their_certificate_along(world: World, person: Any, corp: Corp) -> None:
    corp.key = KEYS[1]
    assert told(person.come(corp, name_id="mallory")) == ("server_error", UNSIGNED)
    corp.sign = ("Response",)
    assert told(person.come(corp, name_id="mallory"))[1] == f"{FIRST}SAML Response signature is invalid. "


@pytest.mark.parametrize("digests", [("rsa-sha1", "sha256"), ("rsa-sha256", "sha1")])
def test_signed_with_a_digest_that_can_be_forged(
    world: World, person: Any, corp: Corp, digests: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from signxml import XMLSigner

    monkeypatch.setattr(XMLSigner, "check_deprecated_methods", lambda _: None)
    asked = person.leave()
    corp.sign = ()
    plain = corp.assertion(asked.consumer, asked.id, name_id="mallory")
    signed = corp.signed(plain, signature_algorithm=digests[0], digest_algorithm=digests[1])
    fields = form(corp.response(asked.consumer, asked.id, signed), asked.relay_state)
    assert told(person.post_answer(fields)) == ("server_error", UNSIGNED)
    assert "Corp_mallory" not in usernames(world)


OBJECT = f'<ds:Object xmlns:ds="{DS}"/>'
CHANGED: dict[str, Callable[[str], str]] = {
    "the name": lambda xml: xml.replace(">carlos<", ">mallory<"),
    "an attribute": lambda xml: xml.replace("carlos@corp.example", "admin@corp.example"),
    "the end": lambda xml: xml.replace('NotOnOrAfter="', 'NotOnOrAfter="9', 1),
    "another attribute beside it": lambda xml: xml.replace(
        "</saml2:AttributeStatement>", '<saml2:Attribute Name="x"/></saml2:AttributeStatement>'
    ),
    "the digest": lambda xml: xml.replace("<ds:DigestValue>", "<ds:DigestValue>AAAA"),
    "no reference": lambda xml: xml.replace('URI="#', 'URI="#x'),
    "a reference to everything": lambda xml: xml.replace(f'URI="#{_id(xml)}"', 'URI=""'),
    "a transform of one's own": lambda xml: xml.replace(
        "<ds:Transforms>",
        '<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>',
    ),
    "an HMAC": lambda xml: xml.replace("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#hmac-sha1"),
    "a signature of nothing": lambda xml: _without(xml, "ds:Reference"),
    "an object in the signature": lambda xml: xml.replace("</ds:Signature>", f"{OBJECT}</ds:Signature>"),
}


@pytest.mark.parametrize("changed", CHANGED)
def test_what_was_changed_after_it_was_signed(world: World, person: Any, corp: Corp, changed: str) -> None:
    before = usernames(world)
    answer = person.come(corp, alter=CHANGED[changed])
    assert told(answer)[0] == "server_error"
    assert told(answer)[1] in (UNSIGNED, MALFORMED)
    assert usernames(world) == before


@pytest.mark.parametrize("lacking", ["ID", "Version"])
def test_an_assertion_without(world: World, person: Any, corp: Corp, lacking: str) -> None:
    """In a signed response: an assertion without an ID could be used again and again, where nobody asked for it."""
    corp.sign = ("Response",)
    asked = person.leave()
    inner = corp.assertion(asked.consumer, asked.id, name_id="nameless")
    without = re.sub(f' {lacking}="[^"]*"', "", inner, count=1)
    fields = form(corp.response(asked.consumer, asked.id, without), asked.relay_state)
    assert told(person.post_answer(fields)) == ("server_error", MALFORMED)
    assert "Corp_nameless" not in usernames(world)


def test_a_comment_within_a_name(world: World, person: Any, corp: Corp) -> None:
    """It is in no digest: who is `admin@corp.example.mallory.example` would be `admin@corp.example`."""
    name = "admin@corp.example.mallory.example"
    answer = person.come(
        corp, name_id=name, alter=lambda xml: xml.replace("corp.example.mallory", "corp.example<!-- -->.mallory")
    )
    assert told(answer) == ("server_error", MALFORMED)
    assert not {name for name in usernames(world) if "admin" in name}


@pytest.mark.parametrize(
    "inserted",
    ["<?x y?>", "<!-- a comment -->"],
)
def test_what_is_no_element_anywhere(world: World, person: Any, corp: Corp, inserted: str) -> None:
    for alter in (lambda xml: inserted + xml, lambda xml: xml + inserted):
        assert told(person.come(corp, name_id="mallory", alter=alter)) == ("server_error", MALFORMED)


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
DOCUMENT_TYPES = {
    "a file": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "a URL": '<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:1/x">]>',
    "a parameter entity": '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]>',
    "a billion laughs": f'<!DOCTYPE r [<!ENTITY e0 "ha"><!ENTITY x "&e9;">{ENTITIES}]>',
    "an attribute with a default": '<!DOCTYPE r [<!ATTLIST r ID CDATA "x">]>',
    "nothing": "<!DOCTYPE r>",
}


@pytest.mark.parametrize("kind", DOCUMENT_TYPES)
def test_a_document_type(world: World, person: Any, corp: Corp, kind: str) -> None:
    answer = person.come(corp, alter=lambda xml: DOCUMENT_TYPES[kind] + xml.replace(">carlos<", ">&x;<"))
    assert told(answer) == ("server_error", MALFORMED)
    assert not {name for name in usernames(world) if "root" in name or "ha" in name}


NO_RESPONSES: dict[str, str] = {
    "nothing": "",
    "no XML": "hello",
    "half a document": '<saml2p:Response xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol">',
    "another document": "<html/>",
    "SAML 1.1": '<Response xmlns="urn:oasis:names:tc:SAML:1.0:protocol" MajorVersion="1"/>',
    "a request": '<saml2p:LogoutRequest xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" Version="2.0"/>',
    "very deep": "<a>" * 5000 + "</a>" * 5000,
    "UTF-16": '<?xml version="1.0" encoding="utf-7"?><a/>',
}


@pytest.mark.parametrize("what", NO_RESPONSES)
def test_what_is_no_response(person: Any, what: str) -> None:
    asked = person.leave()
    assert told(person.post_answer(form(NO_RESPONSES[what], asked.relay_state))) == ("server_error", MALFORMED)


def test_what_is_not_base64(person: Any) -> None:
    asked = person.leave()
    for text in ("<xml/>", "ä", "A", "%3D"):
        fields = {"SAMLResponse": text, "RelayState": asked.relay_state}
        assert told(person.post_answer(fields)) == ("server_error", MALFORMED)
        asked = person.leave()


def test_an_answer_of_more_than_100000_characters(world: World, person: Any, corp: Corp) -> None:
    """Developer guide, The IdP SAML assertion endpoint. Longer forms than any answer are not read at all."""
    long = {"mail": "long@corp.example", "groups": "g" * 80_000}
    answer = person.come(corp, name_id="mallory", attributes=long)
    assert told(answer) == ("server_error", f"{FIRST}SAML Response is too long")
    assert "Corp_mallory" not in usernames(world)
    asked = person.leave()
    huge = {"RelayState": asked.relay_state, "SAMLResponse": "A" * 400_000}
    assert "error" in person.post_answer(huge).headers["Location"]


def test_a_provider_that_was_not_asked(world: World, person: Any, corp: Corp) -> None:
    """An answer counts for the provider that the person was sent to, whoever signed it."""
    asked = person.leave("Secret")
    assert told(person.post_answer(corp.answer(asked, name_id="mallory")))[1] == f"{FIRST}Assertion is not encrypted"


def test_somebody_who_comes_back_too_late(world: World, person: Any, corp: Corp) -> None:
    fields = corp.answer(person.leave(), name_id="late")
    world.clock.advance(301)
    assert told(person.post_answer(fields))[1] == "Something went wrong"
    assert "Corp_late" not in usernames(world)


def test_a_required_attribute_that_does_not_come(world: World, person: Any, corp: Corp) -> None:
    pool = world.pool(Schema=[{"Name": "email", "Required": True, "Mutable": True}])
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp", "ProviderType": "SAML"}
    details, mapping = {"MetadataURL": f"{corp.origin}/metadata"}, {"email": "mail"}
    world.idp.create_identity_provider(**named, ProviderDetails=details, AttributeMapping=mapping)
    client = pool.client(SupportedIdentityProviders=["Corp"])
    corp.pool_id = pool.pool_id
    asked = Asked.by(person.authorize(client, identity_provider="Corp").headers["Location"])
    answer = person.post_answer(corp.answer(asked, attributes={}))
    sentence = f"{FIRST}Invalid user attributes: email: The attribute is required. "
    assert told(answer) == ("server_error", sentence)


def test_metadata_is_no_answer_and_get_no_way_to_answer(world: World, person: Any, corp: Corp) -> None:
    fields = corp.answer(person.leave(), name_id="mallory")
    assert requests.get(f"{world.origin}/saml2/idpresponse", params=fields, timeout=10).status_code == 405
    assert requests.get(f"{world.origin}/saml2/logout", timeout=10).status_code == 405


def test_the_log_repeats_nothing_of_an_answer(world: World, person: Any, corp: Corp, caplog: Any) -> None:
    caplog.set_level("INFO")
    person.come(corp, name_id="who-is-secret", issuer="https://issuer-of-a-secret.example")
    assert CLIENT["ClientId"] in caplog.text
    assert "the issuer is not the entityID" in caplog.text
    assert "secret" not in caplog.text


def _id(xml: str) -> str:
    return xml.split('URI="#', 1)[1].split('"', 1)[0]


def _without(xml: str, name: str) -> str:
    before, _, rest = xml.partition(f"<{name} ")
    return before + rest.partition(f"</{name}>")[2]
