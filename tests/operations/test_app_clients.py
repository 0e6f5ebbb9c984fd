"""App clients: what is answered, what is kept, what cannot be registered. Source: facts/api.md §5, §10."""

from __future__ import annotations

import re
from typing import Any

import pytest

from asking import invalid, missing, not_honoured, refusal, unchecked
from world import CALLBACK, Pool, World


def test_a_client_of_a_name_alone_answers_with_what_aws_answers(world: World, pool: Pool) -> None:
    client = world.idp.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="c")["UserPoolClient"]
    assert re.fullmatch(r"[a-z0-9]{26}", client.pop("ClientId"))
    client.pop("LastModifiedDate")
    client.pop("CreationDate")
    assert client == {
        "UserPoolId": pool.pool_id,
        "ClientName": "c",
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {},
        "AllowedOAuthFlowsUserPoolClient": False,
        "EnableTokenRevocation": True,
        "EnablePropagateAdditionalUserContextData": False,
        "AuthSessionValidity": 3,
    }


def test_a_secret_is_made_on_request_and_described_again(world: World, pool: Pool) -> None:
    client = pool.client(GenerateSecret=True)
    assert re.fullmatch(r"[a-z0-9]{52}", client["ClientSecret"])
    given = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    described = world.idp.describe_user_pool_client(**given)["UserPoolClient"]
    assert described["ClientSecret"] == client["ClientSecret"]
    assert "ClientSecret" not in pool.client(ClientName="public")


def test_an_update_is_a_full_replacement_but_keeps_the_secret(world: World, pool: Pool) -> None:
    client = pool.client(GenerateSecret=True, AccessTokenValidity=5, TokenValidityUnits={"AccessToken": "minutes"})
    named = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    updated = world.idp.update_user_pool_client(**named, CallbackURLs=["https://new.example"])["UserPoolClient"]
    assert updated["CallbackURLs"] == ["https://new.example"]
    assert updated["ClientName"] == "web"
    assert updated["ClientSecret"] == client["ClientSecret"]
    for name in ("AllowedOAuthFlows", "AllowedOAuthScopes", "LogoutURLs", "ExplicitAuthFlows", "AccessTokenValidity"):
        assert name not in updated
    assert updated["AllowedOAuthFlowsUserPoolClient"] is False
    assert world.idp.describe_user_pool_client(**named)["UserPoolClient"]["CallbackURLs"] == ["https://new.example"]


def test_clients_are_listed_by_pages(world: World, pool: Pool) -> None:
    made = {pool.client(ClientName=f"c{n}")["ClientId"] for n in range(3)}
    first = world.idp.list_user_pool_clients(UserPoolId=pool.pool_id, MaxResults=2)
    rest = world.idp.list_user_pool_clients(UserPoolId=pool.pool_id, MaxResults=2, NextToken=first["NextToken"])
    assert "NextToken" not in rest
    listed = [*first["UserPoolClients"], *rest["UserPoolClients"]]
    assert {client["ClientId"] for client in listed} == made
    assert set(listed[0]) == {"ClientId", "UserPoolId", "ClientName"}


