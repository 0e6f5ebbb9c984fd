"""A request that can be read in two ways is refused, and what goes on is what was decided upon."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from halfday.protocol.sigv4 import sign
from role_sessions import Session, allow, arn, session
from world import World

TARGET = "DynamoDB_20120810.GetItem"
KEY = {"pk": {"S": "1"}}


@pytest.fixture(scope="module")
def table(world: World) -> None:
    client = world.boto3("dynamodb")
    for name in ("own", "other"):
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.put_item(TableName=name, Item={**KEY, "of": {"S": name}})


@pytest.fixture(scope="module")
def some(world: World, table: None) -> Session:
    return session(world, allow("dynamodb:GetItem", arn("dynamodb", "table/own")), allow("sns:ListTopics"))


def ask(
    world: World,
    some: Session,
    service: str,
    body: bytes,
    *,
    target: str = "/",
    method: str = "POST",
    headers: dict[str, str] | None = None,
    unsigned: dict[str, str] | None = None,
) -> requests.Response:
    """Signed by our own client half; `unsigned` headers are slipped in on the way."""
    at = urlsplit(world.for_tools)
    path, _, query = target.partition("?")
    given = [("host", at.netloc), *(headers or {}).items()]
    keys = some.keys
    added = sign(
        method,
        path,
        query,
        given,
        access_key_id=keys["aws_access_key_id"],
        secret_access_key=keys["aws_secret_access_key"],
        session_token=keys["aws_session_token"],
        region="us-east-1",
        service=service,
        payload_hash=hashlib.sha256(body).hexdigest(),
        now=time.time(),
    )
    sent = {**dict(given), **added, **(unsigned or {})}
    return requests.request(method, f"{world.for_tools}{target}", data=body, headers=sent, timeout=10)


def dynamodb(world: World, some: Session, body: bytes | dict[str, Any], **given: Any) -> requests.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": TARGET, **given.pop("headers", {})}
    return ask(world, some, "dynamodb", content, headers=headers, **given)


def test_what_is_read_in_one_way_passes(world: World, some: Session) -> None:
    answer = dynamodb(world, some, {"TableName": "own", "Key": KEY})
    assert (answer.status_code, answer.json()["Item"]["of"]) == (200, {"S": "own"})


@pytest.mark.parametrize(
    "body",
    [
        b'{"TableName": "own", "Key": {"pk": {"S": "1"}}, "TableName": "other"}',
        b'{"TableName": "other", "Key": {"pk": {"S": "1"}}, "TableName": "own"}',
        b'{"TableName": "own", "Key": {"pk": {"S": "1"}}, "Table\\u004eame": "other"}',
        b'{"TableName": "own", "Key": {"pk": {"S": "1", "S": "2"}}}',
        b'{"TableName": "own", "Key": {"pk": {"S": "1"}}, "x": NaN}',
        b'{"TableName": "own", "Key": {"pk": {"S": "\\ud800"}}}',
        b'\xef\xbb\xbf{"TableName": "own", "Key": {"pk": {"S": "1"}}}',
        '{"TableName": "own", "Key": {"pk": {"S": "1"}}}'.encode("utf-16"),
        b'{"TableName": "own", "Key": {"pk": {"S": "1"}}} {"TableName": "other"}',
        b'[{"TableName": "own"}]',
        b'{"TableName": "own", "Key": ' + b'{"pk":' * 70 + b"1" + b"}" * 70 + b"}",
        b'{"TableName": "own", "x": [' + b"1," * 200_001 + b"1]}",
        b'{"TableName": "own", "x": 1e999}',
    ],
)
def test_json_that_readers_differ_over_is_refused(world: World, some: Session, body: bytes) -> None:
    answer = dynamodb(world, some, body)
    assert (answer.status_code, answer.json()["__type"]) == (400, "SerializationException")


def test_names_in_another_case_are_other_names(world: World, some: Session) -> None:
    answer = dynamodb(world, some, {"TableName": "own", "Key": KEY, "tablename": "other"})
    assert answer.json()["Item"]["of"] == {"S": "own"}


@pytest.mark.parametrize(
    "given",
    [
        {"target": "/?Action=ListTables&Version=2012-08-10"},
        {"target": "/?x-id=GetItem"},
        {"method": "PUT"},
        {"headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"headers": {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}},
        {"headers": {"content-encoding": "gzip"}},
        {"headers": {"x-amz-target": "DynamoDB_20120810.NoSuch"}},
        {"headers": {"x-amz-target": "AmazonSQS.SendMessage"}},
        {"headers": {"x-amz-target": "DynamoDB_20111205.GetItem"}},
        {"headers": {"x-amz-target": "DynamoDB_20120810.GetItem.DeleteTable"}},
    ],
)
def test_a_call_that_says_two_things_is_refused(world: World, some: Session, given: dict[str, Any]) -> None:
    answer = dynamodb(world, some, {"TableName": "own", "Key": KEY}, **given)
    assert answer.status_code in (400, 501), answer.text


def test_an_unsigned_target_is_refused(world: World, some: Session) -> None:
    body = json.dumps({"TableName": "own", "Key": KEY}).encode()
    answer = ask(world, some, "dynamodb", body, unsigned={"X-Amz-Target": TARGET})
    assert (answer.status_code, answer.json()["__type"].rpartition("#")[2]) == (400, "InvalidSignatureException")


@pytest.mark.parametrize(
    ("body", "target"),
    [
        (b"Action=ListTopics&Action=DeleteTopic&Version=2010-03-31", "/"),
        (b"Action=ListTopics&Version=2010-03-31", "/?Action=DeleteTopic"),
        (b"", "/?Action=ListTopics&Version=2010-03-31&Action=DeleteTopic"),
        (b"Action=NoSuch&Version=2010-03-31", "/"),
        (b"Action=ListTopics&Version=2011-01-01", "/"),
        (b"Action=ListTopics&Version=2010-03-31&x=%ff", "/"),
    ],
)
def test_a_form_that_says_two_things_is_refused(world: World, some: Session, body: bytes, target: str) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = ask(world, some, "sns", body, target=target, headers=kind)
    assert (answer.status_code, "<Error>" in answer.text) == (400, True), answer.text


def test_a_query_call_by_get_is_taken_once(world: World, some: Session) -> None:
    answer = ask(world, some, "sns", b"", target="/?Action=ListTopics&Version=2010-03-31", method="GET")
    assert (answer.status_code, "<ListTopicsResult>" in answer.text) == (200, True)


@pytest.mark.parametrize("path", ["/topics/own%2F..%2Fother", "/topics/%2E%2E", "/topics//own", "/topics/own/other"])
def test_a_path_that_could_be_another_is_refused(world: World, some: Session, path: str) -> None:
    anybody = session(world, allow("iot:Publish"))
    assert ask(world, anybody, "iotdata", b"x", target=path).status_code in (400, 403, 404)


def test_a_changed_body_is_refused(world: World, some: Session) -> None:
    body = json.dumps({"TableName": "own", "Key": KEY}).encode()
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": TARGET}
    for changed in (body.replace(b"own", b"abc"), body + b" ", b""):
        answer = ask_with_another_body(world, some, body, changed, headers)
        assert answer.json()["__type"].endswith("InvalidSignatureException")


def ask_with_another_body(
    world: World, some: Session, signed: bytes, sent: bytes, headers: dict[str, str]
) -> requests.Response:
    at, keys = urlsplit(world.for_tools), some.keys
    given = [("host", at.netloc), *headers.items()]
    added = sign(
        "POST",
        "/",
        "",
        given,
        access_key_id=keys["aws_access_key_id"],
        secret_access_key=keys["aws_secret_access_key"],
        session_token=keys["aws_session_token"],
        region="us-east-1",
        service="dynamodb",
        payload_hash=hashlib.sha256(signed).hexdigest(),
        now=time.time(),
    )
    return requests.post(world.for_tools, data=sent, headers={**dict(given), **added}, timeout=10)


def test_who_is_not_known_is_told_in_the_service_s_words(world: World, some: Session) -> None:
    """Keys that were issued here, with another secret."""
    wrong = Session(some.signer)
    wrong.keys = {**some.keys, "aws_secret_access_key": "wrong"}
    assert (
        dynamodb(world, wrong, {"TableName": "own", "Key": KEY}).json()["__type"].endswith("InvalidSignatureException")
    )
    kind = {"content-type": "application/x-www-form-urlencoded"}
    told = ask(world, wrong, "sns", b"Action=ListTopics&Version=2010-03-31", headers=kind)
    assert (told.status_code, "<Code>SignatureDoesNotMatch</Code>" in told.text) == (403, True)
    rest = ask(world, wrong, "iotdata", b"x", target="/topics/a")
    assert (rest.status_code, rest.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
