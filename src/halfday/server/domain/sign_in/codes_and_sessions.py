"""What has been granted and not yet used up: codes, token families, sessions. All kept by hash, never by value."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from halfday.server.domain.sign_in.authentication_levels import Authentication

CODE_LIFETIME_S = 300
BROWSER_SESSION_LIFETIME_S = 3600
FEDERATION_LIFETIME_S = 300


def digest(secret: str) -> str:
    """The form in which a code, a refresh token or a session is kept: SHA-256, hexadecimal.

    They hold 128 random bits or more, so a slow hash would protect nothing.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code (RFC 6749 §4.1.2), to be taken once. `sso_session_id`: the browser session it came by.

    `acr`, `resource`: as in the family of the tokens that it is redeemed for.
    """

    code_hash: str
    pool_id: str
    client_id: str
    username: str
    redirect_uri: str
    scopes: tuple[str, ...]
    auth_time: float
    expires_at: float
    nonce: str | None = field(default=None, repr=False)
    code_challenge: str | None = None
    sso_session_id: str | None = None
    authentication: Authentication = field(default_factory=Authentication)
    acr: str | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class TokenFamily:
    """All tokens of one sign-in: they share `origin_jti`, and end together when it is revoked.

    `session_id` is the name under which people see and end it, in pools that track sessions. `sso_session_id` is the
    browser session that it came by, if it came by one. Refreshing sets `active_at`, where sessions are tracked.
    `acr` is the level that the tokens tell; None: none was asked for, and they tell nothing of it. `resource`: what the
    access tokens are for (RFC 8707).
    """

    pool_id: str
    origin_jti: str
    client_id: str
    username: str
    scopes: tuple[str, ...]
    auth_time: float
    expires_at: float
    event_id: str
    from_oauth: bool
    nonce: str | None = field(default=None, repr=False)
    device_key: str | None = None
    session_id: str | None = None
    sso_session_id: str | None = None
    created_at: float = 0.0
    active_at: float = 0.0
    authentication: Authentication = field(default_factory=Authentication)
    acr: str | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One refresh token of a family. A family has one, or with rotation one after the other.

    `serves_until`: it has been rotated out, and serves until then for those who missed the answer; None is not rotated
    out. It is kept until its family would end, so that a later use of it is known for what it is.
    """

    pool_id: str
    token_hash: str
    origin_jti: str
    username: str
    expires_at: float
    serves_until: float | None = None

    def is_spent(self, now: float) -> bool:
        """Rotated out, and its time of grace is over."""
        return self.serves_until is not None and now >= self.serves_until


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """What the `cognito` cookie stands for: somebody signed in to a pool's pages.

    `session_id` is the name under which people see and end it, in pools that track sessions. Whoever came by an
    external provider has a session there too: `provider_session` is its adapter's own description of it.
    """

    pool_id: str
    session_hash: str
    username: str
    auth_time: float
    expires_at: float
    client_id: str = ""
    session_id: str | None = None
    active_at: float = 0.0
    provider_name: str = ""
    provider_session: str = field(default="", repr=False)
    authentication: Authentication = field(default_factory=Authentication)


@dataclass(frozen=True, slots=True)
class PendingFederation:
    """Somebody is away at an external provider. `query` is the authorize request to be finished on return."""

    state_hash: str
    pool_id: str
    provider_name: str
    query: str = field(repr=False)
    nonce: str = field(repr=False)
    browser_hash: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class PendingChallenge:
    """A challenge that stands until it is answered, at which client and for whom.

    `memory` is what its answer is checked against, as the store keeps it; `challenge_records` reads it.
    """

    session_hash: str
    pool_id: str
    client_id: str
    username: str
    challenge: str
    expires_at: float
    memory: dict[str, Any] = field(default_factory=dict, repr=False)
