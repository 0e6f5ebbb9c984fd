"""Attached managed policies: listed, and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.managed_policies import is_of_aws
from halfday.server.domain.aws.roles import Role
from halfday.server.operations.aws.iam.pages import page
from halfday.server.operations.framework.registry import Call, Output


@dataclass(frozen=True, slots=True)
class Uses:
    """How often each managed policy is attached, and how often it is a boundary."""

    attached: Counter[str]
    boundaries: Counter[str]

    def of(self, arn: str) -> int:
        return self.attached[arn] + self.boundaries[arn]


def page_of_attached(call: Call, principal: Role | IamUser) -> Output:
    prefix = call.input.get("PathPrefix", "/")
    found = [arn for arn in principal.attached_policies if arn.partition(":policy")[2].startswith(prefix)]
    return page(
        call,
        "AttachedPolicies",
        found,
        key=place_of,
        shape=lambda arn: {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn},
    )


def place_of(arn: str) -> str:
    """The place in a list: by name. One of AWS's may have the name of one of the account's own."""
    return f"{arn.rpartition('/')[2]} {'aws' if is_of_aws(arn) else ''}"


async def principals_of_account(call: Call) -> list[Role | IamUser]:
    """Roles and users, some hundreds at most."""
    store = call.services.store
    return [*await store.roles.of_account(call.account), *await store.iam_users.of_account(call.account)]


async def uses_of_policies(call: Call) -> Uses:
    everybody = await principals_of_account(call)
    return Uses(
        Counter(arn for one in everybody for arn in one.attached_policies),
        Counter(one.permissions_boundary for one in everybody if one.permissions_boundary),
    )
