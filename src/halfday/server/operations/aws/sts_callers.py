"""Who may call which operation of STS, apart from policies.

Source: IAM user guide, Compare STS credentials; sentences marked [seen] in facts/identity.md §9.
"""

from __future__ import annotations

from halfday.server.domain.aws.callers import AssumedRole, FederatedUser, Root, SignedCaller, SignedUser
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework.registry import Call


def signed(call: Call) -> SignedCaller:
    if isinstance(call.caller, (Root, AssumedRole, SignedUser, FederatedUser)):
        return call.caller
    raise TypeError("dispatch hands a signed caller to operations that are signed")


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
