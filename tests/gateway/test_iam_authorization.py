"""AWS_IAM: requests signed for execute-api, held against the role's policies and the API's own.

Source: facts/apigateway.md §4, §5.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from asking import refusal
from gateway_apis import Http, Rest, declare, http_api, lambda_proxy, rest_api, to_lambda
from signers import Signer, made_again, user
from world import Pool, World

ACCOUNT = "123456789012"
FEDERATED = "cognito-identity.amazonaws.com"


@pytest.fixture(scope="module")
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    return pool


@pytest.fixture(scope="module")
def signed_in(world: World, pool: Pool) -> dict[str, Any]:
    """Credentials of an identity pool for somebody who signed in; the role's policies are put by the tests."""
    client, identity = pool.client(), world.boto3("cognito-identity")
    provider = f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    made = identity.create_identity_pool(
        IdentityPoolName="people",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": client["ClientId"]}],
    )
    pool_id = made["IdentityPoolId"]
    condition = {"StringEquals": {f"{FEDERATED}:aud": pool_id}}
    trust = {"Effect": "Allow", "Principal": {"Federated": FEDERATED}, "Action": "sts:AssumeRoleWithWebIdentity",
             "Condition": condition}  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = world.boto3("iam").create_role(RoleName="callers", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    identity.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={"authenticated": role})
    logins = {provider: pool.tokens(client)["IdToken"]}
    identity_id = identity.get_id(IdentityPoolId=pool_id, Logins=logins)["IdentityId"]
    found = identity.get_credentials_for_identity(IdentityId=identity_id, Logins=logins)["Credentials"]
    return {"pool": pool_id, "identity": identity_id, "provider": provider, **found}


def may(world: World, *statements: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    given = {"RoleName": "callers", "PolicyName": "p", "PolicyDocument": json.dumps(document)}
    world.boto3("iam").put_role_policy(**given)


def statement(effect: str, resource: str) -> dict[str, Any]:
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}


def ask(api: Rest | Http, path: str, credentials: dict[str, Any], **given: Any) -> requests.Response:
    """Signed as an AWS SDK signs, over what is sent."""
    port = api.world.origin.rpartition(":")[2]
    url = f"{api.world.origin}/restapis/{api.api_id}/prod/_user_request_{path}"
    headers = {"Host": f"127.0.0.1:{port}"}
    if isinstance(api, Http):
        url, headers = api.world.origin + path, {"Host": f"{api.api_id}.execute-api.localhost:{port}"}
    request = AWSRequest(given.get("method", "GET"), url, headers=headers, data=given.get("data"))
    keys = Credentials(credentials["AccessKeyId"], credentials["SecretKey"], credentials["SessionToken"])
    SigV4Auth(keys, "execute-api", given.get("region", "us-east-1")).add_auth(request)
    sent = {**dict(request.headers), **given.get("headers", {})}
    return requests.request(request.method, url, headers=sent, data=given.get("sent", given.get("data")), timeout=10)


def rest(world: World, **given: Any) -> tuple[Rest, Any]:
    told = declare(world, "iam", lambda event: {"statusCode": 200, "body": "in"})
    api = rest_api(world, **given)
    api.put("/things/{id}", "ANY", integration=lambda_proxy("iam"), authorizationType="AWS_IAM")
    api.deploy()
    return api, told


