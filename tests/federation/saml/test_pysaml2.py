"""An identity provider that is not ours: pysaml2's, which signs and verifies by xmlsec1."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.authn_context import PASSWORD
from saml2.config import IdPConfig
from saml2.metadata import create_metadata_string
from saml2.response import IncorrectlySigned
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.sigver import SecurityContext, pre_encryption_part
from saml2.xmldsig import DIGEST_SHA1, DIGEST_SHA256, SIG_RSA_SHA1, SIG_RSA_SHA256

from federation.saml.conftest import Person, told
from federation.saml.corp import KEYS, Asked, certificate_of, form, metadata, service_provider
from tools import missing
from world import CALLBACK, Pool, World, query_in, running

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
SIGNED = {"sign_assertion": True, "sign_response": True, "sign_alg": SIG_RSA_SHA256, "digest_alg": DIGEST_SHA256}
MAIL, AFFILIATION = "urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:1.3.6.1.4.1.5923.1.1.1.1"
ORIGIN = "https://idp.pysaml2.example"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data")) as up:
        yield up


class Provider:
    """pysaml2's server, which knows the pool by metadata that is written here: Cognito publishes none."""

    def __init__(self, folder: Path, world: World, pool: Pool, signing: str, encryption: str) -> None:
        (folder / "sp.xml").write_text(service_provider(pool.pool_id, world.origin, signing, encryption))
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        key.write_bytes(
            KEYS[0].private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        certificate.write_bytes(certificate_of(KEYS[0]).public_bytes(serialization.Encoding.PEM))
        services = {
            "single_sign_on_service": [(f"{ORIGIN}/sso", REDIRECT)],
            "single_logout_service": [(f"{ORIGIN}/slo", REDIRECT)],
        }
        self.config = {
            "entityid": f"{ORIGIN}/metadata",
            "service": {"idp": {"endpoints": services, "want_authn_requests_signed": True}},
            "metadata": {"local": [str(folder / "sp.xml")]},
            "key_file": str(key),
            "cert_file": str(certificate),
            "xmlsec_binary": shutil.which("xmlsec1"),
        }
        self.pool_id = pool.pool_id
        self.server = Server(config=IdPConfig().load(self.config))

    @property
    def metadata(self) -> str:
        return str(create_metadata_string(None, config=IdPConfig().load(self.config)).decode())

    def answer(self, asked: Asked, name: str, **given: Any) -> dict[str, str]:
        """The form that its page would post, for a request that it has verified."""
        read = self.server.parse_authn_request(
            asked.query["SAMLRequest"],
            BINDING_HTTP_REDIRECT,
            asked.relay_state,
            asked.query["SigAlg"],
            asked.query["Signature"],
        )
        return form(self.response(read.message.id, asked.consumer, name, **given), asked.relay_state)

    def response(self, request_id: str | None, consumer: str, name: str, **given: Any) -> str:
        made = self.server.create_authn_response(
            {"mail": f"{name}@pysaml2.example", "eduPersonAffiliation": ["staff", "member"]},
            in_response_to=request_id,
            destination=consumer,
            sp_entity_id=f"urn:amazon:cognito:sp:{self.pool_id}",
            name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=name),
            authn={"class_ref": PASSWORD, "authn_auth": ORIGIN},
            **{**SIGNED, **given},
        )
        return str(made)


