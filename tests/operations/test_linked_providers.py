"""Identities of providers linked to users. How they then sign in is tests/federation/test_linked_identities.py."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asking import invalid, missing, refusal
from world import PASSWORD, Pool, World

USER_NOT_FOUND = ("UserNotFoundException", "User does not exist.")
NOT_LINKED = invalid("Account isn't linked to anyone else, verify that the account has been linked")


def source(value: str = "42", provider: str = "Acme", attribute: str = "Cognito_Subject") -> dict[str, str]:
    return {"ProviderName": provider, "ProviderAttributeName": attribute, "ProviderAttributeValue": value}


def native(username: str = "ada") -> dict[str, str]:
    return {"ProviderName": "Cognito", "ProviderAttributeValue": username}


@pytest.fixture
def linking(world: World) -> Pool:
    """A pool with providers, and ada, who signs in with a password."""
    pool = world.pool()
    pool.user()
    google = {"client_id": "id", "client_secret": "s", "authorize_scopes": "openid"}
    acme = {**google, "attributes_request_method": "GET", "oidc_issuer": "https://acme.example"}
    for name, kind, details in (("Google", "Google", google), ("Acme", "OIDC", acme)):
        world.idp.create_identity_provider(
            UserPoolId=pool.pool_id,
            ProviderName=name,
            ProviderType=kind,
            ProviderDetails=details,
            AttributeMapping={"email": "email"},
        )
    return pool


def link(pool: Pool, given: dict[str, str], to: dict[str, str] | None = None) -> None:
    idp = pool.world.idp
    idp.admin_link_provider_for_user(UserPoolId=pool.pool_id, SourceUser=given, DestinationUser=to or native())


def refused(pool: Pool, given: dict[str, str], to: dict[str, str] | None = None) -> tuple[str, str]:
    operation = pool.world.idp.admin_link_provider_for_user
    return refusal(operation, UserPoolId=pool.pool_id, SourceUser=given, DestinationUser=to or native())


def not_disabled(pool: Pool, user: dict[str, str]) -> tuple[str, str]:
    return refusal(pool.world.idp.admin_disable_provider_for_user, UserPoolId=pool.pool_id, User=user)


def identities(pool: Pool, username: str = "ada") -> list[dict[str, Any]]:
    user = pool.world.idp.admin_get_user(UserPoolId=pool.pool_id, Username=username)
    found = [a["Value"] for a in user["UserAttributes"] if a["Name"] == "identities"]
    return json.loads(found[0]) if found else []


def test_a_link_is_shown_among_the_user_s_identities(linking: Pool) -> None:
    link(linking, source())
    link(linking, source("7", "Google"))
    acme, google = identities(linking)
    assert acme.pop("dateCreated") > 1_600_000_000_000
    assert acme == {
        "userId": "42",
        "providerName": "Acme",
        "providerType": "OIDC",
        "issuer": None,
        "primary": False,
    }
    assert (google["providerType"], google["userId"]) == ("Google", "7")


def test_five_identities_are_linked_and_no_more(linking: Pool) -> None:
    for number in range(5):
        link(linking, source(str(number)))
    code, _ = refused(linking, source("5"))
    assert code == "LimitExceededException"
    linking.user("bob")
    link(linking, source("5"), native("bob"))
    assert len(identities(linking)) == 5


def test_an_identity_is_linked_to_one_user(linking: Pool) -> None:
    linking.user("bob")
    link(linking, source())
    for to in ("ada", "bob"):
        assert refused(linking, source(), native(to)) == invalid("SourceUser is already linked to DestinationUser")
    link(linking, source(provider="Google"), native("bob"))
    assert identities(linking, "bob")[0]["providerName"] == "Google"


@pytest.mark.parametrize(
    ("given", "to", "answer"),
    [
        (source(), native("nobody"), USER_NOT_FOUND),
        (source(), {**source("7"), "ProviderName": "Google"}, USER_NOT_FOUND),
        (source(provider="Other"), native(), missing("Identity provider Other does not exist.")),
        (
            source(provider="Cognito"),
            native(),
            invalid(
                "Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, "
                "only as a DestinationUser"
            ),
        ),
        (
            source(provider="Google", attribute="email"),
            native(),
            invalid("ProviderAttributeName must be Cognito_Subject for this provider."),
        ),
        (
            source(attribute="name"),
            native(),
            invalid("ProviderAttributeName must be mapped to an attribute of the user pool."),
        ),
        (source(""), native(), invalid("Missing required parameter ProviderAttributeValue of SourceUser")),
    ],
)
def test_what_cannot_be_linked_is_refused(
    linking: Pool, given: dict[str, str], to: dict[str, str], answer: tuple[str, str]
) -> None:
    assert refused(linking, given, to) == answer
    assert identities(linking) == []


def test_a_native_user_named_like_a_profile_is_no_provider_s_profile(linking: Pool) -> None:
    linking.user("Google_7")
    assert refused(linking, source(), {**source("7"), "ProviderName": "Google"}) == USER_NOT_FOUND
    link(linking, source("7", "Google"))
    assert identities(linking, "Google_7") == []


def test_a_link_taken_away_is_gone_and_may_be_made_again(linking: Pool) -> None:
    link(linking, source())
    link(linking, source("e@example.com", attribute="email"))
    linking.world.idp.admin_disable_provider_for_user(UserPoolId=linking.pool_id, User=source())
    assert [identity["userId"] for identity in identities(linking)] == ["e@example.com"]
    assert not_disabled(linking, source()) == NOT_LINKED
    email = source("e@example.com", attribute="email")
    linking.world.idp.admin_disable_provider_for_user(UserPoolId=linking.pool_id, User=email)
    assert identities(linking) == []
    link(linking, source())


def test_what_is_not_linked_is_not_disabled(linking: Pool) -> None:
    assert not_disabled(linking, source(provider="Other"))[0] == "ResourceNotFoundException"
    assert not_disabled(linking, {**native("nobody"), "ProviderAttributeName": "Cognito_Subject"}) == USER_NOT_FOUND
    assert not_disabled(linking, {**native(), "ProviderAttributeName": "Cognito_Subject"}) == NOT_LINKED
    assert not_disabled(linking, native()) == invalid(
        "ProviderAttributeName must be Cognito_Subject for this provider."
    )


def test_a_native_user_who_is_disabled_has_no_password_any_more(linking: Pool) -> None:
    client = linking.client()
    link(linking, source())
    linking.tokens(client)
    user = {**native(), "ProviderAttributeName": "Cognito_Subject"}
    linking.world.idp.admin_disable_provider_for_user(UserPoolId=linking.pool_id, User=user)
    code, _ = refusal(
        linking.world.idp.initiate_auth,
        ClientId=client["ClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
    )
    assert code == "NotAuthorizedException"
    assert len(identities(linking)) == 1


def test_a_deleted_user_s_links_are_free_again(linking: Pool) -> None:
    link(linking, source())
    linking.world.idp.admin_delete_user(UserPoolId=linking.pool_id, Username="ada")
    linking.user("bob")
    link(linking, source(), native("bob"))
