"""A denial as each service's SDK raises it, with AWS's sentence; and what is allowed is done.

The session's role allows one harmless thing. Codes and statuses: botocore's own exceptions, as AWS's SDKs read them.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from role_sessions import Session, allow, arn, deny, refusal, session
from world import World

ARN = "arn:aws:sts::123456789012:assumed-role/"

CASES: list[tuple[str, str, dict[str, Any], str, str, str, int]] = [
    (
        "dynamodb",
        "get_item",
        {"TableName": "no", "Key": {"pk": {"S": "1"}}},
        "dynamodb:GetItem",
        arn("dynamodb", "table/no"),
        "AccessDeniedException",
        400,
    ),
    (
        "dynamodbstreams",
        "describe_stream",
        {"StreamArn": arn("dynamodb", "table/no/stream/2026-01-01T00:00:00.000")},
        "dynamodb:DescribeStream",
        arn("dynamodb", "table/no/stream/2026-01-01T00:00:00.000"),
        "AccessDeniedException",
        400,
    ),
    (
        "sqs",
        "send_message",
        {"QueueUrl": "http://localhost/123456789012/no", "MessageBody": "x"},
        "sqs:sendmessage",
        arn("sqs", "no"),
        "AccessDenied",
        403,
    ),
    (
        "sns",
        "publish",
        {"TopicArn": arn("sns", "no"), "Message": "x"},
        "SNS:Publish",
        arn("sns", "no"),
        "AuthorizationError",
        403,
    ),
    (
        "secretsmanager",
        "get_secret_value",
        {"SecretId": "no"},
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", "secret:no"),
        "AccessDeniedException",
        400,
    ),
    (
        "ssm",
        "get_parameter",
        {"Name": "/no"},
        "ssm:GetParameter",
        arn("ssm", "parameter/no"),
        "AccessDeniedException",
        400,
    ),
    (
        "kinesis",
        "put_record",
        {"StreamName": "no", "Data": b"x", "PartitionKey": "1"},
        "kinesis:PutRecord",
        arn("kinesis", "stream/no"),
        "AccessDeniedException",
        400,
    ),
    (
        "kms",
        "encrypt",
        {"KeyId": "11111111-2222-3333-4444-555555555555", "Plaintext": b"x"},
        "kms:Encrypt",
        arn("kms", "key/11111111-2222-3333-4444-555555555555"),
        "AccessDeniedException",
        400,
    ),
    (
        "iot-data",
        "publish",
        {"topic": "a/b", "payload": b"x"},
        "iot:Publish",
        arn("iot", "topic/a/b"),
        "ForbiddenException",
        403,
    ),
    (
        "bedrock-runtime",
        "converse",
        {"modelId": "amazon.nova-lite-v1:0", "messages": [{"role": "user", "content": [{"text": "hi"}]}]},
        "bedrock:InvokeModel",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        "AccessDeniedException",
        403,
    ),
    ("s3", "get_object", {"Bucket": "no", "Key": "k"}, "s3:GetObject", '"arn:aws:s3:::no/k"', "AccessDenied", 403),
    ("events", "list_rules", {}, "events:ListRules", "*", "AccessDeniedException", 400),
    ("ec2", "describe_instances", {}, "ec2:DescribeInstances", "*", "UnauthorizedOperation", 403),
    ("route53", "list_hosted_zones", {}, "route53:ListHostedZones", "*", "AccessDenied", 403),
    ("cloudformation", "list_stacks", {}, "cloudformation:ListStacks", "*", "AccessDenied", 403),
    ("polly", "describe_voices", {}, "polly:DescribeVoices", "*", "AccessDeniedException", 403),
]


@pytest.fixture(scope="module")
def nobody(world: World) -> Session:
    return session(world, allow("sts:GetCallerIdentity"))


@pytest.mark.parametrize(
    ("service", "call", "given", "action", "resource", "code", "status"), CASES, ids=[case[0] for case in CASES]
)
def test_a_denial_is_what_the_service_s_sdk_raises(
    nobody: Session, service: str, call: str, given: dict[str, Any], action: str, resource: str, code: str, status: int
) -> None:
    told = refusal(getattr(nobody.client(service), call), **given)
    assert told[:2] == (code, status)
    assert f"User: {ARN}" in told[2]
    assert told[2].endswith(
        f"is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the "
        f"{action} action"
    )


def test_the_modeled_exception_is_raised_where_a_service_has_one(nobody: Session) -> None:
    for service, call, given in (
        ("bedrock-runtime", "invoke_model", {"modelId": "amazon.nova-lite-v1:0", "body": b"{}"}),
        ("kinesis", "put_record", {"StreamName": "no", "Data": b"x", "PartitionKey": "1"}),
    ):
        client = nobody.client(service)
        with pytest.raises(client.exceptions.AccessDeniedException):
            getattr(client, call)(**given)


def test_a_deny_counts_where_the_resource_is_not_known(world: World) -> None:
    """AWS would look at the rule's ARN; here every Deny of the action does."""
    some = session(world, allow("events:*"), deny("events:PutRule", arn("events", "rule/other")))
    assert some.client("events").list_rules()["Rules"] == []
    told = refusal(some.client("events").put_rule, Name="mine", ScheduleExpression="rate(1 day)")
    assert told[2].endswith("with an explicit deny in an identity-based policy")
    narrow = session(world, allow("events:PutRule", arn("events", "rule/mine")))
    assert refusal(narrow.client("events").put_rule, Name="mine")[0] == "AccessDeniedException"


def test_what_has_no_known_permission_is_let_in_for_nobody(world: World) -> None:
    """An operation of which AWS's reference knows no action of that name, by a role that may do everything."""
    anybody = session(world, allow("*"))
    told = refusal(anybody.client("rds").describe_serverless_v2_platform_versions)
    assert told[:2] == ("NotImplementedException", 501)
    assert "permission is not known" in told[2]


def test_signatures_of_version_4a_are_refused_by_name(world: World) -> None:
    header = (
        "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20260101/events/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=3045"
    )
    sent = {"Authorization": header, "X-Amz-Region-Set": "*", "X-Amz-Target": "AWSEvents.PutEvents"}
    answer = requests.post(world.origin, headers=sent, data="{}", timeout=10)
    assert (answer.status_code, answer.json()["__type"]) == (501, "NotImplementedException")
    assert "AWS4-ECDSA-P256-SHA256" in answer.json()["message"]
