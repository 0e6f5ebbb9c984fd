"""Identity pool operations without I/O: GetId and GetCredentialsForIdentity. JSON 1.1, unsigned by design.

Also how any AWS JSON operation is asked and how its refusal is read. Sources: facts/identity.md §1–§3,
facts/failures.md §5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from halfday.client import sts, wire
from halfday.client.errors import ApiRefused, NetworkError, ServerFault
from halfday.client.settings import Settings
from halfday.protocol.credentials import Credentials

BASIC_DURATION_S = 3600

_IDENTITY_TARGET = "AWSCognitoIdentityService"
_THROTTLED = ("TooManyRequestsException", "ThrottlingException", "LimitExceededException")


def get_id(settings: Settings, logins: Mapping[str, str]) -> wire.Flow[str]:
    """The identity id of the person whom `logins` (provider: ID token) prove."""
    members = {"IdentityPoolId": settings.require("identity_pool_id"), "Logins": dict(logins)}
    answer = yield from call_api(settings.identity_endpoint(), f"{_IDENTITY_TARGET}.GetId", members)
    return str(_member(answer, "IdentityId"))


def credentials(settings: Settings, identity_id: str, logins: Mapping[str, str]) -> wire.Flow[tuple[str, Credentials]]:
    """(identity id, credentials) by the flow that is set. The identity id may be another one, and is to be adopted."""
    if settings.credentials_flow == "enhanced":
        return (yield from get_credentials(settings, identity_id, logins))
    identity_id, token = yield from get_open_id_token(settings, identity_id, logins)
    duration_s = settings.duration_s or BASIC_DURATION_S
    return identity_id, (
        yield from sts.assume_role(settings, token, settings.require("role_arn"), duration_s=duration_s)
    )


def get_open_id_token(settings: Settings, identity_id: str, logins: Mapping[str, str]) -> wire.Flow[tuple[str, str]]:
    """(identity id, token): the token is what STS takes in the basic flow (facts/identity.md §3)."""
    members = {"IdentityId": identity_id, "Logins": dict(logins)}
    answer = yield from call_api(settings.identity_endpoint(), f"{_IDENTITY_TARGET}.GetOpenIdToken", members)
    return _member(answer, "IdentityId"), _member(answer, "Token")


def get_credentials(
    settings: Settings, identity_id: str, logins: Mapping[str, str]
) -> wire.Flow[tuple[str, Credentials]]:
    """(identity id, credentials) by the enhanced flow: the identity pool chooses the role, unless role_arn is set."""
    members: dict[str, Any] = {"IdentityId": identity_id, "Logins": dict(logins)}
    if settings.role_arn:
        members["CustomRoleArn"] = settings.role_arn
    target = f"{_IDENTITY_TARGET}.GetCredentialsForIdentity"
    answer = yield from call_api(settings.identity_endpoint(), target, members)
    found = _member(answer, "Credentials")
    credentials = Credentials(
        access_key_id=_member(found, "AccessKeyId"),
        secret_access_key=_member(found, "SecretKey"),  # unlike STS, which calls it SecretAccessKey
        session_token=_member(found, "SessionToken"),
        expires_at=int(_member(found, "Expiration")),
    )
    return _member(answer, "IdentityId"), credentials


def identity_is_stale(refusal: ApiRefused) -> bool:
    """Whether a kept identity id, not the login, is what was refused (facts/failures.md 5.10–5.12)."""
    told = refusal.message.lower()
    return any(sign in told for sign in ("logins don't match", "is forbidden")) or (
        refusal.code == "ResourceNotFoundException" and "identity '" in told
    )


def call_api(endpoint: str, target: str, members: Mapping[str, Any]) -> wire.Flow[dict[str, Any]]:
    """One AWS JSON 1.1 operation, unsigned. Raises ApiRefused, ServerFault, NetworkError."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    request = wire.Request("POST", f"{endpoint}/", headers, json.dumps(members).encode())
    response = yield request
    if response.status == 200:
        return response.json()
    raise _refusal(request, response, target.rpartition(".")[2])


def _member(answer: Mapping[str, Any], name: str) -> Any:
    try:
        return answer[name]
    except (KeyError, TypeError) as problem:
        raise NetworkError(f"the identity pool's answer has no {name}", kind="strange_answer") from problem


def _refusal(request: wire.Request, response: wire.Response, operation: str) -> ApiRefused | NetworkError:
    """`__type` may carry a namespace before '#', the header x-amzn-ErrorType an address after ':'."""
    answer = response.json()
    named = str(answer.get("__type") or response.headers.get("x-amzn-errortype", ""))
    code = named.rpartition("#")[2].partition(":")[0]
    message = str(answer.get("message") or answer.get("Message") or "")
    if response.status >= 500 or code in _THROTTLED:
        return ServerFault(f"{operation} answered {code or response.status}: {message}", response.status)
    if not code:
        return wire.unusable(request, response)
    return ApiRefused(operation, code, message)
