"""fromCognitoIdentityPool of the AWS SDK for JavaScript: a person's own partition, folder and queue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from real_clients.javascript import Node, Opened, Refused
from world import World

SUB = "${cognito-identity.amazonaws.com:sub}"
ACCOUNT = "123456789012"


def statement(actions: list[str], resource: str, **condition: Any) -> dict[str, Any]:
    given = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**given, "Condition": condition} if condition else given


@pytest.fixture
def ada(world: World, node: Node) -> Opened:
    pool = world.pool()
    client = pool.client()
    pool.user("ada")
    provider = f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    identities, iam = world.boto3("cognito-identity"), world.boto3("iam")
    identity_pool = identities.create_identity_pool(
        IdentityPoolName="people",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": client["ClientId"]}],
    )["IdentityPoolId"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool}},
            }
        ],
    }
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [SUB]}}
    table, queue = (
        f"arn:aws:{name}" for name in (f"dynamodb:us-east-1:{ACCOUNT}:table/js", f"sqs:us-east-1:{ACCOUNT}:js")
    )
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            statement(["dynamodb:GetItem", "dynamodb:PutItem"], table, **own),
            statement(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::js-files/{SUB}/*"),
            statement(["sqs:SendMessage", "sqs:ReceiveMessage"], queue),
        ],
    }
    name = f"js-{next(world.counter)}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    identities.set_identity_pool_roles(IdentityPoolId=identity_pool, Roles={"authenticated": role})
    world.boto3("dynamodb").create_table(
        TableName="js",
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    world.boto3("s3").create_bucket(Bucket="js-files")
    world.boto3("sqs").create_queue(QueueName="js")
    logins = {provider: pool.tokens(client)["IdToken"]}
    return node.open("aws_services", endpoint=world.origin, identityPoolId=identity_pool, logins=logins)


def test_what_is_one_s_own_is_open_and_nothing_else(world: World, ada: Opened) -> None:
    def call(service: str, operation: str, **given: Any) -> Any:
        return ada.call({"service": service, "operation": operation, "input": given})

    me = ada.identity({})
    call("dynamodb", "putItem", TableName="js", Item={"owner": {"S": me}, "text": {"S": "Note G"}})
    assert call("dynamodb", "getItem", TableName="js", Key={"owner": {"S": me}})["Item"]["text"] == {"S": "Note G"}
    with pytest.raises(Refused, match=r"AccessDeniedException: User: .* to perform: dynamodb:GetItem"):
        call("dynamodb", "getItem", TableName="js", Key={"owner": {"S": "somebody else"}})
    call("s3", "putObject", Bucket="js-files", Key=f"{me}/a.txt", Body="mine")
    assert call("s3", "getObject", Bucket="js-files", Key=f"{me}/a.txt")["body"] == "mine"
    with pytest.raises(Refused, match="AccessDenied"):
        call("s3", "getObject", Bucket="js-files", Key="else/a.txt")
    url = f"{world.origin}/{ACCOUNT}/js"
    call("sqs", "sendMessage", QueueUrl=url, MessageBody="hello")
    assert call("sqs", "receiveMessage", QueueUrl=url)["Messages"][0]["Body"] == "hello"
    with pytest.raises(Refused, match="AccessDenied"):
        call("sqs", "deleteQueue", QueueUrl=url)
    with pytest.raises(Refused, match=r"AccessDeniedException: User: .* kinesis:DescribeStreamSummary"):
        call("kinesis", "describeStreamSummary", StreamName="no")
