"""App clients: which flows they may use, where they may send people back to, how long their tokens live.

Source: facts/oauth.md §7, facts/tokens.md §4, API reference CreateUserPoolClient.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from halfday.protocol.endpoints import LOOPBACK_HOSTS
from halfday.server.domain.refusals import not_authorized

DEFAULT_AUTH_FLOWS = ("ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")
LEGACY_AUTH_FLOWS = {
    "ADMIN_NO_SRP_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "CUSTOM_AUTH_FLOW_ONLY": "ALLOW_CUSTOM_AUTH",
    "USER_PASSWORD_AUTH": "ALLOW_USER_PASSWORD_AUTH",
}
STANDARD_SCOPES = ("openid", "email", "phone", "profile", "aws.cognito.signin.user.admin")
NEEDS_OPENID = frozenset({"email", "phone", "profile"})

SECONDS_IN = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


@dataclass(frozen=True, slots=True)
class TokenValidity:
    """How long tokens live, in seconds. `declared` keeps what was asked for, in its own units, to answer with."""

    access_s: int = 3600
    id_s: int = 3600
    refresh_s: int = 30 * 86400


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """One of the secrets of a client that are alive at once."""

    secret_id: str
    value: str = field(repr=False)
    created_at: float


MOST_SECRETS = 2
_SCRIPTS = ("javascript", "data", "vbscript")


def make_secret(client_id: str, value: str, now: float, others: Iterable[ClientSecret] = ()) -> ClientSecret:
    """A new secret, with an id of AWS's form `CLIENT_ID--EPOCH`. The second of two made within one second is dated a
    second later.
    """
    taken = {secret.secret_id for secret in others}
    epoch = int(now)
    while f"{client_id}--{epoch}" in taken:
        epoch += 1
    return ClientSecret(f"{client_id}--{epoch}", value, now)


@dataclass(frozen=True, slots=True)
class AppClient:
    """An app client of a pool. `secrets` are all alive at once; none makes it a public client.

    `rotation_grace_s`: with a number, each refresh yields a new refresh token and the old one serves this many
    seconds longer; None does not rotate. `sso_minutes`: how long a browser session lasts; None is the default hour.
    """

    pool_id: str
    client_id: str
    name: str
    created_at: float
    modified_at: float
    secrets: tuple[ClientSecret, ...] = field(default=(), repr=False)
    auth_flows: tuple[str, ...] | None = None
    oauth_enabled: bool = False
    oauth_flows: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    callback_urls: tuple[str, ...] = ()
    logout_urls: tuple[str, ...] = ()
    default_redirect_uri: str | None = None
    identity_providers: tuple[str, ...] = ()
    read_attributes: tuple[str, ...] | None = None
    write_attributes: tuple[str, ...] | None = None
    validity: TokenValidity = field(default_factory=TokenValidity)
    declared_validity: dict[str, int] = field(default_factory=dict)
    validity_units: dict[str, str] = field(default_factory=dict)
    hide_unknown_users: bool | None = None
    token_revocation: bool = True
    session_validity_minutes: int = 3
    rotation_grace_s: int | None = None
    sso_minutes: int | None = None
    propagate_user_context: bool = False
    declared: dict[str, Any] = field(default_factory=dict)

    def allows_flow(self, flow: str) -> bool:
        """Whether the client may use this flow, named as today. Older names that the client was given keep their
        meaning.
        """
        flows = DEFAULT_AUTH_FLOWS if self.auth_flows is None else self.auth_flows
        older = [LEGACY_AUTH_FLOWS[name] for name in flows if name in LEGACY_AUTH_FLOWS]
        if not older:
            return flow in flows
        always = ["ALLOW_REFRESH_TOKEN_AUTH", *([] if "CUSTOM_AUTH_FLOW_ONLY" in flows else ["ALLOW_USER_SRP_AUTH"])]
        return flow in (*older, *always)

    def secret_matches(self, presented: str) -> bool:
        """Compared in constant time against each live secret."""
        return any(hmac.compare_digest(secret.value.encode(), presented.encode()) for secret in self.secrets)

    def secret_hash_matches(self, presented: str, username: str) -> bool:
        """Base64(HMAC_SHA256(secret, username + client_id)) (facts/api.md §3)."""
        message = (username + self.client_id).encode()
        digests = (hmac.new(secret.value.encode(), message, hashlib.sha256).digest() for secret in self.secrets)
        return any(hmac.compare_digest(base64.b64encode(d), presented.encode()) for d in digests)


_SET_BY_THE_SERVER = frozenset({"email_verified", "phone_number_verified"})


def check_writable(client: AppClient, names: Collection[str]) -> None:
    """Without WriteAttributes a client writes all of them, custom ones too (docs/decisions/0012).

    That an address is verified is never the person's to say. Raises Refused.
    """
    if not all(is_writable(client, name) for name in names):
        raise not_authorized("A client attempted to write unauthorized attribute")


def is_writable(client: AppClient, name: str) -> bool:
    writable = client.write_attributes is None or name in client.write_attributes
    return writable and name not in _SET_BY_THE_SERVER


def redirect_uri_objection(uri: str) -> str | None:
    """Why `uri` cannot be registered, as AWS says it; None when it can (facts/oauth.md §7).

    An address without a slash after its scheme is none: `localhost:3000` has `localhost` for a scheme [inferred].
    """
    try:
        parts = urlsplit(uri)
        host = parts.hostname
        _ = parts.port
    except ValueError:  # a bracket that is not closed, a port that is no number
        return f"{uri} is not a valid URL."
    if not parts.scheme or not (parts.netloc or parts.path) or _is_nowhere(parts):
        return f"{uri} is not a valid URL."
    if parts.scheme in _SCRIPTS:
        return f"{uri} cannot use the {parts.scheme} scheme."
    if parts.fragment or uri.endswith("#"):
        return f"{uri} cannot use fragment"
    if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
        return f"{uri} cannot use the HTTP protocol."
    return None


def _is_nowhere(parts: SplitResult) -> bool:
    """https has a host; another scheme has one, or a path."""
    if parts.scheme in ("http", "https"):
        return not parts.hostname
    return parts.scheme not in _SCRIPTS and not parts.netloc and not parts.path.startswith("/")
