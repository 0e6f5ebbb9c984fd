"""Calls that give a resource a policy: whom it names has to be there, and is meant from then on by unique id.

The policy itself lies at the AWS behind, with the ARNs that were put. Beside it this server keeps the unique ids that
they had, and evaluates the policy by them. Sources of the refusals: Secrets Manager user guide, Troubleshoot; what S3,
SQS, SNS and KMS say stands in public reports (facts/iam.md §1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.server.domain.calls.refusals import CallRefused
from halfday.server.domain.s3.actions import Need
from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.flows.pinned_principals import NobodyThere, pins_of
from halfday.server.front_door.resource_policies import ResourcePolicies, policy_holder
from halfday.server.front_door.services.calls import ServiceCall
from halfday.server.storage.store import Store

Pins = dict[str, str]

_REFUSALS: Mapping[str, tuple[str, str]] = {
    "sqs": ("InvalidAttributeValue", "Invalid value for the parameter Policy."),
    "sns": ("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound"),
    "kms": ("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."),
    "secretsmanager": (
        "MalformedPolicyDocumentException",
        "This resource policy contains an unsupported principal.",
    ),
}
_MEMBERS: Mapping[tuple[str, str], str] = {
    ("kms", "CreateKey"): "Policy",
    ("kms", "PutKeyPolicy"): "Policy",
    ("secretsmanager", "PutResourcePolicy"): "ResourcePolicy",
}
_ATTRIBUTES = frozenset(
    {("sqs", "CreateQueue"), ("sqs", "SetQueueAttributes"), ("sns", "CreateTopic"), ("sns", "SetTopicAttributes")}
)
_WITHOUT_POLICY = re.compile(r":(Create|Delete)(Queue|Topic|Bucket)$|:(DeleteBucketPolicy|DeleteResourcePolicy)$")
"""Actions after which a resource has no policy that names anybody, unless one is put with them.

Not DeleteSecret: RestoreSecret brings the policy back, and no other secret ever has the ARN.
"""
_MAKING = re.compile(r":Create(Queue|Topic|Bucket)$")
"""Actions that are answered alike where the resource is there already, and leave its policy as it is then."""


async def pins_put_by(store: Store, call: ServiceCall) -> Pins | None:
    """Whom the policy means that the call puts; None where it puts none. Raises CallRefused."""
    document = _read(_policy_of(call))
    if document is None:
        return None
    try:
        return await pins_of(store, call.place.account, document)
    except NobodyThere as nobody:
        raise CallRefused(*_REFUSALS[call.service.name]) from nobody


async def pins_put_to_bucket(store: Store, account: str, body: bytes) -> Pins:
    """Of a policy that was checked. Raises S3RequestRefused."""
    try:
        return await pins_of(store, account, json.loads(body))
    except NobodyThere as nobody:
        members = {"Detail": nobody.arn}
        raise S3RequestRefused("MalformedPolicy", "Invalid principal in policy", members=members) from nobody


async def ruled_already(policies: ResourcePolicies, needs: Iterable[Need]) -> set[str]:
    """Before a call is sent on: the ARNs of what it would make and what has a policy already. Raises UpstreamFailed."""
    found = set()
    for need in needs:
        holder = policy_holder(need.resource) if _MAKING.search(need.action) else None
        if holder is not None and await _has_policy(policies, need):
            found.add(holder)
    return found


async def keep_pins(
    store: Store,
    needs: Iterable[Need],
    pins: Pins | None,
    made: str | None = None,
    *,
    ruled: Container[str] = (),
) -> None:
    """After a call that was answered: the resource's policy means these. `made` is the ARN that the answer told; what
    is among `ruled` keeps its policy.
    """
    for need in needs:
        holder = made or policy_holder(need.resource)
        if holder is None or holder in ruled:
            continue
        if pins:
            await store.resource_pins.put(holder, pins)
        elif pins is not None or _WITHOUT_POLICY.search(need.action):
            await store.resource_pins.delete(holder)


async def _has_policy(policies: ResourcePolicies, need: Need) -> bool:
    """Also where it cannot be read."""
    try:
        return (await policies.of(need)).policy is not None
    except ServiceError:
        return True


def _policy_of(call: ServiceCall) -> str:
    """Empty where the call puts none."""
    which = (call.service.name, call.operation)
    if which in _MEMBERS:
        return call.text(_MEMBERS[which])
    if which not in _ATTRIBUTES:
        return ""
    if call.text("AttributeName") == "Policy":
        return call.text("AttributeValue")
    value = call.members("Attributes").get("Policy") or _entry_of_a_form(call.parameters)
    return value if isinstance(value, str) else ""


def _entry_of_a_form(fields: Mapping[str, Any]) -> Any:
    """`Attribute.1.Name=Policy&Attribute.1.Value=…` of SQS, `Attributes.entry.1.key` and `value` of SNS."""
    for name, value in fields.items():
        before, dot, last = name.rpartition(".")
        if value == "Policy" and dot and last in ("Name", "key"):
            return fields.get(f"{before}.{'Value' if last == 'Name' else 'value'}")
    return None


def _read(text: str) -> Mapping[str, Any] | None:
    """None for what is no policy: the AWS behind refuses it."""
    try:
        document = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, Mapping) else None
