"""Authorizers of REST APIs: who is let in, what is told of them, and how everybody else is refused.

Source: facts/apigateway.md §1, §4.
"""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

import pytest

from gateway_apis import Rest, declare, http_proxy, invocations, lambda_proxy, rest_api
from world import Pool, World

ANSWER = {"statusCode": 200, "body": "in"}
ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    world.idp.create_group(UserPoolId=pool.pool_id, GroupName="admins")
    world.idp.create_group(UserPoolId=pool.pool_id, GroupName="editors")
    for group in ("admins", "editors"):
        world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username="ada", GroupName=group)
    return pool


@pytest.fixture(scope="module")
def tokens(pool: Pool) -> dict[str, Any]:
    return pool.tokens(pool.client())


def arn_of(pool: Pool) -> str:
    return f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{pool.pool_id}"


def behind(world: World, name: str, authorizer: dict[str, Any] | None, **method: Any) -> tuple[Rest, Any]:
    """A REST API with one method before a function, and what the function is told."""
    told = declare(world, name, lambda event: ANSWER)
    api = rest_api(world)
    if authorizer is not None:
        method["authorizerId"] = api.authorizer(**authorizer)
    api.put("/things", integration=lambda_proxy(name), **method)
    api.put("/others", "ANY", integration=lambda_proxy(name), **method)
    api.deploy()
    return api, told


def by_cognito(world: World, pool: Pool, **method: Any) -> tuple[Rest, Any]:
    authorizer = {"kind": "COGNITO_USER_POOLS", "providerARNs": [arn_of(pool)]}
    return behind(world, "cognito", authorizer, authorizationType="COGNITO_USER_POOLS", **method)


def by_function(world: World, name: str, function: Any, kind: str = "TOKEN", **given: Any) -> tuple[Rest, Any, Any]:
    asked = declare(world, f"{name}-authorizer", function)
    authorizer = {"kind": kind, "authorizerUri": invocations(f"{name}-authorizer"), **given}
    api, told = behind(world, name, authorizer, authorizationType="CUSTOM")
    return api, told, asked


