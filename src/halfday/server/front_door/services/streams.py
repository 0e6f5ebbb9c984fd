"""Kinesis: streams by name or ARN, consumers, and the stream that an iterator was made for.

An iterator says to nobody but its maker which stream it reads. So those that are told carry their stream with them,
with a code of this process, and go on without. Source: Service authorization reference, Amazon Kinesis Data Streams.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from halfday.server.domain.calls.refusals import CallRefused, not_built
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.services.calls import Ask, Plan, ServiceCall
from halfday.server.outside.upstreams import Answer

_OF_THE_ACCOUNT = frozenset({"DescribeAccountSettings", "DescribeLimits", "ListStreams", "UpdateAccountSettings"})
_EVERYWHERE = frozenset(
    {"DisableEnhancedMonitoring", "EnableEnhancedMonitoring", "UpdateShardCount", "UpdateStreamMode"}
)
"""AWS has no resource for their permissions."""
_BY_ARN_ALONE = frozenset({"DescribeStreamConsumer", "ListStreamConsumers", "RegisterStreamConsumer"})
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_KEY = secrets.token_bytes(32)
_CODE_CHARACTERS = 22


async def plan(call: ServiceCall, ask: Ask) -> Plan:
    if call.operation in _OF_THE_ACCOUNT | _EVERYWHERE:
        return Plan(call, (Need(call.action, "*"),))
    if call.operation == "GetRecords":
        return _records(call)
    if arn := call.text("ConsumerARN"):
        return Plan(call, (Need(call.action, call.arn(call.place.name_in(arn, "kinesis"))),))
    stream, call = _stream(call)
    rewritten = _carrying(call, stream) if call.operation == "GetShardIterator" else None
    return Plan(call, (Need(call.action, call.arn(f"stream/{stream}")),), rewritten=rewritten)


def _stream(call: ServiceCall) -> tuple[str, ServiceCall]:
    """The stream's name, and the call that names it once, as older upstreams know it."""
    arn, name = call.text("StreamARN") or call.text("ResourceARN"), call.text("StreamName")
    if arn:
        named = call.place.name_in(arn, "kinesis").removeprefix("stream/")
        if name not in ("", named):
            raise CallRefused("InvalidArgumentException", "StreamARN and StreamName are of two streams.")
        name = named
        if call.text("StreamARN") and call.operation not in _BY_ARN_ALONE:
            others = {key: value for key, value in call.parameters.items() if key != "StreamARN"}
            call = replace(call, parameters={**others, "StreamName": name})
    if not name and call.text("NextToken"):
        raise not_built(f"{call.operation} by a token that does not say which stream it is of")
    if not _NAME.fullmatch(name):
        raise CallRefused("ValidationException", "Either StreamName or StreamARN must be given.")
    return name, call


def _records(call: ServiceCall) -> Plan:
    stream, iterator = _opened(call.text("ShardIterator"))
    arn = call.text("StreamARN")
    if arn and call.place.name_in(arn, "kinesis") != f"stream/{stream}":
        raise CallRefused("InvalidArgumentException", "The shard iterator is another stream's.")
    others = {key: value for key, value in call.parameters.items() if key != "StreamARN"}
    changed = replace(call, parameters={**others, "ShardIterator": iterator})
    return Plan(changed, (Need(call.action, call.arn(f"stream/{stream}")),), rewritten=_carrying(call, stream))


def _carrying(call: ServiceCall, stream: str) -> Callable[[Answer], Answer]:
    def rewritten(answer: Answer) -> Answer:
        if answer.status != 200:
            return answer
        told = json.loads(answer.body)
        for name in ("ShardIterator", "NextShardIterator"):
            if isinstance(told.get(name), str):
                told[name] = f"{stream}:{_code(stream, told[name])}:{told[name]}"
        return answer._replace(body=json.dumps(told).encode())

    return rewritten


def _opened(carried: str) -> tuple[str, str]:
    parts = carried.split(":", 2)
    if len(parts) != 3 or not hmac.compare_digest(parts[1].encode(), _code(parts[0], parts[2]).encode()):
        raise CallRefused("InvalidArgumentException", "Invalid ShardIterator.")
    return parts[0], parts[2]


def _code(stream: str, iterator: str) -> str:
    found = hmac.digest(_KEY, f"{stream}:{iterator}".encode(), sha256)
    return base64.urlsafe_b64encode(found).decode()[:_CODE_CHARACTERS]
