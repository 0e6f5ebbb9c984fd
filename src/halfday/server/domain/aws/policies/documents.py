"""Policy documents: JSON to Policy. What is not honoured is refused, by a sentence that names it.

Two kinds: what a role may do (identity policies; session policies have their form), and who may assume it (trust
policies). Source: IAM user guide, JSON policy elements reference and Grammar of the IAM JSON policy language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from halfday.server.domain.aws.policies.conditions import AnyCondition, MalformedCondition, parse_condition
from halfday.server.domain.aws.policies.loading import characters as characters
from halfday.server.domain.aws.policies.loading import load, malformed, statements_in
from halfday.server.domain.aws.policies.patterns import (
    ArnPattern,
    MalformedPattern,
    Pattern,
    parse_arn_pattern,
    parse_pattern,
)
from halfday.server.domain.aws.policies.principals import (
    AWS,
    CANONICAL_USER,
    EVERYONE,
    FEDERATED,
    SERVICE,
    Principals,
    principals_of,
)
from halfday.server.domain.refusals import Refused

VERSION_WITH_VARIABLES = "2012-10-17"
VERSIONS = ("2008-10-17", VERSION_WITH_VARIABLES)
PRINCIPAL_KINDS = (FEDERATED, AWS, SERVICE)

MOST_OF_A_ROLE, MOST_OF_A_TRUST_POLICY = 10_240, 2_048
"""Characters without white space, of a role's inline policies together and of its trust policy (IAM user guide, IAM
quotas).
"""


class Kind(Enum):
    """The value is what AWS's sentences call it."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"

    @property
    def names_principals(self) -> bool:
        return self in (Kind.RESOURCE, Kind.TRUST)


class Effect(Enum):
    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Statement:
    """`name` is its Sid, or its place in the policy, beginning at 1. Resources are None in a trust policy,
    principals in a policy that is no resource's.
    """

    name: str
    effect: Effect
    actions: tuple[Pattern, ...]
    not_actions: bool
    resources: tuple[ArnPattern, ...] | None
    not_resources: bool
    principals: Principals | None
    conditions: tuple[AnyCondition, ...]
    written: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """`name` is what a log calls it."""

    name: str
    kind: Kind
    statements: tuple[Statement, ...]


def parse_policy(document: str | Mapping[str, Any], *, name: str = "policy", kind: Kind = Kind.IDENTITY) -> Policy:
    """Raises Refused."""
    members = load(document)
    _refuse_unknown(members, ("Version", "Id", "Statement"), "the policy")
    if not isinstance(members.get("Id", ""), str):
        raise malformed("Id must be a text")
    version = members.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise malformed(f"Version: {version!r} is neither {VERSIONS[1]} nor {VERSIONS[0]}")
    statements = statements_in(members)
    parsed = tuple(
        _parse_statement(_at(number, statement), kind, variables=version == VERSION_WITH_VARIABLES)
        for number, statement in enumerate(statements, 1)
    )
    return Policy(name, kind, parsed)


def statements_of(document: str | Mapping[str, Any]) -> list[Any]:
    """The statements as they were written, of a policy that can be parsed. Raises Refused."""
    return statements_in(load(document))


def parse_trust_policy(document: str | Mapping[str, Any], *, name: str = "trust policy") -> Policy:
    """Raises Refused."""
    return parse_policy(document, name=name, kind=Kind.TRUST)


@dataclass(frozen=True, slots=True)
class _Members:
    """A statement's members, and what to call the statement in a refusal."""

    where: str
    name: str
    members: Mapping[str, Any]

    def refuse(self, sentence: str) -> Refused:
        return malformed(f"{self.where}: {sentence}")

    def texts(self, member: str) -> tuple[str, ...]:
        """A text or a list of texts, one at least."""
        value = self.members[member]
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise self.refuse(f"{member} must be a text or a list of texts")
        return tuple(texts)


def _at(number: int, statement: Any) -> _Members:
    if not isinstance(statement, Mapping):
        raise malformed(f"Statement {number}: is not a JSON object")
    sid = statement.get("Sid", "")
    if not isinstance(sid, str):
        raise malformed(f"Statement {number}: Sid must be a text")
    return _Members(f"Statement {number}", sid or f"statement {number}", statement)


