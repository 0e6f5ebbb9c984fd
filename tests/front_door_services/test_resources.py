"""Resources of the other services, however a call names them: by name, ARN, alias, address, path."""

from __future__ import annotations

import json
from typing import Any

import pytest

from role_sessions import ACCOUNT, allow, arn, refusal, session
from world import World

ELSEWHERE = "9" * 12


def test_a_queue_is_the_one_that_its_address_names(world: World) -> None:
    sqs = world.boto3("sqs")
    own, other = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("own", "other"))
    assert own == f"{world.for_tools}/{ACCOUNT}/own"
    some = session(world, allow(["sqs:SendMessage", "sqs:ReceiveMessage"], arn("sqs", "own"))).client("sqs")
    some.send_message(QueueUrl=own, MessageBody="mine")
    entries = [{"Id": "1", "MessageBody": "in a batch"}]
    assert len(some.send_message_batch(QueueUrl=own, Entries=entries)["Successful"]) == 1
    told = some.receive_message(QueueUrl=own, MaxNumberOfMessages=10)["Messages"]
    assert {one["Body"] for one in told} == {"mine", "in a batch"}
    for url in (other, other.replace(world.for_tools, "https://sqs.us-east-1.amazonaws.com"), f"{own}/../other"):
        assert refusal(some.send_message, QueueUrl=url, MessageBody="x")[1] in (400, 403), url
    assert refusal(some.send_message_batch, QueueUrl=other, Entries=entries)[0] == "AccessDenied"
    assert refusal(some.delete_message, QueueUrl=own, ReceiptHandle="x")[0] == "AccessDenied"


def test_another_account_s_queue_is_none_of_this(world: World) -> None:
    """Whoever may do everything here still sends nothing to a queue of the same name."""
    anybody = session(world, allow("sqs:*")).client("sqs")
    anybody.create_queue(QueueName="ours")
    url = f"{world.for_tools}/{ELSEWHERE}/ours"
    assert refusal(anybody.send_message, QueueUrl=url, MessageBody="x")[1] == 403
    assert "Messages" not in anybody.receive_message(QueueUrl=f"{world.for_tools}/{ACCOUNT}/ours")


def test_a_message_to_a_telephone_is_about_every_resource(world: World) -> None:
    topic = world.boto3("sns").create_topic(Name="news")["TopicArn"]
    of_the_topic = session(world, allow("sns:Publish", topic)).client("sns")
    assert of_the_topic.publish(TopicArn=topic, Message="x")["MessageId"]
    assert refusal(of_the_topic.publish, PhoneNumber="+4915112345678", Message="x")[0] == "AuthorizationError"
    assert refusal(of_the_topic.publish, TopicArn=topic, PhoneNumber="+491511", Message="x")[0] == "InvalidParameter"
    entries = [{"Id": "1", "Message": "x"}]
    assert of_the_topic.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Successful"]
    elsewhere = topic.replace(ACCOUNT, ELSEWHERE)
    assert refusal(of_the_topic.publish, TopicArn=elsewhere, Message="x")[1] == 403
    anywhere = session(world, allow("sns:Publish")).client("sns")
    assert anywhere.publish(PhoneNumber="+4915112345678", Message="x")["MessageId"]


