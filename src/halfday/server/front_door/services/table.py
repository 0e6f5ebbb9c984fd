"""Which services have rules of their own for their resources, and which are not served at the front door."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.server.front_door.services import (
    devices,
    dynamodb,
    foundation_models,
    keys,
    messages,
    others,
    parameters,
    secrets,
    streams,
)
from halfday.server.front_door.services.calls import Rule

RULES: Mapping[str, Rule] = {
    "bedrock-runtime": foundation_models.plan,
    "dynamodb": dynamodb.plan,
    "dynamodbstreams": dynamodb.plan,
    "iot-data": devices.plan,
    "kinesis": streams.plan,
    "kms": keys.plan,
    "secretsmanager": secrets.plan,
    "sns": messages.plan_sns,
    "sqs": messages.plan_sqs,
    "ssm": parameters.plan,
}

SERVED_ELSEWHERE = frozenset(
    {"cognito-identity", "cognito-idp", "execute-api", "iam", "lambda", "s3", "sso-oauth", "sts", "iotdevicegateway"}
)
"""Names in signatures: this server's own services, S3, whose front door is another, and MQTT."""


def rule_of(service: str) -> Rule:
    return RULES.get(service, others.plan)
