"""Whose user an operation is about that may leave the name out: then it is about the caller."""

from __future__ import annotations

from halfday.server.domain.aws.callers import Root, SignedUser
from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.refusals import Refused
from halfday.server.operations.aws.iam.lookups import user_named
from halfday.server.operations.framework.lookups import not_built
from halfday.server.operations.framework.registry import Call


def root_of(call: Call) -> Root | None:
    """Whether the account's root calls."""
    return call.caller if isinstance(call.caller, Root) else None


async def user_of_call(call: Call) -> IamUser:
    """Raises Refused."""
    return await user_named(call, name_of_call(call))


def name_of_call(call: Call) -> str:
    """Raises Refused for a role's session, which is no user's."""
    name: str | None = call.input.get("UserName")
    if name is not None:
        return name
    if isinstance(call.caller, SignedUser):
        return call.caller.user.name
    raise Refused("ValidationError", "Must specify userName when calling with non-User credentials")


def check_not_root(call: Call, operation: str) -> None:
    """Raises Refused where the call is about the root's own keys, which are the server's settings."""
    if "UserName" not in call.input and root_of(call) is not None:
        raise not_built("a missing UserName (the root's own keys)", operation)
