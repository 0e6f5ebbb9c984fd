"""Secrets Manager: a secret's name becomes its ARN, as the AWS behind has it, before policies are asked.

The six characters at its end are chosen when the secret is made. Source: Service authorization reference, AWS Secrets
Manager; Secrets Manager user guide, Permissions policy examples.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from halfday.server.domain.aws.policies import known_keys
from halfday.server.domain.calls.arns import is_arn
from halfday.server.domain.calls.refusals import CallRefused, not_built
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.services.calls import Ask, Plan, ServiceCall

KNOWN = known_keys(
    (f"secretsmanager:{name}" for name in "Description KmsKeyId Name SecretId VersionId VersionStage".split()),
    prefixes=("secretsmanager:ResourceTag/", "aws:ResourceTag/"),
)
_OF_THE_ACCOUNT = frozenset({"GetRandomPassword", "ListSecrets"})
_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")
_ASKED = ("Description", "KmsKeyId", "Name", "SecretId", "VersionId", "VersionStage")


async def plan(call: ServiceCall, ask: Ask) -> Plan:
    if call.operation in _OF_THE_ACCOUNT:
        return Plan(call, (Need(call.action, "*"),), KNOWN)
    if call.operation == "BatchGetSecretValue":
        return await _batch(call, ask)
    if call.operation == "CreateSecret":
        return Plan(call, (Need(call.action, call.arn(f"secret:{_name(call, 'Name')}"), _context(call, {})),), KNOWN)
    arn, described = await secret_arn(call, call.text("SecretId"), ask)
    return Plan(call.changed(SecretId=arn), (Need(call.action, arn, _context(call, described)),), KNOWN)


async def secret_arn(call: ServiceCall, secret_id: str, ask: Ask) -> tuple[str, dict[str, Any]]:
    """The secret's ARN and what is known of it; of one that is not there, the ARN that its name would begin."""
    named = call.place.name_in(secret_id, "secretsmanager").removeprefix("secret:") if is_arn(secret_id) else secret_id
    if not _NAME.fullmatch(named):
        raise CallRefused(
            "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters"
        )
    found = await ask(replace(call, operation="DescribeSecret", parameters={"SecretId": secret_id})) or {}
    arn = found.get("ARN")
    if not isinstance(arn, str):
        return call.arn(f"secret:{named}", "secretsmanager"), {}
    if call.place.arn("secretsmanager", "secret:") != arn[: len(call.place.arn("secretsmanager", "secret:"))]:
        arn = call.arn("secret:" + arn.rpartition(":secret:")[2], "secretsmanager")
    return arn, found


async def _batch(call: ServiceCall, ask: Ask) -> Plan:
    """Each secret needs GetSecretValue. With filters it is not known before which they are."""
    if call.parameters.get("Filters"):
        raise not_built("BatchGetSecretValue by filters")
    needs, arns = [Need(call.action, "*")], []
    for secret_id in call.parameters.get("SecretIdList") or ():
        arn, described = await secret_arn(call, str(secret_id), ask)
        arns.append(arn)
        needs.append(Need("secretsmanager:GetSecretValue", arn, _context(call, described)))
    return Plan(call.changed(SecretIdList=arns), tuple(needs), KNOWN)


def _name(call: ServiceCall, parameter: str) -> str:
    name = call.text(parameter)
    if not _NAME.fullmatch(name):
        raise CallRefused(
            "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters"
        )
    return name


def _invalid() -> CallRefused:
    return CallRefused("ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters")


def _context(call: ServiceCall, described: dict[str, Any]) -> dict[str, Any]:
    context: dict[str, Any] = {f"secretsmanager:{n}": call.text(n) for n in _ASKED if call.text(n)}
    for tag in described.get("Tags") or ():
        for prefix in ("aws", "secretsmanager"):
            context[f"{prefix}:ResourceTag/{tag['Key']}"] = tag["Value"]
    return context
