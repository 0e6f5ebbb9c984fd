"""What a signer may do: the one place where policies are asked, and where their decision becomes a refusal.

Operations (operations/framework/dispatch), the roles that they hand on (pass_role) and the front door all ask here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.aws.callers import AssumedRole, SignedCaller
from halfday.server.domain.aws.policies import (
    KNOWN_ANYWHERE,
    AccessRequest,
    Decision,
    Kind,
    KnownKeys,
    Outcome,
    Policy,
    evaluate,
    kept_policy,
    parse_policy,
)
from halfday.server.domain.aws.policies.documents import Effect
from halfday.server.domain.refusals import Refused

NO_KEYS = KnownKeys()
_ALWAYS_ALLOWED = frozenset({"sts:GetCallerIdentity"})
"""Needs no permission (STS API reference, GetCallerIdentity)."""
_BARE_CODE = frozenset({"s3", "sts", "iam"})
"""Services that say AccessDenied; those of JSON say AccessDeniedException."""


class Permissions:
    """Of one call to one AWS service. Policies are read once for all that it asks: a bulk delete asks for 1,000 keys.

    The account's root may do everything. Others are limited by the role's policies and by the session's.
    """

    def __init__(self, caller: SignedCaller, service: str, *, known: KnownKeys = NO_KEYS, unsure: bool = False) -> None:
        """`known`: condition keys beside those of every request that contexts have wherever AWS would have them.
        `unsure`: the resource is not known, so that a Deny counts for whatever resource it is.
        """
        self._caller, self._service = caller, service
        self._known, self._unsure = KNOWN_ANYWHERE | known, unsure
        if isinstance(caller, AssumedRole):
            self._read(caller)

    def check(self, action: str, resource: str, context: Mapping[str, Any]) -> str:
        """What allowed it, for the log. Raises Refused."""
        if not isinstance(self._caller, AssumedRole):
            return f"{action} allowed: the account's root"
        request = AccessRequest(action, resource, {**self._context, **context}, known=self._known)
        if self._unsure:
            self._check_any_resource(request)
        decision = evaluate(self._policies, request, session_policies=self._session)
        if not decision.allowed and action not in _ALWAYS_ALLOWED:
            raise self._denied(self._caller, decision, resource)
        return str(decision)

    def _check_any_resource(self, request: AccessRequest) -> None:
        """Raises Refused if a statement denies the action on some resource."""
        everywhere = [denied_anywhere(policy) for policy in (*self._policies, *self._session)]
        decision = evaluate(everywhere, request)
        if decision.outcome is Outcome.EXPLICIT_DENY and isinstance(self._caller, AssumedRole):
            raise self._denied(self._caller, decision, request.resource)

    def _read(self, caller: AssumedRole) -> None:
        issued = caller.credentials
        self._policies = [kept_policy(document, name=name) for name, document in caller.role.policies.items()]
        self._session = [parse_policy(one, name="session", kind=Kind.SESSION) for one in issued.session_policies]
        names = {"aws:userid": issued.user_id, "aws:PrincipalArn": caller.role.arn}
        self._context = {**names, "aws:PrincipalType": "AssumedRole", **issued.context_of()}

    def _denied(self, caller: AssumedRole, decision: Decision, resource: str) -> Refused:
        """With AWS's sentence, in which S3 quotes the resource. The session's name in it is not for the log."""
        code = "AccessDenied" if self._service in _BARE_CODE else "AccessDeniedException"
        shown = f'"{resource}"' if self._service == "s3" else resource
        sentence = f"User: {caller.arn} is not authorized to perform: {decision.action} on resource: {shown}"
        return Refused(code, f"{sentence} {decision.because}", str(decision))


def denied_anywhere(policy: Policy) -> Policy:
    """The policy's Deny statements, about every resource."""
    denials = [one for one in policy.statements if one.effect is Effect.DENY]
    everywhere = [replace(one, resources=None, not_resources=False) for one in denials]
    return replace(policy, statements=tuple(everywhere))