@pytest.fixture(scope="module")
def place(world: World, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A pool, and a provider that each know the other: by certificates, and by metadata."""
    if shutil.which("xmlsec1") is None:
        missing("pysaml2 needs the program xmlsec1: apt-get install xmlsec1")
    pool = world.pool(Schema=[{"Name": "groups", "AttributeDataType": "String", "Mutable": True}])
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp"}
    first = metadata(f"{ORIGIN}/metadata", ORIGIN, certificate_of(KEYS[0]))
    settings = {"RequestSigningAlgorithm": "rsa-sha256", "IDPSignout": "true", "IDPInit": "true"}
    made = world.idp.create_identity_provider(
        **named,
        ProviderType="SAML",
        ProviderDetails={"MetadataFile": first, **settings},
        AttributeMapping={"email": MAIL, "custom:groups": AFFILIATION},
    )
    signing = world.idp.get_signing_certificate(UserPoolId=pool.pool_id)["Certificate"]
    encryption = made["IdentityProvider"]["ProviderDetails"]["ActiveEncryptionCertificate"]
    provider = Provider(tmp_path_factory.mktemp("pysaml2"), world, pool, signing, encryption)
    world.idp.update_identity_provider(**named, ProviderDetails={"MetadataFile": provider.metadata, **settings})
    return Place(world, pool, pool.client(SupportedIdentityProviders=["Corp"]), provider)


@dataclass
class Place:
    world: World
    pool: Pool
    client: dict[str, Any]
    provider: Provider

    def leave(self, person: Person) -> Asked:
        away = person.authorize(self.client, identity_provider="Corp", scope="openid")
        return Asked.by(away.headers["Location"])

    def attributes(self, name: str) -> dict[str, str]:
        user = self.world.idp.admin_get_user(UserPoolId=self.pool.pool_id, Username=f"Corp_{name}")
        return {pair["Name"]: pair["Value"] for pair in user["UserAttributes"]}

    def configure(self, **details: str) -> None:
        named = {"UserPoolId": self.pool.pool_id, "ProviderName": "Corp"}
        settings = {"RequestSigningAlgorithm": "rsa-sha256", "IDPSignout": "true", **details}
        settings["MetadataFile"] = self.provider.metadata
        self.world.idp.update_identity_provider(**named, ProviderDetails=settings)


@pytest.fixture
def person(world: World) -> Person:
    return Person(world.origin)


@pytest.mark.parametrize(
    "signed",
    [
        {"sign_assertion": True, "sign_response": False},
        {"sign_assertion": False, "sign_response": True},
        {"sign_assertion": True, "sign_response": True},
    ],
    ids=["assertion", "response", "both"],
)
def test_its_answers_to_our_signed_requests(place: Place, person: Person, signed: dict[str, bool]) -> None:
    name = f"carlos{signed['sign_assertion']:d}{signed['sign_response']:d}"
    answer = person.post_answer(place.provider.answer(place.leave(person), name, **signed))
    assert "code" in query_in(answer), query_in(answer)
    known = place.attributes(name)
    assert known["email"] == f"{name}@pysaml2.example"
    assert known["custom:groups"] == "[staff, member]"


def test_its_unsigned_answers_are_refused(place: Place, person: Person) -> None:
    form = place.provider.answer(place.leave(person), "mallory", sign_assertion=False, sign_response=False)
    assert told(person.post_answer(form))[1].endswith("SAML Assertion signature is invalid. ")


def test_its_answers_with_sha_1_are_refused(place: Place, person: Person) -> None:
    """They are its default, and can be forged."""
    old = {"sign_alg": SIG_RSA_SHA1, "digest_alg": DIGEST_SHA1}
    form = place.provider.answer(place.leave(person), "mallory", sign_response=False, **old)
    assert told(person.post_answer(form))[1].endswith("SAML Assertion signature is invalid. ")


def test_a_request_that_was_changed_is_refused_by_it(place: Place, person: Person) -> None:
    asked, other = place.leave(person), place.leave(person)
    asked.query["Signature"] = other.query["Signature"]
    with pytest.raises(IncorrectlySigned):
        place.provider.answer(asked, "carlos")


def test_what_it_encrypts_is_read(place: Place, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """By xmlsec1. pysaml2 itself knows no other cipher than Triple DES, which is not taken here."""
    place.configure(EncryptedResponses="true")
    old = place.provider.answer(place.leave(person), "cipher", encrypt_assertion=True)
    assert "tripledes-cbc" in base64.b64decode(old["SAMLResponse"]).decode()
    assert told(person.post_answer(old))[1].endswith("Assertion cannot be decrypted")
    monkeypatch.setitem(pre_encryption_part.__kwdefaults__, "msg_enc", "http://www.w3.org/2001/04/xmlenc#aes256-cbc")
    monkeypatch.setattr(SecurityContext.encrypt_assertion, "__defaults__", ("aes-256", None))
    answer = person.post_answer(place.provider.answer(place.leave(person), "cipher", encrypt_assertion=True))
    assert "code" in query_in(answer), query_in(answer)
    plain = place.provider.answer(place.leave(person), "cipher")
    assert told(person.post_answer(plain))[1].endswith("Assertion is not encrypted")
    place.configure()


def test_a_sign_in_that_it_begins(place: Place, world: World) -> None:
    place.configure(IDPInit="true")
    consumer = f"{world.origin}/saml2/idpresponse"
    asks = {
        "identity_provider": "Corp",
        "client_id": place.client["ClientId"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
    }
    posted = form(place.provider.response(None, consumer, "portal"), urlencode(asks))
    answer = requests.post(consumer, data=posted, allow_redirects=False, timeout=10)
    assert "code" in query_in(answer), query_in(answer)
    assert place.attributes("portal")["email"] == "portal@pysaml2.example"


def test_it_understands_our_logout_request(place: Place, person: Person, world: World) -> None:
    person.post_answer(place.provider.answer(place.leave(person), "leaver"))
    asked = {"client_id": place.client["ClientId"], "logout_uri": f"{CALLBACK}/bye"}
    away = person.session.get(f"{world.origin}/logout", params=asked, allow_redirects=False)
    sent = Asked.by(away.headers["Location"])
    assert sent.url.startswith(f"{ORIGIN}/slo?")
    read = place.provider.server.parse_logout_request(
        sent.query["SAMLRequest"],
        BINDING_HTTP_REDIRECT,
        relay_state=sent.relay_state,
        sigalg=sent.query["SigAlg"],
        signature=sent.query["Signature"],
    )
    assert read.message.name_id.text == "leaver"
    assert read.message.session_index
    made = place.provider.server.create_logout_response(read.message, [BINDING_HTTP_POST], sign=True)
    back = person.post_answer(form(str(made), sent.relay_state), "/saml2/logout")
    assert back.headers["Location"] == f"{CALLBACK}/bye"