def test_no_subscription_makes_this_machine_call_an_address(world: World) -> None:
    topic = world.boto3("sns").create_topic(Name="calls")["TopicArn"]
    anybody = session(world, allow("sns:*")).client("sns")
    for protocol, endpoint in (("http", f"{world.for_tools}/x"), ("lambda", arn("lambda", "function:f"))):
        told = refusal(anybody.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
        assert told[:2] == ("NotImplementedException", 501)
    queue = world.boto3("sqs").create_queue(QueueName="fed")["QueueUrl"]
    anybody.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", "fed"))
    anybody.publish(TopicArn=topic, Message="told")
    (message,) = world.boto3("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["Message"] == "told"


def test_a_secret_by_name_by_part_of_its_arn_and_by_its_arn_is_one(world: World) -> None:
    manager = world.boto3("secretsmanager")
    tags = [{"Key": "team", "Value": "blue"}]
    full = manager.create_secret(Name="app/db", SecretString="hunter2", Tags=tags)["ARN"]
    other = manager.create_secret(Name="app/db-other", SecretString="theirs")["ARN"]
    exact = session(world, allow("secretsmanager:GetSecretValue", full)).client("secretsmanager")
    usual = session(world, allow("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:app/db-??????")))
    for client in (exact, usual.client("secretsmanager")):
        for name in ("app/db", full):
            assert client.get_secret_value(SecretId=name)["SecretString"] == "hunter2"
        for name in ("app/db-other", other, full.replace(ACCOUNT, ELSEWHERE), "no/such"):
            assert refusal(client.get_secret_value, SecretId=name)[0] == "AccessDeniedException"
    told = refusal(exact.batch_get_secret_value, SecretIdList=["app/db", "app/db-other"])
    assert told[0] == "AccessDeniedException"
    of_the_team = session(
        world,
        allow("secretsmanager:GetSecretValue", StringEquals={"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}),
        tags={"team": "blue"},
    ).client("secretsmanager")
    assert of_the_team.get_secret_value(SecretId="app/db")["SecretString"] == "hunter2"
    assert refusal(of_the_team.get_secret_value, SecretId="app/db-other")[0] == "AccessDeniedException"


def test_a_parameter_by_name_path_and_arn(world: World) -> None:
    ssm = world.boto3("ssm")
    for name in ("/app/own/a", "/app/own/b", "/app/other/a", "plain"):
        ssm.put_parameter(Name=name, Value=name, Type="String")
    resources = [arn("ssm", "parameter/app/own"), arn("ssm", "parameter/app/own/*"), arn("ssm", "parameter/plain")]
    some = session(world, allow(["ssm:GetParameter*", "ssm:GetParametersByPath"], resources)).client("ssm")
    for name in (
        "/app/own/a",
        arn("ssm", "parameter/app/own/a"),
        "plain",
        arn("ssm", "parameter/plain"),
        "/app/own/a:1",
    ):
        assert some.get_parameter(Name=name)["Parameter"]["Value"] in ("/app/own/a", "plain")
    found = some.get_parameters_by_path(Path="/app/own")["Parameters"]
    assert {one["Name"] for one in found} == {"/app/own/a", "/app/own/b"}
    for name in ("/app/other/a", arn("ssm", "parameter/app/other/a")):
        assert refusal(some.get_parameter, Name=name)[0] == "AccessDeniedException"
    assert refusal(some.get_parameter, Name="/app/own/../other/a")[0] == "ParameterNotFound", "it is no path"
    for path in ("/app", "/app/other", "/"):
        assert refusal(some.get_parameters_by_path, Path=path, Recursive=True)[0] == "AccessDeniedException"
    assert refusal(some.get_parameters, Names=["/app/own/a", "/app/other/a"])[0] == "AccessDeniedException"
    assert refusal(some.put_parameter, Name="/app/own/a", Value="x", Overwrite=True)[0] == "AccessDeniedException"


def test_a_secret_is_not_had_as_a_parameter_without_its_own_permission(world: World) -> None:
    world.boto3("secretsmanager").create_secret(Name="behind", SecretString="hunter2")
    name = "/aws/reference/secretsmanager/behind"
    some = session(world, allow("ssm:GetParameter")).client("ssm")
    told = refusal(some.get_parameter, Name=name, WithDecryption=True)
    assert told[0] == "AccessDeniedException"
    assert "secretsmanager:GetSecretValue" in told[2]
    both = session(world, allow(["ssm:GetParameter", "secretsmanager:GetSecretValue"])).client("ssm")
    assert both.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "hunter2"


def test_a_key_by_id_arn_and_alias_is_one_and_what_decrypts_says_which(world: World) -> None:
    kms = world.boto3("kms")
    own, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.create_alias(AliasName="alias/own", TargetKeyId=own)
    kms.create_alias(AliasName="alias/other", TargetKeyId=other)
    actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey"]
    some = session(world, allow(actions, arn("kms", f"key/{own}"))).client("kms")
    for name in (own, arn("kms", f"key/{own}"), "alias/own", arn("kms", "alias/own")):
        sealed = some.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
        assert some.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    for name in (other, arn("kms", f"key/{other}"), "alias/other", arn("kms", "alias/other")):
        assert refusal(some.encrypt, KeyId=name, Plaintext=b"x")[0] == "AccessDeniedException"
    theirs = kms.encrypt(KeyId=other, Plaintext=b"theirs")["CiphertextBlob"]
    assert refusal(some.decrypt, CiphertextBlob=theirs)[0] == "AccessDeniedException"
    assert refusal(some.re_encrypt, CiphertextBlob=theirs, DestinationKeyId=own)[0] == "AccessDeniedException"
    assert refusal(some.re_encrypt, CiphertextBlob=sealed, DestinationKeyId=other)[0] == "AccessDeniedException"
    assert some.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=own)["KeyId"].endswith(own)
    assert refusal(some.update_alias, AliasName="alias/other", TargetKeyId=own)[0] == "AccessDeniedException"
    bound = session(
        world, allow("kms:Decrypt", StringEquals={"kms:EncryptionContext:for": "ada"}), allow("kms:Encrypt")
    ).client("kms")
    sealed = bound.encrypt(KeyId=own, Plaintext=b"x", EncryptionContext={"for": "ada"})["CiphertextBlob"]
    assert bound.decrypt(CiphertextBlob=sealed, EncryptionContext={"for": "ada"})["Plaintext"] == b"x"
    plain = bound.encrypt(KeyId=own, Plaintext=b"x")["CiphertextBlob"]
    assert refusal(bound.decrypt, CiphertextBlob=plain)[0] == "AccessDeniedException"


def test_an_iterator_reads_the_stream_that_it_was_made_for(world: World) -> None:
    kinesis = world.boto3("kinesis")
    for name in ("own", "other"):
        kinesis.create_stream(StreamName=name, ShardCount=1)
        kinesis.put_record(StreamName=name, Data=name.encode(), PartitionKey="1")
    where = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    actions = ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:PutRecord"]
    some = session(world, allow(actions, arn("kinesis", "stream/own"))).client("kinesis")
    for named in ({"StreamName": "own"}, {"StreamARN": arn("kinesis", "stream/own")}):
        first = some.get_records(ShardIterator=some.get_shard_iterator(**named, **where)["ShardIterator"])
        assert first["Records"][0]["Data"] == b"own"
        assert some.get_records(ShardIterator=first["NextShardIterator"])["Records"] == []
    theirs = kinesis.get_shard_iterator(StreamName="other", **where)["ShardIterator"]
    assert refusal(some.get_records, ShardIterator=theirs)[0] == "AccessDeniedException"
    forged = "own" + theirs.removeprefix("other")
    assert refusal(some.get_records, ShardIterator=forged)[0] == "InvalidArgumentException"
    assert refusal(some.get_records, ShardIterator=theirs.split(":", 2)[2])[0] == "InvalidArgumentException"


@pytest.mark.parametrize(
    ("call", "given", "status"),
    [
        ("publish", {"topic": "own/a"}, 200),
        ("publish", {"topic": "other/a"}, 403),
        ("publish", {"topic": "own/../other"}, 400),
        ("get_thing_shadow", {"thingName": "mine"}, 403),
    ],
)
def test_a_topic_is_what_the_path_says(world: World, call: str, given: dict[str, Any], status: int) -> None:
    client = session(world, allow("iot:Publish", arn("iot", "topic/own/*"))).client("iot-data")
    if status == 200:
        assert getattr(client, call)(**given)["ResponseMetadata"]["HTTPStatusCode"] == 200
    else:
        assert refusal(getattr(client, call), **given)[1] == status


def test_converse_is_the_permission_to_invoke_and_a_profile_is_no_model(world: World) -> None:
    model = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
    client = session(world, allow("bedrock:InvokeModel", model)).client("bedrock-runtime")
    given = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    for name in ("amazon.nova-lite-v1:0", model):
        told = refusal_or_none(client.converse, modelId=name, **given)
        assert told is None or told[0] != "AccessDeniedException"
    for name in ("us.amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0", model.replace("us-east-1", "eu-west-1")):
        assert refusal(client.converse, modelId=name, **given)[1] in (400, 403)
    assert refusal(client.converse_stream, modelId="amazon.nova-lite-v1:0", **given)[0] == "AccessDeniedException"


def refusal_or_none(call: Any, **given: Any) -> tuple[str, int, str] | None:
    try:
        call(**given)
    except Exception:
        return refusal(call, **given)
    return None
