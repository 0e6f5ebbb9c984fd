"""Every operation is fuzzed from its model: no 500, no dropped connection, no answer that boto3 cannot read.

A few hundred calls of a seed that never changes; tests/attack sends as many as one wants, of other seeds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import botocore.parsers
import pytest

from asking import invalid, refusal
from attack.model_fuzz import Call, Fuzzer, model, operations
from attack.wire import TARGETS, UNHEARD, Answer, Client
from world import PASSWORD, Pool, World

ROUNDS = 2
SERVICES = ("cognito-idp", "cognito-identity", "iam", "sts")


@pytest.fixture
def connection(shared_world: World) -> Iterator[Client]:
    parts = urlsplit(shared_world.origin)
    client = Client((str(parts.hostname), int(parts.port or 0)), timeout_s=30)
    yield client
    client.close()


def known(world: World) -> dict[str, list[Any]]:
    """Values that exist, so that a call gets past the first checks: new ones, for some calls delete them."""
    pool = world.pool()
    pool.user()
    client = pool.client()
    name = f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    provider = {"ProviderName": name, "ClientId": client["ClientId"]}
    identity_pool = world.boto3("cognito-identity").create_identity_pool(
        IdentityPoolName="fuzz", AllowUnauthenticatedIdentities=True, CognitoIdentityProviders=[provider]
    )
    return {
        "UserPoolId": [pool.pool_id],
        "ClientId": [client["ClientId"]],
        "Username": ["ada", "nobody"],
        "AccessToken": [pool.tokens(client)["AccessToken"]],
        "IdentityPoolId": [identity_pool["IdentityPoolId"]],
        "Password": [PASSWORD],
        "AuthFlow": ["USER_PASSWORD_AUTH", "USER_SRP_AUTH", "USER_AUTH", "REFRESH_TOKEN_AUTH"],
        "ConfirmationCode": ["123456"],
    }


@pytest.mark.parametrize("service", SERVICES)
def test_no_call_is_answered_by_500_nor_by_nothing_nor_unreadably(
    world: World, connection: Client, service: str
) -> None:
    broken = []
    for seed in range(ROUNDS):
        fuzzer = Fuzzer(seed, known(world))
        for name in fuzzer.random.sample(operations(service), len(operations(service))):
            call = fuzzer.call_of(service, name)
            if (wrong := what_is_wrong(connection, call)) is not None:
                broken.append(f"{name} {call.body[:300]!r}: {wrong}")
    assert broken == []


def test_no_member_that_alone_is_hostile_is_answered_so(world: World, connection: Client) -> None:
    fuzzer, broken = Fuzzer(1815, known(world)), []
    for service in ("cognito-idp", "cognito-identity"):
        for name in (name for name in operations(service) if not name.startswith("Delete")):
            shape = model(service).operation_model(name).input_shape
            for member in shape.members if shape else ():
                call = fuzzer.call_with(service, name, member)
                if (wrong := what_is_wrong(connection, call)) is not None:
                    broken.append(f"{name} {call.body[:300]!r}: {wrong}")
    assert broken == []


SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/{region}/cognito-idp/aws4_request, SignedHeaders=host, Signature=0"


NO_REGIONS = ("<script>", "us east 1", "é", 'us-east-1"', "a" * 300, "", "_", "us_east_1", "%00")


@pytest.mark.parametrize("region", NO_REGIONS)
@pytest.mark.parametrize("operation", ["CreateUserPool", "ListUserPools"])
def test_a_credential_scope_that_names_no_region_is_refused(connection: Client, region: str, operation: str) -> None:
    headers = {
        "X-Amz-Target": f"{TARGETS['cognito-idp']}.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": SIGNED.format(region=region).encode().decode("latin-1"),
        "X-Amz-Date": "20260101T000000Z",
    }
    call = Call("cognito-idp", operation, headers, b'{"PoolName": "p", "MaxResults": 1}')
    answer = connection.request("POST", "/", call.body, headers)
    assert answer.status == 400, answer.body
    read(call, answer)
    assert answer.json()["__type"] in ("IncompleteSignatureException", "InvalidSignatureException")


@pytest.mark.parametrize("settings", ['"text"', "5", "true", "[]", "[1]", "[" * 100 + "]" * 100, '{"a":1e999}'])
def test_settings_of_a_style_that_are_no_object_are_refused(world: World, connection: Client, settings: str) -> None:
    given = known(world)
    body = f'{{"UserPoolId":"{given["UserPoolId"][0]}","ClientId":"{given["ClientId"][0]}","Settings":{settings}}}'
    answer = connection.json_call("cognito-idp", "CreateManagedLoginBranding", body.encode())
    assert (answer.status, answer.code in ("InvalidParameterException", "SerializationException")) == (400, True)


@pytest.mark.parametrize("uri", ["http://[", "https://[::1", "https://a:b"])
def test_a_redirect_uri_that_cannot_be_read_is_told(world: World, pool: Pool, uri: str) -> None:
    given = {"UserPoolId": pool.pool_id, "ClientName": "web"}
    refused = invalid(f"{uri} is not a valid URL.")
    assert refusal(world.idp.create_user_pool_client, **given, CallbackURLs=[uri]) == refused
    assert refusal(world.idp.create_user_pool_client, **given, LogoutURLs=[uri]) == refused


def test_a_blob_beyond_ascii_is_no_base64(world: World, connection: Client) -> None:
    pool_id = known(world)["UserPoolId"][0]
    body = f'{{"UserPoolId":"{pool_id}","ImageFile":"\u00e9"}}'.encode()
    answer = connection.json_call("cognito-idp", "SetUICustomization", body)
    assert (answer.status, answer.code) == (400, "SerializationException")


def test_a_form_of_endless_fields_is_not_read(connection: Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = connection.request("POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15" + b"&a=" * 60_000, headers)
    assert (answer.status, answer.code) == (400, "MalformedQueryString")


def what_is_wrong(connection: Client, call: Call) -> str | None:
    try:
        answer = connection.request("POST", "/", call.body, call.headers)
    except UNHEARD as problem:
        return f"no answer: {problem!r}"
    if answer.status == 500:
        return f"500 {answer.body[:200]!r}"
    if len(answer.body) > 65_536:
        return f"an answer of {len(answer.body)} bytes"
    try:
        read(call, answer)
    except Exception as problem:
        return f"boto3 cannot read {answer.body[:200]!r}: {problem!r}"
    return None


def read(call: Call, answer: Answer) -> None:
    parser = botocore.parsers.create_parser(model(call.service).metadata["protocol"])
    given = {"status_code": answer.status, "headers": dict(answer.headers), "body": answer.body}
    parsed = parser.parse(given, model(call.service).operation_model(call.operation).output_shape)
    if answer.status >= 400 and not parsed["Error"]["Code"]:
        raise ValueError("the error has no code")
    if call.service in TARGETS:
        json.loads(answer.body, parse_constant=_no_number)


def _no_number(name: str) -> None:
    """Python reads Infinity and NaN, and no other client does."""
    raise ValueError(f"{name} is no JSON")
