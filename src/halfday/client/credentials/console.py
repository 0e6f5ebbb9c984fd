"""A link that signs a browser in to the AWS console with temporary credentials. Without I/O.

The federation endpoint gives a sign-in token for credentials, and the link carries that token: it is good for 15
minutes, and a secret. The console session ends with the credentials: SessionDuration is not sent, because the endpoint
refuses it of credentials that were chained (facts/failures.md 7.12). The credentials go in a POST, as AWS's own
toolkits send them, so that they stand in no URL. Source: IAM user guide, Enable custom identity broker access.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode

from halfday.client.errors import ApiRefused, SettingsError
from halfday.client.settings import Settings
from halfday.client.transport import wire
from halfday.client.transport.addresses import read_url
from halfday.protocol.credentials import Credentials

LINK_LIFE_S = 900

_OPERATION = "getSigninToken"


@dataclass(frozen=True, slots=True)
class Partition:
    """Where a partition's sign-in and its console stand."""

    signin: str
    console: str


AWS = Partition("https://signin.aws.amazon.com", "https://console.aws.amazon.com")
GOVERNMENT = Partition("https://signin.amazonaws-us-gov.com", "https://console.amazonaws-us-gov.com")
CHINA = Partition("https://signin.amazonaws.cn", "https://console.amazonaws.cn")

_BY_REGION = ((r"us-gov-", GOVERNMENT), (r"cn-", CHINA), (r"(af|ap|ca|eu|il|me|mx|sa|us)-(?!iso)", AWS))


def partition_of(region: str | None) -> Partition:
    """The partition of a region; AWS's public one without a region. Raises SettingsError for an unknown one."""
    if region is None:
        return AWS
    found = next((partition for pattern, partition in _BY_REGION if re.match(pattern, region)), None)
    if found is None:
        hint = "aws, aws-us-gov and aws-cn are known; name a region of theirs"
        raise SettingsError(f"of region {region} it is not known where its console stands", hint=hint)
    return found


def destination_of(region: str | None, service: str | None) -> str:
    """The page of a service (its name in console addresses: s3, dynamodbv2), or the console's first page."""
    if service and not re.fullmatch(r"[a-z0-9-]+", service):
        raise SettingsError(f"{service!r} is no service of the console", hint="such as s3, lambda, cloudwatch")
    query = f"?{urlencode({'region': region})}" if region else ""
    return f"{partition_of(region).console}/{service or 'console'}/home{query}"


def sign_in_link(
    settings: Settings, credentials: Credentials, *, service: str | None = None, destination: str | None = None
) -> wire.Flow[str]:
    """The link, good for LINK_LIFE_S. Raises ApiRefused, ServerFault, NetworkError, SettingsError."""
    region = settings.sdk_region
    if destination is not None and read_url(destination, "destination").scheme != "https":
        raise SettingsError(f"{destination!r} is no address of the console", hint="write it whole: https://…")
    page = destination or destination_of(region, service)
    federation = f"{(settings.signin_endpoint() or partition_of(region).signin).rstrip('/')}/federation"
    token = yield from _signin_token(federation, credentials)
    members = {"Action": "login", "Issuer": "halfday", "Destination": page, "SigninToken": token}
    return f"{federation}?{urlencode(members)}"


def _signin_token(federation: str, credentials: Credentials) -> wire.Flow[str]:
    session = {
        "sessionId": credentials.access_key_id,
        "sessionKey": credentials.secret_access_key,
        "sessionToken": credentials.session_token,
    }
    members = {"Action": _OPERATION, "SessionType": "json", "Session": json.dumps(session)}
    request = wire.form_request(federation, members, {})
    response = yield request
    wire.raise_for_fault(request, response)
    if response.status in (404, 405, 501):
        hint = (
            "with credentials of this server use other tools, such as halfday exec -- aws s3 ls; "
            "with credentials of AWS leave endpoint_url and AWS_ENDPOINT_URL unset"
        )
        origin = federation.removesuffix("/federation")
        raise SettingsError(f"the AWS console is at AWS only: {origin} has none", hint=hint)
    if response.status == 400:
        raise ApiRefused(_OPERATION, "400", _sentence(response))
    token = response.json().get("SigninToken")
    if response.status != 200 or not isinstance(token, str):
        raise wire.unusable(request, response)
    return token


def _sentence(response: wire.Response) -> str:
    """The endpoint's sentence. It answers in HTML or in a line of text: the markup is left out."""
    text = response.body.decode(errors="replace")
    title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
    return " ".join((title[1] if title else text).split())[:200]
