"""Who may call which operation of STS, apart from policies.

Source: IAM user guide, Compare STS credentials; sentences marked [seen] in facts/identity.md §9.
"""

from __future__ import annotations

from typing import Any

from halfday.server.domain.aws.callers import AssumedRole, FederatedUser, Root, SignedCaller, SignedUser
from halfday.server.domain.aws.permissions import Permissions
from halfday.server.domain.refusals import Refused
from halfday.server.flows.identity.unknown_keys import tell_unknown_keys
from halfday.server.operations.framework.registry import Call
from halfday.server.operations.framework.request_keys import request_keys


def signed(call: Call) -> SignedCaller:
    if isinstance(call.caller, (Root, AssumedRole, SignedUser, FederatedUser)):
        return call.caller
    raise TypeError("dispatch hands a signed caller to operations that are signed")


def keys_of(call: Call) -> dict[str, Any]:
    """The condition keys that say when and from where the call came."""
    return dict(request_keys(call.context, account=call.account, region=call.region, now=call.now))


def check_permissions(
    call: Call, caller: SignedCaller, *actions: str, resource: str | None = None, context: dict[str, Any] | None = None
) -> None:
    """Raises Refused for the first action that the caller's policies do not allow. AWS's sentence names no resource
    where there is none [seen].
    """
    permissions = Permissions(caller, "sts")
    keys = {**keys_of(call), **(context or {})}
    try:
        for action in actions:
            permissions.check(action, resource or "*", keys, names_resource=resource is not None)
    finally:
        tell_unknown_keys(permissions.unknown_keys)


def check_lasting(caller: SignedCaller, name: str) -> None:
    """GetSessionToken and GetFederationToken take long-term credentials only [seen]."""
    if caller.credentials is not None:
        raise _with_session(name)


def check_not_own_session(caller: SignedCaller, name: str) -> None:
    """With credentials of GetSessionToken only AssumeRole and GetCallerIdentity may be called, with those of
    GetFederationToken only the latter. The sentence is that of others of their kind [inferred].
    """
    if isinstance(caller, FederatedUser) or (not isinstance(caller, AssumedRole) and caller.credentials is not None):
        raise _with_session(name)


def check_no_second_factor(call: Call) -> None:
    """No IAM user has a device here: AWS's answer to a serial number that is not the caller's [seen]."""
    if "SerialNumber" in call.input or "TokenCode" in call.input:
        sentence = (
            "MultiFactorAuthentication failed, unable to validate MFA code.  "
            "Please verify your MFA serial number is valid and associated with this user."
        )
        raise Refused("AccessDenied", sentence)


def _with_session(name: str) -> Refused:
    return Refused("AccessDenied", f"Cannot call {name} with session credentials")