def test_a_role_whose_policy_names_the_method_is_let_in(world: World, signed_in: dict[str, Any]) -> None:
    api, told = rest(world)
    may(world, statement("Allow", f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api.api_id}/prod/GET/things/*"))
    assert ask(api, "/things/7", signed_in).text == "in"
    identity = told.events[-1]["requestContext"]["identity"]
    assert identity["cognitoIdentityId"] == signed_in["identity"]
    assert identity["cognitoIdentityPoolId"] == signed_in["pool"]
    assert identity["cognitoAuthenticationType"] == "authenticated"
    provider = signed_in["provider"]
    assert identity["cognitoAuthenticationProvider"].startswith(f"{provider},{provider}:CognitoSignIn:")
    assert identity["userArn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/callers/CognitoIdentityCredentials"
    assert identity["caller"].endswith(":CognitoIdentityCredentials")
    assert identity["accessKey"] == signed_in["AccessKeyId"]


def test_another_method_is_denied_with_aws_s_sentence(world: World, signed_in: dict[str, Any]) -> None:
    api, told = rest(world)
    may(world, statement("Allow", f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api.api_id}/prod/GET/things/*"))
    answer = ask(api, "/things/7", signed_in, method="POST", data=b"x")
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/callers/CognitoIdentityCredentials"
    resource = f"arn:aws:execute-api:us-east-1:********9012:{api.api_id}/prod/POST/things/7"
    sentence = f"User: {who} is not authorized to perform: execute-api:Invoke on resource: {resource} "
    because = "because no identity-based policy allows the execute-api:Invoke action"
    assert (answer.status_code, answer.json()) == (403, {"Message": sentence + because})
    assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    assert told.events == []


@pytest.mark.parametrize(
    ("changed", "error_type"),
    [
        ({"sent": b"other"}, "InvalidSignatureException"),
        ({"headers": {"Authorization": "eyJ.x.y"}}, "IncompleteSignatureException"),
        ({"headers": {"X-Amz-Security-Token": "other"}}, "UnrecognizedClientException"),
    ],
)
def test_what_is_changed_is_refused(
    world: World, signed_in: dict[str, Any], changed: dict[str, Any], error_type: str
) -> None:
    api, told = rest(world)
    may(world, statement("Allow", "*"))
    answer = ask(api, "/things/7", signed_in, method="POST", data=b"body", **changed)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, error_type)
    assert told.events == []


def test_who_signs_nothing_is_told_so_and_expired_credentials_too(world: World, signed_in: dict[str, Any]) -> None:
    api, _ = rest(world)
    answer = api.ask("/things/7")
    assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})
    world.clock.advance(3700)
    expired = ask(api, "/things/7", signed_in)
    world.clock.advance(-3700)
    assert expired.status_code == 403
    assert "ignature" in expired.json()["message"]


def test_the_api_s_own_policy_lets_in_and_keeps_out(world: World, signed_in: dict[str, Any]) -> None:
    """In one account either policy may allow, and any explicit deny wins."""
    who = f"arn:aws:iam::{ACCOUNT}:role/callers"
    allow = {**statement("Allow", "execute-api:/prod/GET/things/*"), "Principal": {"AWS": who}}
    api, _ = rest(world, policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    may(world, statement("Allow", "arn:aws:execute-api:us-east-1:123456789012:other/*"))
    assert ask(api, "/things/7", signed_in).status_code == 200
    assert ask(api, "/things/7", signed_in, method="PUT", data=b"x").status_code == 403
    may(world, statement("Deny", "*"))
    assert "explicit deny" in ask(api, "/things/7", signed_in).json()["Message"]
    deny = {**statement("Deny", "execute-api:/*"), "Principal": "*"}
    closed, _ = rest(world, policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    may(world, statement("Allow", "*"))
    answer = ask(closed, "/things/7", signed_in)
    assert answer.json()["Message"].endswith("with an explicit deny in a resource-based policy")


def test_an_open_method_of_an_api_with_a_policy_needs_its_allow(world: World) -> None:
    for address, status in (("127.0.0.1/32", 200), ("192.0.2.0/24", 403)):
        condition = {"IpAddress": {"aws:SourceIp": address}}
        allow = {**statement("Allow", "execute-api:/*"), "Principal": "*", "Condition": condition}
        api = rest_api(world, policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
        declare(world, "open", lambda event: {"statusCode": 200})
        api.put("/", integration=lambda_proxy("open"))
        api.deploy()
        answer = api.ask("/")
        assert answer.status_code == status
    assert answer.json()["Message"].startswith("User: anonymous is not authorized to perform: execute-api:Invoke")


def test_an_http_api_tells_the_function_who_signed_and_refuses_in_one_word(
    world: World, signed_in: dict[str, Any]
) -> None:
    told = declare(world, "iam2", lambda event: {"in": True})
    api = http_api(world)
    api.route("GET /x", to_lambda("iam2"), AuthorizationType="AWS_IAM")
    may(world, statement("Allow", f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api.api_id}/$default/GET/x"))
    assert ask(api, "/x", signed_in).json() == {"in": True}
    iam = told.events[0]["requestContext"]["authorizer"]["iam"]
    assert iam["cognitoIdentity"]["identityId"] == signed_in["identity"]
    assert iam["cognitoIdentity"]["amr"][0] == "authenticated"
    assert iam["userArn"].endswith(":assumed-role/callers/CognitoIdentityCredentials")
    may(world, statement("Allow", "arn:aws:execute-api:us-east-1:123456789012:other/*"))
    for answer in (ask(api, "/x", signed_in), api.ask("/x")):
        assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})


def test_a_backend_is_told_nothing_of_the_signature(world: World, signed_in: dict[str, Any], backend: str) -> None:
    api = rest_api(world)
    uri = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": backend}
    api.put("/", integration=uri, authorizationType="AWS_IAM")
    api.deploy()
    may(world, statement("Allow", "*"))
    headers = ask(api, "/", signed_in).json()["headers"]
    assert {"authorization", "x-amz-security-token", "x-amz-date"} & set(headers) == set()


def test_a_web_page_of_elsewhere_is_not_the_account_s_root(world: World) -> None:
    """Any pair of keys is the root's for tools on this machine, and for nobody's page (docs/decisions/0022)."""
    api, told = rest(world)
    dummy = {"AccessKeyId": "test", "SecretKey": "test", "SessionToken": None}
    assert ask(api, "/things/7", dummy).text == "in"
    told.events.clear()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert ask(api, "/things/7", dummy, headers=headers).status_code == 403
    assert told.events == []


def test_an_iam_user_signs_with_a_key_and_is_told_by_name(world: World) -> None:
    iam = world.boto3("iam")
    iam.create_user(UserName="dev")
    key = iam.create_access_key(UserName="dev")["AccessKey"]
    keys = {"AccessKeyId": key["AccessKeyId"], "SecretKey": key["SecretAccessKey"], "SessionToken": None}
    api, told = rest(world)
    assert ask(api, "/things/7", keys).status_code == 403
    document = {"Version": "2012-10-17", "Statement": [statement("Allow", "*")]}
    iam.put_user_policy(UserName="dev", PolicyName="p", PolicyDocument=json.dumps(document))
    assert ask(api, "/things/7", keys).text == "in"
    identity = told.events[-1]["requestContext"]["identity"]
    assert (identity["userArn"], identity["accountId"]) == (f"arn:aws:iam::{ACCOUNT}:user/dev", ACCOUNT)
    assert identity["cognitoIdentityId"] is None


def naming(*arns: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "execute-api:Invoke"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "execute-api:/*"}]})


def as_(signer: Signer) -> dict[str, Any]:
    keys = signer.keys
    return {"AccessKeyId": keys["aws_access_key_id"], "SecretKey": keys["aws_secret_access_key"], "SessionToken": None}


def shown(world: World, api: Rest) -> list[str]:
    text = world.boto3("apigateway").get_rest_api(restApiId=api.api_id)["policy"]
    (statement,) = json.loads(json.loads(f'"{text}"'))["Statement"]
    named: list[str] = statement["Principal"]["AWS"]
    return named


def test_a_resource_policy_means_the_user_who_was_there(world: World) -> None:
    ada = user(world)
    user_id = world.boto3("iam").get_user(UserName=ada.arn.rpartition("/")[2])["User"]["UserId"]
    api, _ = rest(world, policy=naming(ada.arn))
    assert shown(world, api) == [ada.arn]
    assert ask(api, "/things/7", as_(ada)).text == "in"
    again = made_again(ada)
    assert ask(api, "/things/7", as_(again)).status_code == 403
    assert shown(world, api) == [user_id]
    patch = [{"op": "replace", "path": "/policy", "value": naming(again.arn)}]
    api.client.update_rest_api(restApiId=api.api_id, patchOperations=patch)
    api.deploy()
    assert shown(world, api) == [again.arn]
    assert ask(api, "/things/7", as_(again)).text == "in"


def test_a_resource_policy_names_nobody_who_is_not_there(world: World) -> None:
    sentence = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
    told, policy = ("BadRequestException", sentence), naming(f"arn:aws:iam::{ACCOUNT}:user/nobody")
    api = rest_api(world)
    assert refusal(api.client.create_rest_api, name="of nobody", policy=policy) == told
    patch = [{"op": "replace", "path": "/policy", "value": policy}]
    assert refusal(api.client.update_rest_api, restApiId=api.api_id, patchOperations=patch) == told
    definition = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {}}
    body = json.dumps({**definition, "x-amazon-apigateway-policy": json.loads(policy)}).encode()
    assert refusal(api.client.import_rest_api, body=body) == told
    assert refusal(api.client.put_rest_api, restApiId=api.api_id, body=body) == told
