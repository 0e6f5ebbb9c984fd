"""Policies that resources have of their own: asked of the AWS behind, in this server's name, kept for a moment.

Buckets, queues, topics, keys and secrets. AWS takes some seconds until a changed policy counts everywhere, so what was
read counts for two here; a change that comes through the front door counts at once. A policy that cannot be read as AWS
would read it lets nobody in but the root. Source: IAM user guide, Policy evaluation logic; KMS developer guide, Key
policies (no other policy gives access to a key on which its own is silent).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from html import unescape

from halfday.protocol.errors import ServiceError
from halfday.server.domain.aws.permissions import Owned
from halfday.server.domain.aws.policies import Kind, parse_policy
from halfday.server.domain.aws.policies.pins import with_principals
from halfday.server.domain.calls.arns import Place
from halfday.server.domain.calls.kept_answers import KeptAnswers
from halfday.server.domain.refusals import Refused
from halfday.server.domain.s3.actions import Need, S3Request
from halfday.server.front_door.catalogue import service_named
from halfday.server.front_door.forwarding import Where, ask
from halfday.server.front_door.services.calls import ServiceCall
from halfday.server.front_door.services.forwarding import upstream_call
from halfday.server.outside.upstreams import Answer, Upstream, whole

_TOPIC_POLICY = re.compile(r"<key>Policy</key>\s*<value>(.*?)</value>", re.DOTALL)
_CHANGING = re.compile(
    r":(?!Get|List|Describe)\w*(Policy|Permission|Attributes|BucketPolicy)|:(Create|Delete)(Key|Queue|Topic|Bucket|Secret)$"
)
"""Actions after which a resource may have another policy than before."""
_ABSENT = re.compile(rb"NoSuchBucket|NonExistentQueue|QueueDoesNotExist|NotFound|NotImplemented")
"""In an answer: there is no policy, no such resource, or none has one. In any other a Deny may be hidden."""


PinsOf = Callable[[str], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Behind:
    """Where policies lie, and whom they mean."""

    upstream: Upstream
    pins: PinsOf


@dataclass(frozen=True, slots=True)
class ResourcePolicies:
    """Those of what one call is about. `pins` tells whom a resource's policy meant when it was put."""

    upstream: Upstream | None
    kept: KeptAnswers
    place: Place
    pins: PinsOf

    async def of(self, need: Need) -> Owned:
        """Raises ServiceError for a policy that cannot be read as AWS would, UpstreamFailed."""
        found = _reader(need.resource)
        if found is None or self.upstream is None:
            return Owned(self.place.account)
        name, read = found
        own: Owned | None = self.kept.find(name, time.monotonic())
        if own is None:
            own = await read(Behind(self.upstream, self.pins), name, self.place)
            self.kept.put(name, own, time.monotonic())
        return own


def forget_after(needs: Iterable[Need], kept: KeptAnswers) -> None:
    """Forgets all that is kept, if one of the actions may have changed a policy."""
    if any(_CHANGING.search(need.action) for need in needs):
        kept.forget()


def policy_holder(resource: str) -> str | None:
    """The ARN of what has the policy of this resource; None where nothing has one."""
    found = _reader(resource)
    return found[0] if found is not None else None


Reading = Callable[[Behind, str, Place], Awaitable[Owned]]


def _reader(resource: str) -> tuple[str, Reading] | None:
    """The ARN of what has the policy, and how it is read."""
    parts = resource.split(":", 5)
    if len(parts) != 6:
        return None
    service, name = parts[2], parts[5]
    if service == "s3" and name not in ("", "*"):
        return f"arn:aws:s3:::{name.partition('/')[0]}", _of_a_bucket
    reads: dict[str, Reading] = {"sqs": _of_a_queue, "sns": _of_a_topic, "secretsmanager": _of_a_secret}
    if service == "kms":
        return (resource, _of_a_key) if name.startswith("key/") else None
    return (resource, reads[service]) if service in reads else None


async def _of_a_bucket(behind: Behind, arn: str, place: Place) -> Owned:
    asked = S3Request("GET", arn.rpartition(":")[2], "", (("policy", ""),))
    answer = await ask(behind.upstream, asked, Where(place.region, place.account))
    return await _owned(answer.body if _is_told(answer, arn) else None, arn, behind, place)


async def _of_a_queue(behind: Behind, arn: str, place: Place) -> Owned:
    url = f"http://localhost/{place.account}/{arn.rpartition(':')[2]}"
    asked = {"QueueUrl": url, "AttributeNames": ["Policy"]}
    return await _json("sqs", "GetQueueAttributes", asked, ("Attributes", "Policy"), behind, arn, place)


async def _of_a_secret(behind: Behind, arn: str, place: Place) -> Owned:
    asked = {"SecretId": arn}
    return await _json("secretsmanager", "GetResourcePolicy", asked, ("ResourcePolicy",), behind, arn, place)


async def _of_a_key(behind: Behind, arn: str, place: Place) -> Owned:
    asked = {"KeyId": arn, "PolicyName": "default"}
    own = await _json("kms", "GetKeyPolicy", asked, ("Policy",), behind, arn, place)
    return replace(own, decides=own.policy is not None)


async def _of_a_topic(behind: Behind, arn: str, place: Place) -> Owned:
    given = {"Action": "GetTopicAttributes", "Version": service_named("sns").api_version, "TopicArn": arn}
    answer = await _asked("sns", "GetTopicAttributes", "query", given, behind, place)
    found = _TOPIC_POLICY.search(answer.body.decode("utf-8", "replace")) if _is_told(answer, arn) else None
    return await _owned(unescape(found[1]) if found else None, arn, behind, place)


async def _json(
    service: str,
    operation: str,
    parameters: Mapping[str, object],
    members: tuple[str, ...],
    behind: Behind,
    arn: str,
    place: Place,
) -> Owned:
    answer = await _asked(service, operation, "json", parameters, behind, place)
    found = json.loads(answer.body) if _is_told(answer, arn) else {}
    for member in members:
        found = found.get(member) or {}
    return await _owned(found if isinstance(found, str) else None, arn, behind, place)


async def _asked(
    service: str, operation: str, protocol: str, parameters: Mapping[str, object], behind: Behind, place: Place
) -> Answer:
    call = ServiceCall(service_named(service), operation, protocol, place, "", parameters)
    return await whole(behind.upstream, upstream_call(call))


def _is_told(answer: Answer, arn: str) -> bool:
    """Whether the answer tells a policy; not where it says that there is none. Raises ServiceError for any other."""
    if answer.status == 200:
        return True
    if answer.status < 500 and _ABSENT.search(answer.body):
        return False
    detail = f"the policy of {arn} was asked for, and answered {answer.status}"
    raise ServiceError("AccessDenied", "Access Denied", status=403, detail=detail)


async def _owned(document: str | bytes | None, arn: str, behind: Behind, place: Place) -> Owned:
    """With the policy, if there is one, by the unique ids that its users and roles had. Raises ServiceError."""
    if document is None:
        return Owned(place.account)
    pins = await behind.pins(arn)
    try:
        meant = with_principals(json.loads(document), pins)
        return Owned(place.account, parse_policy(meant, name=arn.rpartition(":")[2], kind=Kind.RESOURCE))
    except (Refused, ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        detail = f"the policy of {arn} cannot be evaluated here: {getattr(problem, 'sentence', 'it is no JSON')}"
        raise ServiceError("AccessDenied", "Access Denied", status=403, detail=detail) from problem
