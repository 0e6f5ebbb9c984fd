"""SQS and SNS: queues by their addresses, topics by their ARNs.

Source: Service authorization reference, Amazon SQS and Amazon SNS; SQS developer guide, Basic examples of policies (a
batch needs the permission of the single call).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.policies import known_keys
from halfday.server.domain.calls.refusals import CallRefused, not_built
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.services.calls import Ask, Plan, ServiceCall
from halfday.server.outside.upstreams import Answer

_QUEUES_OF_THE_ACCOUNT = frozenset({"ListQueues"})
_TOPICS_OF_THE_ACCOUNT = frozenset(
    {"CheckIfPhoneNumberIsOptedOut", "CreatePlatformApplication", "CreatePlatformEndpoint"}
    | {"CreateSMSSandboxPhoneNumber", "DeleteEndpoint", "DeletePlatformApplication", "DeleteSMSSandboxPhoneNumber"}
    | {"GetEndpointAttributes", "GetPlatformApplicationAttributes", "GetSMSAttributes", "GetSMSSandboxAccountStatus"}
    | {"ListEndpointsByPlatformApplication", "ListOriginationNumbers", "ListPhoneNumbersOptedOut"}
    | {"ListPlatformApplications", "ListSMSSandboxPhoneNumbers", "ListSubscriptions", "ListTopics"}
    | {"OptInPhoneNumber", "SetEndpointAttributes", "SetPlatformApplicationAttributes", "SetSMSAttributes"}
    | {"VerifySMSSandboxPhoneNumber"}
)
_QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}(\.fifo)?")
_TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}(\.fifo)?")
_ADDRESS = re.compile(rb"https?://[A-Za-z0-9.:\[\]-]+(/\d{12}/[A-Za-z0-9_.-]+)")
_TELLS_ADDRESSES = frozenset({"CreateQueue", "GetQueueUrl", "ListQueues", "ListDeadLetterSourceQueues"})


async def plan_sqs(call: ServiceCall, ask: Ask) -> Plan:
    action = "sqs:" + call.operation.removesuffix("Batch")
    rewritten = _with_own_addresses(call) if call.operation in _TELLS_ADDRESSES else None
    if call.operation in _QUEUES_OF_THE_ACCOUNT:
        return Plan(call, (Need(action, "*"),), rewritten=rewritten)
    name, call = _queue(call)
    return Plan(call, (Need(action, call.arn(name)),), rewritten=rewritten)


async def plan_sns(call: ServiceCall, ask: Ask) -> Plan:
    """Publish to a telephone number is about no topic: it needs a statement about every resource."""
    action = "sns:" + call.operation.removesuffix("Batch")
    if call.operation in _TOPICS_OF_THE_ACCOUNT:
        return Plan(call, (Need(action, "*"),))
    need = Need(action, _topic(call), _of_a_subscription(call))
    return Plan(call, (need,), known_keys(("sns:Protocol", "sns:Endpoint")), reaches_out=_reaches_out(call))


def _queue(call: ServiceCall) -> tuple[str, ServiceCall]:
    """The queue's name, and the call with the queue's one address in it."""
    if arn := call.text("SourceArn") or call.text("TaskHandle"):
        if call.operation in ("StartMessageMoveTask", "ListMessageMoveTasks"):
            return call.place.name_in(arn, "sqs"), call
        raise not_built(f"{call.operation} of SQS, whose task does not say which queue it is of")
    url = call.text("QueueUrl")
    if url:
        name = call.place.queue_in(url)
        if call.path not in ("/", "", f"/{call.place.account}/{name}", f"/{call.place.account}/{name}/"):
            raise CallRefused("InvalidAddress", "The path of the request is another queue's than its QueueUrl.")
        return name, call.changed(QueueUrl=f"{call.origin}/{call.place.account}/{name}")
    name = call.text("QueueName")
    if not _QUEUE_NAME.fullmatch(name):
        raise CallRefused("MissingRequiredParameterException", "The request must contain the parameter QueueUrl.")
    if call.text("QueueOwnerAWSAccountId") not in ("", call.place.account):
        raise CallRefused("QueueDoesNotExist", "The specified queue does not exist.")
    return name, call


def _with_own_addresses(call: ServiceCall) -> Any:
    """SDKs send to a queue's address: it has to be this server's, wherever the queue is."""

    def rewritten(answer: Answer) -> Answer:
        return answer._replace(body=_ADDRESS.sub(call.origin.encode() + rb"\1", answer.body))

    return rewritten


def _topic(call: ServiceCall) -> str:
    named = {name: call.text(name) for name in ("TopicArn", "TargetArn", "PhoneNumber", "ResourceArn", "Name")}
    given = {name: value for name, value in named.items() if value}
    if call.operation in ("Publish", "PublishBatch") and len(given) != 1:
        raise CallRefused("InvalidParameter", "Invalid parameter: name one of TopicArn, TargetArn and PhoneNumber")
    if call.operation == "Publish" and "PhoneNumber" in given:
        return "*"
    if call.operation == "CreateTopic":
        if not _TOPIC_NAME.fullmatch(given.get("Name", "")):
            raise CallRefused("InvalidParameter", "Invalid parameter: Topic Name")
        return call.arn(given["Name"])
    for name in ("TopicArn", "TargetArn", "ResourceArn"):
        if name in given:
            return call.arn(call.place.name_in(given[name], "sns"))
    if arn := call.text("SubscriptionArn"):
        return call.arn(call.place.name_in(arn, "sns").rpartition(":")[0])
    raise CallRefused("InvalidParameter", "Invalid parameter: TopicArn")


def _of_a_subscription(call: ServiceCall) -> Mapping[str, str]:
    if call.operation != "Subscribe":
        return {}
    named = {"sns:Protocol": call.text("Protocol"), "sns:Endpoint": call.text("Endpoint")}
    return {key: value for key, value in named.items() if value}


def _reaches_out(call: ServiceCall) -> str:
    """What moto would call, or start, from within this process; empty where it is nothing."""
    if call.operation == "Subscribe" and call.text("Protocol").lower() in ("http", "https", "lambda"):
        return f"a subscription by {call.text('Protocol').lower()}"
    return ""
