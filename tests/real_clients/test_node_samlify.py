"""samlify, a SAML identity provider in JavaScript: its metadata, its answers, encrypted too, and its single logout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from federation.saml.conftest import Person
from federation.saml.corp import KEYS, base64_of, certificate_of, metadata, service_provider
from real_clients.javascript import Node, Opened, Refused
from world import CALLBACK, Pool, World, query_in

ORIGIN = "https://idp.samlify.example"
SETTINGS = {"RequestSigningAlgorithm": "rsa-sha256", "IDPSignout": "true"}


@dataclass
class Place:
    world: World
    pool: Pool
    client: dict[str, Any]
    idp: Opened

    def leave(self, person: Person) -> str:
        away = person.authorize(self.client, identity_provider="Corp", scope="openid")
        return away.headers["Location"]


def place_of(world: World, node: Node, **given: Any) -> Place:
    """A pool whose provider has samlify's own metadata, and samlify with the pool's."""
    pool = world.pool()
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp"}
    settings = {**SETTINGS, **({"EncryptedResponses": "true"} if given.get("encrypted") else {})}
    made = world.idp.create_identity_provider(
        **named,
        ProviderType="SAML",
        ProviderDetails={"MetadataFile": metadata("x", ORIGIN, certificate_of(KEYS[0])), **settings},
        AttributeMapping={"email": "mail"},
    )
    signing = world.idp.get_signing_certificate(UserPoolId=pool.pool_id)["Certificate"]
    encryption = made["IdentityProvider"]["ProviderDetails"]["ActiveEncryptionCertificate"]
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    idp = node.open(
        "saml_idp",
        entityID=f"{ORIGIN}/metadata",
        origin=ORIGIN,
        privateKey=KEYS[0].private_bytes(*pem).decode(),
        certificate=base64_of(certificate_of(KEYS[0])),
        serviceProvider=service_provider(pool.pool_id, world.origin, signing, encryption),
        **given,
    )
    world.idp.update_identity_provider(**named, ProviderDetails={"MetadataFile": idp.metadata(), **settings})
    return Place(world, pool, pool.client(SupportedIdentityProviders=["Corp"]), idp)


@pytest.fixture
def person(world: World) -> Person:
    return Person(world.origin)


@pytest.mark.parametrize(
    "given",
    [{}, {"messageSigned": True}, {"encrypted": True}, {"encrypted": True, "messageSigned": True}],
    ids=["signed assertion", "signed twice", "encrypted", "encrypted, then signed"],
)
def test_its_answers_sign_a_person_in(world: World, node: Node, person: Person, given: dict[str, bool]) -> None:
    place = place_of(world, node, **given)
    answer = person.post_answer(place.idp.answer(place.leave(person), "ada@samlify.example"))
    assert "code" in query_in(answer), query_in(answer)
    user = world.idp.admin_get_user(UserPoolId=place.pool.pool_id, Username="Corp_ada@samlify.example")
    assert {"Name": "email", "Value": "ada@samlify.example"} in user["UserAttributes"]


def test_a_request_that_was_changed_is_refused_by_it(world: World, node: Node, person: Person) -> None:
    place = place_of(world, node)
    changed = place.leave(person).replace("RelayState=", "RelayState=x")
    with pytest.raises(Refused, match="SIGNATURE"):
        place.idp.answer(changed, "ada@samlify.example")


def test_single_logout_there_and_back(world: World, node: Node, person: Person) -> None:
    place = place_of(world, node)
    person.post_answer(place.idp.answer(place.leave(person), "leaver@samlify.example"))
    asked = {"client_id": place.client["ClientId"], "logout_uri": f"{CALLBACK}/bye"}
    away = person.session.get(f"{world.origin}/logout", params=asked, allow_redirects=False)
    told = place.idp.signOut(away.headers["Location"])
    assert (told["who"], told["index"]) == ("leaver@samlify.example", "_samlify")
    fields = {"SAMLResponse": told["SAMLResponse"], "RelayState": query_in(away)["RelayState"]}
    back = person.post_answer(fields, "/saml2/logout")
    assert back.headers["Location"] == f"{CALLBACK}/bye"
