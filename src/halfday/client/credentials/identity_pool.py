"""Identity pool operations without I/O: GetId and GetCredentialsForIdentity. JSON 1.1, unsigned by design.

Sources: facts/identity.md §1–§3, facts/failures.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.client.credentials import sts
from halfday.client.errors import ApiRefused
from halfday.client.settings import Settings
from halfday.client.transport import wire
from halfday.client.transport.aws_json import call_api
from halfday.protocol.credentials import Credentials

BASIC_DURATION_S = 3600

_IDENTITY_TARGET = "AWSCognitoIdentityService"


def get_id(settings: Settings, logins: Mapping[str, str]) -> wire.Flow[str]:
    """The identity id of the person whom `logins` (provider: ID token) prove."""
    members = {"IdentityPoolId": settings.require("identity_pool_id"), "Logins": dict(logins)}
    endpoint = settings.identity_endpoint()
    answer = yield from call_api(endpoint, f"{_IDENTITY_TARGET}.GetId", members)
    return wire.text_of(answer, "IdentityId", endpoint)


def credentials(settings: Settings, identity_id: str, logins: Mapping[str, str]) -> wire.Flow[tuple[str, Credentials]]:
    """(identity id, credentials) by the flow that is set. The id may be another one, and then replaces ours."""
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
    """Whether the kept identity id was refused, and not the login (facts/failures.md 5.10–5.12)."""
    told = refusal.message.lower()
    return any(sign in told for sign in ("logins don't match", "is forbidden")) or (
        refusal.code == "ResourceNotFoundException" and "identity '" in told
    )
