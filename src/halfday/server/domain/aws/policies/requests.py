"""Whether a statement speaks of a request: who asks, what, on which resource, under which conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from halfday.server.domain.aws.policies.conditions import ABSENT, Actual, AnyCondition, Context
from halfday.server.domain.aws.policies.documents import Effect, Statement
from halfday.server.domain.aws.policies.keys import KNOWN_ANYWHERE, MULTIVALUED, KnownKeys
from halfday.server.domain.aws.policies.principals import Match, Principal, says_who_asks


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One action on one resource. Keys of `context` are compared without regard to case, as AWS does.

    What `principal` says of itself is added to the context, and wins. `resource_account` is None where it is the
    principal's own. A key that is neither in the context nor in `known` fails closed.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    principal: Principal | None = None
    resource_account: str | None = None
    known: KnownKeys = KNOWN_ANYWHERE


class Asked:
    """A request, and its context by lower-case key; and which keys were asked that nobody fills in."""

    def __init__(self, request: AccessRequest, *, bounded: bool) -> None:
        self.request, self.bounded = request, bounded
        self.unknown: dict[str, None] = {}

    @cached_property
    def _context(self) -> dict[str, Actual]:
        """Most statements ask for nothing of it."""
        request = self.request
        context = _lowered(request.context)
        if request.principal is not None:
            context = {key: one for key, one in context.items() if not says_who_asks(key)}
            context |= _lowered(request.principal.context)
        if request.resource_account is not None:
            context["aws:resourceaccount"] = Actual((request.resource_account,))
        return context

    @property
    def same_account(self) -> bool:
        principal, account = self.request.principal, self.request.resource_account
        return principal is None or account is None or principal.account == account

    def actual(self, key: str) -> Actual:
        return self._context.get(key.lower(), ABSENT)

    def lookup(self, key: str) -> str | None:
        """The value of a variable. A multivalued key is none, whatever it holds, and an empty text is no value."""
        actual = self.actual(key)
        return None if actual.multivalued or actual.is_null else actual.values[0]

    def holds(self, condition: AnyCondition, effect: Effect) -> bool:
        if self.asks_the_unknown((condition.key, *condition.variables)):
            return effect is Effect.DENY
        return condition.holds(self.actual(condition.key), self.lookup, of_a_deny=effect is Effect.DENY)

    def asks_the_unknown(self, keys: Sequence[str]) -> bool:
        """Whether nobody can say if one of these keys is there. Then an Allow does not apply, and a Deny does."""
        unknown = [key for key in keys if key.lower() not in self._context and key not in self.request.known]
        self.unknown |= dict.fromkeys(unknown)
        return bool(unknown)


def _lowered(context: Context) -> dict[str, Actual]:
    lowered: dict[str, Actual] = {}
    for name, value in context.items():
        key, multivalued = _key(name)
        if isinstance(value, str):
            lowered[key] = Actual((value,), multivalued)
        else:
            lowered[key] = Actual(tuple(value), multivalued or len(value) > 1)
    return lowered


@lru_cache(maxsize=1_024)
def _key(name: str) -> tuple[str, bool]:
    """A key in lower case, and whether it has a list."""
    return name.lower(), name in MULTIVALUED


def speaks_of(statement: Statement, asked: Asked) -> Match:
    match = names_principal(statement, asked)
    applies = (
        match is not Match.NOT
        and names_action(statement, asked)
        and names_resource(statement, asked)
        and all(asked.holds(condition, statement.effect) for condition in statement.conditions)
    )
    return match if applies else Match.NOT


def names_principal(statement: Statement, asked: Asked) -> Match:
    if statement.principals is None:
        return Match.DIRECT
    bounded = asked.bounded and statement.effect is Effect.DENY
    return statement.principals.match(asked.request.principal, bounded=bounded)


def names_action(statement: Statement, asked: Asked) -> bool:
    action = asked.request.action
    named = any(pattern.matches(action, asked.lookup, ignore_case=True) for pattern in statement.actions)
    return named != statement.not_actions


def names_resource(statement: Statement, asked: Asked) -> bool:
    """A pattern with a variable that has no value matches nothing (IAM user guide, Policy variables with no value)."""
    if statement.resources is None:
        return True
    unknown = False
    for pattern in statement.resources:
        if pattern.variables and asked.asks_the_unknown(pattern.variables):
            unknown = True
        elif pattern.matches(asked.request.resource, asked.lookup):
            return not statement.not_resources
    if unknown:
        return statement.effect is Effect.DENY
    return statement.not_resources