def policy(effect: str, resource: Any = "*", context: Any = None) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    found = {"principalId": "ada", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    return {**found, "context": context} if context is not None else found


def said(answer: Any) -> tuple[int, Any, str]:
    return answer.status_code, answer.json(), answer.headers["x-amzn-ErrorType"]


UNAUTHORIZED = (401, {"message": "Unauthorized"}, "UnauthorizedException")


@pytest.mark.parametrize("prefix", ["", "Bearer "])
def test_cognito_lets_an_id_token_in_and_tells_its_claims_as_texts(
    world: World, pool: Pool, tokens: dict[str, Any], prefix: str
) -> None:
    api, told = by_cognito(world, pool)
    assert api.ask("/things", headers={"Authorization": prefix + tokens["IdToken"]}).text == "in"
    claims = told.events[-1]["requestContext"]["authorizer"]["claims"]
    assert (claims["cognito:groups"], claims["email_verified"]) == ("admins,editors", "true")
    assert " UTC " in claims["exp"]
    assert all(isinstance(value, str) for value in claims.values())


def test_cognito_refuses_everything_else(world: World, pool: Pool, tokens: dict[str, Any]) -> None:
    api, told = by_cognito(world, pool)
    other = world.pool()
    other.user()
    foreign = other.tokens(other.client())["IdToken"]
    head, payload, _ = tokens["IdToken"].split(".")
    for token in ("", "x", tokens["AccessToken"], foreign, f"{head}.{payload}.AAAA"):
        assert said(api.ask("/things", headers={"Authorization": token})) == UNAUTHORIZED
    assert said(api.ask("/things")) == UNAUTHORIZED
    assert told.events == []


def test_cognito_with_scopes_takes_an_access_token_that_has_one(
    world: World, pool: Pool, tokens: dict[str, Any]
) -> None:
    scope = "aws.cognito.signin.user.admin"
    api, told = by_cognito(world, pool, authorizationScopes=["a/b", scope])
    assert api.ask("/things", headers={"Authorization": tokens["AccessToken"]}).text == "in"
    authorizer = told.events[-1]["requestContext"]["authorizer"]
    assert (authorizer["scopes"], authorizer["claims"]["scope"]) == (["a/b", scope], scope)
    assert said(api.ask("/things", headers={"Authorization": tokens["IdToken"]})) == UNAUTHORIZED
    other, _ = by_cognito(world, pool, authorizationScopes=["a/b"])
    assert said(other.ask("/things", headers={"Authorization": tokens["AccessToken"]})) == UNAUTHORIZED


def test_a_validation_expression_is_held_against_aud(world: World, pool: Pool, tokens: dict[str, Any]) -> None:
    arns = [arn_of(pool)]
    for expression, status in ((".+", 200), ("other", 401)):
        given = {"kind": "COGNITO_USER_POOLS", "providerARNs": arns, "identityValidationExpression": expression}
        api, _ = behind(world, "aud", given, authorizationType="COGNITO_USER_POOLS")
        assert api.ask("/things", headers={"Authorization": tokens["IdToken"]}).status_code == status


def test_an_expired_token_is_told_so_and_a_pool_that_is_gone_is_500(world: World) -> None:
    gone = world.pool()
    gone.user()
    token = gone.tokens(gone.client())["IdToken"]
    api, _ = by_cognito(world, gone)
    world.clock.advance(3601)
    answer = api.ask("/things", headers={"Authorization": token})
    world.clock.advance(-3601)
    assert said(answer) == (401, {"message": "The incoming token has expired"}, "UnauthorizedException")
    world.idp.delete_user_pool(UserPoolId=gone.pool_id)
    answer = api.ask("/things", headers={"Authorization": token})
    assert said(answer) == (500, {"message": None}, "AuthorizerConfigurationException")


def test_a_token_authorizer_is_asked_and_its_context_goes_on_as_texts(world: World) -> None:
    context = {"text": "t", "number": 1, "flag": True}
    api, told, asked = by_function(world, "token", lambda event: policy("Allow", context=context))
    assert api.ask("/things", headers={"Authorization": "secret"}).text == "in"
    arn = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api.api_id}/prod/GET/things"
    assert asked.events == [{"type": "TOKEN", "methodArn": arn, "authorizationToken": "secret"}]
    authorizer = told.events[-1]["requestContext"]["authorizer"]
    assert (authorizer["principalId"], authorizer["text"], authorizer["number"], authorizer["flag"]) == (
        "ada",
        "t",
        "1",
        "true",
    )


def test_a_verdict_is_kept_by_token_and_evaluated_for_each_method(world: World) -> None:
    def only_things(event: dict[str, Any]) -> Any:
        return policy("Allow", event["methodArn"])

    api, _, asked = by_function(world, "kept", only_things, authorizerResultTtlInSeconds=60)
    headers = {"Authorization": "one"}
    assert [api.ask("/things", headers=headers).status_code for _ in range(2)] == [200, 200]
    assert len(asked.events) == 1
    answer = api.ask("/others", headers=headers)
    assert said(answer) == (403, {"Message": "User is not authorized to access this resource"}, "AccessDeniedException")
    assert len(asked.events) == 1, "the kept policy was evaluated"
    assert api.ask("/things", headers={"Authorization": "two"}).status_code == 200
    assert len(asked.events) == 2
    world.clock.advance(61)
    assert api.ask("/others", headers=headers).status_code == 200
    assert len(asked.events) == 3


def test_without_a_ttl_nothing_is_kept(world: World) -> None:
    api, _, asked = by_function(world, "fresh", lambda event: policy("Allow"), authorizerResultTtlInSeconds=0)
    for _ in range(2):
        assert api.ask("/things", headers={"Authorization": "one"}).status_code == 200
    assert len(asked.events) == 2


