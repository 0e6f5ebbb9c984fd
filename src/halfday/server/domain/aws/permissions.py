"""What a signer may do: the one place where policies are asked, and where their decision becomes a refusal.

Operations (operations/framework/dispatch), the roles that they hand on (pass_role) and the front door all ask here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.domain.aws.policies import (
    KNOWN_ANYWHERE,
    AccessRequest,
    Decision,
    KnownKeys,
    Outcome,
    Policy,
    PolicySet,
    decide,
)
from halfday.server.domain.aws.policies.documents import Effect
from halfday.server.domain.refusals import Refused

_ALWAYS_ALLOWED = frozenset({"sts:GetCallerIdentity"})
"""Needs no permission (STS API reference, GetCallerIdentity)."""
_BARE_CODE = frozenset({"s3", "sts", "iam"})
"""Services that say AccessDenied; those of JSON say AccessDeniedException."""


class Permissions:
    """Of one call to one AWS service. Policies are read once for all that it asks: a bulk delete asks for 1,000 keys.

    The account's root may do everything. Others are limited by the policies of their role or user, by its permissions
    boundary and by the session's policies.
    """

    def __init__(self, caller: SignedCaller, service: str) -> None:
        self._caller, self._service = caller, service
        self._principal, self._policies = caller.principal, caller.policies

    def check(
        self,
        action: str,
        resource: str,
        context: Mapping[str, Any],
        *,
        names_resource: bool = True,
        known: KnownKeys = KNOWN_ANYWHERE,
        unsure: bool = False,
        resource_policy: Policy | None = None,
        resource_decides: bool = False,
    ) -> str:
        """What allowed it, for the log. Raises Refused.

        `names_resource`: whether the refusal does. `unsure`: the resource is not known, so that a Deny counts for
        whatever resource it is. `resource_policy` is the resource's own; `resource_decides` as in PolicySet.
        """
        request = AccessRequest(action, resource, context, self._principal, known=known)
        policies = replace(self._policies, resource=resource_policy, resource_decides=resource_decides)
        decision = decide(request, policies)
        if decision.allowed and unsure:
            denial = decide(request, _denied_anywhere(policies))
            decision = denial if denial.outcome is Outcome.EXPLICIT_DENY else decision
        if not decision.allowed and action not in _ALWAYS_ALLOWED:
            raise denied(self._caller, self._service, decision, resource if names_resource else None)
        return str(decision)


def denied(caller: SignedCaller, service: str, decision: Decision, resource: str | None) -> Refused:
    """With AWS's sentence, in which S3 quotes the resource. The session's name in it is not for the log."""
    code = "AccessDenied" if service in _BARE_CODE else "AccessDeniedException"
    shown = f'"{resource}"' if service == "s3" else resource
    of = "" if resource is None else f" on resource: {shown}"
    sentence = f"User: {caller.arn} is not authorized to perform: {decision.action}{of}"
    return Refused(code, f"{sentence} {decision.because}", str(decision))


def _denied_anywhere(policies: PolicySet) -> PolicySet:
    """The Deny statements of what limits the caller, about every resource."""
    every = (*policies.identity, *((policies.boundary,) if policies.boundary else ()), *(policies.session or ()))
    return PolicySet(identity=[_denials(policy) for policy in every])


def _denials(policy: Policy) -> Policy:
    denials = [one for one in policy.statements if one.effect is Effect.DENY]
    everywhere = [replace(one, resources=None, not_resources=False) for one in denials]
    return replace(policy, statements=tuple(everywhere))