def _parse_statement(at: _Members, kind: Kind, *, variables: bool) -> Statement:
    _refuse_unknown(at.members, (*_EVERYWHERE, *_ALSO[kind]), at.where)
    if at.members.get("Effect") not in ("Allow", "Deny"):
        raise at.refuse("Effect must be Allow or Deny")
    actions, not_actions = _parse_actions(at)
    resources, not_resources = (None, False) if kind is Kind.TRUST else _parse_resources(at, kind, variables)
    return Statement(
        name=at.name,
        effect=Effect(at.members["Effect"]),
        actions=actions,
        not_actions=not_actions,
        resources=resources,
        not_resources=not_resources,
        principals=_parse_principals(at, kind) if kind.names_principals else None,
        conditions=_parse_conditions(at, variables),
        written=at.members,
    )


_EVERYWHERE = ("Sid", "Effect", "Action", "NotAction", "Condition")
_RESOURCES, _PRINCIPALS = ("Resource", "NotResource"), ("Principal", "NotPrincipal")
_ALSO = {
    Kind.IDENTITY: _RESOURCES,
    Kind.BOUNDARY: _RESOURCES,
    Kind.SESSION: _RESOURCES,
    Kind.RESOURCE: (*_RESOURCES, *_PRINCIPALS),
    Kind.TRUST: _PRINCIPALS,
}


def _refuse_unknown(members: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    unknown = sorted(set(members) - set(known))
    if unknown:
        raise malformed(f"{where}: has prohibited field {unknown[0]}")


def _one_of(at: _Members, member: str) -> tuple[str, bool]:
    """(the member's name, whether it is the Not… form). Exactly one of the two forms has to be there."""
    present = [name for name in (member, "Not" + member) if name in at.members]
    if len(present) != 1:
        raise at.refuse(f"must have either {member} or Not{member}")
    return present[0], present[0] != member


def _parse_actions(at: _Members) -> tuple[tuple[Pattern, ...], bool]:
    member, negated = _one_of(at, "Action")
    texts = at.texts(member)
    for text in texts:
        service, colon, action = text.partition(":")
        if text != "*" and not (service and colon and action):
            raise at.refuse(f"{member} {text!r} must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    return tuple(parse_pattern(text, variables=False) for text in texts), negated


def _parse_resources(at: _Members, kind: Kind, variables: bool) -> tuple[tuple[ArnPattern, ...], bool]:
    member, negated = _one_of(at, "Resource")
    completes = kind is not Kind.RESOURCE
    try:
        patterns = [parse_arn_pattern(text, variables=variables, completes=completes) for text in at.texts(member)]
        return tuple(patterns), negated
    except MalformedPattern as problem:
        raise at.refuse(f"{member} {problem}") from None


def _parse_principals(at: _Members, kind: Kind) -> Principals:
    """NotPrincipal goes with Deny alone (IAM user guide, NotPrincipal). Only S3 knows canonical users; here nobody is
    known to be one, so that a Deny of one is a Deny of everybody.
    """
    member, negated = _principal_member(at)
    principal = at.members.get(member)
    if principal == EVERYONE:
        return principals_of([(AWS, EVERYONE)], negated=negated)
    if not isinstance(principal, Mapping) or not principal:
        raise at.refuse(f"Missing required field {member}")
    known = (*PRINCIPAL_KINDS, CANONICAL_USER) if kind is Kind.RESOURCE else PRINCIPAL_KINDS
    unknown = sorted(set(principal) - set(known))
    if unknown:
        raise at.refuse(f"{member}: {unknown[0]} is not known here, only {', '.join(known)}")
    inner = _Members(f"{at.where}, {member}", at.name, principal)
    if CANONICAL_USER in principal and at.members["Effect"] == "Deny" and not negated:
        return principals_of([(AWS, EVERYONE)])
    return principals_of([(kind, value) for kind in principal for value in inner.texts(kind)], negated=negated)


def _principal_member(at: _Members) -> tuple[str, bool]:
    if "NotPrincipal" not in at.members:
        return "Principal", False
    if "Principal" in at.members:
        raise at.refuse("must have either Principal or NotPrincipal")
    if at.members["Effect"] != "Deny":
        raise at.refuse("NotPrincipal goes with the Effect Deny alone")
    return "NotPrincipal", True


def _parse_conditions(at: _Members, variables: bool) -> tuple[AnyCondition, ...]:
    block = at.members.get("Condition", {})
    if not isinstance(block, Mapping) or not all(isinstance(keys, Mapping) for keys in block.values()):
        raise at.refuse("Condition must map operators to keys, and keys to values")
    try:
        return tuple(
            parse_condition(operator, key, _condition_values(at, value), variables=variables)
            for operator, keys in block.items()
            for key, value in keys.items()
        )
    except MalformedCondition as problem:
        raise at.refuse(f"Condition {problem}") from None


def _condition_values(at: _Members, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(item, (str, bool, int, float)) for item in values):
        raise at.refuse("Condition values must be texts, numbers or booleans")
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