def test_a_client_is_found_and_deleted_in_its_own_pool_only(world: World, pool: Pool) -> None:
    client_id = pool.client()["ClientId"]
    elsewhere = {"UserPoolId": world.pool().pool_id, "ClientId": client_id}
    here = {"UserPoolId": pool.pool_id, "ClientId": client_id}
    gone = missing(f"User pool client {client_id} does not exist.")
    for operation in (
        world.idp.describe_user_pool_client,
        world.idp.update_user_pool_client,
        world.idp.delete_user_pool_client,
    ):
        assert refusal(operation, **elsewhere) == gone
    world.idp.delete_user_pool_client(**here)
    assert refusal(world.idp.describe_user_pool_client, **here) == gone
    nowhere = {"UserPoolId": "us-east-1_Nowhere00", "ClientName": "c"}
    assert refusal(world.idp.create_user_pool_client, **nowhere)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "uri",
    ["https://app.example/cb", "http://localhost:8080", "http://127.0.0.1:1/x", "http://[::1]:9/", "myapp://signed-in"],
)
def test_https_loopback_and_app_schemes_can_be_registered(pool: Pool, uri: str) -> None:
    assert pool.client(CallbackURLs=[uri])["CallbackURLs"] == [uri]


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("http://app.example", "http://app.example cannot use the HTTP protocol."),
        ("https://app.example/#top", "https://app.example/#top cannot contain a fragment."),
        ("nowhere", "nowhere is not a valid URL."),
    ],
)
def test_other_redirect_uris_cannot(pool: Pool, uri: str, sentence: str) -> None:
    for member in ("CallbackURLs", "LogoutURLs"):
        assert refusal(pool.client, **{member: [uri]}) == invalid(sentence)


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        (
            {"AllowedOAuthFlows": ["code", "client_credentials"], "GenerateSecret": True},
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected along with code flow or implicit flow.",
        ),
        (
            {"AllowedOAuthFlows": ["client_credentials"]},
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected if client does not have a client secret.",
        ),
        ({"AllowedOAuthScopes": ["engine/turn"]}, "ScopeDoesNotExistException", None),
        ({"SupportedIdentityProviders": ["Google"]}, "InvalidParameterException", None),
        ({"DefaultRedirectURI": "https://other.example"}, "InvalidParameterException", None),
        ({"ReadAttributes": ["custom:none"]}, "InvalidParameterException", None),
        ({"AccessTokenValidity": 25}, "InvalidParameterException", None),
        (
            {"AccessTokenValidity": 4, "TokenValidityUnits": {"AccessToken": "minutes"}},
            "InvalidParameterException",
            "Invalid range for token validity: AccessTokenValidity of 4 minutes.",
        ),
        (
            {"RefreshTokenValidity": 1, "AccessTokenValidity": 2, "TokenValidityUnits": {"RefreshToken": "hours"}},
            "InvalidParameterException",
            "Access and ID tokens cannot live longer than the refresh token.",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(
    pool: Pool, changes: dict[str, Any], code: str, sentence: str | None
) -> None:
    refused = refusal(pool.client, **changes)
    assert refused[0] == code
    assert sentence is None or refused[1] == sentence


def test_an_unknown_provider_is_named(pool: Pool) -> None:
    sentence = f"The provider Google does not exist for User Pool {pool.pool_id}."
    assert refusal(pool.client, SupportedIdentityProviders=["Google"]) == invalid(sentence)


def test_a_failed_update_changes_nothing(world: World, pool: Pool) -> None:
    client = pool.client()
    named = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    refusal(world.idp.update_user_pool_client, **named, CallbackURLs=["http://evil.example"])
    assert world.idp.describe_user_pool_client(**named)["UserPoolClient"]["CallbackURLs"] == [CALLBACK]


def test_what_a_client_would_not_do_is_refused_by_name(pool: Pool) -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    refused = not_honoured("RefreshTokenRotation", "CreateUserPoolClient")
    assert refusal(pool.client, RefreshTokenRotation=rotation) == refused


def test_a_client_s_id_is_pinned_by_its_pool_s_tag_and_its_name(world: World) -> None:
    pool = world.pool(UserPoolTags={"_custom_id_:web": "pinnedweb", "_custom_id_:bad": "not an id"})
    assert pool.client(ClientName="web")["ClientId"] == "pinnedweb"
    assert pool.client(ClientName="other")["ClientId"] != "pinnedweb"
    assert refusal(pool.client, ClientName="web") == invalid(
        "Client pinnedweb exists already: what _custom_id_:web pins must be new."
    )
    assert "cannot be a client id" in refusal(pool.client, ClientName="bad")[1]


def test_broken_constraints_hide_what_is_sensitive(world: World, pool: Pool) -> None:
    idp = unchecked(world, "cognito-idp")
    code, sentence = refusal(
        idp.create_user_pool_client,
        UserPoolId=pool.pool_id,
        ClientName="c",
        ClientSecret="too-short",
        PreventUserExistenceErrors="NO",
    )
    assert code == "InvalidParameterException"
    assert sentence.startswith("3 validation errors detected: ")
    assert (
        "Value at 'clientSecret' failed to satisfy constraint: Member must have length greater than or equal"
        in sentence
    )
    assert "Value 'NO' at 'preventUserExistenceErrors' failed to satisfy constraint: " in sentence
    assert "too-short" not in sentence
