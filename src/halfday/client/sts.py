"""AssumeRoleWithWebIdentity without I/O: an unsigned Query request, and the XML that answers it.

Source: facts/identity.md §6; STS API reference, AssumeRoleWithWebIdentity.
"""

from __future__ import annotations

import calendar
import time
from urllib.parse import urlencode
from xml.etree import ElementTree

from halfday.client import wire
from halfday.client.errors import ApiRefused, NetworkError, ServerFault
from halfday.client.settings import Settings
from halfday.protocol.credentials import Credentials

SESSION_NAME = "CognitoIdentityCredentials"
"""What Cognito itself calls the sessions that it opens."""

_OPERATION = "AssumeRoleWithWebIdentity"
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
        raise wire.unusable(request, response) from problem
    if response.status != 200:
        raise _refusal(response.status, document)
    return _credentials(document)


def _credentials(document: ElementTree.Element) -> Credentials:
    def text(name: str) -> str:
        found = document.find(f".//{_NAMESPACE}Credentials/{_NAMESPACE}{name}")
        if found is None or not found.text:
            raise NetworkError(f"the STS answer has no {name}", kind="strange_answer")
        return found.text

    return Credentials(
        access_key_id=text("AccessKeyId"),
        secret_access_key=text("SecretAccessKey"),
        session_token=text("SessionToken"),
        expires_at=calendar.timegm(time.strptime(text("Expiration")[:19], "%Y-%m-%dT%H:%M:%S")),
    )


def _refusal(status: int, document: ElementTree.Element) -> ApiRefused | NetworkError:
    code, message = (_of_error(document, name) for name in ("Code", "Message"))
    if status >= 500 or code == "Throttling":
        return ServerFault(f"{_OPERATION} answered {code or status}: {message}", status)
    return ApiRefused(_OPERATION, code, message)


def _of_error(document: ElementTree.Element, name: str) -> str:
    return next((found.text or "" for found in document.iter() if found.tag.rpartition("}")[2] == name), "")
