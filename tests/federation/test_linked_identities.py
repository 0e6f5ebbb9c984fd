"""Whoever is linked to a user signs in as that user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from world import CALLBACK, PASSWORD, World, query_in

POOL = "us-east-1_Federated"
CLIENT = "federatedclient"


@pytest.fixture
def native(world: World) -> Iterator[str]:
    """A user with a password, for one test."""
    username = f"native-{next(world.counter)}"
    attributes = [{"Name": "email", "Value": "own@example.com"}, {"Name": "email_verified", "Value": "true"}]
    world.idp.admin_create_user(UserPoolId=POOL, Username=username, UserAttributes=attributes, MessageAction="SUPPRESS")
    world.idp.admin_set_user_password(UserPoolId=POOL, Username=username, Password=PASSWORD, Permanent=True)
    yield username
    world.idp.admin_delete_user(UserPoolId=POOL, Username=username)


def link(
    world: World, username: str, value: str, *, provider: str = "Acme", attribute: str = "Cognito_Subject"
) -> None:
    source = {"ProviderName": provider, "ProviderAttributeName": attribute, "ProviderAttributeValue": value}
    world.idp.admin_link_provider_for_user(
        UserPoolId=POOL,
        SourceUser=source,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": username},
    )


def unlink(world: World, value: str, attribute: str = "Cognito_Subject") -> None:
    user = {"ProviderName": "Acme", "ProviderAttributeName": attribute, "ProviderAttributeValue": value}
    world.idp.admin_disable_provider_for_user(UserPoolId=POOL, User=user)


def claims(world: World, answer: requests.Response) -> dict[str, Any]:
    """Of the ID token that the code is good for."""
    assert "code" in query_in(answer), query_in(answer)
    form = {
        "grant_type": "authorization_code",
        "code": query_in(answer)["code"],
        "redirect_uri": CALLBACK,
        "client_id": CLIENT,
    }
    tokens = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    decoded: dict[str, Any] = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    return decoded


def exists(world: World, username: str) -> bool:
    return any(user["Username"] == username for user in world.idp.list_users(UserPoolId=POOL)["Users"])


def test_a_linked_identity_signs_in_as_the_user_with_that_user_s_sub(
    world: World, person: Any, acme: Any, native: str
) -> None:
    acme.claims = {"sub": "linked-1"}
    link(world, native, "linked-1")
    found = claims(world, person.with_acme(acme))
    user = world.idp.admin_get_user(UserPoolId=POOL, Username=native)
    attributes = {a["Name"]: a["Value"] for a in user["UserAttributes"]}
    assert (found["cognito:username"], found["sub"]) == (native, attributes["sub"])
    assert "cognito:groups" not in found
    [identity] = found["identities"]
    assert (identity["userId"], identity["providerName"], identity["primary"]) == ("linked-1", "Acme", "false")
    assert identity["dateCreated"].isdigit()
    assert (found["email"], found["email_verified"]) == ("wile@example.com", True)
    assert user["UserStatus"] == "CONFIRMED"
    assert not exists(world, "Acme_linked-1")


def test_an_address_that_the_provider_changes_is_verified_no_longer(
    world: World, person: Any, acme: Any, native: str
) -> None:
    acme.claims = {"sub": "linked-2", "email_verified": None, "email": "own@example.com"}
    link(world, native, "linked-2")
    assert claims(world, person.with_acme(acme))["email_verified"] is True
    acme.claims = {"sub": "linked-2", "email_verified": None}
    found = claims(world, person.with_acme(acme))
    assert (found["email"], found["email_verified"]) == ("wile@example.com", False)


def test_an_identity_linked_by_an_attribute_is_bound_to_the_first_subject_that_comes_with_it(
    world: World, person: Any, another: Any, acme: Any, native: str
) -> None:
    link(world, native, "carlos@example.com", attribute="email")
    acme.claims = {"sub": "carlos", "email": "carlos@example.com"}
    found = claims(world, person.with_acme(acme))
    assert found["cognito:username"] == native
    assert [identity["userId"] for identity in found["identities"]] == ["carlos"]
    acme.claims = {"sub": "carlos", "email": "new@example.com"}
    assert claims(world, person.with_acme(acme))["cognito:username"] == native
    acme.claims = {"sub": "impostor", "email": "carlos@example.com"}
    assert claims(world, another.with_acme(acme))["cognito:username"] == "Acme_impostor"
    unlink(world, "carlos")


def test_an_identity_no_longer_linked_is_somebody_of_its_own(world: World, person: Any, acme: Any, native: str) -> None:
    acme.claims = {"sub": "linked-3"}
    link(world, native, "linked-3")
    assert claims(world, person.with_acme(acme))["cognito:username"] == native
    unlink(world, "linked-3")
    assert claims(world, person.with_acme(acme))["cognito:username"] == "Acme_linked-3"


def test_whoever_has_signed_in_already_cannot_be_linked(world: World, person: Any, acme: Any, native: str) -> None:
    acme.claims = {"sub": "early"}
    claims(world, person.with_acme(acme))
    with pytest.raises(world.idp.exceptions.InvalidParameterException, match="Merging is not currently supported"):
        link(world, native, "early")


def test_a_provider_s_profile_can_be_linked_to(world: World, person: Any, another: Any, acme: Any) -> None:
    acme.claims = {"sub": "main"}
    main = claims(world, person.with_acme(acme))
    world.idp.admin_link_provider_for_user(
        UserPoolId=POOL,
        SourceUser={
            "ProviderName": "lowly",
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": "side",
        },
        DestinationUser={"ProviderName": "Acme", "ProviderAttributeValue": "main"},
    )
    acme.claims = {"sub": "side"}
    side = claims(world, another.with_acme(acme, "lowly"))
    assert side["sub"] == main["sub"]
    assert [identity["primary"] for identity in side["identities"]] == ["true", "false"]


def test_a_disabled_user_is_not_signed_in_by_a_link(world: World, person: Any, acme: Any, native: str) -> None:
    acme.claims = {"sub": "linked-4"}
    link(world, native, "linked-4")
    world.idp.admin_disable_user(UserPoolId=POOL, Username=native)
    assert query_in(person.with_acme(acme))["error_description"] == "User is disabled."
