"""App clients: what is answered, what is kept, what cannot be registered. Source: facts/api.md §5, §10."""

from __future__ import annotations

import re
from typing import Any

import pytest

from asking import invalid, missing, refusal, unchecked
from halfday.server.operations.app_clients import app_clients
from pool_members import ROLE
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
    [
        "https://app.example/cb?x=1",
        "http://localhost:8080",
        "http://127.0.0.1:1/x",
        "http://[::1]:9/",
        "myapp://signed-in",
        "com.example.app:/signed-in",
    ],
)
def test_https_loopback_and_app_schemes_can_be_registered(pool: Pool, uri: str) -> None:
    assert pool.client(CallbackURLs=[uri])["CallbackURLs"] == [uri]


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("http://app.example", "http://app.example cannot use the HTTP protocol."),
        ("https://app.example/#top", "https://app.example/#top cannot use fragment"),
        ("nowhere", "nowhere is not a valid URL."),
        ("https:///no-host", "https:///no-host is not a valid URL."),
        ("https:no-host", "https:no-host is not a valid URL."),
        ("localhost:3000", "localhost:3000 is not a valid URL."),
        ("urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob is not a valid URL."),
        ("http://localhost@app.example", "http://localhost@app.example cannot use the HTTP protocol."),
        ("javascript:alert(1)", "javascript:alert(1) cannot use the javascript scheme."),
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
        (
            {"CallbackURLs": []},
            "InvalidOAuthFlowException",
            "CallbackUrls can not be empty when code flow or implicit flow is selected",
        ),
        ({"AllowedOAuthScopes": ["engine/turn"]}, "ScopeDoesNotExistException", "Invalid scope requested: engine/turn"),
    ],
)
def test_oauth_settings_that_cannot_be_are_refused(
    pool: Pool, changes: dict[str, Any], code: str, sentence: str
) -> None:
    assert refusal(pool.client, **changes) == (code, sentence)


NEEDS_BOTH = "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."
OUT_OF_RANGE = "Invalid range for token validity."
ANALYTICS = (
    "Invalid analytics configuration given, "
    "either <application arn> or <application id, role arn, external id> are valid"
)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"AllowedOAuthScopes": []}, NEEDS_BOTH),
        ({"AllowedOAuthFlows": []}, NEEDS_BOTH),
        (
            {"DefaultRedirectURI": "https://other.example"},
            "The default redirect URI https://other.example is not in the callback URIs list.",
        ),
        ({"ReadAttributes": ["custom:none"]}, "Invalid read attributes specified while creating a client"),
        ({"WriteAttributes": ["custom:none"]}, "Invalid write attributes specified while creating a client"),
        (
            {"WriteAttributes": ["email", "email_verified"]},
            "Invalid write attributes specified while creating a client",
        ),
        ({"AccessTokenValidity": 25}, OUT_OF_RANGE),
        ({"AccessTokenValidity": 4, "TokenValidityUnits": {"AccessToken": "minutes"}}, OUT_OF_RANGE),
        ({"RefreshTokenValidity": 3651}, OUT_OF_RANGE),
        (
            {"RefreshTokenValidity": 1, "AccessTokenValidity": 2, "TokenValidityUnits": {"RefreshToken": "hours"}},
            "Access and Id Token expiration times must be less than or equal to refresh token expiration times.",
        ),
        (
            {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ADMIN_NO_SRP_AUTH"]},
            "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.",
        ),
        (
            {"RefreshTokenRotation": {"Feature": "ENABLED"}},
            "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled.",
        ),
        (
            {"EnablePropagateAdditionalUserContextData": True},
            "Client Secret is required to set EnablePropagateAdditionalUserContextData as true",
        ),
        ({"AnalyticsConfiguration": {"ApplicationId": "abc"}}, ANALYTICS),
        ({"AnalyticsConfiguration": {"ApplicationArn": ROLE, "RoleArn": ROLE, "ExternalId": "x"}}, ANALYTICS),
        (
            {"GenerateSecret": True, "ClientSecret": "s" * 30},
            "You cannot specify both GenerateSecret as true and provide a ClientSecret value.",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(pool: Pool, changes: dict[str, Any], sentence: str) -> None:
    assert refusal(pool.client, **changes) == invalid(sentence)


def test_a_client_writes_whatever_its_pool_requires(world: World) -> None:
    pool = world.pool(Schema=[{"Name": "email", "Required": True}])
    assert pool.client(WriteAttributes=["email", "name"])["WriteAttributes"] == ["email", "name"]
    client = pool.client()
    named = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    refused = refusal(world.idp.update_user_pool_client, **named, WriteAttributes=["name"])
    assert refused == invalid("Invalid write attributes specified while updating a client")


def test_a_rotation_is_shown_with_its_grace_and_as_disabled_once_it_is_left_out(world: World, pool: Pool) -> None:
    flows = ["ALLOW_USER_SRP_AUTH"]
    enabled = {"Feature": "ENABLED"}
    client = pool.client(ExplicitAuthFlows=flows, RefreshTokenRotation=enabled)
    assert client["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    named = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    graceful = {**enabled, "RetryGracePeriodSeconds": 20}
    update = world.idp.update_user_pool_client
    assert update(**named, RefreshTokenRotation=graceful)["UserPoolClient"]["RefreshTokenRotation"] == graceful
    disabled = {"Feature": "DISABLED", "RetryGracePeriodSeconds": 0}
    assert update(**named)["UserPoolClient"]["RefreshTokenRotation"] == disabled


def test_analytics_and_user_context_are_shown_as_they_were_given(pool: Pool) -> None:
    analytics = {"ApplicationId": "abc123", "RoleArn": ROLE, "ExternalId": "x", "UserDataShared": True}
    client = pool.client(
        GenerateSecret=True, AnalyticsConfiguration=analytics, EnablePropagateAdditionalUserContextData=True
    )
    assert client["AnalyticsConfiguration"] == analytics
    assert client["EnablePropagateAdditionalUserContextData"] is True


def test_what_its_pool_s_tier_does_not_have_is_refused(world: World) -> None:
    pool = world.pool(UserPoolTier="LITE")
    flows = ["ALLOW_USER_AUTH"]
    assert refusal(pool.client, ExplicitAuthFlows=flows, RefreshTokenRotation={"Feature": "ENABLED"}) == (
        "FeatureUnavailableInTierException",
        "The following features need to be disabled for the LITE pricing tier configured: "
        "Choice-Based Sign-In, Refresh Token Rotation",
    )
    assert world.pool().client(ExplicitAuthFlows=flows)["ExplicitAuthFlows"] == flows


def test_a_pool_has_so_many_clients_and_no_more(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    pool.client()
    monkeypatch.setattr(app_clients, "MOST_CLIENTS", 1)
    sentence = f"Exceeded the limit of 1 app clients in user pool {pool.pool_id}."
    assert refusal(pool.client) == ("LimitExceededException", sentence)


def test_an_unknown_provider_is_named(pool: Pool) -> None:
    sentence = f"The provider Google does not exist for User Pool {pool.pool_id}."
    assert refusal(pool.client, SupportedIdentityProviders=["Google"]) == invalid(sentence)


def test_a_failed_update_changes_nothing(world: World, pool: Pool) -> None:
    client = pool.client()
    named = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    refusal(world.idp.update_user_pool_client, **named, CallbackURLs=["http://evil.example"])
    assert world.idp.describe_user_pool_client(**named)["UserPoolClient"]["CallbackURLs"] == [CALLBACK]


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
