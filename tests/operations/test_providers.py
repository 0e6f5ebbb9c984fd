"""External identity providers of a pool. Source: facts/federation.md §1."""

from __future__ import annotations

from typing import Any

import pytest

from asking import invalid, missing, not_honoured, refusal
from halfday.server.operations.user_pools import providers
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


FACEBOOK = {"client_id": "id", "client_secret": "f4cebook-s3cret", "authorize_scopes": "public_profile, email"}
AMAZON = {"client_id": "id", "client_secret": "am4zon-s3cret", "authorize_scopes": "profile postal_code"}
APPLE = {"client_id": "id", "team_id": "T", "key_id": "K", "private_key": "p8", "authorize_scopes": "email name"}
SHOWN: list[tuple[str, dict[str, str], dict[str, str]]] = [
    (
        "Facebook",
        {**FACEBOOK, "api_version": "v21.0"},
        {
            "attributes_url": "https://graph.facebook.com/v21.0/me?fields=",
            "attributes_url_add_attributes": "true",
            "authorize_url": "https://www.facebook.com/v21.0/dialog/oauth",
            "token_request_method": "GET",
            "token_url": "https://graph.facebook.com/v21.0/oauth/access_token",
        },
    ),
    (
        "LoginWithAmazon",
        AMAZON,
        {
            "attributes_url": "https://api.amazon.com/user/profile",
            "attributes_url_add_attributes": "false",
            "authorize_url": "https://www.amazon.com/ap/oa",
            "token_request_method": "POST",
            "token_url": "https://api.amazon.com/auth/o2/token",
        },
    ),
    (
        "SignInWithApple",
        APPLE,
        {
            "attributes_url_add_attributes": "false",
            "authorize_url": "https://appleid.apple.com/auth/authorize",
            "oidc_issuer": "https://appleid.apple.com",
            "token_request_method": "POST",
            "token_url": "https://appleid.apple.com/auth/token",
        },
    ),
]
"""As the API reference shows them (CreateIdentityProvider, ProviderDetails), the version apart."""


@pytest.mark.parametrize(("kind", "given", "filled"), SHOWN, ids=[kind for kind, _, _ in SHOWN])
def test_each_social_kind_is_shown_as_the_api_reference_shows_it(
    world: World, pool: Pool, kind: str, given: dict[str, str], filled: dict[str, str]
) -> None:
    """Apple's private key is not shown. What is shown can be sent back, as Terraform does."""
    made = create(world, pool, kind, kind, ProviderDetails=given)
    shown = {name: text for name, text in given.items() if name != "private_key"}
    assert made["ProviderDetails"] == {**shown, **filled}
    assert made["AttributeMapping"] == {"username": {"Facebook": "id", "LoginWithAmazon": "user_id"}.get(kind, "sub")}
    again = {**given, **made["ProviderDetails"]}
    named = {"UserPoolId": pool.pool_id, "ProviderName": kind}
    updated = world.idp.update_identity_provider(**named, ProviderDetails=again)["IdentityProvider"]
    assert updated["ProviderDetails"] == made["ProviderDetails"]


@pytest.mark.parametrize("version", ["", "17", "v17", "latest", "v17.0/../x", "v17.0{client_secret}", "v1.0\n"])
def test_a_version_of_facebook_s_api_is_one(world: World, pool: Pool, version: str) -> None:
    details = {**FACEBOOK, "api_version": version}
    told = refusal(create, world=world, pool=pool, name="Facebook", kind="Facebook", ProviderDetails=details)
    assert told == invalid(f"api_version {version} is not a version, such as v17.0.")


@pytest.mark.parametrize("member", ["client_id", "team_id", "key_id", "private_key"])
def test_apple_needs_all_that_signs_its_client_secret(world: World, pool: Pool, member: str) -> None:
    details = {name: text for name, text in APPLE.items() if name != member}
    told = refusal(
        create, world=world, pool=pool, name="SignInWithApple", kind="SignInWithApple", ProviderDetails=details
    )
    assert told == invalid("clientId, privateKey, teamId, and keyId are all required idp details.")


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


NEEDED = {
    "Google": "clientId, clientSecret and authorizeScopes are all required idp details.",
    "OIDC": "clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required idp details.",
}


