"""Authorizers of HTTP APIs: JWT, and functions with simple answers and with policies.

Source: facts/apigateway.md §2, §4.
"""

from __future__ import annotations

from typing import Any

import pytest

from gateway_apis import Http, declare, http_api, invocations, to_lambda
from world import Pool, World

SCOPE = "aws.cognito.signin.user.admin"


@pytest.fixture(scope="module")
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    for group in ("admins", "editors"):
        world.idp.create_group(UserPoolId=pool.pool_id, GroupName=group)
        world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username="ada", GroupName=group)
    return pool


@pytest.fixture(scope="module")
def client(pool: Pool) -> dict[str, Any]:
    return pool.client()


@pytest.fixture(scope="module")
def tokens(pool: Pool, client: dict[str, Any]) -> dict[str, Any]:
    return pool.tokens(client)


def by_jwt(world: World, issuer: str, audience: list[str], version: str = "2.0", **route: Any) -> tuple[Http, Any]:
    told = declare(world, "jwt", lambda event: {"in": True})
    api = http_api(world)
    authorizer = api.authorizer("JWT", JwtConfiguration={"Issuer": issuer, "Audience": audience})
    api.route("GET /", to_lambda("jwt", version), AuthorizationType="JWT", AuthorizerId=authorizer, **route)
    return api, told


def challenge(answer: Any) -> tuple[int, Any, str | None]:
    return answer.status_code, answer.json(), answer.headers.get("WWW-Authenticate")


def test_both_kinds_of_tokens_are_let_in_and_told_as_go_spells_them(
    world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]
) -> None:
    api, told = by_jwt(world, f"{world.origin}/{pool.pool_id}", [client["ClientId"]])
    for token in (tokens["IdToken"], f"Bearer {tokens['AccessToken']}"):
        assert api.ask("/", headers={"Authorization": token}).json() == {"in": True}
    jwt = told.events[0]["requestContext"]["authorizer"]["jwt"]
    assert (jwt["claims"]["cognito:groups"], jwt["claims"]["email_verified"]) == ("[admins editors]", "true")
    assert jwt["claims"]["exp"].isdigit()
    assert jwt["scopes"] is None


def test_aws_s_own_spelling_of_the_issuer_is_the_pool_here(
    world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]
) -> None:
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    api, _ = by_jwt(world, issuer, [client["ClientId"]])
    assert api.ask("/", headers={"Authorization": tokens["IdToken"]}).status_code == 200


def test_every_refusal_has_its_challenge(
    world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]
) -> None:
    issuer, audience = f"{world.origin}/{pool.pool_id}", [client["ClientId"]]
    api, told = by_jwt(world, issuer, audience)
    body = {"message": "Unauthorized"}

    def invalid(description: str) -> tuple[int, Any, str]:
        return 401, body, f'Bearer scope="" error="invalid_token" error_description="{description}"'

    def asked(token: str, api: Http = api) -> Any:
        return challenge(api.ask("/", headers={"Authorization": token}))

    assert challenge(api.ask("/")) == (401, body, "Bearer")
    assert asked("x") == invalid("token contains an invalid number of segments")
    head, payload, _ = tokens["IdToken"].split(".")
    assert asked(f"{head}.{payload}.AAAA") == invalid("crypto/rsa: verification error")
    world.clock.advance(3601)
    assert asked(tokens["IdToken"]) == invalid("the token has expired")
    world.clock.advance(-3601)
    other, _ = by_jwt(world, issuer, ["another"])
    assert asked(tokens["IdToken"], other) == invalid("the token does not have a valid audience")
    assert asked(tokens["AccessToken"], other) == invalid("the token does not have a valid audience")
    elsewhere, _ = by_jwt(world, "http://127.0.0.1:1/none", audience)
    assert asked(tokens["IdToken"], elsewhere) == invalid("OIDC discovery endpoint communication error")
    assert told.events == []


def test_a_route_s_scopes(world: World, pool: Pool, client: dict[str, Any], tokens: dict[str, Any]) -> None:
    issuer, audience = f"{world.origin}/{pool.pool_id}", [client["ClientId"]]
    api, told = by_jwt(world, issuer, audience, "1.0", AuthorizationScopes=["a/b", SCOPE])
    told.function = lambda event: {"statusCode": 200}
    assert api.ask("/", headers={"Authorization": tokens["AccessToken"]}).status_code == 200
    assert told.events[0]["requestContext"]["authorizer"]["scopes"] == ["a/b", SCOPE]
    answer = api.ask("/", headers={"Authorization": tokens["IdToken"]})
    wanted = f'Bearer scope="a/b {SCOPE}" error="insufficient_scope"'
    assert challenge(answer) == (403, {"message": "Forbidden"}, wanted)
    assert challenge(api.ask("/", headers={"Authorization": "x"}))[2].startswith(f'Bearer scope="a/b {SCOPE}" error=')


