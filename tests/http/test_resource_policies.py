"""The policies of buckets, queues, topics, keys and functions, as moto tells them: read, kept a little, and forgotten.

Source: API references, GetBucketPolicy, GetQueueAttributes, GetTopicAttributes, GetKeyPolicy, GetPolicy.
"""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests

from halfday.server.domain.aws.permissions import Owned
from halfday.server.domain.aws.policies import AccessRequest, PolicySet, Principal, PrincipalKind, decide
from halfday.server.outside.resource_policies import PolicyAnswer, PolicyCall, PolicyUnreadable, ResourcePolicies

moto_server = pytest.importorskip("moto.server")
ACCOUNT, REGION = "123456789012", "us-east-1"
ADA = Principal(PrincipalKind.USER, f"arn:aws:iam::{ACCOUNT}:user/ada", ACCOUNT)


class Reader(ResourcePolicies):
    """Asks moto over HTTP, counts how often, and has its own time."""

    def __init__(self, origin: str) -> None:
        self.origin, self.now, self.asked = origin, 0.0, 0
        super().__init__(self._over_http, lambda: self.now)

    async def _over_http(self, call: PolicyCall) -> PolicyAnswer:
        self.asked += 1
        scope = f"Credential=root/20260101/{call.region}/{call.service}/aws4_request"
        headers = {**call.headers, "authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=x"}
        url = f"{self.origin}{call.target}"
        answer = requests.request(call.method, url, headers=headers, data=call.body, timeout=20)
        return PolicyAnswer(answer.status_code, answer.content)

    def of(self, arn: str) -> Owned:
        return asyncio.run(self.owned(arn, account=ACCOUNT, region=REGION))


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def reader(moto: str) -> Reader:
    return Reader(moto)


def client(origin: str, service: str) -> Any:
    return boto3.client(
        service, region_name=REGION, endpoint_url=origin, aws_access_key_id="test", aws_secret_access_key="test"
    )


def document(resource: str, action: str) -> str:
    statement = {"Effect": "Deny", "Principal": {"AWS": ADA.arn}, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "Own", **statement}]})


def bucket(origin: str) -> tuple[str, str]:
    s3 = client(origin, "s3")
    s3.create_bucket(Bucket="photos")
    s3.put_bucket_policy(Bucket="photos", Policy=document("arn:aws:s3:::photos/*", "s3:GetObject"))
    return "s3:GetObject", "arn:aws:s3:::photos/deep/k"


def queue(origin: str) -> tuple[str, str]:
    sqs, arn = client(origin, "sqs"), f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
    sqs.create_queue(QueueName="q", Attributes={"Policy": document(arn, "sqs:SendMessage")})
    return "sqs:SendMessage", arn


def topic(origin: str) -> tuple[str, str]:
    sns = client(origin, "sns")
    arn = sns.create_topic(Name="t")["TopicArn"]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document(arn, "sns:Publish"))
    return "sns:Publish", arn


def key(origin: str) -> tuple[str, str]:
    kms = client(origin, "kms")
    arn = kms.create_key(Policy=document("*", "kms:Decrypt"))["KeyMetadata"]["Arn"]
    return "kms:Decrypt", arn


def function(origin: str) -> tuple[str, str]:
    iam, code = client(origin, "iam"), io.BytesIO()
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="f", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "def handler(event, context): ...")
    made = client(origin, "lambda")
    arn = made.create_function(
        FunctionName="f", Runtime="python3.12", Handler="f.handler", Role=role["Role"]["Arn"],
        Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]  # fmt: skip
    made.add_permission(
        FunctionName="f", StatementId="Own", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    return "lambda:InvokeFunction", arn


@pytest.mark.parametrize("make", [bucket, queue, topic, key])
def test_what_a_resource_says_of_itself_counts(moto: str, reader: Reader, make: Any) -> None:
    action, arn = make(moto)
    owned = reader.of(arn)
    decision = decide(AccessRequest(action, arn, principal=ADA), PolicySet(resource=owned.policy))
    assert str(decision).startswith(f"{action} explicit deny by resource-based policy of ")
    assert decision.statement == "Own"
    assert owned.decides is (make is key)


def test_a_function_says_who_may_invoke_it(moto: str, reader: Reader) -> None:
    _, arn = function(moto)
    owned = reader.of(f"{arn}:live")
    assert owned.policy is not None
    assert [(owned.policy.name, [one.name for one in owned.policy.statements])] == [(f"of {arn}", ["Own"])]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:s3:::no-such-bucket/k",
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:no-such-queue",
        f"arn:aws:sns:{REGION}:{ACCOUNT}:no-such-topic",
        f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000",
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:no-such-function",
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t",
    ],
)
def test_what_is_not_there_says_nothing(reader: Reader, arn: str) -> None:
    assert reader.of(arn).policy is None


def test_a_policy_is_asked_for_once_in_two_seconds(moto: str, reader: Reader) -> None:
    _, arn = bucket(moto)
    first = reader.of(arn)
    assert reader.of("arn:aws:s3:::photos") == first
    assert reader.asked == 1
    reader.now = 2.1
    reader.of(arn)
    assert reader.asked == 2
    client(moto, "s3").delete_bucket_policy(Bucket="photos")
    assert reader.of(arn).policy is not None
    reader.forget(arn)
    assert reader.of(arn).policy is None


def test_a_policy_that_is_not_understood_denies() -> None:
    odd = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"New": {"a": "b"}}}

    async def ask(call: PolicyCall) -> PolicyAnswer:
        return PolicyAnswer(200, json.dumps({"Version": "2012-10-17", "Statement": odd}).encode())

    reading = ResourcePolicies(ask, lambda: 0.0).owned("arn:aws:s3:::b", account=ACCOUNT, region=REGION)
    owned = asyncio.run(reading)
    decision = decide(
        AccessRequest("s3:GetObject", "arn:aws:s3:::b/k", principal=ADA), PolicySet(resource=owned.policy)
    )
    assert not decision.allowed
    assert "not understood here: Statement 1: Condition the operator New" in str(decision)


@pytest.mark.parametrize(
    "answer", [PolicyAnswer(500, b"InternalError"), PolicyAnswer(403, b""), PolicyAnswer(200, b"{")]
)
def test_a_policy_that_is_not_told_lets_nobody_through(answer: PolicyAnswer) -> None:
    async def ask(call: PolicyCall) -> PolicyAnswer:
        return answer

    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
    with pytest.raises(PolicyUnreadable, match=r"key/k"):
        asyncio.run(ResourcePolicies(ask, lambda: 0.0).owned(arn, account=ACCOUNT, region=REGION))
