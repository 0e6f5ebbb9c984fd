"""Requests that need no AWS keys and change nothing, as flows. Source: facts/failures.md, P1 to P6.

Each returns the answer, or raises the client's error with its causes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import email.utils
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from halfday.client.credentials import identity_pool as aws
from halfday.client.errors import ApiRefused, TokenRefused
from halfday.client.oauth import authorization
from halfday.client.oauth.authorization import CodeRedemption
from halfday.client.oauth.redirect_uris import probe
from halfday.client.settings import Settings
from halfday.client.transport import wire
from halfday.protocol.endpoints import discovery_url, jwks_url

MADE_UP_CODE = "00000000-0000-0000-0000-0000000d0c70"
MADE_UP_TOKEN = "made.up.token"
PORTS = (8080, 3000, 5000, 8000, 8400, 8765, 18400)
"""Ports that people register for loopback."""


@dataclasses.dataclass(frozen=True)
class Discovery:
    """P1: what a user pool says of itself."""

    issuer: str
    domain: str
    token_endpoint: str


def discover(settings: Settings, pool_id: str) -> wire.Flow[Discovery]:
    """P1. Raises ApiRefused for a pool that is not there, NetworkError."""
    request = wire.Request(
        "GET", discovery_url(settings.idp_endpoint(pool_id), pool_id), {"Accept": "application/json"}
    )
    response = yield request
    wire.raise_for_fault(request, response)
    answer = response.json()
    if response.status in (400, 404) or (response.status != 200 and answer):
        code = str(answer.get("code") or answer.get("__type") or "ResourceNotFoundException").rpartition("#")[2]
        message = str(answer.get("message") or f"User pool {pool_id} does not exist.")
        raise ApiRefused("OpenID discovery", code, message)
    if "issuer" not in answer:
        raise wire.unusable(request, response)
    parts = urlsplit(str(answer.get("authorization_endpoint", "")))
    return Discovery(str(answer["issuer"]), f"{parts.scheme}://{parts.netloc}", str(answer.get("token_endpoint", "")))


def count_keys(settings: Settings, pool_id: str) -> wire.Flow[int]:
    """How many keys the pool publishes. Raises NetworkError."""
    request = wire.Request("GET", jwks_url(settings.idp_endpoint(pool_id), pool_id), {"Accept": "application/json"})
    response = yield request
    wire.raise_for_fault(request, response)
    keys = response.json().get("keys")
    if response.status != 200 or not isinstance(keys, list):
        raise wire.unusable(request, response)
    return len(keys)


def takes_redirect(
    settings: Settings, redirect_uri: str, *, random: bytes, now: float, scopes: Collection[str] | None = None
) -> wire.Flow[bool]:
    """P2: whether the sign-in page takes redirect URI, app client, flow and scopes; nothing secret is sent.

    False when it is the redirect URI that is not registered. Raises CallbackRefused for anything else.
    """
    asked = settings if scopes is None else dataclasses.replace(settings, scopes=tuple(scopes))
    return probe(authorization.begin(asked, redirect_uri, random=random, now=now))


def ask_for_tokens(settings: Settings, redirect_uri: str, *, with_secret: bool = True) -> wire.Flow[TokenRefused]:
    """P3: the refusal of a made-up code. invalid_grant means that client and secret are right."""
    asked = settings if with_secret else dataclasses.replace(settings, client_secret=None)
    try:
        yield from authorization.redeem_code(
            asked, CodeRedemption(MADE_UP_CODE, settings.require("client_id"), redirect_uri)
        )
    except TokenRefused as refusal:
        return refusal
    raise AssertionError("a made-up code was taken")


def ask_for_identity(settings: Settings, provider: str) -> wire.Flow[ApiRefused | None]:
    """P6 with a made-up token: the refusal tells a pool that is not there, or a provider that is not listed."""
    try:
        yield from aws.get_id(settings, {provider: MADE_UP_TOKEN})
    except ApiRefused as refusal:
        return refusal
    return None


def time_of(response: wire.Response) -> float | None:
    """P5: the other side's clock, to the second; None when it does not say."""
    with contextlib.suppress(KeyError, TypeError, ValueError, OverflowError):
        return email.utils.parsedate_to_datetime(response.headers["date"]).timestamp()
    return None


def variants(redirect_uri: str) -> Iterator[str]:
    """Spellings that people mix up with this one, the likeliest first."""
    parts = urlsplit(redirect_uri)
    seen = {redirect_uri}
    hosts = ["localhost", "127.0.0.1"] if parts.hostname in ("localhost", "127.0.0.1") else [parts.hostname or ""]
    ports = [parts.port, *PORTS] if len(hosts) == 2 else [parts.port]
    schemes = [parts.scheme, "https" if parts.scheme == "http" else "http"]
    paths = [_other_slash(parts.path), parts.path, *(["/callback", "", "/"] if len(hosts) == 2 else [])]
    for port in ports:
        for scheme in schemes if port == parts.port else schemes[:1]:
            for host in hosts:
                for path in paths:
                    made = parts._replace(scheme=scheme, netloc=f"{host}:{port}" if port else host, path=path).geturl()
                    if made not in seen:
                        seen.add(made)
                        yield made


def _other_slash(path: str) -> str:
    return path.rstrip("/") if path.endswith("/") else f"{path}/"
