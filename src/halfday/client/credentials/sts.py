"""AssumeRoleWithWebIdentity without I/O: an unsigned Query request, and the XML that answers it.

Source: facts/identity.md §6; STS API reference, AssumeRoleWithWebIdentity.
"""

from __future__ import annotations

import calendar
import time
from urllib.parse import urlencode
from xml.etree import ElementTree

from halfday.client.errors import ApiRefused, NetworkError
from halfday.client.settings import Settings
from halfday.client.transport import wire
from halfday.protocol.credentials import Credentials

SESSION_NAME = "CognitoIdentityCredentials"
"""What Cognito itself calls the sessions that it opens."""

_OPERATION = "AssumeRoleWithWebIdentity"
_THROTTLED = ("Throttling", "ThrottlingException", "RequestLimitExceeded")
_NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"


def assume_role(settings: Settings, token: str, role_arn: str, *, duration_s: int) -> wire.Flow[Credentials]:
    """Credentials of the role for whoever `token` names. Raises ApiRefused, ServerFault, NetworkError."""
    members = {
        "Action": _OPERATION,
        "Version": "2011-06-15",
        "RoleArn": role_arn,
        "RoleSessionName": SESSION_NAME,
        "WebIdentityToken": token,
        "DurationSeconds": str(duration_s),
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = wire.Request("POST", f"{settings.sts_endpoint()}/", headers, urlencode(members).encode())
    response = yield request
    try:
        document = ElementTree.fromstring(response.body)  # noqa: S314 - from the endpoint that we authenticate to
    except ElementTree.ParseError as problem:
        raise _without_protocol(request, response) from problem
    if response.status != 200:
        raise _refusal(request, response, document)
    return _credentials(document, request.url)


def _credentials(document: ElementTree.Element, url: str) -> Credentials:
    found = document.find(f".//{_NAMESPACE}Credentials")
    members = {part.tag.removeprefix(_NAMESPACE): part.text for part in found} if found is not None else {}
    try:
        expires_at = calendar.timegm(time.strptime((members.get("Expiration") or "")[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError as problem:
        raise NetworkError(f"{url} answered without a usable Expiration", kind="strange_answer") from problem
    return Credentials(
        access_key_id=wire.text_of(members, "AccessKeyId", url),
        secret_access_key=wire.text_of(members, "SecretAccessKey", url),
        session_token=wire.text_of(members, "SessionToken", url),
        expires_at=expires_at,
    )


def _refusal(
    request: wire.Request, response: wire.Response, document: ElementTree.Element
) -> ApiRefused | NetworkError:
    code, message = (_of_error(document, name) for name in ("Code", "Message"))
    if not code:
        return _without_protocol(request, response)
    if wire.is_fault(response) or code in _THROTTLED:
        return wire.server_fault(request, response, f"{_OPERATION} with {code}: {message}")
    return ApiRefused(_OPERATION, code, message)


def _without_protocol(request: wire.Request, response: wire.Response) -> NetworkError:
    """The error for an answer that is a page or empty."""
    return wire.server_fault(request, response) if wire.is_fault(response) else wire.unusable(request, response)


def _of_error(document: ElementTree.Element, name: str) -> str:
    return next((found.text or "" for found in document.iter() if found.tag.rpartition("}")[2] == name), "")
