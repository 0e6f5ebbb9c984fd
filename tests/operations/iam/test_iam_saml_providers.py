"""SAML providers. What AWS answers was recorded by LocalStack's snapshot tests (February 2026)."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal, unchecked
from federation.saml.corp import Corp, moment
from world import World

ARN = "arn:aws:iam::123456789012:saml-provider"


@pytest.fixture
def iam(world: World) -> Any:
    return world.boto3("iam")


@pytest.fixture
def metadata() -> str:
    return Corp("https://corp.example.com", "https://corp.example.com").metadata()


def test_a_provider_is_shown_as_it_was_created(iam: Any, metadata: str) -> None:
    tags = [{"Key": "team", "Value": "blue"}]
    made = iam.create_saml_provider(Name="Shown", SAMLMetadataDocument=metadata, Tags=tags)
    assert (made["SAMLProviderArn"], made["Tags"]) == (f"{ARN}/Shown", tags)
    shown = iam.get_saml_provider(SAMLProviderArn=f"{ARN}/Shown")
    assert (shown["SAMLMetadataDocument"], shown["Tags"]) == (metadata, tags)
    assert (shown["AssertionEncryptionMode"], shown["PrivateKeyList"]) == ("Allowed", [])
    assert shown["SAMLProviderUUID"]
    listed = next(one for one in iam.list_saml_providers()["SAMLProviderList"] if one["Arn"] == f"{ARN}/Shown")
    assert (listed["ValidUntil"], listed["CreateDate"]) == (shown["ValidUntil"], shown["CreateDate"])


def test_a_name_is_taken_once_in_any_case(iam: Any, metadata: str) -> None:
    iam.create_saml_provider(Name="Taken", SAMLMetadataDocument=metadata)
    refused = refusal(iam.create_saml_provider, Name="taken", SAMLMetadataDocument=metadata)
    assert refused[0] == "EntityAlreadyExists"


def test_what_is_no_metadata_is_refused(world: World, iam: Any, metadata: str) -> None:
    for document in ("<a/>" + " " * 1000, metadata.replace("IDPSSODescriptor", "SPSSODescriptor")):
        refused = refusal(iam.create_saml_provider, Name="None", SAMLMetadataDocument=document)
        assert refused == ("InvalidInput", "Could not parse metadata")
    refused = refusal(unchecked(world, "iam").create_saml_provider, Name="None", SAMLMetadataDocument="<a/>")
    assert refused[0] == "ValidationError", "AWS takes no document of less than 1,000 characters"


def test_metadata_is_replaced_and_says_how_long_it_is_good(iam: Any, metadata: str) -> None:
    named = {"SAMLProviderArn": f"{ARN}/Replaced"}
    iam.create_saml_provider(Name="Replaced", SAMLMetadataDocument=metadata)
    other = Corp("https://other.example.com", "https://other.example.com").metadata(
        attributes=f'validUntil="{moment(86_400)}"'
    )
    assert iam.update_saml_provider(**named, SAMLMetadataDocument=other)["SAMLProviderArn"] == named["SAMLProviderArn"]
    shown = iam.get_saml_provider(**named)
    assert shown["SAMLMetadataDocument"] == other
    assert (shown["ValidUntil"] - shown["CreateDate"]).days <= 1


def test_long_metadata_is_taken_from_who_signed(iam: Any, metadata: str) -> None:
    """More than a stranger may send. Source: model, min 1,000 and max 10,000,000 characters."""
    long = metadata.replace("</md:EntityDescriptor>", f"{'<md:Extensions/>' * 20_000}</md:EntityDescriptor>")
    iam.create_saml_provider(Name="Long", SAMLMetadataDocument=long)
    assert iam.get_saml_provider(SAMLProviderArn=f"{ARN}/Long")["SAMLMetadataDocument"] == long


def test_tags_are_changed(iam: Any, metadata: str) -> None:
    named = {"SAMLProviderArn": f"{ARN}/Tagged"}
    iam.create_saml_provider(Name="Tagged", SAMLMetadataDocument=metadata)
    iam.tag_saml_provider(**named, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    iam.untag_saml_provider(**named, TagKeys=["a"])
    assert iam.list_saml_provider_tags(**named)["Tags"] == [{"Key": "A", "Value": "2"}]


def test_what_is_gone_is_not_found(iam: Any, metadata: str) -> None:
    named = {"SAMLProviderArn": f"{ARN}/Gone"}
    iam.create_saml_provider(Name="Gone", SAMLMetadataDocument=metadata)
    iam.delete_saml_provider(**named)
    told = ("NoSuchEntity", f"Manifest not found for arn {ARN}/Gone")
    assert refusal(iam.get_saml_provider, **named) == told
    assert refusal(iam.delete_saml_provider, **named) == told
    assert refusal(iam.update_saml_provider, **named, SAMLMetadataDocument=metadata) == told


def test_keys_of_encrypted_assertions_are_refused_by_name(iam: Any, metadata: str) -> None:
    given = {"Name": "Encrypted", "SAMLMetadataDocument": metadata, "AssertionEncryptionMode": "Required"}
    refused = refusal(iam.create_saml_provider, **given)
    assert (refused[0], "AssertionEncryptionMode" in refused[1]) == ("NotImplementedException", True)
