"""What statements that allow something lack to allow a request: for whoever asks why they were denied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfday.server.domain.aws.policies.documents import Effect, Kind, Policy, Statement
from halfday.server.domain.aws.policies.evaluation import PolicySet
from halfday.server.domain.aws.policies.principals import Match
from halfday.server.domain.aws.policies.requests import (
    AccessRequest,
    Asked,
    names_action,
    names_principal,
    names_resource,
)

MOST_TOLD = 10
_OTHER_ACTION = "it is about other actions"


@dataclass(frozen=True, slots=True)
class Miss:
    """An Allow that speaks of the action, or lacks nothing else."""

    kind: str
    policy: str
    statement: str
    lacks: tuple[str, ...]


def near_misses(request: AccessRequest, policies: PolicySet, lacking: Kind | None) -> list[Miss]:
    """Those that lack least come first, of the policies by which it was not allowed: `lacking` is the decision's kind.

    Statements about other actions are told where there are no others.
    """
    asked = Asked(request, bounded=policies.boundary is not None)
    kinds = {lacking, Kind.RESOURCE} if lacking is Kind.IDENTITY else {lacking}
    found = [miss for policy in _every(policies) if policy.kind in kinds for miss in _of(policy, asked)]
    nearest = [miss for miss in found if _OTHER_ACTION not in miss.lacks] or found
    return sorted(nearest, key=lambda miss: len(miss.lacks))[:MOST_TOLD]


def _every(policies: PolicySet) -> Iterator[Policy]:
    yield from policies.identity
    yield from policies.session or ()
    yield from (one for one in (policies.boundary, policies.resource) if one is not None)


def _of(policy: Policy, asked: Asked) -> Iterator[Miss]:
    for statement in policy.statements:
        if statement.effect is Effect.DENY:
            continue
        lacks = tuple(_lacks(statement, asked))
        if lacks and (names_action(statement, asked) or len(lacks) == 1):
            yield Miss(policy.kind.value, policy.name, statement.name, lacks)


def _lacks(statement: Statement, asked: Asked) -> Iterator[str]:
    if names_principal(statement, asked) is Match.NOT:
        yield "its Principal does not name who asks"
    if not names_action(statement, asked):
        yield _OTHER_ACTION
    if not names_resource(statement, asked):
        yield "its NotResource excepts it" if statement.not_resources else "its Resource does not name it"
    for condition in statement.conditions:
        if not asked.holds(condition, statement.effect):
            yield f"{condition.operator} {condition.key} does not hold: {_found(asked, condition.key)}"


def _found(asked: Asked, key: str) -> str:
    """The context's value, shortened."""
    values = asked.actual(key).values
    if not values:
        return "it is absent" if key in asked.request.known else "it is not known here"
    return f"it is {', '.join(values)}"[:256]
