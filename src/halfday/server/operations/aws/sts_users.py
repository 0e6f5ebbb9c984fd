"""GetSessionToken and GetFederationToken: sessions of an IAM user, and of somebody for whom one vouches.

Source: STS API reference; IAM user guide, Permissions for GetSessionToken, and for GetFederationToken.
"""

from __future__ import annotations

from halfday.server.domain.aws.callers import Root, SignedCaller, SignedUser
from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.session_limits import own_duration, read_tags
from halfday.server.domain.aws.sessions import TAG_SESSION, request_tags
from halfday.server.flows.sessions import issue_for_user
from halfday.server.operations.aws.sts_answers import read_limits, with_token
from halfday.server.operations.aws.sts_callers import (
    check_lasting,
    check_no_second_factor,
    check_permissions,
    signed,
)
from halfday.server.operations.framework.registry import Call, Output, operation


@operation(
    "sts",
    "GetSessionToken",
    honours="DurationSeconds SerialNumber TokenCode MinimumSessionTokenSize",
    authorizes_itself=True,
)
async def get_session_token(call: Call) -> Output:
    """No permission is needed, and none can be denied: it is how a second factor is shown."""
    caller = signed(call)
    check_lasting(caller, "GetSessionToken")
    check_no_second_factor(call)
    limited = await read_limits(call, tags={})
    issued = await issue_for_user(
        call.services,
        caller.account,
        _user(caller),
        name=None,
        lifetime_s=_lifetime(call, caller),
        limits=limited.limits,
    )
    return with_token(issued)


@operation(
    "sts",
    "GetFederationToken",
    honours="Name Policy PolicyArns DurationSeconds Tags MinimumSessionTokenSize",
    authorizes_itself=True,
)
async def get_federation_token(call: Call) -> Output:
    caller = signed(call)
    check_lasting(caller, "GetFederationToken")
    tags, name = read_tags(call.input.get("Tags", ())), call.input["Name"]
    actions = ("sts:GetFederationToken", TAG_SESSION) if tags else ("sts:GetFederationToken",)
    resource = f"arn:aws:sts::{caller.account}:federated-user/{name}"
    check_permissions(call, caller, *actions, resource=resource, context=request_tags(tags))
    limited = await read_limits(call, tags=tags)
    issued = await issue_for_user(
        call.services,
        caller.account,
        _user(caller),
        name=name,
        lifetime_s=_lifetime(call, caller),
        limits=limited.limits,
    )
    return {
        **with_token(issued),
        "FederatedUser": {"FederatedUserId": issued.user_id, "Arn": issued.arn},
        "PackedPolicySize": limited.percent or 0,
    }


def _user(caller: SignedCaller) -> IamUser | None:
    return caller.user if isinstance(caller, SignedUser) else None


def _lifetime(call: Call, caller: SignedCaller) -> int:
    return own_duration(call.input.get("DurationSeconds"), root=isinstance(caller, Root))
