"""What a signer may do: the one place where policies are asked, and where their decision becomes a refusal.

Operations (operations/framework/dispatch), the roles that they hand on (pass_role) and the front door all ask here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.domain.aws.policies import (
    KNOWN_ANYWHERE,
    OF_S3,
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
_KNOWN_OF = {"s3": KNOWN_ANYWHERE | OF_S3}
"""Condition keys that whoever asks for this service always fills in where AWS does."""


@dataclass(frozen=True, slots=True)
class Owned:
    """What a resource's owner says of it: the account, and the resource's own policy if it has one.

    `decides`: nobody may without that policy's word (a KMS key).
    """

    account: str
    policy: Policy | None = None
    decides: bool = False


class Permissions:
    """Of one call to one AWS service. Policies are read once for all that it asks: a bulk delete asks for 1,000 keys.

    The account's root may do everything that a resource's own policy does not deny. Others are limited by the policies
    of their role or user, by its permissions boundary and by the session's policies. `unknown_keys` are the condition
    keys that were asked about and that nobody fills in (flows/identity/unknown_keys tells them).
    """

    def __init__(self, caller: SignedCaller, service: str) -> None:
        self._caller, self._service = caller, service
        self._principal, self._policies = caller.principal, caller.policies
        self._known = _KNOWN_OF.get(service, KNOWN_ANYWHERE)
        self.unknown_keys: dict[str, None] = {}

    def check(
        self,
        action: str,
        resource: str,
        context: Mapping[str, Any],
        *,
        owned: Owned | None = None,
        names_resource: bool = True,
        known: KnownKeys | None = None,
        unsure: bool = False,
    ) -> str:
        """What allowed it, for the log. Raises Refused. `names_resource`: whether the refusal does.

        `unsure`: the resource is not known, so that a Deny counts for whatever resource it is.
        """
        decision = self.decided(action, resource, context, owned=owned, known=known)
        if decision.allowed and unsure:
            request = AccessRequest(action, resource, context, self._principal, known=known or self._known)
            denial = decide(request, _denied_anywhere(self._policies))
            decision = denial if denial.outcome is Outcome.EXPLICIT_DENY else decision
        if not decision.allowed and action not in _ALWAYS_ALLOWED:
            raise denied(self._caller, self._service, decision, resource if names_resource else None)
        return str(decision)

    def decided(
        self,
        action: str,
        resource: str,
        context: Mapping[str, Any],
        *,
        owned: Owned | None = None,
        known: KnownKeys | None = None,
    ) -> Decision:
        policies, account = self._policies, None
        if owned is not None:
            policies = replace(policies, resource=owned.policy, resource_decides=owned.decides)
            account = owned.account
        request = AccessRequest(action, resource, context, self._principal, account, known or self._known)
        decision = decide(request, policies)
        self.unknown_keys |= dict.fromkeys(decision.unknown_keys)
        return decision


def denied(caller: SignedCaller, service: str, decision: Decision, resource: str | None) -> Refused:
    """With AWS's sentence, in which S3 quotes the resource. The session's name in it is not for the log."""
    code = "AccessDenied" if service in _BARE_CODE else "AccessDeniedException"
    shown = f'"{resource}"' if service == "s3" else resource
    of = "" if resource is None else f" on resource: {shown}"
    sentence = f"User: {caller.arn} is not authorized to perform: {decision.action}{of}"
    return Refused(code, f"{sentence} {decision.because}".rstrip(), str(decision))


def _denied_anywhere(policies: PolicySet) -> PolicySet:
    """The Deny statements of what limits the caller, about every resource."""
    every = (*policies.identity, *((policies.boundary,) if policies.boundary else ()), *(policies.session or ()))
    return PolicySet(identity=[_denials(policy) for policy in every])


def _denials(policy: Policy) -> Policy:
    denials = [one for one in policy.statements if one.effect is Effect.DENY]
    everywhere = [replace(one, resources=None, not_resources=False) for one in denials]
    return replace(policy, statements=tuple(everywhere))
