"""The ladder of refusals, in AWS's order: name, signature, shape, permission, honoured members, access token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from world import PASSWORD, Pool, World, running

ROOT = {"aws_access_key_id": "ROOTKEY", "aws_secret_access_key": "root-secret"}


def refusal(call: Any, **given: Any) -> tuple[str, str]:
    """(code, message) of what boto3 raised."""
    with pytest.raises(ClientError) as raised:
        call(**given)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def post(world: World, target: str, body: Any = None, **headers: str) -> requests.Response:
    sent = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1", **headers}
    data = body if isinstance(body, str) else json.dumps(body or {})
    return requests.post(world.origin, data=data, headers=sent, timeout=10)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {"root_access_key_id": "ROOTKEY", "root_secret_access_key": "root-secret", "signatures": "strict"}
    with running(tmp_path_factory.mktemp("strict"), **settings) as up:
        yield up


def test_an_unknown_target_is_an_unknown_operation(world: World) -> None:
    for target in ("AWSCognitoIdentityProviderService.NoSuchThing", "Nobody.InitiateAuth"):
        answer = post(world, target)
        assert answer.status_code == 400
        assert answer.json()["__type"] == "UnknownOperationException"


def test_an_operation_that_is_not_built_says_so_with_its_name(world: World) -> None:
    answer = post(world, "AWSCognitoIdentityProviderService.AdminLinkProviderForUser")
    assert answer.status_code == 501
    assert answer.json()["__type"] == "NotImplementedException"
    assert "AdminLinkProviderForUser" in answer.json()["message"]
    assert answer.headers["x-amzn-ErrorType"] == "NotImplementedException:"


def test_a_signed_operation_wants_a_signature(world: World) -> None:
    answer = post(world, "AWSCognitoIdentityProviderService.ListUserPools", {"MaxResults": 1})
    assert (answer.status_code, answer.json()["__type"]) == (400, "MissingAuthenticationTokenException")


def test_strict_takes_the_root_pair_and_no_dummies(strict: World) -> None:
    assert strict.boto3("cognito-idp", **ROOT).list_user_pools(MaxResults=1)["UserPools"] == []
    code, message = refusal(strict.idp.list_user_pools, MaxResults=1)
    assert (code, message) == ("UnrecognizedClientException", "The security token included in the request is invalid.")
    wrong = strict.boto3("cognito-idp", **{**ROOT, "aws_secret_access_key": "guess"})
    assert refusal(wrong.list_user_pools, MaxResults=1)[0] == "InvalidSignatureException"
    assert refusal(strict.boto3("sts").get_caller_identity)[0] == "InvalidClientTokenId"
    told = strict.boto3("sts", **ROOT).get_caller_identity()
    assert told["Arn"] == "arn:aws:iam::123456789012:root"


def test_public_operations_need_no_keys_under_strict_signatures(strict: World) -> None:
    pool = strict.boto3("cognito-idp", **ROOT).create_user_pool(PoolName="p")["UserPool"]["Id"]
    client = strict.boto3("cognito-idp", **ROOT).create_user_pool_client(UserPoolId=pool, ClientName="c")
    body = {"AuthFlow": "USER_SRP_AUTH", "ClientId": client["UserPoolClient"]["ClientId"], "AuthParameters": {}}
    answer = post(strict, "AWSCognitoIdentityProviderService.InitiateAuth", body)
    assert answer.json()["message"] == "Missing required parameter USERNAME"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "the body is not JSON"),
        ("[]", "the body is not a JSON object"),
        ('{"AuthFlow": 5, "ClientId": "x"}', "NUMBER_VALUE can not be converted to a String"),
    ],
)
def test_a_body_of_the_wrong_type_is_a_serialization_exception(world: World, body: str, message: str) -> None:
    answer = post(world, "AWSCognitoIdentityProviderService.InitiateAuth", body)
    assert answer.json() == {"__type": "SerializationException", "message": message}


def test_constraints_are_refused_in_aws_s_words(world: World) -> None:
    answer = post(world, "AWSCognitoIdentityProviderService.InitiateAuth", {"AuthFlow": "NOPE", "ClientId": ""})
    told = answer.json()
    assert told["__type"] == "InvalidParameterException"
    assert told["message"].startswith("3 validation errors detected: Value 'NOPE' at 'authFlow' failed to satisfy")
    assert "Member must satisfy enum value set: [" in told["message"]
    assert "Value at 'clientId' failed to satisfy constraint: Member must have length greater than" in told["message"]


def test_a_missing_member_and_a_short_password_without_showing_it(world: World, pool: Pool) -> None:
    answer = post(world, "AWSCognitoIdentityProviderService.InitiateAuth")
    assert "Value null at 'authFlow' failed to satisfy constraint: Member must not be null" in answer.json()["message"]
    given = {"UserPoolId": pool.pool_id, "Username": "ada", "Password": "abc"}
    code, message = refusal(world.idp.admin_set_user_password, **given)
    assert code == "InvalidParameterException"
    assert message == (
        "1 validation error detected: Value at 'password' failed to satisfy constraint: "
        "Member must have length greater than or equal to 6"
    )


def test_what_would_be_ignored_is_refused_by_name(world: World) -> None:
    lambdas = {"PreSignUp": "arn:aws:lambda:us-east-1:123456789012:function:f"}
    code, message = refusal(world.idp.create_user_pool, PoolName="p", LambdaConfig=lambdas)
    assert code == "InvalidParameterException"
    assert message == "Halfday does not honour LambdaConfig of CreateUserPool yet, and so refuses it."
    code, message = refusal(world.idp.create_user_pool, PoolName="p", MfaConfiguration="ON")
    assert "MfaConfiguration" in message


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: "garbage", "Invalid Access Token"),
        (lambda t: t["IdToken"], "Invalid Access Token"),
        (lambda t: t["AccessToken"][:-8] + "AAAAAAAA", "Could not verify signature for Access Token"),
    ],
)
def test_an_access_token_that_is_none_is_refused(world: World, pool: Pool, spoil: Any, message: str) -> None:
    pool.user()
    tokens = pool.tokens(pool.client())
    assert refusal(world.idp.get_user, AccessToken=spoil(tokens)) == ("NotAuthorizedException", message)


def test_an_access_token_ends_by_time_and_by_sign_out(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    token = pool.tokens(client)["AccessToken"]
    assert world.idp.get_user(AccessToken=token)["Username"] == "ada"
    world.idp.global_sign_out(AccessToken=token)
    revoked = ("NotAuthorizedException", "Access Token has been revoked")
    assert refusal(world.idp.get_user, AccessToken=token) == revoked
    token = pool.tokens(client)["AccessToken"]
    world.clock.advance(3601)
    assert refusal(world.idp.get_user, AccessToken=token) == ("NotAuthorizedException", "Access Token has expired")


def test_pages_of_a_listing_join_without_gap_or_double(world: World) -> None:
    pools = {world.pool().pool_id for _ in range(5)}
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = world.idp.list_user_pools(MaxResults=2, **token)
        seen += [pool["Id"] for pool in answer["UserPools"]]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pools <= set(seen)
    assert len(seen) == len(set(seen))
    assert refusal(world.idp.list_user_pools, MaxResults=2, NextToken="!")[0] == "InvalidParameterException"


def test_browsers_may_call_the_api(world: World) -> None:
    answer = post(world, "AWSCognitoIdentityProviderService.InitiateAuth")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    preflight = requests.options(world.origin, timeout=10)
    assert preflight.status_code == 200
    assert "x-amz-target" in preflight.headers["Access-Control-Allow-Headers"]


def test_query_calls_are_refused_in_xml(world: World) -> None:
    form = {"Action": "NoSuchThing", "Version": "2011-06-15"}
    answer = requests.post(world.origin, data=form, timeout=10)
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert "<Code>InvalidAction</Code>" in answer.text
    with pytest.raises(ClientError, match="does not answer sts AssumeRole yet"):
        world.boto3("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")


def test_data_and_users_survive_a_restart(tmp_path: Path) -> None:
    """Keys, users, passwords, clients and refresh tokens; and another master key opens nothing."""
    with running(tmp_path / "data") as first:
        pool = first.pool()
        pool.user()
        client = pool.client()
        tokens = pool.tokens(client)
        keys = requests.get(f"{first.origin}/{pool.pool_id}/.well-known/jwks.json", timeout=10).json()
    with running(tmp_path / "data") as second:
        again = Pool(second, pool.pool_id)
        assert requests.get(f"{second.origin}/{pool.pool_id}/.well-known/jwks.json", timeout=10).json() == keys
        assert again.tokens(client, password=PASSWORD)["IdToken"]
        renewed = second.idp.initiate_auth(
            ClientId=client["ClientId"],
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
        )
        assert "RefreshToken" not in renewed["AuthenticationResult"]