def test_an_explicit_deny_says_so(world: World) -> None:
    api, told, _ = by_function(world, "deny", lambda event: policy("Deny"))
    sentence = "User is not authorized to access this resource with an explicit deny in an identity-based policy"
    assert said(api.ask("/things", headers={"Authorization": "x"})) == (
        403,
        {"Message": sentence},
        "AccessDeniedException",
    )
    assert told.events == []


def asked_as_spelt(api: Rest, path: str) -> int:
    """The status. `requests` would decode what needs no encoding."""
    connection = HTTPConnection(api.world.origin.partition("://")[2], timeout=30)
    at = f"/restapis/{api.api_id}/{api.stage}/_user_request_{path}"
    connection.request("GET", at, headers={"Authorization": "x"})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("path", ["/things", "/thing%73", "/things/", "//things", "/%74hings//"])
def test_a_deny_counts_however_the_path_is_spelt(world: World, path: str) -> None:
    """By whose name the method is found, by that it is denied too."""

    def all_but_things(event: dict[str, Any]) -> Any:
        found = policy("Allow")
        denied = {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": "arn:aws:execute-api:*:*:*/GET/things"}
        found["policyDocument"]["Statement"].append(denied)
        return found

    api, told, _ = by_function(world, "spelt", all_but_things)
    assert api.ask("/others", headers={"Authorization": "x"}).status_code == 200
    told.events.clear()
    assert asked_as_spelt(api, path) == 403
    assert told.events == []


def test_an_allow_is_for_the_path_as_it_was_sent(world: World) -> None:
    api, _, asked = by_function(world, "sent", lambda event: policy("Allow", event["methodArn"]))
    assert asked_as_spelt(api, "/thing%73") == 200
    assert asked.events[-1]["methodArn"].endswith("/prod/GET/thing%73")


def test_a_function_that_raises_unauthorized_is_401_and_anything_else_500(world: World) -> None:
    for message, status in (("Unauthorized", 401), ("Unauthorized!", 500)):

        def raises(event: dict[str, Any], message: str = message) -> Any:
            raise ValueError(message)

        api, _, _ = by_function(world, "raises", raises)
        assert api.ask("/things", headers={"Authorization": "x"}).status_code == status


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "a text",
        {},
        {"policyDocument": policy("Allow")["policyDocument"]},
        {"principalId": "ada"},
        {"principalId": "ada", "policyDocument": {"Statement": [{"Effect": "Perhaps"}]}},
        policy("Allow", context={"no": {"object": 1}}),
        policy("Allow", context={"no": [1]}),
        policy("Allow", context="text"),
    ],
)
def test_an_answer_that_is_none_is_500_with_a_null_message(world: World, answer: Any) -> None:
    api, told, _ = by_function(world, "none", lambda event: answer)
    found = api.ask("/things", headers={"Authorization": "x"})
    assert said(found) == (500, {"message": None}, "AuthorizerConfigurationException")
    assert told.events == []


def test_a_missing_token_and_one_that_is_no_match_ask_nothing(world: World) -> None:
    given = {"identityValidationExpression": "^Bearer [a-z]+$", "identitySource": "method.request.header.X-Token"}
    api, _, asked = by_function(world, "match", lambda event: policy("Allow"), **given)
    assert said(api.ask("/things")) == UNAUTHORIZED
    assert said(api.ask("/things", headers={"X-Token": "Bearer 1"})) == UNAUTHORIZED
    assert api.ask("/things", headers={"X-Token": "Bearer abc"}).status_code == 200
    assert len(asked.events) == 1


