"""What statements lack to speak of a request: for whoever asks why they were denied, or why a Deny did not bite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from halfday.server.domain.aws.policies.documents import Policy, Statement
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


@dataclass(frozen=True, slots=True)
class Miss:
    """A statement that speaks of the action, or of nothing else but the action not, and what it lacks."""

    kind: str
    policy: str
    statement: str
    effect: str
    lacks: tuple[str, ...]


def near_misses(request: AccessRequest, policies: PolicySet) -> list[Miss]:
    """Those that lack least come first."""
    asked = Asked(request, bounded=policies.boundary is not None)
    found = [miss for policy in _every(policies) for miss in _of(policy, asked)]
    return sorted(found, key=lambda miss: len(miss.lacks))[:MOST_TOLD]


def _every(policies: PolicySet) -> Iterator[Policy]:
    yield from policies.identity
    yield from policies.session or ()
    yield from (one for one in (policies.boundary, policies.resource) if one is not None)


def _of(policy: Policy, asked: Asked) -> Iterator[Miss]:
    for statement in policy.statements:
        lacks = tuple(_lacks(statement, asked))
        if lacks and (names_action(statement, asked) or len(lacks) == 1):
            yield Miss(policy.kind.value, policy.name, statement.name, statement.effect.value, lacks)


def _lacks(statement: Statement, asked: Asked) -> Iterator[str]:
    if names_principal(statement, asked) is Match.NOT:
        yield "its Principal does not name who asks"
    if not names_action(statement, asked):
        yield _not_named(statement.written, "Action")
    if not names_resource(statement, asked):
        yield _not_named(statement.written, "Resource")
    for condition in statement.conditions:
        if not asked.holds(condition, statement.effect):
            yield f"{condition.operator} {condition.key} does not hold: {_found(asked, condition.key)}"


def _not_named(written: Any, element: str) -> str:
    if element in written:
        return f"its {element} does not name it"
    return f"its Not{element} excepts it"


def _found(asked: Asked, key: str) -> str:
    """The context's value, shortened."""
    values = asked.actual(key).values
    if not values:
        return "it is absent" if key in asked.request.known else "it is not filled in here"
    return f"it is {', '.join(values)}"[:256]