def by_function(world: World, name: str, function: Any, **given: Any) -> tuple[Http, Any, Any]:
    asked = declare(world, f"{name}-authorizer", function)
    told = declare(world, name, lambda event: {"in": True})
    api = http_api(world)
    given = {"AuthorizerPayloadFormatVersion": "2.0", "EnableSimpleResponses": True, **given}
    authorizer = api.authorizer("REQUEST", AuthorizerUri=invocations(f"{name}-authorizer"), **given)
    api.route("GET /things/{id}", to_lambda(name), AuthorizationType="CUSTOM", AuthorizerId=authorizer)
    return api, told, asked


def test_a_simple_answer_lets_in_and_its_context_goes_on_as_it_is(world: World) -> None:
    context = {"number": 1, "list": ["a"]}
    api, told, asked = by_function(world, "simple", lambda event: {"isAuthorized": True, "context": context})
    assert api.ask("/things/7?a=1", headers={"Authorization": "t"}).json() == {"in": True}
    (event,) = asked.events
    assert (event["version"], event["type"], event["routeKey"]) == ("2.0", "REQUEST", "GET /things/{id}")
    assert event["routeArn"].endswith(f"{api.api_id}/$default/GET/things/7")
    assert event["identitySource"] == ["t"]
    assert event["pathParameters"] == {"id": "7"}
    assert told.events[0]["requestContext"]["authorizer"] == {"lambda": context}


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        ({"isAuthorized": False}, 403, "Forbidden"),
        ({"isAuthorized": "yes"}, 500, "Internal Server Error"),
        ({}, 500, "Internal Server Error"),
        (None, 500, "Internal Server Error"),
    ],
)
def test_simple_answers_that_let_nobody_in(world: World, answer: Any, status: int, message: str) -> None:
    api, told, _ = by_function(world, "closed", lambda event: answer)
    found = api.ask("/things/7", headers={"Authorization": "t"})
    assert (found.status_code, found.json()) == (status, {"message": message})
    assert told.events == []


def test_a_missing_source_asks_nothing_and_an_error_is_500(world: World) -> None:
    def raises(event: dict[str, Any]) -> Any:
        raise ValueError("no")

    api, _, asked = by_function(world, "raises2", raises)
    assert api.ask("/things/7").status_code == 401
    assert asked.events == []
    assert api.ask("/things/7", headers={"Authorization": "t"}).status_code == 500


def test_a_policy_is_evaluated_for_the_route(world: World) -> None:
    def policy(event: dict[str, Any]) -> Any:
        arn = event["routeArn"].rpartition("/")[0] + "/7"
        statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": arn}
        return {"principalId": "ada", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}

    api, _, asked = by_function(world, "policy2", policy, EnableSimpleResponses=False, AuthorizerResultTtlInSeconds=60)
    headers = {"Authorization": "t"}
    assert [api.ask(f"/things/{n}", headers=headers).status_code for n in (7, 8, 7)] == [200, 403, 200]
    assert len(asked.events) == 1


def test_payload_1_is_told_sources_as_one_text(world: World) -> None:
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    found = {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    sources = ["$request.header.Authorization", "$request.querystring.q"]
    given = {"AuthorizerPayloadFormatVersion": "1.0", "EnableSimpleResponses": False, "IdentitySource": sources}
    api, _, asked = by_function(world, "first", lambda event: found, **given)
    assert api.ask("/things/7?q=1", headers={"Authorization": "t"}).status_code == 200
    (event,) = asked.events
    assert (event["version"], event["identitySource"], event["authorizationToken"]) == ("1.0", "t,1", "t,1")


CORS = {
    "AllowOrigins": ["https://app.example"],
    "AllowMethods": ["GET"],
    "AllowHeaders": ["authorization"],
    "MaxAge": 5,
}


def test_preflights_are_answered_by_the_api_and_refusals_have_its_cors_headers(world: World, pool: Pool) -> None:
    api, _ = by_jwt(world, f"{world.origin}/{pool.pool_id}", ["x"])
    api.client.update_api(ApiId=api.api_id, CorsConfiguration=CORS)
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    answer = api.ask("/", "OPTIONS", headers=asked)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "https://app.example")
    assert (answer.headers["Access-Control-Allow-Methods"], answer.headers["Access-Control-Max-Age"]) == ("GET", "5")
    refused = api.ask("/", headers={"Origin": "https://app.example"})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, "https://app.example")
    other = api.ask("/", "OPTIONS", headers={**asked, "Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    api.client.delete_cors_configuration(ApiId=api.api_id)
    assert "Access-Control-Allow-Origin" not in api.ask("/", headers=asked).headers
