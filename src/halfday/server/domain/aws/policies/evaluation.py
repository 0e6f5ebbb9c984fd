"""The decision: an explicit deny wins over any allow, an allow over silence.

Source: IAM user guide, Policy evaluation logic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from halfday.server.domain.aws.policies.conditions import Context
from halfday.server.domain.aws.policies.documents import EVERYONE, Effect, Kind, Policy, Statement
from halfday.server.domain.aws.policies.patterns import Lookup


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks to assume a role: Federated cognito-identity.amazonaws.com, AWS arn:aws:iam::…:user/…"""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One action on one resource. Keys of `context` are compared without regard to case, as AWS does."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    principal: Principal | None = None


class Outcome(Enum):
    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


@dataclass(frozen=True, slots=True)
class Decision:
    """`policy` and `statement` name the statement that decided, and are None when none matched. `kind` is the kind of
    policy that decided, or that lacked an allow.
    """

    outcome: Outcome
    action: str
    kind: Kind
    policy: str | None = None
    statement: str | None = None

    @property
    def allowed(self) -> bool:
        return self.outcome is Outcome.ALLOWED

    @property
    def because(self) -> str:
        """How AWS ends the sentence `User: … is not authorized to perform: …`."""
        article = "an" if self.kind is Kind.IDENTITY else "a"
        if self.outcome is Outcome.EXPLICIT_DENY:
            return f"with an explicit deny in {article} {self.kind.value}"
        return f"because no {self.kind.value} allows the {self.action} action"

    def __str__(self) -> str:
        """For a log: which statement decided."""
        if self.policy is None:
            return f"{self.outcome.value} of {self.action}: no {self.kind.value} speaks of it"
        return f"{self.action} {self.outcome.value} by {self.kind.value} {self.policy}, {self.statement}"


def evaluate(
    policies: Iterable[Policy], request: AccessRequest, *, session_policies: Sequence[Policy] = ()
) -> Decision:
    """The decision of these policies. With session policies, both sets have to allow.

    Session policies are one set: any one of them may allow (IAM user guide, Session policies).
    """
    asked = _Asked(request)
    policies = tuple(policies)
    deny = _first((*policies, *session_policies), asked, Effect.DENY)
    if deny is not None:
        return _decided(Outcome.EXPLICIT_DENY, request, *deny)
    allow = _first(policies, asked, Effect.ALLOW)
    if allow is None:
        return Decision(Outcome.IMPLICIT_DENY, request.action, Kind.IDENTITY)
    if session_policies and _first(session_policies, asked, Effect.ALLOW) is None:
        return Decision(Outcome.IMPLICIT_DENY, request.action, Kind.SESSION)
    return _decided(Outcome.ALLOWED, request, *allow)


def trusts(trust_policy: Policy, federated_principal: str, action: str, context: Context) -> Decision:
    """Whether a role lets this identity provider's people in.

    `federated_principal` is cognito-identity.amazonaws.com or an OIDC provider's ARN, `action` is
    sts:AssumeRoleWithWebIdentity or sts:TagSession, `context` holds the token's :aud, :sub and :amr.
    """
    if trust_policy.kind is not Kind.TRUST:
        raise ValueError(f"{trust_policy.name} was not parsed as a trust policy")
    request = AccessRequest(action, "*", context, Principal("Federated", federated_principal))
    asked = _Asked(request)
    for effect, outcome in ((Effect.DENY, Outcome.EXPLICIT_DENY), (Effect.ALLOW, Outcome.ALLOWED)):
        found = _first([trust_policy], asked, effect)
        if found is not None:
            return _decided(outcome, request, *found)
    return Decision(Outcome.IMPLICIT_DENY, action, Kind.TRUST)


class _Asked:
    """A request, and its context by lower-case key."""

    def __init__(self, request: AccessRequest) -> None:
        self.request = request
        self._context = _lowered(request.context)

    def values(self, key: str) -> Sequence[str]:
        return self._context.get(key.lower(), ())

    def lookup(self, key: str) -> str | None:
        values = self.values(key)
        return values[0] if len(values) == 1 else None


def _lowered(context: Context) -> Mapping[str, Sequence[str]]:
    return {key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in context.items()}


def _first(policies: Iterable[Policy], asked: _Asked, effect: Effect) -> tuple[Policy, Statement] | None:
    return next(_matching(policies, asked, effect), None)


def _matching(policies: Iterable[Policy], asked: _Asked, effect: Effect) -> Iterator[tuple[Policy, Statement]]:
    for policy in policies:
        for statement in policy.statements:
            if statement.effect is effect and _speaks_of(statement, asked):
                yield policy, statement


def _decided(outcome: Outcome, request: AccessRequest, policy: Policy, statement: Statement) -> Decision:
    return Decision(outcome, request.action, policy.kind, policy.name, statement.name)


def _speaks_of(statement: Statement, asked: _Asked) -> bool:
    return (
        _names_principal(statement, asked.request.principal)
        and _names_action(statement, asked)
        and _names_resource(statement, asked)
        and all(condition.holds(asked.values(condition.key), asked.lookup) for condition in statement.conditions)
    )


def _names_principal(statement: Statement, principal: Principal | None) -> bool:
    if statement.principals is None or statement.principals == EVERYONE:
        return True
    return principal is not None and (principal.kind, principal.value) in statement.principals


def _names_action(statement: Statement, asked: _Asked) -> bool:
    action = asked.request.action
    named = any(pattern.matches(action, asked.lookup, ignore_case=True) for pattern in statement.actions)
    return named != statement.not_actions


def _names_resource(statement: Statement, asked: _Asked) -> bool:
    """A variable has no value: a pattern with it matches nothing, and a statement whose NotResource has it does not
    apply.
    """
    if statement.resources is None:
        return True
    if statement.not_resources and not _all_resolve(statement, asked.lookup):
        return False
    named = any(pattern.matches(asked.request.resource, asked.lookup) for pattern in statement.resources)
    return named != statement.not_resources


def _all_resolve(statement: Statement, lookup: Lookup) -> bool:
    return all(pattern.resolves(lookup) for pattern in statement.resources or ())
