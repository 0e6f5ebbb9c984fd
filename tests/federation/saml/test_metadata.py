"""CreateIdentityProvider for SAML: metadata by URL or file, what Describe tells of it, and when it is read again."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from asking import invalid, refusal
from federation.saml.conftest import CLIENT, POOL, Site, told
from federation.saml.corp import KEYS, Corp, certificate_of, metadata, moment
from halfday.server.seed_file import SeedRefused
from world import Pool, World, query_in, running


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool()


def create(world: World, pool: Pool, name: str = "Corp", **details: str) -> dict[str, Any]:
    made = world.idp.create_identity_provider(
        UserPoolId=pool.pool_id, ProviderName=name, ProviderType="SAML", ProviderDetails=details
    )
    return dict(made["IdentityProvider"])


def test_what_the_metadata_says_is_described(world: World, pool: Pool, site: Site) -> None:
    url = f"{site.origin}/metadata"
    made = create(world, pool, MetadataURL=url, IDPInit="true", RequestSigningAlgorithm="rsa-sha256")
    certificate = made["ProviderDetails"].pop("ActiveEncryptionCertificate")
    assert made["ProviderDetails"] == {
        "MetadataURL": url,
        "IDPInit": "true",
        "IDPSignout": "false",
        "RequestSigningAlgorithm": "rsa-sha256",
        "SSORedirectBindingURI": f"{site.origin}/sso",
        "SLORedirectBindingURI": f"{site.origin}/slo",
    }
    assert made["AttributeMapping"] == {}, "the name is NameID, which is mapped nowhere"
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp"}
    shown = world.idp.describe_identity_provider(**named)["IdentityProvider"]["ProviderDetails"]
    assert shown == {**made["ProviderDetails"], "ActiveEncryptionCertificate": certificate}


def test_a_file_is_shown_as_it_was_given(world: World, pool: Pool, corp: Corp) -> None:
    document = corp.metadata(logout=False)
    details = create(world, pool, MetadataFile=document)["ProviderDetails"]
    assert details["MetadataFile"] == document
    assert details["SSORedirectBindingURI"] == f"{corp.origin}/sso"
    assert "SLORedirectBindingURI" not in details


def test_each_provider_has_a_key_pair_of_its_own_and_keeps_it(world: World, pool: Pool, site: Site) -> None:
    url = f"{site.origin}/metadata"
    found = [create(world, pool, name, MetadataURL=url)["ProviderDetails"] for name in ("One", "Two")]
    certificates = [x509.load_der_x509_certificate(base64.b64decode(d["ActiveEncryptionCertificate"])) for d in found]
    assert len({each.public_key().public_numbers() for each in certificates}) == 2  # type: ignore[union-attr]
    assert certificates[0].subject.rfc4514_string() == f"CN={pool.pool_id}"
    assert (certificates[0].not_valid_after_utc - certificates[0].not_valid_before_utc).days == 3650
    named = {"UserPoolId": pool.pool_id, "ProviderName": "One"}
    changed = world.idp.update_identity_provider(**named, ProviderDetails={**found[0], "IDPSignout": "true"})
    assert changed["IdentityProvider"]["ProviderDetails"] == {**found[0], "IDPSignout": "true"}, "as Terraform sends it"


def test_the_private_key_is_nowhere_shown(world: World, pool: Pool, site: Site) -> None:
    made = create(world, pool, MetadataURL=f"{site.origin}/metadata")
    listed = world.idp.get_identity_provider_by_identifier
    assert "PRIVATE" not in repr(made)
    world.idp.update_identity_provider(UserPoolId=pool.pool_id, ProviderName="Corp", IdpIdentifiers=["corp.test"])
    found = listed(UserPoolId=pool.pool_id, IdpIdentifier="corp.test")
    assert "PRIVATE" not in repr(found)
    assert "EntityDescriptor" not in repr(found)


def test_read_only_details_are_computed_not_taken(world: World, pool: Pool, site: Site) -> None:
    given = {"SSORedirectBindingURI": "https://mallory.example", "ActiveEncryptionCertificate": "x"}
    made = create(world, pool, MetadataURL=f"{site.origin}/metadata", **given)["ProviderDetails"]
    assert made["SSORedirectBindingURI"] == f"{site.origin}/sso"
    assert made["ActiveEncryptionCertificate"] != "x"


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "neither": ({}, "Either MetadataURL or MetadataFile is required, and not both."),
    "both": (
        {"MetadataURL": "https://x.example/m", "MetadataFile": "<x/>"},
        "Either MetadataURL or MetadataFile is required, and not both.",
    ),
    "another port": (
        {"MetadataURL": "https://x.example:8443/m"},
        "MetadataURL must be an https or http URL on TCP port 443 or 80.",
    ),
    "no URL": ({"MetadataURL": "file:///m"}, "MetadataURL must be an https or http URL on TCP port 443 or 80."),
    "no flag": ({"MetadataFile": "<x/>", "IDPInit": "yes"}, "IDPInit must be true or false."),
    "another algorithm": (
        {"MetadataFile": "<x/>", "RequestSigningAlgorithm": "rsa-sha1"},
        "RequestSigningAlgorithm must be rsa-sha256.",
    ),
    "a detail of nobody's": (
        {"MetadataFile": "<x/>", "EncryptionKey": "x"},
        "EncryptionKey is not a detail of a provider of type SAML.",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_details_that_cannot_be(world: World, pool: Pool, wrong: str) -> None:
    details, sentence = WRONG[wrong]
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp", "ProviderType": "SAML"}
    assert refusal(world.idp.create_identity_provider, **named, ProviderDetails=details) == invalid(sentence)


def bad_documents(corp: Corp) -> dict[str, tuple[str, str]]:
    good, old = corp.metadata(), certificate_of(KEYS[0], days=-1)
    redirect = "bindings:HTTP-Redirect"
    return {
        "no XML": ("hello", "the body is not XML: syntax error"),
        "a document type": ("<!DOCTYPE x>" + good, "a document type is not allowed"),
        "a service provider's": (
            '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"/>',
            "it does not describe exactly one identity provider",
        ),
        "SAML 1.1": (good.replace('SAML:2.0:protocol"', 'SAML:1.1:protocol"'), "does not speak SAML 2.0"),
        "no certificate": (metadata("x", corp.origin), "it has no signing certificate"),
        "a broken certificate": (good.replace("<ds:X509Certificate>MI", "<ds:X509Certificate>AA"), "cannot be read"),
        "a very long certificate": (
            good.replace("<ds:X509Certificate>", "<ds:X509Certificate>" + "A" * 4096),
            "a signing certificate is longer than 4096 characters",
        ),
        "an expired certificate": (metadata("x", corp.origin, old), "its signing certificate is expired"),
        "no longer valid": (corp.metadata(attributes='validUntil="2020-01-01T00:00:00Z"'), "it is no longer valid"),
        "no redirect": (good.replace(redirect, "bindings:SOAP"), "no SingleSignOnService with the HTTP-Redirect"),
        "a script": (good.replace(f"{corp.origin}/sso", "javascript:alert(1)"), "is no https URL"),
        "no UTF-8": (good.encode("utf-16").decode("latin-1"), "the body is not XML"),
        "no name": (good.replace(f'entityID="{corp.entity_id}"', ""), "it has no entityID"),
    }


def test_metadata_that_cannot_be(world: World, pool: Pool, corp: Corp) -> None:
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp", "ProviderType": "SAML"}
    for what, (document, reason) in bad_documents(corp).items():
        code, sentence = refusal(
            world.idp.create_identity_provider, **named, ProviderDetails={"MetadataFile": document}
        )
        assert (code, sentence.partition(": ")[0]) == ("InvalidParameterException", "Error retrieving MetadataFile")
        assert reason in sentence, what


def test_metadata_that_cannot_be_fetched(world: World, pool: Pool, site: Site) -> None:
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp", "ProviderType": "SAML"}
    site.documents["/huge"] = " " * 1_100_000
    for url, reason in (
        ("http://127.0.0.1:1/metadata", "it cannot be reached"),
        (f"{site.origin}/nothing", "it answered 503"),
        (f"{site.origin}/huge", "answered more than 1 MiB"),
    ):
        code, sentence = refusal(world.idp.create_identity_provider, **named, ProviderDetails={"MetadataURL": url})
        assert code == "InvalidParameterException"
        assert sentence.startswith(f"Error retrieving metadata from {url}: ")
        assert "httpx" not in sentence
        assert reason in sentence


def test_username_is_mapped_to_nothing(world: World, pool: Pool, site: Site) -> None:
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp", "ProviderType": "SAML"}
    given = {"ProviderDetails": {"MetadataURL": f"{site.origin}/metadata"}, "AttributeMapping": {"username": "uid"}}
    sentence = "Invalid AttributeMapping: username: Attribute does not exist in the schema."
    assert refusal(world.idp.create_identity_provider, **named, **given) == invalid(sentence)


def test_metadata_is_read_again_after_six_hours(world: World, person: Any, corp: Corp, site: Site) -> None:
    assert "code" in query_in(person.come(corp))
    site.documents["/metadata"] = metadata(corp.entity_id, corp.origin, certificate_of(KEYS[1]))
    corp.key = KEYS[1]
    world.clock.advance(6 * 3600 - 10)
    assert told(person.come_now(world, corp))[1].endswith("SAML Assertion signature is invalid. ")
    world.clock.advance(20)
    assert "code" in query_in(person.come_now(world, corp))
    reads = site.reads
    assert "code" in query_in(person.come_now(world, corp))
    assert site.reads == reads
    world.clock.advance(7 * 3600)
    site.reset()
    corp.key = KEYS[0]
    assert "code" in query_in(person.come_now(world, corp))


def test_metadata_that_lasts_less_is_read_again_earlier(world: World, person: Any, corp: Corp, site: Site) -> None:
    site.documents["/short"] = corp.metadata(attributes='cacheDuration="PT10M"')
    details = {"MetadataURL": f"{site.origin}/short"}
    named = {"UserPoolId": POOL, "ProviderName": "Required"}
    world.idp.update_identity_provider(**named, ProviderDetails=details)
    person.leave("Required")
    reads = site.reads
    world.clock.advance(590)
    person.leave("Required")
    assert site.reads == reads
    world.clock.advance(20)
    person.leave("Required")
    assert site.reads == reads + 1


def test_metadata_that_has_ended_by_itself_serves_nobody(world: World, person: Any, corp: Corp, site: Site) -> None:
    world.clock.ahead_s = 0
    ends = moment(600)
    site.documents["/ending"] = corp.metadata(attributes=f'validUntil="{ends}"')
    named = {"UserPoolId": POOL, "ProviderName": "Required"}
    world.idp.update_identity_provider(**named, ProviderDetails={"MetadataURL": f"{site.origin}/ending"})
    assert "code" in query_in(person.come_now(world, corp, provider="Required", name_id="in-time"))
    world.clock.advance(601)
    answer = person.authorize(CLIENT, identity_provider="Required")
    assert told(answer) == ("server_error", "Invalid SAML response received: Metadata is expired")
    site.documents["/ending"] = corp.metadata(attributes=f'validUntil="{moment(90_000)}"')
    world.clock.advance(301)
    assert "code" in query_in(person.come_now(world, corp, provider="Required", name_id="in-time"))


def test_while_the_url_is_away_the_known_metadata_serves(world: World, person: Any, corp: Corp, site: Site) -> None:
    world.clock.advance(24 * 3600)
    site.down = True
    assert "code" in query_in(person.come_now(world, corp, name_id="steadfast"))


def test_a_seed_file_that_says_the_same_asks_nobody_again(tmp_path: Path, site: Site) -> None:
    """A laptop in a train starts too. What was changed is read again, and then the address must answer."""
    details = {"MetadataURL": f"{site.origin}/metadata"}
    provider = {"type": "SAML", "name": "Corp", "details": details, "attribute_mapping": {"email": "mail"}}
    document = {"user_pool": [{"id": "us-east-1_Train0000", "provider": [provider]}]}
    named = {"UserPoolId": "us-east-1_Train0000", "ProviderName": "Corp"}
    with running(tmp_path, document) as world:
        first = world.idp.describe_identity_provider(**named)["IdentityProvider"]
    site.down = True
    with running(tmp_path, document) as world:
        assert world.idp.describe_identity_provider(**named)["IdentityProvider"] == first
    provider["details"] = {**details, "IDPSignout": "true"}
    with pytest.raises(SeedRefused, match="Error retrieving metadata from"), running(tmp_path, document):
        pass
    site.down = False
    with running(tmp_path, document) as world:
        changed = world.idp.describe_identity_provider(**named)["IdentityProvider"]
        assert changed["ProviderDetails"] == {**first["ProviderDetails"], "IDPSignout": "true"}
