"""What an operation of IAM names: the role, the user, the managed policy, or AWS's refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.managed_policies import AwsManagedPolicy, ManagedPolicy, is_of_aws, is_policy_arn
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.refusals import Refused
from halfday.server.flows.pinned_principals import shown
from halfday.server.operations.framework.registry import Call
from halfday.server.outside.aws_managed_policies import aws_managed_policies
from halfday.server.storage.errors import Missing

NOT_IN_THE_TABLE = "AWS's managed policies are known here as of August 2026, and this one is not among them"


async def the_role(call: Call) -> Role:
    role = await call.services.store.roles.find(call.account, call.input["RoleName"])
    if role is None:
        raise no_such_role(call.input["RoleName"])
    return role


async def as_shown(call: Call, role: Role) -> Role:
    """The role with the trust policy that IAM tells: ARNs, where users and roles are there still."""
    trust = await shown(call.services.store, role.account, role.trust_policy)
    return replace(role, trust_policy=dict(trust))


async def change_role(call: Call, change: Callable[[Role], Role]) -> Role:
    """Raises Refused where there is no such role, and what `change` raises."""
    name = call.input["RoleName"]
    try:
        return await call.services.store.roles.change(call.account, name, change)
    except Missing as problem:
        raise no_such_role(name) from problem


async def the_user(call: Call) -> IamUser:
    return await user_named(call, call.input["UserName"])


async def user_named(call: Call, name: str) -> IamUser:
    user = await call.services.store.iam_users.find(call.account, name)
    if user is None:
        raise no_such_user(name)
    return user


async def change_user(call: Call, change: Callable[[IamUser], IamUser]) -> IamUser:
    """Raises Refused where there is no such user, and what `change` raises."""
    name = call.input["UserName"]
    try:
        return await call.services.store.iam_users.change(call.account, name, change)
    except Missing as problem:
        raise no_such_user(name) from problem


def no_such_role(name: str) -> Refused:
    return Refused("NoSuchEntity", f"The role with name {name} cannot be found.")


def no_such_user(name: str) -> Refused:
    return Refused("NoSuchEntity", f"The user with name {name} cannot be found.")


async def find_policy(call: Call, arn: str) -> ManagedPolicy | AwsManagedPolicy | None:
    """Raises Refused for text that is no policy's ARN."""
    if not arn.startswith("arn:"):
        raise Refused("ValidationError", "Invalid ARN:  Could not be parsed!")
    if not is_policy_arn(arn):
        raise Refused("ValidationError", f"ARN {arn} is not valid.")
    if is_of_aws(arn):
        return aws_managed_policies().get(arn)
    policy = await call.services.store.managed_policies.find(call.account, arn.rpartition("/")[2])
    return policy if policy is not None and policy.arn == arn else None


async def the_policy(call: Call) -> ManagedPolicy | AwsManagedPolicy:
    arn = call.input["PolicyArn"]
    policy = await find_policy(call, arn)
    if policy is None:
        raise Refused("NoSuchEntity", f"Policy {arn} was not found.", why_unknown(arn))
    return policy


async def own_policy(call: Call, operation: str) -> ManagedPolicy:
    """The policy that is to be changed, which must be the account's own. The sentence is [inferred]."""
    policy = await the_policy(call)
    if isinstance(policy, AwsManagedPolicy):
        raise Refused(
            "AccessDenied", f"Not authorized to perform iam:{operation} on an AWS managed policy: {policy.arn}"
        )
    return policy


async def check_attachable(call: Call, arn: str) -> None:
    """Raises Refused. Within the unit that attaches it, so that it cannot be deleted meanwhile."""
    policy = await find_policy(call, arn)
    if policy is None:
        raise Refused("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", why_unknown(arn))
    if isinstance(policy, AwsManagedPolicy) and not policy.is_attachable:
        raise Refused("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.")


async def check_boundary(call: Call, arn: str) -> None:
    """Raises Refused. Within the unit that sets it."""
    if not is_policy_arn(arn):
        raise Refused("InvalidInput", f"ARN {arn} is not valid.")
    if await find_policy(call, arn) is None:
        sentence = f"Scope ARN: {arn} does not exist or is not attachable."
        raise Refused("NoSuchEntity", sentence, why_unknown(arn))


def why_unknown(arn: str) -> str | None:
    """For the log."""
    return f"{arn}: {NOT_IN_THE_TABLE}" if is_of_aws(arn) else None
