"""A resource's own policy lets somebody in whom no identity policy does, and keeps out whom one lets in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from role_sessions import ACCOUNT, allow, arn, deny, refusal, session
from world import World


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def everybody(statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "Principal": "*"}


@pytest.fixture(scope="module")
def nobody(world: World) -> Any:
    return session(world, allow("sts:GetCallerIdentity"))


@pytest.fixture(scope="module")
def anybody(world: World) -> Any:
    return session(world, allow("*"))


def test_of_a_bucket(world: World, nobody: Any, anybody: Any) -> None:
    s3 = world.boto3("s3")
    s3.create_bucket(Bucket="ruled")
    s3.put_object(Bucket="ruled", Key="open/k", Body=b"x")
    assert refusal(nobody.client("s3").get_object, Bucket="ruled", Key="open/k")[0] == "AccessDenied"
    opened = everybody(allow("s3:GetObject", "arn:aws:s3:::ruled/open/*"))
    s3.put_bucket_policy(
        Bucket="ruled", Policy=document(opened, everybody(deny("s3:DeleteObject", "arn:aws:s3:::ruled/*")))
    )
    assert nobody.client("s3").get_object(Bucket="ruled", Key="open/k")["Body"].read() == b"x"
    assert refusal(nobody.client("s3").get_object, Bucket="ruled", Key="other")[0] == "AccessDenied"
    told = refusal(anybody.client("s3").delete_object, Bucket="ruled", Key="open/k")
    assert told[2].endswith("with an explicit deny in a resource-based policy")
    s3.delete_bucket_policy(Bucket="ruled")
    assert refusal(nobody.client("s3").get_object, Bucket="ruled", Key="open/k")[0] == "AccessDenied"


def test_of_a_queue(world: World, nobody: Any, anybody: Any) -> None:
    sqs = world.boto3("sqs")
    url = sqs.create_queue(QueueName="ruled")["QueueUrl"]
    rules = document(
        everybody(allow("sqs:SendMessage", arn("sqs", "ruled"))), everybody(deny("sqs:PurgeQueue", arn("sqs", "ruled")))
    )
    assert refusal(nobody.client("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": rules})
    assert nobody.client("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    assert refusal(nobody.client("sqs").receive_message, QueueUrl=url)[0] == "AccessDenied"
    assert refusal(anybody.client("sqs").purge_queue, QueueUrl=url)[0] == "AccessDenied"


def test_of_a_topic(world: World, nobody: Any, anybody: Any) -> None:
    sns = world.boto3("sns")
    topic = sns.create_topic(Name="ruled")["TopicArn"]
    rules = document(everybody(allow("sns:Publish", topic)), everybody(deny("sns:DeleteTopic", topic)))
    assert refusal(nobody.client("sns").publish, TopicArn=topic, Message="x")[0] == "AuthorizationError"
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=rules)
    assert nobody.client("sns").publish(TopicArn=topic, Message="x")["MessageId"]
    assert refusal(anybody.client("sns").delete_topic, TopicArn=topic)[0] == "AuthorizationError"


def test_of_a_key_without_whose_word_nobody_uses_it(world: World, anybody: Any) -> None:
    kms = world.boto3("kms")
    usual = kms.create_key()["KeyMetadata"]["KeyId"]
    assert anybody.client("kms").encrypt(KeyId=usual, Plaintext=b"x")["KeyId"].endswith(usual)
    silent = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/somebody-else"}}
    closed = kms.create_key(Policy=document(silent))["KeyMetadata"]["KeyId"]
    told = refusal(anybody.client("kms").encrypt, KeyId=closed, Plaintext=b"x")
    assert told[0] == "AccessDeniedException"
    assert "no resource-based policy allows the kms:Encrypt action" in told[2]


def test_of_a_secret(world: World, nobody: Any) -> None:
    manager = world.boto3("secretsmanager")
    secret = manager.create_secret(Name="ruled", SecretString="hunter2")["ARN"]
    assert refusal(nobody.client("secretsmanager").get_secret_value, SecretId="ruled")[0] == "AccessDeniedException"
    rules = document(everybody(allow("secretsmanager:GetSecretValue", secret)))
    manager.put_resource_policy(SecretId="ruled", ResourcePolicy=rules)
    assert nobody.client("secretsmanager").get_secret_value(SecretId="ruled")["SecretString"] == "hunter2"
