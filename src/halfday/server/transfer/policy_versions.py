"""A managed policy with all its versions, whose numbers it keeps: what an export tells, and a seed file declares."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from halfday.server.services import Services

Call = Callable[[str, dict[str, Any]], Awaitable[Mapping[str, Any]]]
"""Calls an operation of IAM."""


async def make_policy(
    services: Services, call: Call, given: Mapping[str, Any], versions: Mapping[int, Any], default: int
) -> None:
    """The policy of CreatePolicy's members `given`, with these documents by number. Nothing is kept if IAM refuses.

    IAM counts from 1, and gives no number again: a policy without a first version has one for as long as this takes.
    """
    lowest, *others = sorted(versions)
    async with services.store.unit(services.settings.account_id):
        made = await call("CreatePolicy", {**given, "PolicyDocument": json.dumps(versions[lowest])})
        arn = made["Policy"]["Arn"]
        if lowest != 1:
            await make_version(services, call, arn, lowest, versions[lowest], default=True)
            await call("DeletePolicyVersion", {"PolicyArn": arn, "VersionId": "v1"})
        for number in others:
            await make_version(services, call, arn, number, versions[number])
        await call("SetDefaultPolicyVersion", {"PolicyArn": arn, "VersionId": f"v{default}"})


async def make_version(
    services: Services, call: Call, arn: str, number: int, document: Any, *, default: bool = False
) -> None:
    """A version of this number, whichever was the newest. The next one has a number that none had before."""
    account, name = services.settings.account_id, arn.rpartition("/")[2]
    policies, given = services.store.managed_policies, {"PolicyArn": arn, "PolicyDocument": json.dumps(document)}
    async with services.store.unit(account):
        before = await policies.find(account, name)
        await policies.change(account, name, lambda known: replace(known, latest_version=number - 1))
        await call("CreatePolicyVersion", {**given, "SetAsDefault": default})
        latest = max(number, before.latest_version if before is not None else 0)
        await policies.change(account, name, lambda known: replace(known, latest_version=latest))
