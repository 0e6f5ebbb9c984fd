"""PreTokenGeneration in three versions, on every path to tokens. Source: facts/triggers.md §6, facts/tokens.md §8."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
import requests

from asking import refusal
from functions import Function, answering, arn_of, configure, set_triggers
from operations.test_sign_in import initiate, new_password_session, respond
from triggers.test_sign_up import refusing
from world import CALLBACK, PASSWORD, Browser, Pool, World


@pytest.fixture
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    return pool


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client()


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def with_version(pool: Pool, version: int, function: Function) -> Any:
    target = set_triggers(pool, PreTokenGeneration=function)["PreTokenGeneration"]
    arn = arn_of(f"PreTokenGeneration-{pool.pool_id.rpartition('_')[2]}")
    configure(pool, {"PreTokenGenerationConfig": {"LambdaArn": arn, "LambdaVersion": f"V{version}_0"}})
    return target


def first(**details: Any) -> Function:
    return answering({"claimsOverrideDetails": details})


def later(**details: Any) -> Function:
    return answering({"claimsAndScopeOverrideDetails": details})


def test_the_first_version_is_asked_and_changes_the_id_token(world: World, pool: Pool, client: dict[str, Any]) -> None:
    function = first(
        claimsToAddOrOverride={"tenant": "acme", "sub": "me", "cognito:x": "y"}, claimsToSuppress=["email"]
    )
    told = with_version(pool, 1, function)
    tokens = pool.tokens(client)
    (event,) = told.events
    assert (event["version"], event["triggerSource"]) == ("1", "TokenGeneration_Authentication")
    assert event["request"]["groupConfiguration"] == {
        "groupsToOverride": [],
        "iamRolesToOverride": [],
        "preferredRole": None,
    }
    assert "scopes" not in event["request"]
    assert event["response"] == {"claimsOverrideDetails": None}
    shown = claims(tokens["IdToken"])
    assert shown["tenant"] == "acme"
    assert shown["sub"] != "me"
    assert "email" not in shown
    assert "cognito:x" not in shown
    assert "tenant" not in claims(tokens["AccessToken"])


def test_the_second_version_changes_both_tokens_and_the_scopes(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    function = later(
        idTokenGeneration={"claimsToAddOrOverride": {"deep": {"a": [1, 2]}, "email_verified": "false"}},
        accessTokenGeneration={
            "claimsToAddOrOverride": {"tenant": "acme", "aud": client["ClientId"], "username": "me"},
            "claimsToSuppress": ["auth_time"],
            "scopesToAdd": ["notes/read"],
            "scopesToSuppress": ["aws.cognito.signin.user.admin"],
        },
    )
    told = with_version(pool, 2, function)
    tokens = pool.tokens(client)
    assert told.events[0]["version"] == "2"
    assert told.events[0]["request"]["scopes"] == ["aws.cognito.signin.user.admin"]
    assert told.events[0]["response"] == {"claimsAndScopeOverrideDetails": None}
    shown, access = claims(tokens["IdToken"]), claims(tokens["AccessToken"])
    assert (shown["deep"], shown["email_verified"]) == ({"a": [1, 2]}, False)
    assert (access["tenant"], access["aud"], access["username"]) == ("acme", client["ClientId"], "ada")
    assert access["scope"] == "notes/read"
    assert access["auth_time"]
    refused = refusal(world.idp.get_user, AccessToken=tokens["AccessToken"])
    assert refused == ("NotAuthorizedException", "Access Token does not have required scopes")


def test_another_audience_than_the_client_is_not_added(pool: Pool, client: dict[str, Any]) -> None:
    with_version(pool, 2, later(accessTokenGeneration={"claimsToAddOrOverride": {"aud": "others"}}))
    assert "aud" not in claims(pool.tokens(client)["AccessToken"])


@pytest.mark.parametrize("version", [1, 2])
def test_groups_and_roles_are_replaced_in_both_tokens(
    world: World, pool: Pool, client: dict[str, Any], version: int
) -> None:
    role = "arn:aws:iam::123456789012:role/reader"
    groups = {"groupsToOverride": ["a", "b"], "iamRolesToOverride": [role], "preferredRole": role}
    with_version(pool, version, (first if version == 1 else later)(groupOverrideDetails=groups))
    tokens = pool.tokens(client)
    shown, access = claims(tokens["IdToken"]), claims(tokens["AccessToken"])
    assert shown["cognito:groups"] == access["cognito:groups"] == ["a", "b"]
    assert (shown["cognito:roles"], shown["cognito:preferred_role"]) == ([role], role)
    assert "cognito:roles" not in access


@pytest.mark.parametrize(("details", "stay"), [({}, True), ({"groupOverrideDetails": {}}, False)])
def test_groups_stay_unless_the_answer_names_them(
    world: World, pool: Pool, client: dict[str, Any], details: dict[str, Any], stay: bool
) -> None:
    world.idp.create_group(UserPoolId=pool.pool_id, GroupName="staff")
    world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username="ada", GroupName="staff")
    told = with_version(pool, 1, first(**details))
    assert ("cognito:groups" in claims(pool.tokens(client)["IdToken"])) is stay
    assert told.events[0]["request"]["groupConfiguration"]["groupsToOverride"] == ["staff"]


def test_without_its_groups_a_token_has_no_roles(world: World, pool: Pool, client: dict[str, Any]) -> None:
    role = "arn:aws:iam::123456789012:role/reader"
    world.idp.create_group(UserPoolId=pool.pool_id, GroupName="staff", RoleArn=role)
    world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username="ada", GroupName="staff")
    with_version(pool, 1, first(claimsToSuppress=["cognito:groups", "sub", "aud"]))
    shown = claims(pool.tokens(client)["IdToken"])
    assert not [name for name in shown if name.startswith("cognito:") and name != "cognito:username"]
    assert {"sub", "aud"} <= shown.keys()


def test_its_source_says_how_the_tokens_came_about(world: World, pool: Pool) -> None:
    client = pool.client(AllowedOAuthFlows=["code"])
    session = new_password_session(world, pool, client, "bob")
    told = with_version(pool, 2, later())
    browser = Browser(world.origin)
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": client["ClientId"]}
    form["code"] = browser.code(client)
    assert told.events == [], "tokens are made at the token endpoint, and not with the code"
    answer = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    renewed = {"grant_type": "refresh_token", "client_id": client["ClientId"], "refresh_token": answer["refresh_token"]}
    requests.post(f"{world.origin}/oauth2/token", data=renewed, timeout=10)
    tokens = pool.tokens(client)
    initiate(world, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])
    respond(world, client, "NEW_PASSWORD_REQUIRED", session, USERNAME="bob", NEW_PASSWORD=PASSWORD)
    assert [event["triggerSource"].removeprefix("TokenGeneration_") for event in told.events] == [
        "HostedAuth",
        "RefreshTokens",
        "Authentication",
        "RefreshTokens",
        "NewPasswordChallenge",
    ]
    assert told.events[0]["request"]["scopes"] == ["openid", "email", "profile", "aws.cognito.signin.user.admin"]


@pytest.mark.parametrize(("version", "asked"), [(1, False), (2, False), (3, True)])
def test_machines_are_told_of_in_the_third_version_only(world: World, pool: Pool, version: int, asked: bool) -> None:
    world.idp.create_resource_server(
        UserPoolId=pool.pool_id,
        Identifier="notes",
        Name="notes",
        Scopes=[{"ScopeName": "read", "ScopeDescription": "r"}],
    )
    machine = pool.client(
        GenerateSecret=True, AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["notes/read"]
    )
    function = later(
        idTokenGeneration={"claimsToAddOrOverride": {"no": "where"}},
        accessTokenGeneration={"claimsToAddOrOverride": {"plan": "pro"}, "scopesToAdd": ["notes/write"]},
    )
    told = with_version(pool, version, function if version > 1 else first())
    form = {"grant_type": "client_credentials"}
    secret = (machine["ClientId"], machine["ClientSecret"])
    token = requests.post(f"{world.origin}/oauth2/token", data=form, auth=secret, timeout=10).json()["access_token"]
    assert claims(token).get("plan") == ("pro" if asked else None)
    assert claims(token)["scope"] == ("notes/read notes/write" if asked else "notes/read")
    if asked:
        (event,) = told.events
        assert (event["triggerSource"], event["userName"]) == (
            "TokenGeneration_ClientCredentials",
            "ClientCredentials",
        )
        assert event["request"] == {"userAttributes": {}, "groupConfiguration": None, "scopes": ["notes/read"]}


def test_a_failure_leaves_no_tokens_and_an_unspent_code(world: World, pool: Pool, client: dict[str, Any]) -> None:
    code = Browser(world.origin).code(client)
    with_version(pool, 1, refusing("no access"))
    refused = refusal(initiate, world=world, client=client, USERNAME="ada", PASSWORD=PASSWORD)
    assert refused == ("UserLambdaValidationException", "PreTokenGeneration failed with error no access.")
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": client["ClientId"], "code": code}
    answer = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert answer.json()["error_description"] == "PreTokenGeneration failed with error no access."
    with_version(pool, 1, first())
    assert "id_token" in requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()


@pytest.mark.parametrize(
    ("version", "details"),
    [
        (1, {"claimsToAddOrOverride": {"n": 5}}),
        (1, {"claimsToSuppress": "email"}),
        (2, {"accessTokenGeneration": {"scopesToAdd": ["two words"]}}),
        (2, {"accessTokenGeneration": {"scopesToAdd": [5]}}),
        (2, {"idTokenGeneration": []}),
        (2, {"idTokenGeneration": {"claimsToSuppress": [f"c{n}" for n in range(5001)]}}),
        (2, {"groupOverrideDetails": {"groupsToOverride": "a"}}),
    ],
)
def test_what_cannot_be_followed_is_refused(
    world: World, pool: Pool, client: dict[str, Any], version: int, details: dict[str, Any]
) -> None:
    with_version(pool, version, (first if version == 1 else later)(**details))
    refused = refusal(initiate, world=world, client=client, USERNAME="ada", PASSWORD=PASSWORD)
    assert refused == ("InvalidLambdaResponseException", "Unrecognizable lambda output")


def test_two_functions_for_one_trigger_are_refused(world: World) -> None:
    config = {
        "PreTokenGeneration": arn_of("one"),
        "PreTokenGenerationConfig": {"LambdaArn": arn_of("two"), "LambdaVersion": "V2_0"},
    }
    assert refusal(world.idp.create_user_pool, PoolName="p", LambdaConfig=config)[0] == "InvalidParameterException"
