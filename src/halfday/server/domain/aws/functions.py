"""Functions that were made by Lambda's API, and who may invoke them: their resource policy.

Source: Lambda's API reference; Lambda developer guide, Using resource-based policies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.server.domain.aws.policies import (
    AccessRequest,
    Decision,
    Kind,
    PolicySet,
    Principal,
    PrincipalKind,
    decide,
    parse_policy,
)

INVOKE = "lambda:InvokeFunction"
LATEST = "$LATEST"
DEFAULT_TIMEOUT_S, DEFAULT_RAM_MB, DEFAULT_EPHEMERAL_MB = 3, 128, 512
MOST_OF_A_POLICY = 20_480
"""Bytes of a function's resource policy (Lambda quotas)."""

_REFERENCE = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):|)(?:(?P<account>\d{12}):|)(?:function:|)"
    r"(?P<name>[a-zA-Z0-9_-]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+)|)"
)


@dataclass(frozen=True, slots=True)
class LambdaFunction:
    """`code_id` names the file with its code, another for each upload. `code_sha256` is base64, as AWS shows it.

    `statements` are those of its resource policy by Sid. `revision_id` changes with code and configuration,
    `policy_revision_id` with the policy.
    """

    account: str
    region: str
    name: str
    runtime: str
    handler: str
    role: str
    code_id: str
    code_sha256: str
    code_bytes: int
    revision_id: str
    modified_at: float
    description: str = ""
    timeout_s: int = DEFAULT_TIMEOUT_S
    ram_mb: int = DEFAULT_RAM_MB
    ephemeral_mb: int = DEFAULT_EPHEMERAL_MB
    architecture: str = "x86_64"
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)
    statements: Mapping[str, Any] = field(default_factory=dict)
    policy_revision_id: str = ""

    @property
    def arn(self) -> str:
        return function_arn(self.region, self.account, self.name)

    @property
    def policy(self) -> dict[str, Any]:
        """The document that GetPolicy shows."""
        return {"Version": "2012-10-17", "Id": "default", "Statement": list(self.statements.values())}


@dataclass(frozen=True, slots=True)
class Reference:
    """How a call names a function: by its name, by account and name, or by its ARN; and which version of it."""

    name: str
    region: str | None = None
    account: str | None = None
    qualifier: str | None = None

    @classmethod
    def read(cls, text: str) -> Reference | None:
        found = _REFERENCE.fullmatch(text)
        return cls(**found.groupdict()) if found else None


def function_arn(region: str, account: str, name: str) -> str:
    return f"arn:aws:lambda:{region}:{account}:function:{name}"


def may_service_invoke(function: LambdaFunction, service: str, *, source_arn: str, source_account: str) -> Decision:
    """Whether the function's resource policy lets an AWS service invoke it for this resource."""
    context = {"aws:SourceArn": source_arn, "aws:SourceAccount": source_account}
    principal = Principal(PrincipalKind.SERVICE, service)
    request = AccessRequest(INVOKE, function.arn, context, principal, function.account)
    if not function.statements:
        return decide(request, PolicySet())
    policy = parse_policy(function.policy, name="of the function", kind=Kind.RESOURCE)
    return decide(request, PolicySet(resource=policy, resource_decides=True))


def trusts_lambda(trust_policy: Mapping[str, Any]) -> bool:
    """Whether a role with this trust policy can be assumed by Lambda."""
    policy = parse_policy(trust_policy, name="trust policy", kind=Kind.TRUST)
    request = AccessRequest("sts:AssumeRole", "*", {}, Principal(PrincipalKind.SERVICE, "lambda.amazonaws.com"))
    return decide(request, PolicySet(resource=policy, resource_decides=True)).allowed
