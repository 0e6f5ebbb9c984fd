"""The decision: an explicit deny wins over any allow, an allow over silence.

Within one account a resource's policy or an identity's suffices, but a KMS key and a role to assume want their own
policy to speak. Between two accounts both have to allow. Boundary and session policies take away from what identity
policies give, and from what a resource's policy gives to a role; not from what it gives to a user, to a session by
its own ARN, or to everyone. Source: IAM user guide, How AWS enforcement code logic evaluates requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from halfday.server.domain.aws.policies.conditions import Context
from halfday.server.domain.aws.policies.decisions import Decision, Outcome
from halfday.server.domain.aws.policies.documents import Effect, Kind, Policy, Statement
from halfday.server.domain.aws.policies.principals import Match, Principal, PrincipalKind
from halfday.server.domain.aws.policies.requests import AccessRequest, Asked, speaks_of


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All policies that have a say.

    `session` is None where no session policy was given; with none in it (GetFederationToken without policies) nothing
    is allowed by identity policies. `resource_decides`: without its own policy's word nobody may (a KMS key, a role
    that is assumed).
    """

    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Sequence[Policy] | None = None
    resource: Policy | None = None
    resource_decides: bool = False


def decide(request: AccessRequest, policies: PolicySet) -> Decision:
    """Whether the request is allowed, and which statement decided. Pure."""
    asked = Asked(request, bounded=policies.boundary is not None)
    decision = _denied(asked, policies) or _allowed(asked, policies)
    return decision.knowing(asked.unknown)


def evaluate(
    policies: Iterable[Policy], request: AccessRequest, *, session_policies: Sequence[Policy] = ()
) -> Decision:
    """The decision of identity policies. With session policies, both sets have to allow.

    Session policies are one set: any one of them may allow (IAM user guide, Session policies).
    """
    return decide(request, PolicySet(identity=tuple(policies), session=session_policies or None))


def trusts(trust_policy: Policy, federated_principal: str, action: str, context: Context) -> Decision:
    """Whether a role lets this identity provider's people in.

    `federated_principal` is cognito-identity.amazonaws.com or an OIDC provider's ARN, `action` is
    sts:AssumeRoleWithWebIdentity or sts:TagSession, `context` holds the token's :aud, :sub and :amr.
    """
    if trust_policy.kind is not Kind.TRUST:
        raise ValueError(f"{trust_policy.name} was not parsed as a trust policy")
    principal = Principal(PrincipalKind.PROVIDER, federated_principal)
    request = AccessRequest(action, "*", context, principal)
    return decide(request, PolicySet(resource=trust_policy, resource_decides=True))


def _denied(asked: Asked, policies: PolicySet) -> Decision | None:
    boundary = () if policies.boundary is None else (policies.boundary,)
    resource = () if policies.resource is None else (policies.resource,)
    every = (*policies.identity, *boundary, *(policies.session or ()), *resource)
    return _first(every, asked, Effect.DENY)


def _allowed(asked: Asked, policies: PolicySet) -> Decision:
    principal = asked.request.principal
    match, by_resource = _granted(asked, policies.resource)
    if principal is not None and principal.stands_alone:
        return by_resource or _silent(asked, _resource_kind(policies))
    if not asked.same_account:
        return _of_the_principal(asked, policies) if by_resource else _silent(asked, _resource_kind(policies))
    if by_resource is not None and match >= Match.EVERYONE:
        return by_resource
    if by_resource is not None and match is Match.ISSUER:
        return _limited(asked, policies) or by_resource
    if policies.resource_decides and by_resource is None:
        return _silent(asked, _resource_kind(policies))
    return _of_the_principal(asked, policies)


def _of_the_principal(asked: Asked, policies: PolicySet) -> Decision:
    """What identity policies allow, less what boundary and session policies do not."""
    principal = asked.request.principal
    if principal is not None and principal.kind is PrincipalKind.ROOT:
        return Decision(Outcome.ALLOWED, asked.request.action, None)
    by_identity = _first(policies.identity, asked, Effect.ALLOW)
    if by_identity is None:
        return _silent(asked, Kind.IDENTITY)
    return _limited(asked, policies) or by_identity


def _limited(asked: Asked, policies: PolicySet) -> Decision | None:
    """Why boundary or session policies do not let through what something else allows."""
    if policies.boundary is not None and _first((policies.boundary,), asked, Effect.ALLOW) is None:
        return _silent(asked, Kind.BOUNDARY)
    if policies.session is not None and _first(policies.session, asked, Effect.ALLOW) is None:
        return _silent(asked, Kind.SESSION)
    return None


def _granted(asked: Asked, resource: Policy | None) -> tuple[Match, Decision | None]:
    """The statement of the resource's policy that allows, and how it names the principal: the strongest is taken."""
    best: tuple[Match, Decision | None] = (Match.NOT, None)
    for policy, statement, match in _matching(() if resource is None else (resource,), asked, Effect.ALLOW):
        if match > best[0]:
            best = (match, _decided(Outcome.ALLOWED, asked, policy, statement))
    return best


def _resource_kind(policies: PolicySet) -> Kind:
    return Kind.RESOURCE if policies.resource is None else policies.resource.kind


def _silent(asked: Asked, kind: Kind) -> Decision:
    return Decision(Outcome.IMPLICIT_DENY, asked.request.action, kind)


def _first(policies: Iterable[Policy], asked: Asked, effect: Effect) -> Decision | None:
    outcome = Outcome.ALLOWED if effect is Effect.ALLOW else Outcome.EXPLICIT_DENY
    found = next(_matching(policies, asked, effect), None)
    return None if found is None else _decided(outcome, asked, found[0], found[1])


def _decided(outcome: Outcome, asked: Asked, policy: Policy, statement: Statement) -> Decision:
    return Decision(outcome, asked.request.action, policy.kind, policy.name, statement.name, written=statement.written)


def _matching(policies: Iterable[Policy], asked: Asked, effect: Effect) -> Iterator[tuple[Policy, Statement, Match]]:
    for policy in policies:
        for statement in policy.statements:
            if statement.effect is effect and (match := speaks_of(statement, asked)):
                yield policy, statement, match
