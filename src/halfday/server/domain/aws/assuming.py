"""Whether somebody may take on a role, with these tags and this source identity: the role's trust policy decides,
together with the policies of whoever asks.

The trust policy is the role's resource policy: it must speak, and suffices where it names the caller, or everyone.
Where it names the account alone, the caller's own policies must allow as well. Each action counts by itself:
sts:TagSession where tags are passed or inherited, sts:SetSourceIdentity where there is one. Source: STS API reference,
AssumeRole; IAM user guide, Pass session tags in AWS STS, and Monitor and control actions taken with assumed roles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from halfday.server.domain.aws.policies import (
    KNOWN_ANYWHERE,
    AccessRequest,
    Decision,
    Kind,
    PolicySet,
    Principal,
    decide,
    kept_policy,
    known_keys,
)
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import NO_TAGS, TAG_SESSION, request_tags, tag_context

SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"

_KNOWN = KNOWN_ANYWHERE | known_keys(
    (
        "aws:TagKeys",
        "sts:ExternalId",
        "sts:RoleSessionName",
        "sts:SourceIdentity",
        "sts:TransitiveTagKeys",
        "sts:DurationSeconds",
    ),
    prefixes=("aws:RequestTag/", "aws:ResourceTag/", "iam:ResourceTag/"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a session of the role is to be. `context` holds what the identity provider says of whoever asks.

    `inherited_tags` come with the credentials that the call was signed with, `source_identity` may.
    """

    action: str
    session_name: str
    lifetime_s: int
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    inherited_tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str | None = None
    external_id: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


def objection(role: Role, principal: Principal, wanted: Wanted, own: PolicySet | None = None) -> Decision | None:
    """The decision that stands in the way; None where nothing does. `own` are the caller's policies."""
    trust = kept_policy(role.trust_policy, name=f"of {role.name}", kind=Kind.TRUST)
    policies = replace(own or PolicySet(), resource=trust, resource_decides=True)
    context = _context(role, wanted)
    for action in _actions(wanted):
        request = AccessRequest(action, role.arn, context, principal, resource_account=role.account, known=_KNOWN)
        decision = decide(request, policies)
        if not decision.allowed:
            return decision
    return None


def _actions(wanted: Wanted) -> Iterator[str]:
    yield wanted.action
    if wanted.tags or wanted.inherited_tags:
        yield TAG_SESSION
    if wanted.source_identity is not None:
        yield SET_SOURCE_IDENTITY


def _context(role: Role, wanted: Wanted) -> dict[str, Any]:
    context: dict[str, Any] = {
        **wanted.context,
        **request_tags(wanted.tags or NO_TAGS),
        **dict(tag_context("aws:ResourceTag", role.tags)),
        **dict(tag_context("iam:ResourceTag", role.tags)),
        "sts:RoleSessionName": wanted.session_name,
        "sts:DurationSeconds": str(wanted.lifetime_s),
    }
    if wanted.transitive_tag_keys:
        context["sts:TransitiveTagKeys"] = list(wanted.transitive_tag_keys)
    for key, value in (("sts:ExternalId", wanted.external_id), ("sts:SourceIdentity", wanted.source_identity)):
        if value is not None:
            context[key] = value
    return context