@pytest.mark.parametrize(
    ("kind", "details", "name"),
    [
        *(("Google", GOOGLE, name) for name in ("client_id", "client_secret", "authorize_scopes")),
        *(("OIDC", OIDC, n) for n in ("client_id", "authorize_scopes", "oidc_issuer", "attributes_request_method")),
    ],
)
def test_no_provider_lacks_what_aws_needs(
    world: World, pool: Pool, kind: str, details: dict[str, str], name: str
) -> None:
    """Sentences: github.com/badmintoncryer/cdk-preflight, measured on AWS."""
    given = {"world": world, "pool": pool, "name": "Google" if kind == "Google" else "Corp", "kind": kind}
    without = {key: value for key, value in details.items() if key != name}
    for incomplete in (without, {**details, name: ""}):
        assert refusal(create, **given, ProviderDetails=incomplete) == invalid(NEEDED[kind])


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        (
            {"attributes_request_method": "PUT"},
            "1 validation error detected: Value 'PUT' at 'providerConfiguration.oidcConfig.attributesRequestMethod' "
            "failed to satisfy constraint: Member must satisfy enum value set: [POST, GET]",
        ),
        ({"oidc_issuer": "http://issuer.example"}, "OIDC endpoint must start with https://"),
        ({"oidc_issuer": "issuer.example"}, "OIDC endpoint must start with https://"),
        ({"oidc_issuer": "http://localhost.example"}, "OIDC endpoint must start with https://"),
        ({"token_url": "http://issuer.example/token"}, "OIDC endpoint must start with https://"),
        ({"jwks_uri": "ftp://localhost/keys"}, "OIDC endpoint must start with https://"),
        ({"pkce": "true"}, "pkce is not a detail of a provider of type OIDC."),
    ],
)
def test_details_that_cannot_be(world: World, pool: Pool, details: dict[str, str], sentence: str) -> None:
    """Sentences: github.com/badmintoncryer/cdk-preflight, measured on AWS; the last one is ours."""
    given = {"world": world, "pool": pool, "name": "Corp", "kind": "OIDC"}
    assert refusal(create, **given, ProviderDetails={**OIDC, **details}) == invalid(sentence)
    create(world, pool, "Corp", "OIDC", ProviderDetails=OIDC)
    changed = {"UserPoolId": pool.pool_id, "ProviderName": "Corp", "ProviderDetails": {**OIDC, **details}}
    assert refusal(world.idp.update_identity_provider, **changed) == invalid(sentence)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("MyGoogle", "Google"),
        ("MyFacebook", "Facebook"),
        ("Google", "OIDC"),
        ("SignInWithApple", "OIDC"),
        ("COGNITO", "OIDC"),
    ],
)
def test_a_social_name_is_its_kind_s(world: World, pool: Pool, name: str, kind: str) -> None:
    """Source: aws/aws-cli#3179, and measured by github.com/badmintoncryer/cdk-preflight."""
    refused = refusal(create, world=world, pool=pool, name=name, kind=kind, ProviderDetails=OIDC)
    assert refused == invalid(f"Provider {name} cannot be of type {kind}.")


def test_an_identifier_leads_to_one_provider(world: World, pool: Pool) -> None:
    create(world, pool, "Corp", "OIDC", ProviderDetails=OIDC, IdpIdentifiers=["corp.example"])
    used = invalid("The identifier corp.example is used already.")
    given = {"world": world, "pool": pool, "name": "Other", "kind": "OIDC", "ProviderDetails": OIDC}
    assert refusal(create, **given, IdpIdentifiers=["corp.example"]) == used
    assert refusal(create, **given, IdpIdentifiers=["a.example"] * 2) == invalid(
        "The identifier a.example is used already."
    )
    create(**given)
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Other"}
    assert refusal(world.idp.update_identity_provider, **named, IdpIdentifiers=["corp.example"]) == used
    own = {"UserPoolId": pool.pool_id, "ProviderName": "Corp"}
    assert world.idp.update_identity_provider(**own, IdpIdentifiers=["corp.example", "corp.test"])


def test_no_claim_is_mapped_onto_what_is_nobody_s_to_write(world: World, pool: Pool) -> None:
    given = {"world": world, "pool": pool, "name": "Corp", "kind": "OIDC", "ProviderDetails": OIDC}
    refused = refusal(create, **given, AttributeMapping={"sub": "sub"})
    assert refused == invalid("Invalid AttributeMapping: user.sub: Attribute cannot be updated.")
    refused = refusal(create, **given, AttributeMapping={"email": "email", "custom:nope": "x"})
    assert refused == invalid("Invalid AttributeMapping: custom:nope: Attribute does not exist in the schema.")
    told = not_honoured("AttributeMapping.username email", "CreateIdentityProvider")
    assert refusal(create, **given, AttributeMapping={"username": "email"}) == told, "not mapped onto sub instead"
    assert create(**given, AttributeMapping={"username": "sub"})["AttributeMapping"] == {"username": "sub"}


def test_a_pool_has_so_many_providers(world: World, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "MOST_PROVIDERS", 1)
    create(world, pool)
    refused = refusal(create, world=world, pool=pool, name="Corp", kind="OIDC", ProviderDetails=OIDC)
    assert refused[0] == "LimitExceededException"


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
