"""The policies that resources have of themselves, read from the AWS behind the front door and kept for two seconds.

S3 buckets, SQS queues, SNS topics, KMS keys and Lambda functions. Whoever changes one through the front door has it
forgotten at once. What cannot be read, or cannot be understood, denies: a Deny in it would be overlooked else. Source:
API references, GetBucketPolicy, GetQueueAttributes, GetTopicAttributes, GetKeyPolicy, GetPolicy.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from xml.parsers import expat

from halfday.protocol.identifiers import parse_arn
from halfday.server.domain.aws.permissions import Owned
from halfday.server.domain.aws.policies import Kind, Policy, kept_policy
from halfday.server.domain.refusals import Refused
from halfday.server.domain.text.xml_documents import read_whole

KEPT_FOR_S = 2.0
MOST_KEPT = 1_024
DECIDES = frozenset({"kms"})
"""Services whose resource's own policy has to speak (KMS developer guide, Key policies)."""


class PolicyUnreadable(Exception):
    """The upstream does not tell a resource's policy. Whoever asks must not let the call pass."""


@dataclass(frozen=True, slots=True)
class PolicyCall:
    """The call that asks for a policy. `service` is as in ARNs; header names are lower-case."""

    service: str
    region: str
    account: str
    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)


class PolicyAnswer(NamedTuple):
    status: int
    body: bytes


Ask = Callable[[PolicyCall], Awaitable[PolicyAnswer]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a service is asked, where the policy stands in its answer, and which refusals say that there is none."""

    call: Callable[[str, str, str], PolicyCall]
    policy_of: Callable[[bytes], str | None]
    absent: tuple[str, ...]


class ResourcePolicies:
    """`ask` passes a call on to whatever AWS has the service; `clock` counts seconds."""

    def __init__(self, ask: Ask, clock: Callable[[], float]) -> None:
        self._ask, self._clock = ask, clock
        self._kept: OrderedDict[str, tuple[float, str | None]] = OrderedDict()

    async def owned(self, arn: str, *, account: str, region: str) -> Owned:
        """What the resource's owner says of it. `account` and `region` are for an ARN that names none, as S3's are.

        Raises PolicyUnreadable.
        """
        service = arn.split(":")[2]
        kind = _KINDS.get(service)
        if kind is None:
            return Owned(account)
        place = _place(arn)
        text = await self._text(kind, place, account, region)
        policy = None if not text else _understood(text, place)
        return Owned(account, policy, decides=service in DECIDES)

    def forget(self, arn: str) -> None:
        """To be called once a call has changed what the resource says."""
        self._kept.pop(_place(arn), None)

    async def _text(self, kind: _Kind, place: str, account: str, region: str) -> str | None:
        kept = self._kept.get(place)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        answer = await self._ask(kind.call(place, account, region))
        text = _told(kind, answer, place)
        self._kept[place] = (self._clock() + KEPT_FOR_S, text)
        self._kept.move_to_end(place)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return text


def has_policy(service: str) -> bool:
    return service in _KINDS


def _place(arn: str) -> str:
    """The ARN of what has the policy: an object's bucket, a function without its version."""
    if arn.startswith("arn:aws:s3:::"):
        return arn.partition("/")[0]
    head = arn.split(":")
    return ":".join(head[:7]) if head[2] == "lambda" else arn


def _told(kind: _Kind, answer: PolicyAnswer, place: str) -> str | None:
    if answer.status == 200:
        try:
            return kind.policy_of(answer.body)
        except (ValueError, KeyError, TypeError) as problem:
            raise PolicyUnreadable(f"{place}: the answer about its policy is of no form") from problem
    if any(code.encode() in answer.body for code in kind.absent):
        return None
    raise PolicyUnreadable(f"{place}: its policy was asked for, and answered {answer.status}")


def _understood(text: str, place: str) -> Policy:
    """One that is not understood denies everybody."""
    try:
        return kept_policy(text, name=f"of {place}", kind=Kind.RESOURCE)
    except Refused as refused:
        name = f"of {place}, which is not understood here: {refused.sentence}"
        return kept_policy(_DENIES_ALL, name=name[:512], kind=Kind.RESOURCE)


_DENIES_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}
)


def _of_bucket(arn: str, account: str, region: str) -> PolicyCall:
    return PolicyCall("s3", region, account, "GET", f"/{quote(parse_arn(arn).resource)}?policy")


def _of_queue(arn: str, account: str, region: str) -> PolicyCall:
    of = parse_arn(arn)
    url = f"http://localhost/{of.account}/{of.resource}"
    return _json_call(arn, "AmazonSQS.GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["Policy"]}, "1.0")


def _of_key(arn: str, account: str, region: str) -> PolicyCall:
    return _json_call(arn, "TrentService.GetKeyPolicy", {"KeyId": arn, "PolicyName": "default"}, "1.1")


def _of_topic(arn: str, account: str, region: str) -> PolicyCall:
    of = parse_arn(arn)
    asked = {"Action": "GetTopicAttributes", "TopicArn": arn, "Version": "2010-03-31"}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return PolicyCall("sns", of.region, of.account, "POST", "/", headers, urlencode(asked).encode())


def _of_function(arn: str, account: str, region: str) -> PolicyCall:
    of = parse_arn(arn)
    return PolicyCall("lambda", of.region, of.account, "GET", f"/2015-03-31/functions/{quote(arn, safe='')}/policy")


def _json_call(arn: str, target: str, asked: Mapping[str, Any], version: str) -> PolicyCall:
    of = parse_arn(arn)
    headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
    return PolicyCall(of.service, of.region, of.account, "POST", "/", headers, json.dumps(asked).encode())


def _topic_policy(body: bytes) -> str | None:
    """The value of the entry whose key is Policy."""
    texts: list[str] = []
    entries: dict[str, str] = {}
    keys: list[str] = []

    def ended(name: str) -> None:
        if name == "key":
            keys.append("".join(texts))
        elif name == "value" and keys:
            entries[keys[-1]] = "".join(texts)

    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: texts.clear()
    parser.CharacterDataHandler = texts.append
    parser.EndElementHandler = ended
    read_whole(parser, body)
    return entries.get("Policy")


_KINDS: Mapping[str, _Kind] = {
    "s3": _Kind(_of_bucket, lambda body: body.decode(), ("NoSuchBucketPolicy", "NoSuchBucket")),
    "sqs": _Kind(
        _of_queue,
        lambda body: json.loads(body).get("Attributes", {}).get("Policy"),
        ("NonExistentQueue", "QueueDoesNotExist"),
    ),
    "sns": _Kind(_of_topic, _topic_policy, ("NotFound",)),
    "kms": _Kind(_of_key, lambda body: json.loads(body)["Policy"], ("NotFoundException",)),
    "lambda": _Kind(_of_function, lambda body: json.loads(body)["Policy"], ("ResourceNotFoundException",)),
}
