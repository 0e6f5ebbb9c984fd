"""External identity providers of a pool. Source: facts/federation.md §1."""

from __future__ import annotations

from typing import Any

import pytest

from asking import missing, not_honoured, refusal
from world import Pool, World

GOOGLE = {"client_id": "id", "client_secret": "g00gle-s3cret", "authorize_scopes": "openid email"}
OIDC = {
    "client_id": "id",
    "client_secret": "oidc-s3cret",
    "attributes_request_method": "GET",
    "oidc_issuer": "https://issuer.example",
    "authorize_scopes": "openid",
}


def create(world: World, pool: Pool, name: str = "Google", kind: str = "Google", **given: Any) -> dict[str, Any]:
    given = {"ProviderDetails": GOOGLE, **given}
    return world.idp.create_identity_provider(UserPoolId=pool.pool_id, ProviderName=name, ProviderType=kind, **given)[
        "IdentityProvider"
    ]


def test_google_is_filled_in_with_google_s_addresses(world: World, pool: Pool) -> None:
    made = create(world, pool, AttributeMapping={"email": "email"}, IdpIdentifiers=["gmail.com"])
    assert made["ProviderDetails"]["oidc_issuer"] == "https://accounts.google.com"
    assert made["ProviderDetails"]["token_url"] == "https://www.googleapis.com/oauth2/v4/token"
    assert made["AttributeMapping"] == {"email": "email", "username": "sub"}
    assert made["IdpIdentifiers"] == ["gmail.com"]
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Google"}
    assert world.idp.describe_identity_provider(**named)["IdentityProvider"] == made


def test_providers_are_listed_and_deleted(world: World, pool: Pool) -> None:
    for name in ("Beta", "Alpha"):
        create(world, pool, name, "OIDC", ProviderDetails=OIDC)
    first = world.idp.list_identity_providers(UserPoolId=pool.pool_id, MaxResults=1)
    rest = world.idp.list_identity_providers(UserPoolId=pool.pool_id, MaxResults=1, NextToken=first["NextToken"])
    assert [p["ProviderName"] for p in first["Providers"] + rest["Providers"]] == ["Alpha", "Beta"]
    assert "NextToken" not in rest
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Alpha"}
    world.idp.delete_identity_provider(**named)
    gone = missing("Identity provider Alpha does not exist.")
    assert refusal(world.idp.delete_identity_provider, **named) == gone
    assert refusal(world.idp.describe_identity_provider, **named) == gone


def test_a_name_is_taken_once(world: World, pool: Pool) -> None:
    create(world, pool)
    assert refusal(create, world=world, pool=pool)[0] == "DuplicateProviderException"


@pytest.mark.parametrize(
    ("kind", "details", "named"),
    [("Google", {"client_id": "id"}, "client_secret"), ("OIDC", {"client_id": "id"}, "oidc_issuer")],
)
def test_missing_details_are_named(world: World, pool: Pool, kind: str, details: dict[str, str], named: str) -> None:
    code, sentence = refusal(create, world=world, pool=pool, name=kind, kind=kind, ProviderDetails=details)
    assert code == "InvalidParameterException"
    assert named in sentence


def test_kinds_that_are_not_built_and_wrong_names_are_refused(world: World, pool: Pool) -> None:
    given = {"world": world, "pool": pool}
    unbuilt = not_honoured("ProviderType SAML", "CreateIdentityProvider")
    details = {"MetadataURL": "https://x.example"}
    assert refusal(create, **given, name="corp", kind="SAML", ProviderDetails=details) == unbuilt
    assert refusal(create, **given, name="mine")[0] == "InvalidParameterException"


def test_an_update_replaces_what_it_names(world: World, pool: Pool) -> None:
    create(world, pool, "Corp", "OIDC", ProviderDetails=OIDC, IdpIdentifiers=["corp.example"])
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Corp"}
    changed = world.idp.update_identity_provider(**named, AttributeMapping={"email": "mail"})["IdentityProvider"]
    assert changed["AttributeMapping"] == {"email": "mail", "username": "sub"}
    assert changed["ProviderDetails"]["client_secret"] == "oidc-s3cret"
    assert changed["IdpIdentifiers"] == ["corp.example"]
    details = {**OIDC, "oidc_issuer": "https://other.example"}
    world.idp.update_identity_provider(**named, ProviderDetails=details)
    described = world.idp.describe_identity_provider(**named)["IdentityProvider"]
    assert described["ProviderDetails"]["oidc_issuer"] == "https://other.example"
    incomplete = {"client_id": "id"}
    told = refusal(world.idp.update_identity_provider, **named, ProviderDetails=incomplete)
    assert told[0] == "InvalidParameterException"
    nobody = {**named, "ProviderName": "Nobody"}
    gone = missing("Identity provider Nobody does not exist.")
    assert refusal(world.idp.update_identity_provider, **nobody) == gone


def test_a_provider_is_found_by_each_of_its_identifiers(world: World, pool: Pool) -> None:
    create(world, pool, "Corp", "OIDC", ProviderDetails=OIDC, IdpIdentifiers=["corp.example", "corp.test"])
    for identifier in ("corp.example", "corp.test"):
        found = world.idp.get_identity_provider_by_identifier(UserPoolId=pool.pool_id, IdpIdentifier=identifier)
        assert found["IdentityProvider"]["ProviderName"] == "Corp"
    asked = {"UserPoolId": pool.pool_id, "IdpIdentifier": "nobody.example"}
    gone = missing("Identity provider with identifier nobody.example does not exist.")
    assert refusal(world.idp.get_identity_provider_by_identifier, **asked) == gone
