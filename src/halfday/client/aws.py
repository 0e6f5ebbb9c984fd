"""Identity pool operations without I/O: GetId and GetCredentialsForIdentity. JSON 1.1, unsigned by design.

Also how any AWS JSON operation is asked and how its refusal is read. Sources: facts/identity.md §1–§3,
facts/failures.md §5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from halfday.client import sts, wire
from halfday.client.errors import ApiRefused, NetworkError
from halfday.client.settings import Settings
from halfday.protocol.credentials import Credentials

BASIC_DURATION_S = 3600

_IDENTITY_TARGET = "AWSCognitoIdentityService"
_THROTTLED = ("TooManyRequestsException", "ThrottlingException", "LimitExceededException")


def get_id(settings: Settings, logins: Mapping[str, str]) -> wire.Flow[str]:
    """The identity id of the person whom `logins` (provider: ID token) prove."""
    members = {"IdentityPoolId": settings.require("identity_pool_id"), "Logins": dict(logins)}
    endpoint = settings.identity_endpoint()
    answer = yield from call_api(endpoint, f"{_IDENTITY_TARGET}.GetId", members)
    return wire.text_of(answer, "IdentityId", endpoint)


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
    endpoint = settings.identity_endpoint()
    answer = yield from call_api(endpoint, f"{_IDENTITY_TARGET}.GetOpenIdToken", members)
    return wire.text_of(answer, "IdentityId", endpoint), wire.text_of(answer, "Token", endpoint)


def get_credentials(
    settings: Settings, identity_id: str, logins: Mapping[str, str]
) -> wire.Flow[tuple[str, Credentials]]:
    """(identity id, credentials) by the enhanced flow: the identity pool chooses the role, unless role_arn is set."""
    members: dict[str, Any] = {"IdentityId": identity_id, "Logins": dict(logins)}
    if settings.role_arn:
        members["CustomRoleArn"] = settings.role_arn
    endpoint = settings.identity_endpoint()
    answer = yield from call_api(endpoint, f"{_IDENTITY_TARGET}.GetCredentialsForIdentity", members)
    found = answer.get("Credentials")
    credentials = Credentials(
        access_key_id=wire.text_of(found, "AccessKeyId", endpoint),
        secret_access_key=wire.text_of(found, "SecretKey", endpoint),  # unlike STS, which calls it SecretAccessKey
        session_token=wire.text_of(found, "SessionToken", endpoint),
        expires_at=wire.number_of(found, "Expiration", endpoint),
    )
    return wire.text_of(answer, "IdentityId", endpoint), credentials


def identity_is_stale(refusal: ApiRefused) -> bool:
    """Whether a kept identity id, not the login, is what was refused (facts/failures.md 5.10–5.12)."""
    told = refusal.message.lower()
    return any(sign in told for sign in ("logins don't match", "is forbidden")) or (
        refusal.code == "ResourceNotFoundException" and "identity '" in told
    )


def call_api(endpoint: str, target: str, members: Mapping[str, Any]) -> wire.Flow[dict[str, Any]]:
    """One AWS JSON 1.1 operation, unsigned. Raises ApiRefused, ServerFault, NetworkError."""
    guest = {"as_a_guest": ""} if members.get("Logins") == {} else {}
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    request = wire.Request("POST", f"{endpoint}/", headers, json.dumps(members).encode())
    response = yield request
    if response.status == 200:
        answer = response.json()
        if not answer and response.body.strip() not in (b"", b"{}"):
            raise wire.unusable(request, response)
        return answer
    raise _refusal(request, response, target.rpartition(".")[2], guest)


def _refusal(
    request: wire.Request, response: wire.Response, operation: str, facts: Mapping[str, str]
) -> ApiRefused | NetworkError:
    """`__type` may carry a namespace before '#', the header x-amzn-ErrorType an address after ':'."""
    answer = response.json()
    named = str(answer.get("__type") or response.headers.get("x-amzn-errortype", ""))
    code = named.rpartition("#")[2].partition(":")[0]
    message = str(answer.get("message") or answer.get("Message") or "")
    if wire.is_fault(response) or code in _THROTTLED:
        told = f"{operation} with {code or response.status}{': ' if message else ''}{message}"
        return wire.server_fault(request, response, told)
    if not code:
        return wire.unusable(request, response)
    return ApiRefused(operation, code, message, facts=facts)