def test_a_request_authorizer_is_told_the_request_and_kept_by_all_its_sources(world: World) -> None:
    source = "method.request.header.X-Key, method.request.querystring.who, context.stage"
    api, _, asked = by_function(world, "request", lambda event: policy("Allow"), "REQUEST", identitySource=source)
    assert said(api.ask("/things?who=ada")) == UNAUTHORIZED
    assert said(api.ask("/things", headers={"X-Key": "1"})) == UNAUTHORIZED
    assert asked.events == []
    for who in ("ada", "ada", "grace"):
        assert api.ask(f"/things?who={who}", headers={"X-Key": "1"}).status_code == 200
    assert [event["queryStringParameters"]["who"] for event in asked.events] == ["ada", "grace"]
    event = asked.events[0]
    assert (event["type"], event["resource"], event["httpMethod"]) == ("REQUEST", "/things", "GET")
    assert event["methodArn"].endswith("/prod/GET/things")
    assert event["headers"]["x-key"] == "1"
    assert event["pathParameters"] == {}
    assert event["requestContext"]["stage"] == "prod"


def test_a_backend_is_told_what_is_mapped_of_claims_and_context(
    world: World, backend: str, pool: Pool, tokens: dict[str, Any]
) -> None:
    api = rest_api(world)
    authorizer = api.authorizer("COGNITO_USER_POOLS", providerARNs=[arn_of(pool)])
    mapped = {"integration.request.header.X-Email": "context.authorizer.claims.email",
              "integration.request.header.X-Groups": "context.authorizer.claims.cognito:groups"}  # fmt: skip
    api.put("/", integration=http_proxy(backend, requestParameters=mapped), authorizerId=authorizer,
            authorizationType="COGNITO_USER_POOLS")  # fmt: skip
    api.deploy()
    seen = api.ask("/", headers={"Authorization": tokens["IdToken"], "X-Email": "forged"}).json()
    assert (seen["headers"]["x-email"], seen["headers"]["x-groups"]) == ("ada@example.com", "admins,editors")


def test_gateway_responses_have_the_api_s_own_words_and_headers(world: World, pool: Pool) -> None:
    api, _ = by_cognito(world, pool)
    cors = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
    template = '{"error": $context.error.messageString, "type": "$context.error.responseType"}'
    put = api.client.put_gateway_response
    put(restApiId=api.api_id, responseType="UNAUTHORIZED", statusCode="418", responseParameters=cors,
        responseTemplates={"application/json": template})  # fmt: skip
    put(restApiId=api.api_id, responseType="DEFAULT_4XX", responseParameters=cors)
    api.deploy()
    answer = api.ask("/things")
    assert (answer.status_code, answer.json()) == (418, {"error": "Unauthorized", "type": "UNAUTHORIZED"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_an_authorizer_can_be_tried(world: World, pool: Pool, tokens: dict[str, Any]) -> None:
    api, _ = by_cognito(world, pool)
    (authorizer,) = api.client.get_authorizers(restApiId=api.api_id)["items"]
    tried = api.client.test_invoke_authorizer
    where = {"restApiId": api.api_id, "authorizerId": authorizer["id"]}
    found = tried(**where, headers={"Authorization": tokens["IdToken"]})
    assert (found["clientStatus"], found["claims"]["email"]) == (200, "ada@example.com")
    assert tried(**where, headers={"Authorization": "x"})["clientStatus"] == 401
    api, _, _ = by_function(world, "tried", lambda event: policy("Allow", context={"a": "b"}))
    (authorizer,) = api.client.get_authorizers(restApiId=api.api_id)["items"]
    found = tried(restApiId=api.api_id, authorizerId=authorizer["id"], headers={"Authorization": "x"})
    assert (found["principalId"], json.loads(found["policy"])["Statement"][0]["Effect"]) == ("ada", "Allow")
    assert found["authorization"] == {"a": ["b"]}


def test_usage_identifier_key_is_left_alone(world: World) -> None:
    """There are no usage plans: which key it would be counted for says nothing of who may."""
    api, _, _ = by_function(world, "usage", lambda event: {**policy("Allow"), "usageIdentifierKey": "key"})
    assert api.ask("/things", headers={"Authorization": "x"}).status_code == 200
